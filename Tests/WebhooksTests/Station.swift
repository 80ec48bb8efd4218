import Domain
import Logging
import Registry
import Signatures
import Storage
import Synchronization
import Telemetry
import Testing
import Transport
import UsherTesting
import Vault
import Webhooks

/// The webhook services over a real database, with a scripted world and a clock that only moves when told.
struct Station: Sendable {
    /// What outlives a restart.
    struct World: Sendable {
        let clock = ManualTime()
        let upstream = ScriptedUpstream()
        var seed: UInt64 = 1
    }

    let world: World
    let database: Database
    let vault: Vault
    let registry: ResourceRegistry
    let weddings: WeddingRegistry
    let activity: WebhookActivity
    let store: WebhookStore
    let receiver: Receiver
    let dispatcher: Dispatcher
    let replayer: Replayer
    let reranker: Reranker
    let queries: WebhookQueries
    let health: HealthReporter
    let metrics: Metrics
    let signals: SignalHub
    let silence: SilenceWatch
    let retention: Retention
    let finishes: Tally<FinishOutcome>

    static let migrations = Vault.migrations + ResourceRegistry.migrations + WebhookTables.migrations
    static let publicURL = "https://hooks.example.com"

    var clock: ManualTime { world.clock }
    var upstream: ScriptedUpstream { world.upstream }

    /// Starts the services on a database, as a process does.
    static func start(
        _ database: Database,
        _ world: World,
        store wrap: (WebhookStore) -> WebhookStore = { $0 }
    ) async throws -> Station {
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let random = RandomSource.seeded(world.seed)
        let finishes = Tally<FinishOutcome>()
        let store = counting(finishes, wrap(WebhookStore(over: database)))
        let vault = try await Vault.open(
            rootKey: .generate(random: .seeded(99)),
            database: database,
            time: world.clock.time,
            random: random
        )
        let registry = try await openRegistry(database, vault, world.clock)
        let weddings = try await openWeddings(database, world.clock)
        let (metrics, signals) = (Metrics(), SignalHub(time: world.clock.time))
        let activity = WebhookActivity(metrics: metrics, registry: registry, signals: signals)
        let silence = try await openSilence(database, registry, metrics, world.clock, logger)
        let dispatcher = dispatcher(registry, weddings, vault, store, activity, world)
        let station = Station(
            world: world,
            database: database,
            vault: vault,
            registry: registry,
            weddings: weddings,
            activity: activity,
            store: store,
            receiver: receiver(world, registry, weddings, vault, store, activity, dispatcher, silence),
            dispatcher: dispatcher,
            replayer: Replayer(
                database: database,
                registry: registry,
                weddings: weddings,
                time: world.clock.time,
                random: random,
                logger: logger,
                queued: { dispatcher.workArrived($0) }
            ),
            reranker: Reranker(
                database: database,
                weddings: weddings,
                time: world.clock.time,
                logger: logger,
                reranked: { dispatcher.workArrived($0) }
            ),
            queries: WebhookQueries(
                database: database,
                registry: registry,
                vault: vault,
                time: world.clock.time
            ),
            health: HealthReporter(
                database: database,
                registry: registry,
                dispatcher: dispatcher,
                activity: activity,
                silence: silence,
                time: world.clock.time
            ),
            metrics: metrics,
            signals: signals,
            silence: silence,
            retention: retention(database, registry, vault, metrics, world.clock, logger),
            finishes: finishes
        )
        try await DeliveryLeases.releaseAll(database)
        return station
    }

    private static func receiver(
        _ world: World,
        _ registry: ResourceRegistry,
        _ weddings: WeddingRegistry,
        _ vault: Vault,
        _ store: WebhookStore,
        _ activity: WebhookActivity,
        _ dispatcher: Dispatcher,
        _ silence: SilenceWatch
    ) -> Receiver {
        Receiver(
            registry: registry,
            weddings: weddings,
            vault: vault,
            store: store,
            activity: activity,
            publicURL: publicURL,
            certificates: CertificateStore(
                upstream: world.upstream.upstream,
                anchors: { TrustAnchors(pem: Array(WebhookCertificates.authority.utf8)) },
                addressPolicy: .publicOnly,
                time: world.clock.time
            ),
            time: world.clock.time,
            random: .seeded(world.seed),
            stored: { dispatcher.workArrived($0) },
            heard: { silence.heard($0, at: $1) }
        )
    }

    private static func retention(
        _ database: Database,
        _ registry: ResourceRegistry,
        _ vault: Vault,
        _ metrics: Metrics,
        _ clock: ManualTime,
        _ logger: Logger
    ) -> Retention {
        Retention(
            database: database,
            registry: registry,
            vault: vault,
            metrics: metrics,
            time: clock.time,
            logger: logger
        )
    }

