import Synchronization

/// What the living process offers to the network; closed while there is none.
package final class FrontDoor<Service: Sendable>: Sendable {
    private let current = Mutex<(incarnation: Incarnation, service: Service)?>(nil)

    /// Makes a closed door.
    package init() {}

    /// Opens it for a process that has started.
    package func open(_ service: Service, of incarnation: Incarnation) {
        current.withLock { $0 = (incarnation, service) }
    }

    /// Whether a living process is behind it.
    package var isOpen: Bool { current.withLock { $0?.incarnation.isAlive } == true }

    /// Asks the living process.
    ///
    /// Nil when there is none, or when it died before its answer was out; throws what the question throws.
    package func ask<Answer: Sendable>(
        _ question: @escaping @Sendable (Service) async throws -> Answer
    ) async throws -> Answer? {
        guard let (incarnation, service) = current.withLock({ $0 }), incarnation.isAlive else { return nil }
        // What a process does for others, it does itself: not while it stands still.
        let answer = try await withTaskExecutorPreference(incarnation.taskExecutor) {
            try await question(service)
        }
        return incarnation.isAlive ? answer : nil
    }
}
