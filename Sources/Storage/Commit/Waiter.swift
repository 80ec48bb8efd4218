import Synchronization

/// One caller who waits for the outcome of what it put into a lane.
///
///     new -attach-> waiting -claim-> claimed -settle-> settled
///     new, waiting -cancel-> settled
///
/// Until the committer claims it, a cancelled caller leaves at once and nothing of its work happens. Afterwards it
/// stays for the outcome, which it could not know otherwise.
final class Waiter<Value: Sendable>: Sendable {
    enum State {
        case new
        case waiting(CheckedContinuation<Value, any Error>)
        case claimed(CheckedContinuation<Value, any Error>)
        case settled
    }

    private let state = Mutex(State.new)

    /// Puts the work into its lane through `enqueue` and waits for the outcome.
    ///
    /// - Throws: what `enqueue` throws, the outcome's error, or `CancellationError`.
    func wait(enqueue: () throws(StorageError) -> Void) async throws -> Value {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard attach(continuation) else {
                    continuation.resume(throwing: CancellationError())
                    return
                }
                do throws(StorageError) {
                    try enqueue()
                } catch {
                    settle(.failure(error))
                }
            }
        } onCancel: {
            cancel()
        }
    }

    /// The committer takes the work on; false when the caller has left.
    func claim() -> Bool {
        state.withLock { state in
            guard case .waiting(let continuation) = state else { return false }
            state = .claimed(continuation)
            return true
        }
    }

    /// Answers the caller, unless it has left.
    func settle(_ outcome: Result<Value, any Error>) {
        let continuation = state.withLock { state -> CheckedContinuation<Value, any Error>? in
            switch state {
            case .waiting(let continuation), .claimed(let continuation):
                state = .settled
                return continuation
            case .new, .settled:
                return nil
            }
        }
        continuation?.resume(with: outcome)
    }

    private func attach(_ continuation: CheckedContinuation<Value, any Error>) -> Bool {
        state.withLock { state in
            guard case .new = state else { return false }
            state = .waiting(continuation)
            return true
        }
    }

    private func cancel() {
        let continuation = state.withLock { state -> CheckedContinuation<Value, any Error>? in
            switch state {
            case .new:
                state = .settled
                return nil
            case .waiting(let continuation):
                state = .settled
                return continuation
            case .claimed, .settled:
                return nil
            }
        }
        continuation?.resume(throwing: CancellationError())
    }
}
