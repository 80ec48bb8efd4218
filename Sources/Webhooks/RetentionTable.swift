import Domain
import Registry
import Storage

/// Finds and drops events, by source and type: the index `events_by_kind` has the oldest of each at hand.
enum RetentionTable {
    /// The most events, or keys, of one transaction.
    static let rowsMax: Int64 = 100
    /// The most types of one source that are looked at in one pass.
    static let typesMax = 10_000

    /// Before which instants things are not kept.
    struct Cutoff: Sendable {
        let fields: Instant
        let keys: Instant

        init(_ retention: SourceRetention, today: Int) {
            fields = Instant(seconds: Int64(today - retention.fieldsDays) * 86_400)
            keys = Instant(seconds: Int64(today - retention.keysDays) * 86_400)
        }
    }

    static let migration = Migration(
        number: 421,
        name: "retention",
        statements: [
            // Types are in the order of their bytes, on both engines.
            Statement(
                sqlite: "SELECT 1",
                postgres: #"ALTER TABLE events ALTER COLUMN type TYPE TEXT COLLATE "C""#
            ),
            "CREATE INDEX events_by_kind ON events (source_id, type, seq)",
            Statement(
                sqlite: "CREATE TABLE body_days (day INTEGER PRIMARY KEY)",
                postgres: "CREATE TABLE body_days (day BIGINT PRIMARY KEY)"
            ),
            "INSERT INTO body_days (day) SELECT DISTINCT body_day FROM events",
            // Keys that outlive their events, for sources that keep fields for less than 90 days.
            Statement(
                sqlite: """
                    CREATE TABLE kept_event_keys (
                        source_id INTEGER NOT NULL,
                        seq INTEGER NOT NULL,
                        provider_event_id BLOB NOT NULL,
                        received_at INTEGER NOT NULL,
                        PRIMARY KEY (source_id, seq)
                    ) WITHOUT ROWID
                    """,
                postgres: """
                    CREATE TABLE kept_event_keys (
                        source_id BIGINT NOT NULL,
                        seq BIGINT NOT NULL,
                        provider_event_id BYTEA NOT NULL,
                        received_at BIGINT NOT NULL,
                        PRIMARY KEY (source_id, seq)
                    )
                    """
            ),
        ]
    )

    private static let nextSource: Statement =
        "SELECT source_id FROM events WHERE source_id > $1 ORDER BY source_id LIMIT 1"
    private static let nextKeySource: Statement =
        "SELECT source_id FROM kept_event_keys WHERE source_id > $1 ORDER BY source_id LIMIT 1"
    static let nextType: Statement = """
        SELECT type FROM events WHERE source_id = $1 AND type > $2 ORDER BY type LIMIT 1
        """
    private static let oldestOfType: Statement = """
        SELECT received_at FROM events WHERE source_id = $1 AND type = $2 ORDER BY seq LIMIT 1
        """
    private static let candidates: Statement = """
        SELECT seq, received_at, first_delivery, delivery_count, provider_event_id FROM events
        WHERE source_id = $1 AND type = $2 AND seq > $3 ORDER BY seq LIMIT $4
        """
    private static let firstWaiting: Statement =
        "SELECT seq FROM deliveries WHERE seq >= $1 AND seq < $2 AND state = 0 LIMIT 1"
    private static let firstReplayWaiting: Statement =
        "SELECT seq FROM deliveries WHERE event_seq = $1 AND replay_id IS NOT NULL AND state = 0 LIMIT 1"
    private static let deleteAttempts: Statement =
        "DELETE FROM delivery_attempts WHERE delivery_seq >= $1 AND delivery_seq < $2"
    private static let deleteReplayAttempts: Statement = """
        DELETE FROM delivery_attempts WHERE delivery_seq IN
            (SELECT seq FROM deliveries WHERE event_seq = $1 AND replay_id IS NOT NULL)
        """
    private static let deleteDeliveries: Statement = "DELETE FROM deliveries WHERE seq >= $1 AND seq < $2"
    private static let deleteReplays: Statement =
        "DELETE FROM deliveries WHERE event_seq = $1 AND replay_id IS NOT NULL"
    private static let deleteEvent: Statement = "DELETE FROM events WHERE seq = $1"
    private static let deleteKey: Statement =
        "DELETE FROM event_keys WHERE source_id = $1 AND provider_event_id = $2"
    private static let keepKey: Statement = """
        INSERT INTO kept_event_keys (source_id, seq, provider_event_id, received_at) VALUES ($1, $2, $3, $4)
        """
    private static let keptKeys: Statement = """
        SELECT seq, received_at, provider_event_id FROM kept_event_keys WHERE source_id = $1 ORDER BY seq LIMIT $2
        """
    private static let deleteKeptKey: Statement =
        "DELETE FROM kept_event_keys WHERE source_id = $1 AND seq = $2"

