package import Logging
package import ServiceLifecycle
import UnixSignals

/// Services beside the gateway that end with the same signals, the demonstration's traffic.
package enum Companions {
    /// Runs them until a termination signal, or until cancelled.
    package static func run(_ services: [any Service], logger: Logger) async throws {
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services,
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        try await group.run()
    }
}
