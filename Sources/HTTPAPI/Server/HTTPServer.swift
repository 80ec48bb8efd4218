package import Domain
import Glibc
import HummingbirdCore
import HummingbirdTLS
package import Logging
package import NIOCore
import ServiceLifecycle

/// Listens on one address and gives each request to one function.
///
/// Built on HummingbirdCore's server; the connections are our own (`ConnectionHandler`), for their limits and
/// because a request that is gathered first costs a third of one that is streamed.
package struct HTTPServer: Service {
    /// Where and how the server listens.
    package struct Settings: Sendable {
        /// The host name or address to listen on.
        package var host: String
        /// The port; 0 takes any free one.
        package var port: Int
        /// The certificate and key; nil serves plain HTTP.
        package var tls: TLSSettings?
        /// The limits.
        package var limits: ServerLimits

        /// Makes settings; plain HTTP with the default limits unless told otherwise.
        package init(host: String, port: Int, tls: TLSSettings? = nil, limits: ServerLimits = ServerLimits())
        {
            self.host = host
            self.port = port
            self.tls = tls
            self.limits = limits
        }
    }

    /// What the server needs from the rest of the process.
    package struct Dependencies: Sendable {
        /// Answers complete requests.
        package var handler: RequestHandler
        /// Decides from the head how large a body may be and where its handler runs.
        package var policy: @Sendable (AcceptedHead) -> RequestPolicy
        /// Told the code of every problem the server itself answers with, and `too-many-connections`.
        package var refused: @Sendable (_ code: String) -> Void
        /// Told the port once the server listens.
        package var listening: @Sendable (_ port: Int) async -> Void
        /// The clock.
        package var time: Time
        /// Chance, for request ids.
        package var random: RandomSource
        /// The threads that serve connections.
        package var eventLoopGroup: any EventLoopGroup
        /// The log.
        package var logger: Logger

        /// Wires a server.
        package init(
            handler: @escaping RequestHandler,
            policy: @escaping @Sendable (AcceptedHead) -> RequestPolicy,
            refused: @escaping @Sendable (_ code: String) -> Void = { _ in },
            listening: @escaping @Sendable (_ port: Int) async -> Void = { _ in },
            time: Time,
            random: RandomSource,
            eventLoopGroup: any EventLoopGroup,
            logger: Logger
        ) {
            self.handler = handler
            self.policy = policy
            self.refused = refused
            self.listening = listening
            self.time = time
            self.random = random
            self.eventLoopGroup = eventLoopGroup
            self.logger = logger
        }
    }

    private let server: any Service
    private let counter: ConnectionCounter
    private let address: String

    /// Reads the certificate, if there is one; listens only in `run`.
    ///
    /// Throws `HTTPServerError` when the certificate or key cannot be used.
    package init(_ settings: Settings, _ dependencies: Dependencies) throws {
        address = "\(settings.host):\(settings.port)"
        counter = ConnectionCounter(limits: settings.limits)
        let channel = ConnectionChannel(
            environment: ConnectionEnvironment(settings, dependencies),
            counter: counter,
            executors: EventLoopExecutor.executors(of: dependencies.eventLoopGroup)
        )
        let listening = dependencies.listening
        func server(_ channel: some ServerChildChannel) -> any Service {
            channel.server(
                configuration: ServerConfiguration(
                    address: .hostname(settings.host, port: settings.port),
                    backlog: settings.limits.backlog
                ),
                onServerRunning: { await listening($0.localAddress?.port ?? settings.port) },
                eventLoopGroup: dependencies.eventLoopGroup,
                logger: dependencies.logger
            )
        }
        guard let tls = settings.tls else {
            self.server = server(channel)
            return
        }
        let configuration = try tls.configuration()
        do {
            self.server = server(try TLSChannel(channel, tlsConfiguration: configuration))
        } catch {
            throw HTTPServerError.tlsRefused(reason: String(describing: error))
        }
    }

    /// Serves until the surrounding service group shuts down: then takes no new connection, lets open requests
    /// finish within `shutdownTimeMax`, and returns.
    ///
    /// Throws `HTTPServerError.cannotListen`.
    package func run() async throws {
        do {
            try await server.run()
        } catch let error as IOError {
            throw HTTPServerError.cannotListen(address: address, reason: Self.reason(error))
        } catch is SocketAddressError {
            throw HTTPServerError.cannotListen(address: address, reason: "no address has this name")
        }
    }

    private static func reason(_ error: IOError) -> String {
        switch error.errnoCode {
        case EADDRINUSE: "another program listens there; stop it, or choose another port"
        case EADDRNOTAVAIL: "this machine does not have that address; use one of its own, or 0.0.0.0 for all"
        case EACCES, EPERM:
            "ports below 1024 are not open to this user; choose another, or put a proxy in front"
        default: unsafe String(cString: strerror(error.errnoCode))
        }
    }

    /// How many connections are open.
    package var connectionCount: Int {
        counter.all
    }
}