    /// The sources that have events or keys, removed ones too.
    static func sources(_ transaction: Transaction) throws -> [Int64] {
        var found: Set<Int64> = []
        for statement in [nextSource, nextKeySource] {
            var last = Int64.min
            while let row = try transaction.first(statement, [.integer(last)]) {
                last = try row.integer(0)
                found.insert(last)
            }
        }
        return found.sorted()
    }

    /// The types of a source's events, at most `typesMax`: one look into the index for each.
    static func types(_ source: Int64, _ transaction: Transaction) throws -> [String] {
        var types: [String] = []
        while types.count < typesMax,
            let row = try transaction.first(nextType, [.integer(source), .text(types.last ?? "")])
        {
            types.append(try row.text(0))
        }
        return types
    }

    /// The types of which the oldest event is not kept any longer.
    static func dueTypes(_ source: Int64, _ cutoff: Cutoff, _ transaction: Transaction) throws -> [String] {
        try types(source, transaction).filter { type in
            try oldest(source, type, transaction).map { $0 < cutoff.fields } ?? false
        }
    }

    /// When the oldest event of a source was received.
    static func oldestEvent(_ source: Int64, _ transaction: Transaction) throws -> Instant? {
        try types(source, transaction).compactMap { try oldest(source, $0, transaction) }.min()
    }

    private static func oldest(_ source: Int64, _ type: String, _ transaction: Transaction) throws -> Instant?
    {
        try transaction.first(oldestOfType, [.integer(source), .text(type)])?.instant(0)
    }

    /// Drops the oldest events of a type, as far as none of their deliveries waits.
    ///
    /// - Returns: how many, and after which event to go on; nil when the rest is kept.
    static func dropSome(
        _ source: Int64,
        _ type: String,
        after seq: Int64,
        _ cutoff: Cutoff,
        _ transaction: Transaction
    ) throws -> (dropped: Int, next: Int64?) {
        let rows = try transaction.query(
            candidates,
            [.integer(source), .text(type), .integer(seq), .integer(rowsMax)]
        )
        var dropped = 0
        for row in rows {
            guard try row.instant(1) < cutoff.fields else { return (dropped, nil) }
            if try drop(row, source, cutoff, transaction) { dropped += 1 }
        }
        return (dropped, rows.count < Int(rowsMax) ? nil : try rows.last?.integer(0))
    }

    private static func drop(
        _ row: Row,
        _ source: Int64,
        _ cutoff: Cutoff,
        _ transaction: Transaction
    ) throws -> Bool {
        let seq = SQLValue.integer(try row.integer(0))
        let first = try row.integer(2)
        let own: [SQLValue] = [.integer(first), .integer(first + (try row.integer(3)))]
        guard try transaction.first(firstWaiting, own) == nil,
            try transaction.first(firstReplayWaiting, [seq]) == nil
        else { return false }
        try transaction.execute(deleteAttempts, own)
        try transaction.execute(deleteReplayAttempts, [seq])
        try transaction.execute(deleteDeliveries, own)
        try transaction.execute(deleteReplays, [seq])
        try IdentifierTable.delete(of: try row.integer(0), transaction)
        try transaction.execute(deleteEvent, [seq])
        try DuplicateTable.delete(of: try row.integer(0), transaction)
        let receivedAt = try row.instant(1)
        if receivedAt < cutoff.keys {
            try transaction.execute(deleteKey, [.integer(source), .blob(try row.blob(4))])
        } else {
            try transaction.execute(
                keepKey,
                [.integer(source), seq, .blob(try row.blob(4)), .instant(receivedAt)]
            )
        }
        return true
    }

    /// Whether a key that has outlived its event is not kept any longer.
    static func hasDueKeys(_ source: Int64, _ cutoff: Cutoff, _ transaction: Transaction) throws -> Bool {
        guard let row = try transaction.first(keptKeys, [.integer(source), .integer(1)]) else { return false }
        return try row.instant(1) < cutoff.keys
    }

    /// Drops the oldest keys that have outlived their events; true when the rest is kept.
    static func dropKeys(_ source: Int64, _ cutoff: Cutoff, _ transaction: Transaction) throws -> Bool {
        let rows = try transaction.query(keptKeys, [.integer(source), .integer(rowsMax)])
        for row in rows {
            guard try row.instant(1) < cutoff.keys else { return true }
            try transaction.execute(deleteKey, [.integer(source), .blob(try row.blob(2))])
            try transaction.execute(deleteKeptKey, [.integer(source), .integer(try row.integer(0))])
        }
        return rows.count < Int(rowsMax)
    }
}
