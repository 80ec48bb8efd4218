package import Domain
package import Resilience
import Storage

/// Names a reservation.
package enum ReservationKind: IdentifierKind {
    package static let prefix = "rsv"
}
/// The id of a reservation.
package typealias ReservationID = Identifier<ReservationKind>

/// A share of one limit of one integration, held for a wedding, as it is stored.
package struct ReservationRecord: Hashable, Sendable {
    /// Its id.
    package let id: ReservationID
    /// Whose limit.
    package let integration: Int64
    /// Which limit.
    package let limit: String
    /// For whom, how much, from when to when.
    package let share: Reservation
    /// Who asked for it: an API key's id.
    package let by: String
    /// When it was asked for.
    package let createdAt: Instant
}

/// Reads and writes `budget_reservations` and `budget_usage`.
enum ReservationTable {
    /// The most reservations of one integration that are read.
    static let countMax = 2_048

    static let migration = Migration(
        number: 520,
        name: "reservations, usual use, one failover at a time",
        statements: [
            Statement(
                schema: """
                    CREATE TABLE budget_reservations (
                        id BLOB PRIMARY KEY NOT NULL,
                        integration_id INTEGER NOT NULL,
                        limit_name TEXT NOT NULL,
                        wedding_id TEXT NOT NULL,
                        quota INTEGER NOT NULL,
                        begins_at INTEGER NOT NULL,
                        ends_at INTEGER NOT NULL,
                        requested_by TEXT NOT NULL,
                        created_at INTEGER NOT NULL,
                        released_at INTEGER
                    ) WITHOUT ROWID
                    """
            ),
            "CREATE INDEX budget_reservations_held ON budget_reservations (ends_at) WHERE released_at IS NULL",
            Statement(
                schema: """
                    CREATE TABLE budget_usage (
                        integration_id INTEGER PRIMARY KEY,
                        usual TEXT NOT NULL,
                        saved_at INTEGER NOT NULL
                    )
                    """
            ),
            "CREATE UNIQUE INDEX failovers_one_open ON failovers (capability) WHERE ended_at IS NULL",
        ]
    )

    private static let insert = Statement(
        """
        INSERT INTO budget_reservations
            (id, integration_id, limit_name, wedding_id, quota, begins_at, ends_at, requested_by, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """
    )
    private static let selectHeld = Statement(
        """
        SELECT id, integration_id, limit_name, wedding_id, quota, begins_at, ends_at, requested_by, created_at
        FROM budget_reservations WHERE released_at IS NULL AND ends_at > $1 ORDER BY id LIMIT \(countMax)
        """
    )
    private static let release = Statement(
        "UPDATE budget_reservations SET released_at = $2 WHERE id = $1 AND released_at IS NULL"
    )
    private static let selectUsage = Statement("SELECT integration_id, usual FROM budget_usage")
    private static let saveUsage = Statement(
        """
        INSERT INTO budget_usage (integration_id, usual, saved_at) VALUES ($1, $2, $3)
        ON CONFLICT (integration_id) DO UPDATE SET usual = excluded.usual, saved_at = excluded.saved_at
        """
    )

    static func insert(_ record: ReservationRecord, _ transaction: Transaction) throws {
        try transaction.execute(
            insert,
            [
                .blob(record.id.bytes), .integer(record.integration), .text(record.limit),
                .text(record.share.wedding.text), .integer(record.share.quota), .instant(record.share.from),
                .instant(record.share.to), .text(record.by), .instant(record.createdAt),
            ]
        )
    }

    /// Those that are neither over nor given back, oldest first.
    static func held(now: Instant, _ transaction: Transaction) throws -> [ReservationRecord] {
        try transaction.query(selectHeld, [.instant(now)]).map(record)
    }

    /// Gives one back; false when it was.
    static func release(_ id: ReservationID, now: Instant, _ transaction: Transaction) throws -> Bool {
        try transaction.execute(release, [.blob(id.bytes), .instant(now)]) == 1
    }

    /// What each integration is usually used for.
    static func usage(_ transaction: Transaction) throws -> [Int64: JSONValue] {
        var found: [Int64: JSONValue] = [:]
        for row in try transaction.query(selectUsage) {
            found[try row.integer(0)] = try JSONParser.parse(Array(try row.text(1).utf8))
        }
        return found
    }

    static func save(usage: [Int64: JSONValue], now: Instant, _ transaction: Transaction) throws {
        for (id, usual) in usage.sorted(by: { $0.key < $1.key }) {
            let text = String(decoding: usual.serialized(), as: UTF8.self)
            try transaction.execute(saveUsage, [.integer(id), .text(text), .instant(now)])
        }
    }

    private static func record(_ row: Row) throws -> ReservationRecord {
        guard let id = ReservationID(bytes: try row.blob(0)), let wedding = WeddingID(try row.text(3)) else {
            throw StorageError.corrupt("a reservation cannot be read")
        }
        return ReservationRecord(
            id: id,
            integration: try row.integer(1),
            limit: try row.text(2),
            share: Reservation(
                wedding: wedding,
                quota: Int(clamping: try row.integer(4)),
                from: try row.instant(5),
                to: try row.instant(6)
            ),
            by: try row.text(7),
            createdAt: try row.instant(8)
        )
    }
}
