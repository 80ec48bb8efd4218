import Domain
import Gateway
import HTTPAPI
import Logging
import NIOPosix
import ServiceLifecycle
import UsherTesting

/// Runs `body` with the port of a server on loopback that answers with `handler`.
func serving(
    _ handler: @escaping RequestHandler,
    _ policy: @escaping @Sendable (AcceptedHead) -> RequestPolicy,
    _ body: (Int) async throws -> Void
) async throws {
    let (ports, port) = AsyncStream.makeStream(of: Int.self)
    let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    let server = try HTTPServer(
        HTTPServer.Settings(host: "127.0.0.1", port: 0),
        HTTPServer.Dependencies(
            handler: handler,
            policy: policy,
            listening: { port.yield($0) },
            time: .system,
            random: .seeded(3),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logger
        )
    )
    let services = ServiceGroup(services: [server], logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { port.finish() }
            try await services.run()
        }
        for await number in ports {
            try await body(number)
            break
        }
        await services.triggerGracefulShutdown()
        try await group.waitForAll()
    }
}
