import Synchronization

/// Where the committer leaves one caller's outcome, before it lets the caller go on.
final class OutcomeSlot<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>?>(nil)

    /// Leaves the outcome.
    func set(_ outcome: Result<Value, any Error>) {
        result.withLock { $0 = outcome }
    }

    /// The outcome, once its waiter was settled; traps before.
    func get() throws -> Value {
        guard let result = result.withLock({ $0.take() }) else {
            preconditionFailure("A caller was let go without an outcome.")
        }
        return try result.get()
    }
}
