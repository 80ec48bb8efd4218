import Synchronization

/// One caller who waits until what it put into a lane has been dealt with.
///
///     new -attach-> waiting -claim-> claimed -settle-> settled
///     new, waiting -cancel-> left
///
/// Until the committer claims it, a cancelled caller leaves at once and nothing of its work happens. Afterwards it
/// stays for the outcome, which it could not know otherwise. It knows no types of outcome on purpose: generic code
/// used from another module is not specialised, and this runs once a row.
final class Waiter: Sendable {
    enum State {
        case new
        case waiting(CheckedContinuation<Void, Never>)
        case claimed(CheckedContinuation<Void, Never>)
        case settled
        case left
    }

    private let state = Mutex(State.new)

    /// Puts the work into its lane through `enqueue` and returns once it is settled.
    ///
    /// - Throws: what `enqueue` throws, or `CancellationError` when the caller left.
    func wait(enqueue: () throws(StorageError) -> Void) async throws {
        var refusal: StorageError?
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard attach(continuation) else { return continuation.resume() }
                do throws(StorageError) {
                    try enqueue()
                } catch {
                    refusal = error
                    settle()
                }
            }
        } onCancel: {
            cancel()
        }
        if let refusal { throw refusal }
        if hasLeft { throw CancellationError() }
    }

    /// The committer takes the work on; false when the caller has left.
    func claim() -> Bool {
        state.withLock { state in
            guard case .waiting(let continuation) = state else { return false }
            state = .claimed(continuation)
            return true
        }
    }

    /// Lets the caller go on, unless it has left.
    func settle() {
        let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
            switch state {
            case .waiting(let continuation), .claimed(let continuation):
                state = .settled
                return continuation
            case .new, .settled, .left:
                return nil
            }
        }
        continuation?.resume()
    }

    private var hasLeft: Bool {
        state.withLock { state in
            if case .left = state { true } else { false }
        }
    }

    private func attach(_ continuation: CheckedContinuation<Void, Never>) -> Bool {
        state.withLock { state in
            guard case .new = state else { return false }
            state = .waiting(continuation)
            return true
        }
    }

    private func cancel() {
        let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
            switch state {
            case .new:
                state = .left
                return nil
            case .waiting(let continuation):
                state = .left
                return continuation
            case .claimed, .settled, .left:
                return nil
            }
        }
        continuation?.resume()
    }
}