    private static func openSilence(
        _ database: Database,
        _ registry: ResourceRegistry,
        _ metrics: Metrics,
        _ clock: ManualTime,
        _ logger: Logger
    ) async throws -> SilenceWatch {
        let silence = SilenceWatch(
            database: database,
            registry: registry,
            metrics: metrics,
            time: clock.time,
            logger: logger
        )
        try await silence.load()
        return silence
    }

    private static func openRegistry(
        _ database: Database,
        _ vault: Vault,
        _ clock: ManualTime
    ) async throws -> ResourceRegistry {
        let registry = ResourceRegistry(
            database: database,
            vault: vault,
            time: clock.time,
            ports: RegistryPorts(
                destinationRemoved: { try DeliveryTable.abandon(destination: $1, now: $2, $0) },
                addressPolicy: { AddressPolicy(allowPrivate: $0) }
            )
        )
        try await registry.load()
        return registry
    }

    private static func openWeddings(
        _ database: Database,
        _ clock: ManualTime
    ) async throws -> WeddingRegistry {
        let weddings = WeddingRegistry(
            database: database,
            time: clock.time,
            zones: .system,
            ports: WeddingPorts(hasEvents: { try RankTable.hasEvents($0, of: $1) })
        )
        try await weddings.load()
        return weddings
    }

    private static func dispatcher(
        _ registry: ResourceRegistry,
        _ weddings: WeddingRegistry,
        _ vault: Vault,
        _ store: WebhookStore,
        _ activity: WebhookActivity,
        _ world: World
    ) -> Dispatcher {
        Dispatcher(
            registry: registry,
            weddings: weddings,
            store: store,
            sender: DeliverySender(
                upstream: world.upstream.upstream,
                vault: vault,
                time: world.clock.time,
                addressPolicy: { AddressPolicy(allowPrivate: $0) }
            ),
            activity: activity,
            time: world.clock.time,
            random: .seeded(world.seed),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
    }

    private static func counting(_ finishes: Tally<FinishOutcome>, _ store: WebhookStore) -> WebhookStore {
        var counting = store
        counting.finish = { item in
            let outcome = try await store.finish(item)
            finishes.add(outcome)
            return outcome
        }
        return counting
    }

    /// Runs `body` beside the dispatcher.
    func delivering(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await dispatcher.run() }
            try await body()
            group.cancelAll()
        }
    }
}

/// A station on a fresh database, for the time of `body`.
func withStation(
    store wrap: (WebhookStore) -> WebhookStore = { $0 },
    _ body: (Station) async throws -> Void
) async throws {
    try await temporaryDatabase(migrations: Station.migrations) { database in
        try await body(try await Station.start(database, Station.World(), store: wrap))
    }
}

/// Counts what happens, and lets a test wait for the next.
final class Tally<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    var all: [Element] { state.withLock { $0.elements } }

    func add(_ element: Element) {
        let reached = state.withLock { state in
            state.elements.append(element)
            let count = state.elements.count
            let reached = state.waiters.filter { $0.count <= count }
            state.waiters.removeAll { $0.count <= count }
            return reached
        }
        for waiter in reached { waiter.continuation.resume() }
    }

    /// Returns once there are at least `count`.
    func reach(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isReached = state.withLock { state in
                guard state.elements.count < count else { return true }
                state.waiters.append((count, continuation))
                return false
            }
            if isReached { continuation.resume() }
        }
    }
}

// MARK: What there is

func name(_ text: String) -> ResourceName {
    guard let name = ResourceName(text) else { preconditionFailure("\(text) is no name") }
    return name
}

/// A signing secret as both Stripe and Standard Webhooks have them.
func secret(_ byte: UInt8) -> Secret {
    Secret("whsec_" + Base64.encode([UInt8](repeating: byte, count: 32)))
}

extension Station {
    /// Makes a Stripe source; its secret is `secret(1)`.
    @discardableResult
    func addSource(
        _ text: String = "shop",
        secrets: [Secret] = [secret(1)],
        _ change: (inout SourceDefinition) -> Void = { _ in }
    ) async throws -> Source {
        var definition = SourceDefinition(name: name(text), provider: "stripe")
        change(&definition)
        try await registry.commit([.createSource(definition, secrets)], owner: .api)
        return try #require(registry.snapshot.sources[text])
    }

    /// Makes a destination that wants everything, with `secret(9)`, and gives its number.
    @discardableResult
    func addDestination(
        _ text: String = "app",
        secrets: [Secret] = [secret(9)],
        _ change: (inout DestinationDefinition) -> Void = { _ in }
    ) async throws -> Int64 {
        var definition = DestinationDefinition(name: name(text), url: "https://\(text).example.com/hooks")
        change(&definition)
        try await registry.commit([.createDestination(definition, secrets)], owner: .api)
        return try #require(registry.snapshot.destination(named: name(text))).id
    }

