import Synchronization

/// A thing that happens once, and those who wait for it.
final class Latch: Sendable {
    private enum State {
        case closed([Int: CheckedContinuation<Void, Never>], next: Int)
        case open
    }

    private let state = Mutex(State.closed([:], next: 0))

    /// Whether it has happened.
    var isOpen: Bool {
        state.withLock {
            if case .open = $0 { true } else { false }
        }
    }

    /// It has happened now.
    ///
    /// False when it had before.
    @discardableResult
    func open() -> Bool {
        let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>]? in
            guard case .closed(let waiting, _) = state else { return nil }
            state = .open
            return waiting.sorted { $0.key < $1.key }.map(\.value)
        }
        for continuation in waiting ?? [] { continuation.resume() }
        return waiting != nil
    }

    /// Waits for it, or for the task's cancellation.
    func wait() async {
        let key = state.withLock { state -> Int? in
            guard case .closed(let waiting, let next) = state else { return nil }
            state = .closed(waiting, next: next + 1)
            return next
        }
        guard let key else { return }
        await withTaskCancellationHandler {
            await withCheckedContinuation { enter(key, $0) }
        } onCancel: {
            leave(key)?.resume()
        }
    }

    private func enter(_ key: Int, _ continuation: CheckedContinuation<Void, Never>) {
        let isOver = state.withLock { state in
            guard case .closed(var waiting, let next) = state, !Task.isCancelled else { return true }
            waiting[key] = continuation
            state = .closed(waiting, next: next)
            return false
        }
        if isOver { continuation.resume() }
    }

    private func leave(_ key: Int) -> CheckedContinuation<Void, Never>? {
        state.withLock { state in
            guard case .closed(var waiting, let next) = state else { return nil }
            let continuation = waiting.removeValue(forKey: key)
            state = .closed(waiting, next: next)
            return continuation
        }
    }
}
