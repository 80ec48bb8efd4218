package import Domain
package import Logging
package import Registry
import ServiceLifecycle
package import Storage
import Synchronization
package import Telemetry
package import Vault

/// Drops what sources no longer keep: bodies, and later everything else of their events.
///
/// A pass has four parts, in this order, each in transactions of its own that take a bounded number of rows:
///
/// 1. The payload keys of every source and day whose bodies are not kept are destroyed: with that the bodies can no
///    longer be read, by nobody and in no copy made later.
/// 2. The tables of days for which no source has a key left are emptied and dropped.
/// 3. Events past their source's `fields_days` go, with deliveries and tries; never one that still waits somewhere.
/// 4. Keys of events that were to outlive them go.
///
/// What is left to do is read from the tables each time, so a pass that was cut short is finished by the next one.
package final class Retention: Service, Sendable {
    /// The most time between two passes; one also begins with each UTC day, and when the registry changes.
    package static let interval = Duration.seconds(3_600)
    /// The most transactions of one pass; the next one goes on.
    package static let stepsMax = 10_000
    /// The wait after the store failed.
    package static let storeRetry = Duration.seconds(60)

    private let database: Database
    private let registry: ResourceRegistry
    private let vault: Vault
    private let time: Time
    private let logger: Logger
    private let doorbell = Doorbell()
    private let keys: Counter
    private let tables: Counter
    private let events: Counter
    private let lastPass: Gauge

    /// Wires the service and registers its metrics.
    package init(
        database: Database,
        registry: ResourceRegistry,
        vault: Vault,
        metrics: Metrics,
        time: Time,
        logger: Logger
    ) {
        self.database = database
        self.registry = registry
        self.vault = vault
        self.time = time
        self.logger = logger
        keys = metrics.counter(
            "usher_retention_keys_destroyed_total",
            help: "Payload keys destroyed; each makes a source's bodies of one day unreadable."
        )
        tables = metrics.counter(
            "usher_retention_tables_dropped_total",
            help: "Tables of bodies dropped, one a day."
        )
        events = metrics.counter(
            "usher_retention_events_dropped_total",
            help: "Events dropped with their fields."
        )
        lastPass = metrics.gauge(
            "usher_retention_last_pass_seconds",
            help: "When the last pass ended, in seconds since 1970."
        )
        registry.onChange { [doorbell] _ in doorbell.ring() }
    }

    /// Makes passes until cancelled or shut down.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                var wait = self.untilNextPass()
                do {
                    try await self.pass()
                } catch is CancellationError {
                    return
                } catch {
                    self.logger.error("retention failed for now", metadata: ["error": "\(error)"])
                    wait = Self.storeRetry
                }
                await self.doorbell.wait(atMost: wait, self.time)
            }
        }
    }

    /// What a pass did.
    package struct Outcome: Equatable, Sendable {
        /// Payload keys destroyed.
        package var keys = 0
        /// Tables of bodies dropped.
        package var tables = 0
        /// Events dropped.
        package var events = 0
        /// Transactions used.
        package var steps = 0

        /// Nothing done.
        package static let nothing = Outcome()
    }

    /// One pass; it is over when nothing is due or after `stepsMax` transactions.
    @discardableResult
    package func pass(stepsMax: Int = Retention.stepsMax) async throws -> Outcome {
        var outcome = Outcome()
        let snapshot = registry.snapshot
        let today = time.now().dayNumber
        try await destroyKeys(snapshot, today, stepsMax, &outcome)
        try await dropTables(today, stepsMax, &outcome)
        try await dropEvents(snapshot, today, stepsMax, &outcome)
        if outcome.steps < stepsMax { lastPass.set(Double(time.now().seconds)) }
        if outcome.keys + outcome.tables + outcome.events > 0 {
            logger.info(
                "dropped what is not kept any longer",
                metadata: [
                    "payload_keys": "\(outcome.keys)", "body_tables": "\(outcome.tables)",
                    "events": "\(outcome.events)",
                ]
            )
        }
        return outcome
    }

    private func destroyKeys(
        _ snapshot: RegistrySnapshot,
        _ today: Int,
        _ stepsMax: Int,
        _ outcome: inout Outcome
    ) async throws {
        let places = try await payloadPlaces()
        for (source, days) in places.sorted(by: { $0.key < $1.key }) where outcome.steps < stepsMax {
            let last = snapshot.retention(of: source).lastDroppedBodyDay(today: today)
            guard days.contains(where: { $0 <= last }) else { continue }
            outcome.steps += 1
            let destroyed = try await vault.destroyPayloadKeys(
                scope: PayloadContext.scope(source: source),
                throughDay: last
            )
            outcome.keys += destroyed
            keys.increment(by: UInt64(destroyed))
        }
    }

    private func dropTables(_ today: Int, _ stepsMax: Int, _ outcome: inout Outcome) async throws {
        let kept = Set(try await payloadPlaces().values.flatMap(\.self))
        let days = try await database.read { try EventBodyTable.days($0) }
        for day in days where day < today && !kept.contains(day) {
            var isDropped = false
            while !isDropped, outcome.steps < stepsMax {
                outcome.steps += 1
                isDropped = try await database.write { try EventBodyTable.dropSome(day: day, $0) }
            }
            guard isDropped else { return }
            outcome.tables += 1
            tables.increment()
        }
    }

    private func dropEvents(
        _ snapshot: RegistrySnapshot,
        _ today: Int,
        _ stepsMax: Int,
        _ outcome: inout Outcome
    ) async throws {
        for source in try await database.read({ try RetentionTable.sources($0) }) {
            let cutoff = RetentionTable.Cutoff(snapshot.retention(of: source), today: today)
            for type in try await database.read({ try RetentionTable.dueTypes(source, cutoff, $0) }) {
                var after: Int64? = 0
                while let seq = after, outcome.steps < stepsMax {
                    outcome.steps += 1
                    let step = try await database.write {
                        try RetentionTable.dropSome(source, type, after: seq, cutoff, $0)
                    }
                    outcome.events += step.dropped
                    events.increment(by: UInt64(step.dropped))
                    after = step.next
                }
            }
            var isOver = try await database.read { try !RetentionTable.hasDueKeys(source, cutoff, $0) }
            while !isOver, outcome.steps < stepsMax {
                outcome.steps += 1
                isOver = try await database.write { try RetentionTable.dropKeys(source, cutoff, $0) }
            }
        }
    }

    /// The days for which each source has a payload key.
    private func payloadPlaces() async throws -> [Int64: Set<Int>] {
        try await database.read { [vault] transaction in
            var places: [Int64: Set<Int>] = [:]
            for (scope, day) in try vault.payloadKeyPlaces(transaction) {
                guard let source = PayloadContext.source(scope: scope) else { continue }
                places[source, default: []].insert(day)
            }
            return places
        }
    }

    private func untilNextPass() -> Duration {
        let now = time.now()
        return min(Self.interval, Instant(seconds: Int64(now.dayNumber + 1) * 86_400) - now)
    }
}