    func change(_ text: String, _ change: (inout DestinationDefinition) -> Void) async throws {
        var definition = try #require(registry.snapshot.destination(named: name(text))).definition
        change(&definition)
        try await registry.commit([.updateDestination(definition, nil)], owner: .api)
    }
}

// MARK: What happens

/// A Stripe event; those of the same `object` keep their order.
func stripeBody(_ id: String, _ type: String = "customer.created", object: String? = nil) -> [UInt8] {
    let object = object ?? "obj_\(id)"
    return Array(
        #"{"id": "\#(id)", "object": "event", "type": "\#(type)", "created": 1772323200, "#.utf8
    ) + Array(#""data": {"object": {"id": "\#(object)", "object": "thing"}}}"#.utf8)
}

extension Station {
    func signed(_ body: [UInt8], _ secrets: [Secret] = [secret(1)]) -> Headers {
        Headers([
            ("content-type", "application/json"),
            (StripeSignature.header, StripeSignature.sign(body, secrets: secrets, timestamp: clock.now)),
        ])
    }

    func receive(_ body: [UInt8], headers: Headers? = nil, source: String = "shop") async -> Reception {
        await receiver.receive(source: source, method: "POST", headers: headers ?? signed(body), body: body)
    }

    /// Receives a correctly signed event that must be stored.
    @discardableResult
    func take(
        _ id: String,
        _ type: String = "customer.created",
        object: String? = nil,
        source: String = "shop"
    ) async throws -> EventID {
        let reception = await receive(stripeBody(id, type, object: object), source: source)
        return try #require(reception.stored, "\(reception)")
    }

    func count(_ table: String, _ condition: String = "1 = 1") async throws -> Int64 {
        try await rows("SELECT COUNT(*) FROM \(table) WHERE \(condition)").first?.integer(0) ?? -1
    }

    func rows(_ text: String, _ arguments: [SQLValue] = []) async throws -> [Row] {
        try await database.read { try $0.query(Statement(text), arguments) }
    }

    func execute(_ text: String, _ arguments: [SQLValue] = []) async throws {
        try await database.write { _ = try $0.execute(Statement(text), arguments) }
    }

    func claim(
        _ destinations: Int64...,
        limit: Int = 10,
        lease: Duration = .seconds(40)
    ) async throws -> [ClaimedDelivery] {
        let shares = destinations.map {
            ClaimOrder.Share(destinationID: $0, limit: limit, leaseUntil: clock.now + lease)
        }
        return try await store.claim(ClaimOrder(shares: shares, now: clock.now)).deliveries
    }

    @discardableResult
    func finish(_ claimed: ClaimedDelivery, _ verdict: DeliveryVerdict) async throws -> FinishOutcome {
        try await store.finish(
            FinishedDelivery(
                seq: claimed.seq,
                destinationID: claimed.destinationID,
                lane: claimed.lane,
                epoch: claimed.epoch,
                attempts: [],
                attemptsBefore: claimed.attempts,
                verdict: verdict,
                now: clock.now
            )
        )
    }
}

extension ClaimedDelivery {
    /// The provider's id of its event.
    var provided: String { String(decoding: event.providerEventID, as: UTF8.self) }
}

extension Reception {
    /// The id of the event when it is new.
    var stored: EventID? {
        guard case .acknowledged(_, let outcomes) = self, case .stored(let id) = outcomes.first else {
            return nil
        }
        return id
    }

    /// The id of the event when it was there already.
    var repeated: EventID? {
        guard case .acknowledged(_, let outcomes) = self, case .duplicate(let id) = outcomes.first else {
            return nil
        }
        return id
    }

    var refusal: SignatureError? {
        guard case .refused(let error) = self else { return nil }
        return error
    }

    var busyCode: String? {
        guard case .busy(_, _, let code) = self else { return nil }
        return code
    }

    var isUnreadable: Bool {
        if case .unreadable = self { true } else { false }
    }

    var isUnknown: Bool {
        if case .unknownSource = self { true } else { false }
    }
}

extension Trait where Self == ConditionTrait {
    /// For tests that look into SQLite's own tables or write its own SQL.
    static var onSQLiteAlone: Self {
        .enabled(if: TestEngine.standard == .sqlite, "it asks SQLite itself")
    }

    /// For tests that move the clock, or forge rows as SQLite takes them: a server's clock is its own, so that on
    /// PostgreSQL they are skipped, and `TwoNodesTests` has what leases and due times must do there.
    static var onManualClock: Self {
        .enabled(if: TestEngine.standard == .sqlite, "the shared clock is the server's")
    }
}
