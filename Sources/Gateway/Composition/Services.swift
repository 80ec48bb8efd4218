package import Access
package import Calls
package import Domain
package import HTTPAPI
package import Health
package import Logging
import Providers
package import Registry
package import Signatures
package import Storage
package import Telemetry
package import Transport
package import Vault
package import Webhooks

/// Every service of one Usher process, wired: reads top to bottom like a parts list.
///
/// Holds no sockets and no clocks of its own: `Gateway` gives it the real ones, `Simulation` virtual ones.
package struct Services: Sendable {
    /// What the services stand on.
    package struct Ports: Sendable {
        /// Clock and alarm.
        package var time: Time
        /// Chance, fit for keys in production.
        package var random: RandomSource
        /// Outgoing HTTP.
        package var upstream: Upstream
        /// Outgoing HTTP with streamed bodies; gathers them over `upstream` unless it is told otherwise.
        package var streaming: StreamingUpstream
        /// Where content for uploads is kept; nil keeps none, and has no routes for it.
        package var content: ContentPlace?
        /// The log.
        package var logger: Logger
        /// The URL that providers know, without a slash at its end.
        package var publicURL: String
        /// Which addresses may be sent to; the argument is a destination's `allow_private`.
        package var addressPolicy: @Sendable (Bool) -> AddressPolicy
        /// The certificate authorities that providers' certificates are traced back to; read at the first need.
        package var trustAnchors: @Sendable () -> TrustAnchors
        /// The proxies in front of the server.
        package var trustedProxies = TrustedProxies.none
        /// Whether integrations are probed and status pages read.
        package var health = HealthMonitor.Settings()
        /// The ways to tell somebody of incidents.
        package var alertChannels: [AlertChannel] = []
        /// How browsers' push services find whoever runs this gateway; nil is `publicURL`.
        package var alertContact: String?

        /// Collects the ports.
        package init(
            time: Time,
            random: RandomSource,
            upstream: Upstream,
            logger: Logger,
            publicURL: String,
            addressPolicy: @escaping @Sendable (Bool) -> AddressPolicy,
            trustAnchors: @escaping @Sendable () -> TrustAnchors = { TrustAnchors(pem: []) }
        ) {
            self.time = time
            self.random = random
            self.upstream = upstream
            streaming = .gathering(upstream)
            self.logger = logger
            self.publicURL = publicURL
            self.addressPolicy = addressPolicy
            self.trustAnchors = trustAnchors
        }
    }

    /// The tables of every target, in the order of their numbers.
    package static let migrations =
        Vault.migrations + APIKeys.migrations + ResourceRegistry.migrations + WebhookTables.migrations
        + CallTables.migrations + HealthTables.migrations

    /// The database everything is in.
    package let database: Database
    /// Opens and seals.
    package let vault: Vault
    /// What exists.
    package let registry: ResourceRegistry
    /// What weddings there are.
    package let weddings: WeddingRegistry
    /// Who may.
    package let keys: APIKeys
    /// What is measured.
    package let metrics: Metrics
    /// Tells those who watch what happens.
    package let signals: SignalHub
    /// What has happened lately.
    package let activity: WebhookActivity
    /// Learns when sources send, and tells when one has stopped.
    package let silence: SilenceWatch
    /// Drops what is not kept any longer.
    package let retention: Retention
    /// Takes webhooks in.
    package let receiver: Receiver
    /// Delivers.
    package let dispatcher: Dispatcher
    /// Replays.
    package let replayer: Replayer
    /// Ranks what waits when weddings turn.
    package let reranker: Reranker
    /// Hears what other nodes do; nil where none can be.
    package let peers: PeerWatch?
    /// Gives access tokens to calls.
    package let tokens: TokenKeeper
    /// Connects vendors' own accounts.
    package let consents: ConsentFlow
    /// Carries outgoing calls.
    package let calls: CallEngine
    /// Tells people of incidents.
    package let alerts: AlertDesk
    /// The browsers that are told.
    package let browsers: PushBook
    /// Finds what webhooks did not bring.
    package let backfiller: Backfiller
    /// Passes requests of providers' own SDKs on.
    package let proxy: ProxyEngine
    /// Reads for people.
    package let queries: WebhookQueries
    /// Says how everything does.
    package let health: HealthReporter
    /// Follows how everything does, and keeps incidents.
    package let monitor: HealthMonitor
    /// Says how ready everything is for a wedding.
    package let readiness: ReadinessDesk
    /// Turns emergency mode on and off.
    package let emergency: EmergencyDesk

    /// Opens the vault, loads the registry and wires the services; `database.run()` must be running.
    ///
    /// Leases stay as they are: who knows that no other process works on this database ends them
    /// (`DeliveryLeases.releaseAll`).
    ///
    /// - Parameters:
    ///   - dispatching: how much is delivered at a time, and how long a claim is held.
    ///   - store: wraps the three hot paths; `Simulation`'s tests plant bugs through it.
    package init(
        database: Database,
        rootKey: RootKey,
        ports: Ports,
        dispatching: Dispatcher.Limits = Dispatcher.Limits(),
        store wrap: (WebhookStore) -> WebhookStore = { $0 }
    ) async throws {
        self.database = database
        let store = wrap(WebhookStore(over: database))
        let vault = try await Self.vault(database, rootKey, ports)
        let registry = Self.registry(database, vault, ports)
        try await registry.load()
        let weddings = Self.weddings(database, ports)
        try await weddings.load()
        let metrics = Metrics()
        let signals = SignalHub(time: ports.time)
        self.signals = signals
        let activity = WebhookActivity(metrics: metrics, registry: registry, signals: signals)
        let dispatcher = Self.dispatcher(registry, weddings, vault, store, activity, ports, dispatching)
        let silence = try await Self.silence(database, registry, metrics, signals, ports)
        self.silence = silence
        self.vault = vault
        self.registry = registry
        self.weddings = weddings
        self.metrics = metrics
        self.activity = activity
        self.dispatcher = dispatcher
        keys = Self.keys(database, vault, ports)
        let tokens = Self.tokens(database, registry, vault, ports)
        self.tokens = tokens
        consents = Self.consents(database, registry, vault, ports)
        let watch = HealthWatch(time: ports.time)
        let telling = (metrics: metrics, signals: signals)
        let calls = Self.calls(
            database,
            registry,
            tokens,
            weddings,
            vault,
            dispatcher,
            telling,
            watch.desk,
            ports
        )
        self.calls = calls
        proxy = calls.proxy(over: ports.streaming)
        browsers = PushBook(database: database, vault: vault, time: ports.time, random: ports.random)
        alerts = Self.alerts(database, browsers, calls, signals, metrics, ports)
        let heard = (silence: silence, calls: calls)
        let receiver = Self.receiver(registry, weddings, vault, store, activity, dispatcher, heard, ports)
        self.receiver = receiver
        backfiller = Self.backfiller(calls, receiver, registry, vault, database, dispatcher, ports)
        replayer = Self.replayer(database, registry, weddings, dispatcher, ports)
        reranker = Self.reranker(database, weddings, dispatcher, ports)
        peers = Self.peers(database, registry, weddings, dispatcher, replayer, ports)
        queries = WebhookQueries(database: database, registry: registry, vault: vault, time: ports.time)
        retention = Self.retention(database, registry, vault, metrics, ports)
        let health = Self.health(database, registry, dispatcher, activity, silence, ports)
        self.health = health
        let sight = ImpactSight(registry: registry, weddings: weddings, calls: calls)
        readiness = Self.readiness(sight, database, ports)
        emergency = Self.emergency(sight, dispatcher, database, signals, ports)
        let hooks = HealthHooks(sight: sight, alerts: alerts)
        monitor = Self.monitor(calls, health, database, telling, watch, hooks, ports)
        sight.monitored.follow(monitor)
    }

    private static func vault(
        _ database: Database,
        _ rootKey: RootKey,
        _ ports: Ports
    ) async throws -> Vault {
        try await Vault.open(
            rootKey: rootKey,
            database: database,
            time: ports.time,
            random: ports.random
        )
    }

    private static func health(
        _ database: Database,
        _ registry: ResourceRegistry,
        _ dispatcher: Dispatcher,
        _ activity: WebhookActivity,
        _ silence: SilenceWatch,
        _ ports: Ports
    ) -> HealthReporter {
        HealthReporter(
            database: database,
            registry: registry,
            dispatcher: dispatcher,
            activity: activity,
            silence: silence,
            time: ports.time
        )
    }

    private static func receiver(
        _ registry: ResourceRegistry,
        _ weddings: WeddingRegistry,
        _ vault: Vault,
        _ store: WebhookStore,
        _ activity: WebhookActivity,
        _ dispatcher: Dispatcher,
        _ heard: (silence: SilenceWatch, calls: CallEngine),
        _ ports: Ports
    ) -> Receiver {
        Receiver(
            registry: registry,
            weddings: weddings,
            vault: vault,
            store: store,
            activity: activity,
            publicURL: ports.publicURL,
            certificates: certificates(ports),
            time: ports.time,
            random: ports.random,
            stored: { dispatcher.workArrived($0) },
            heard: { heard.silence.heard($0, at: $1) },
            understood: { try await heard.calls.hear($0, $1, $2) }
        )
    }

    private static func replayer(
        _ database: Database,
        _ registry: ResourceRegistry,
        _ weddings: WeddingRegistry,
        _ dispatcher: Dispatcher,
        _ ports: Ports
    ) -> Replayer {
        Replayer(
            database: database,
            registry: registry,
            weddings: weddings,
            time: ports.time,
            random: ports.random,
            logger: ports.logger,
            queued: { dispatcher.workArrived($0) }
        )
    }

    private static func keys(_ database: Database, _ vault: Vault, _ ports: Ports) -> APIKeys {
        APIKeys(
            database: database,
            vault: vault,
            time: ports.time,
            random: ports.random,
            logger: ports.logger
        )
    }

    private static func peers(
        _ database: Database,
        _ registry: ResourceRegistry,
        _ weddings: WeddingRegistry,
        _ dispatcher: Dispatcher,
        _ replayer: Replayer,
        _ ports: Ports
    ) -> PeerWatch? {
        PeerWatch(
            database: database,
            registry: registry,
            weddings: weddings,
            dispatcher: dispatcher,
            replayer: replayer,
            time: ports.time,
            logger: ports.logger
        )
    }

    private static func certificates(_ ports: Ports) -> CertificateStore {
        CertificateStore(
            upstream: ports.upstream,
            anchors: ports.trustAnchors,
            addressPolicy: ports.addressPolicy(false),
            time: ports.time
        )
    }

    private static func registry(_ database: Database, _ vault: Vault, _ ports: Ports) -> ResourceRegistry {
        ResourceRegistry(
            database: database,
            vault: vault,
            time: ports.time,
            ports: RegistryPorts(
                destinationRemoved: { try DeliveryTable.abandon(destination: $1, now: $2, $0) },
                addressPolicy: ports.addressPolicy
            )
        )
    }

    private static func weddings(_ database: Database, _ ports: Ports) -> WeddingRegistry {
        WeddingRegistry(
            database: database,
            time: ports.time,
            zones: .system,
            ports: WeddingPorts(hasEvents: { try RankTable.hasEvents($0, of: $1) })
        )
    }

    private static func reranker(
        _ database: Database,
        _ weddings: WeddingRegistry,
        _ dispatcher: Dispatcher,
        _ ports: Ports
    ) -> Reranker {
        Reranker(
            database: database,
            weddings: weddings,
            time: ports.time,
            logger: ports.logger,
            reranked: { dispatcher.workArrived($0) }
        )
    }

    private static func retention(
        _ database: Database,
        _ registry: ResourceRegistry,
        _ vault: Vault,
        _ metrics: Metrics,
        _ ports: Ports
    ) -> Retention {
        Retention(
            database: database,
            registry: registry,
            vault: vault,
            metrics: metrics,
            time: ports.time,
            logger: ports.logger
        )
    }

    private static func silence(
        _ database: Database,
        _ registry: ResourceRegistry,
        _ metrics: Metrics,
        _ signals: SignalHub,
        _ ports: Ports
    ) async throws -> SilenceWatch {
        let silence = SilenceWatch(
            database: database,
            registry: registry,
            metrics: metrics,
            signals: signals,
            time: ports.time,
            logger: ports.logger
        )
        try await silence.load()
        return silence
    }

    private static func dispatcher(
        _ registry: ResourceRegistry,
        _ weddings: WeddingRegistry,
        _ vault: Vault,
        _ store: WebhookStore,
        _ activity: WebhookActivity,
        _ ports: Ports,
        _ limits: Dispatcher.Limits
    ) -> Dispatcher {
        Dispatcher(
            registry: registry,
            weddings: weddings,
            store: store,
            sender: DeliverySender(
                upstream: ports.upstream,
                vault: vault,
                time: ports.time,
                addressPolicy: ports.addressPolicy
            ),
            activity: activity,
            time: ports.time,
            random: ports.random,
            logger: ports.logger,
            limits: limits
        )
    }
}
