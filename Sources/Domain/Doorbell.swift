import Synchronization

/// Wakes the one task that waits for it; a ring while nobody waits is remembered, once.
package final class Doorbell: Sendable {
    private enum State {
        case quiet
        case rung
        case awaited(CheckedContinuation<Void, Never>)
    }

    private let state = Mutex(State.quiet)

    /// Makes a bell that has not been rung.
    package init() {}

    /// Wakes the waiter, or lets the next one pass.
    package func ring() {
        let waiter: CheckedContinuation<Void, Never>? = state.withLock { state in
            guard case .awaited(let waiter) = state else {
                state = .rung
                return nil
            }
            state = .quiet
            return waiter
        }
        waiter?.resume()
    }

    /// Waits for a ring; comes back at once when one is remembered, and when the task is cancelled.
    package func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let passes = state.withLock { state in
                    if case .rung = state {
                        state = .quiet
                        return true
                    }
                    if Task.isCancelled { return true }
                    state = .awaited(continuation)
                    return false
                }
                if passes { continuation.resume() }
            }
        } onCancel: {
            ring()
        }
    }

    /// Waits for a ring, at most `duration`; nil waits without end.
    package func wait(atMost duration: Duration?, _ time: Time) async {
        guard let duration else { return await wait() }
        guard duration > .zero else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            group.addTask { try? await time.sleep(duration) }
            await group.next()
            group.cancelAll()
        }
    }
}
