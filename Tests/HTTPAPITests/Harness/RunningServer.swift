import Domain
import HTTPAPI
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
import UsherTesting

/// A server on a free port of 127.0.0.1, for the time of one test.
struct RunningServer: Sendable {
    let port: Int
    /// The codes of what the server itself refused, in order.
    let refusals: Refusals
    /// Tells the server to stop, as SIGTERM does.
    let stop: @Sendable () async -> Void

    /// Collects codes.
    final class Refusals: Sendable {
        private let codes = Mutex<[String]>([])

        func add(_ code: String) {
            codes.withLock { $0.append(code) }
        }

        var all: [String] { codes.withLock { $0 } }
    }

    /// How many connections are open.
    let connectionCount: @Sendable () -> Int

    /// Returns once `count` connections are open; the suite's time limit ends a wait in vain.
    func waitForConnections(_ count: Int) async throws {
        while connectionCount() != count {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    /// Opens a raw connection.
    func connect() async throws -> RawClient {
        try await RawClient.connect(port: port)
    }

    /// Sends `bytes` on a connection of its own and gives everything that comes back until the server closes.
    func exchange(_ bytes: String) async throws -> String {
        let client = try await connect()
        client.send(bytes)
        return await client.receiveToEnd()
    }
}

/// Answers with the method, the path and the number of body bytes.
let echo: RequestHandler = { request in
    let text = "\(request.method.rawValue) \(request.path) \(request.body.count)"
    return APIResponse(status: 200, contentType: "text/plain", body: Array(text.utf8))
}

/// A server of the kind a test needs.
struct TestServer {
    var limits: ServerLimits
    var tls: TLSSettings?
    var policy: RequestPolicy
    var handler: RequestHandler

    init(
        _ limits: ServerLimits = ServerLimits(),
        tls: TLSSettings? = nil,
        policy: RequestPolicy = RequestPolicy(bodyBytesMax: 1 << 20, placement: .eventLoop),
        handler: @escaping RequestHandler = echo
    ) {
        self.limits = limits
        self.tls = tls
        self.policy = policy
        self.handler = handler
    }

    /// Runs the server on a free port while `body` talks to it, then stops it.
    func run(
        host: String = "127.0.0.1",
        port wanted: Int = 0,
        _ body: (RunningServer) async throws -> Void
    ) async throws {
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let refusals = RunningServer.Refusals()
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let server = try HTTPServer(
            HTTPServer.Settings(host: host, port: wanted, tls: tls, limits: limits),
            HTTPServer.Dependencies(
                handler: handler,
                policy: { [policy] _ in policy },
                refused: { refusals.add($0) },
                listening: { port.yield($0) },
                time: systemTime,
                random: .seeded(1),
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
                let running = RunningServer(
                    port: number,
                    refusals: refusals,
                    stop: { await services.triggerGracefulShutdown() },
                    connectionCount: { server.connectionCount }
                )
                try await body(running)
                break
            }
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
        }
    }
}
