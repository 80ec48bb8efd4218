import Access
import AsyncHTTPClient
import Calls
import Dashboard
import Domain
import HTTPAPI
import Health
package import Logging
import NIOCore
import NIOPosix
import Registry
import ServiceLifecycle
import Storage
import Telemetry
import Transport
import UnixSignals
import Vault
import Webhooks

/// What is known once the gateway takes requests.
package struct StartedGateway: Sendable {
    /// Where it listens.
    package let listenURL: String
    /// The text of the first admin key: only on the first start, and never again.
    package let firstAdminKey: String?
    /// The path of the root key file that this start has made; nil when it was there.
    package let rootKeyCreatedAt: String?
    /// What the configuration file changed in the registry, in words.
    package let changes: [String]
}

/// One Usher process, from configuration to the end of its last request.
package enum GatewayProcess {
    /// Runs until a termination signal; returns when everything on its way has ended.
    ///
    /// - Parameter demonstration: what `usher demo` puts in the place of PayPal and SNS; nil is the real world.
    /// - Parameter onStarted: called once requests are taken.
    package static func run(
        configuration: Configuration,
        resolver: SecretResolver = .process,
        logger: Logger,
        demonstration: DemonstrationTrust? = nil,
        onStarted: @escaping @Sendable (StartedGateway) async -> Void
    ) async throws {
        let desired = try configuration.desired(resolver)
        let channels = try configuration.alerts.channels(resolver)
        OpenFilesLimit.raise(for: configuration.limits.connections, logger)
        let lock = try configuration.database.path.map { try DatabaseLock(of: $0) }
        defer { lock?.release() }
        try await Database.withOpened(
            try configuration.database.configuration(resolver),
            migrations: Services.migrations
        ) { database in
            let (rootKey, createdAt) = try await rootKey(configuration.rootKey, resolver, database)
            try await serve(
                Start(
                    configuration: configuration,
                    desired: desired,
                    channels: channels,
                    database: database,
                    rootKey: rootKey,
                    rootKeyCreatedAt: createdAt,
                    logger: logger,
                    demonstration: demonstration,
                    onStarted: onStarted
                )
            )
        }
    }

    private struct Start: Sendable {
        let configuration: Configuration
        let desired: DesiredRegistry
        let channels: [AlertChannel]
        let database: Database
        let rootKey: RootKey
        let rootKeyCreatedAt: String?
        let logger: Logger
        let demonstration: DemonstrationTrust?
        let onStarted: @Sendable (StartedGateway) async -> Void
    }

    private static func serve(_ start: Start) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let upstream = HTTPUpstream(group: group, time: .system, resolver: .system(threads: .singleton))
        do {
            try await serve(start, upstream.upstream, upstream.streaming, group)
        } catch {
            await upstream.shutdown()
            throw error
        }
        await upstream.shutdown()
    }

    private static func serve(
        _ start: Start,
        _ upstream: Upstream,
        _ streaming: StreamingUpstream,
        _ group: any EventLoopGroup
    ) async throws {
        let configuration = start.configuration
        let ports = ports(start, upstream, streaming)
        if configuration.database.path != nil {
            // The lock says that no other process works on this database.
            try await DeliveryLeases.releaseAll(start.database)
            try await ProxyJournal.giveUpAll(start.database, now: ports.time.now())
        }
        let services = try await Services(database: start.database, rootKey: start.rootKey, ports: ports)
        let changes = try await apply(start.desired, to: services.registry)
        let firstKey = try await services.keys.ensureFirstAdminKey()
        let (api, dashboard) = services.front(ports)
        let server = try HTTPServer(
            configuration.serverSettings,
            HTTPServer.Dependencies(
                handler: api.handle,
                policy: api.policy,
                listening: { port in
                    let scheme = configuration.tls == nil ? "http" : "https"
                    let address = ListenAddress(host: configuration.listen.host, port: UInt16(port))
                    await start.onStarted(
                        StartedGateway(
                            listenURL: address.url(scheme: scheme),
                            firstAdminKey: firstKey?.text.shown,
                            rootKeyCreatedAt: start.rootKeyCreatedAt,
                            changes: changes
                        )
                    )
                },
                time: ports.time,
                random: ports.random,
                eventLoopGroup: group,
                logger: start.logger
            )
        )
        let running = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: members(services, dashboard.figures) + [server],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: start.logger
            )
        )
        try await running.run()
    }

    private static func ports(
        _ start: Start,
        _ upstream: Upstream,
        _ streaming: StreamingUpstream
    ) -> Services.Ports {
        let configuration = start.configuration
        var ports = Services.Ports(
            time: .system,
            random: .system,
            upstream: start.demonstration?.upstream(over: upstream) ?? upstream,
            logger: start.logger,
            publicURL: configuration.publicURL,
            addressPolicy: configuration.addressPolicy,
            trustAnchors: { start.demonstration?.anchors ?? SystemTrust.anchors(start.logger) }
        )
        ports.streaming = streaming
        ports.content = ContentPlace(configuration.database)
        ports.trustedProxies = TrustedProxies(hops: configuration.trustedProxies)
        ports.health = configuration.health
        ports.alertChannels = start.channels
        ports.alertContact = configuration.alerts.contact
        return ports
    }

    /// Everything that runs but the server; ended in the opposite order, so that what is on its way ends.
    private static func members(_ services: Services, _ figures: FigureHistory) -> [any Service] {
        var members: [any Service] = [
            KeyUses(keys: services.keys), FigureSampling(figures: figures), services.silence,
            services.retention, services.replayer, services.reranker, services.emergency, services.alerts,
            services.backfiller, services.calls, services.proxy, services.dispatcher,
            services.monitor, SignalWaking(signals: services.signals),
        ]
        if let peers = services.peers { members.append(peers) }
        return members
    }

    /// How often the file is compared anew when another node changes the registry meanwhile.
    private static let appliesMax = 5

    /// Brings the registry to what the file says; what was changed, in words.
    ///
    /// Nodes with one file may start together: the one that comes second finds its work done.
    private static func apply(
        _ desired: DesiredRegistry,
        to registry: ResourceRegistry
    ) async throws -> [String] {
        var tries = 1
        while true {
            let plan = RegistryPlan(from: registry.snapshot, to: desired)
            guard !plan.entries.isEmpty else { return [] }
            do {
                try await registry.commit(plan.entries.map(\.change), owner: .file)
                return plan.entries.map(\.summary)
            } catch RegistryError.alreadyExists where tries < appliesMax {
                tries += 1
            } catch RegistryError.notFound where tries < appliesMax {
                tries += 1
            }
            try await registry.load()
        }
    }

    private static func rootKey(
        _ location: RootKeyLocation,
        _ resolver: SecretResolver,
        _ database: Database
    ) async throws -> (RootKey, String?) {
        switch location {
        case .file(let path):
            let (key, created) = try await RootKeyFile.loadOrCreate(path, for: database, random: .system)
            return (key, created ? path : nil)
        case .environment(let name):
            guard let text = resolver.environment(name) else {
                throw GatewayError.rootKeyNotSet(name)
            }
            return (try RootKey.parse(text), nil)
        }
    }
}

/// Wakes those who watch.
private struct SignalWaking: Service {
    let signals: SignalHub

    func run() async throws {
        await cancelWhenGracefulShutdown { await signals.run() }
    }
}

/// Writes down when keys were last used.
private struct KeyUses: Service {
    let keys: APIKeys

    func run() async throws {
        await cancelWhenGracefulShutdown { try? await keys.run() }
    }
}
