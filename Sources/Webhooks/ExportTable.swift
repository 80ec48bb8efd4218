package import Domain
import Registry
import Storage

/// Reads events and ended deliveries in an order that does not change any more.
enum ExportTable {
    static let migration = Migration(
        number: 480,
        name: "deliveries in the order they ended",
        statements: [
            "CREATE INDEX deliveries_ended ON deliveries (finished_at, seq) WHERE finished_at IS NOT NULL"
        ]
    )

    private static let events = Statement(
        "SELECT \(StoredEvent.columns) FROM events WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3"
    )
    private static let deliveries = Statement(
        """
        \(StoredDelivery.select)
        WHERE d.finished_at IS NOT NULL AND (d.finished_at, d.seq) > ($1, $2) AND d.finished_at <= $3
        ORDER BY d.finished_at, d.seq LIMIT $4
        """
    )
    private static let nextEvent: Statement =
        "SELECT seq, received_at FROM events WHERE seq > $1 ORDER BY seq LIMIT 1"
    private static let lastEvent: Statement = "SELECT MAX(seq) FROM events"
    private static let lastTaken: Statement = "SELECT last_value FROM event_numbers"
    // Whoever takes a number holds this lock on the sequence from before it is taken to the end of the transaction.
    private static let takers: Statement = """
        SELECT DISTINCT virtualtransaction FROM pg_locks
        WHERE locktype = 'relation' AND relation = 'event_numbers'::regclass AND mode = 'RowExclusiveLock'
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """

    static func events(
        after first: Int64,
        through last: Int64,
        limit: Int,
        _ snapshot: RegistrySnapshot,
        _ transaction: Transaction
    ) throws -> [StoredEvent] {
        try transaction.query(events, [.integer(first), .integer(last), .integer(limit)])
            .map { try StoredEvent($0, snapshot, transaction) }
    }

    static func deliveries(
        after place: DeliveryPlace,
        through last: Instant,
        limit: Int,
        _ snapshot: RegistrySnapshot,
        _ transaction: Transaction
    ) throws -> [StoredDelivery] {
        try transaction.query(
            deliveries,
            [.instant(place.endedAt), .integer(place.sequence), .instant(last), .integer(limit)]
        ).map { try StoredDelivery($0, snapshot, transaction) }
    }

    /// The number behind which the events from `instant` on are: found in halves, for no index is by time.
    static func number(before instant: Instant, _ transaction: Transaction) throws -> Int64 {
        var low: Int64 = 0
        var high = try transaction.first(lastEvent)?.optionalInteger(0) ?? 0
        while low < high {
            let middle = low + (high - low) / 2
            if let row = try transaction.first(nextEvent, [.integer(middle)]), try row.instant(1) < instant {
                low = try row.integer(0)
            } else {
                high = middle
            }
        }
        return low
    }

    /// On PostgreSQL the highest number that was taken so far; nil where rows become visible in the order of their numbers.
    static func lastTaken(_ transaction: Transaction) throws -> Int64? {
        guard transaction.dialect == .postgres else { return nil }
        return try transaction.first(lastTaken)?.integer(0)
    }

    /// The transactions that have taken numbers and are not over.
    static func takers(_ transaction: Transaction) throws -> Set<String> {
        Set(try transaction.query(takers).map { try $0.text(0) })
    }
}

/// Where somebody is in the deliveries that have ended.
package struct DeliveryPlace: Hashable, Sendable {
    /// When the last that is known ended.
    package let endedAt: Instant
    /// Its number.
    package let sequence: Int64

    /// Names a place.
    package init(endedAt: Instant, sequence: Int64) {
        self.endedAt = endedAt
        self.sequence = sequence
    }
}

extension WebhookQueries {
    /// How long after its end a delivery is in the order of ends for good: longer than its end is tried to be stored.
    package static let settleTime = Duration.seconds(30)
    /// How long transactions that were under way are waited for.
    private static let fenceTimeMax = Duration.seconds(5)
    private static let fenceLookEvery = Duration.milliseconds(20)

    /// The number up to which no event will appear any more; nil when it cannot be told now: ask again later.
    ///
    /// On SQLite, with its one writer, that is every number. On PostgreSQL numbers are taken before the commit, and a
    /// later one may be visible before an earlier one: once everything is over that had taken a number when the last one
    /// was read, all up to that one is there.
    package func settledEventNumber() async throws -> Int64? {
        guard let last = try await database.read({ try ExportTable.lastTaken($0) }) else { return .max }
        var open = try await database.read { try ExportTable.takers($0) }
        let giveUpAt = time.elapsed() + Self.fenceTimeMax
        while !open.isEmpty {
            guard time.elapsed() < giveUpAt else { return nil }
            try await time.sleep(Self.fenceLookEvery)
            open.formIntersection(try await database.read { try ExportTable.takers($0) })
        }
        return last
    }

    /// The events after a number and up to another, oldest first.
    package func events(after first: Int64, through last: Int64, limit: Int) async throws -> [StoredEvent] {
        let snapshot = registry.snapshot
        return try await database.read {
            try ExportTable.events(after: first, through: last, limit: limit, snapshot, $0)
        }
    }

    /// The deliveries that ended after a place and long enough ago, in the order they ended.
    package func deliveriesEnded(after place: DeliveryPlace, limit: Int) async throws -> [StoredDelivery] {
        let snapshot = registry.snapshot
        let last = time.now() - Self.settleTime
        return try await database.read {
            try ExportTable.deliveries(after: place, through: last, limit: limit, snapshot, $0)
        }
    }

    /// The number behind which the events from an instant on are.
    package func eventNumber(before instant: Instant) async throws -> Int64 {
        try await database.read { try ExportTable.number(before: instant, $0) }
    }
}