/// What a source keeps, and since when.
package struct RetentionReport: Sendable {
    /// The source.
    package let source: Source
    /// The oldest UTC day, counted from 1970, whose bodies can be read; nil when there are none.
    package let oldestBodyDay: Int?
    /// When its oldest event was received; nil when there is none.
    package let oldestEventAt: Instant?

    /// When the bodies of the oldest day are dropped; nil when there are none.
    package var nextDropAt: Instant? {
        oldestBodyDay.map {
            Instant(seconds: Int64($0 + source.definition.retention.bodiesDays + 1) * 86_400)
        }
    }
}

extension Retention {
    /// What each source keeps, by name.
    package func report() async throws -> [RetentionReport] {
        let sources = registry.snapshot.sources.values.sorted { $0.name < $1.name }
        let places = try await payloadPlaces()
        return try await database.read { transaction in
            try sources.map { source in
                RetentionReport(
                    source: source,
                    oldestBodyDay: places[source.id]?.min(),
                    oldestEventAt: try RetentionTable.oldestEvent(source.id, transaction)
                )
            }
        }
    }
}

extension RegistrySnapshot {
    /// How long what a source has sent is kept; what a removed source has left is kept for the standard time.
    package func retention(of source: Int64) -> SourceRetention {
        self.source(id: source)?.definition.retention ?? .standard
    }

    /// Whether the body of an event of that source is still kept.
    package func keepsBody(of source: Int64, receivedAt: Instant, now: Instant) -> Bool {
        receivedAt.dayNumber > retention(of: source).lastDroppedBodyDay(today: now.dayNumber)
    }
}
