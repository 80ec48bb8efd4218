import Domain
import Storage

/// Reads and writes `backfills`, a row for each integration, and `backfill_pulse`, when Usher was last alive.
enum BackfillTable {
    static let migration = Migration(
        number: 550,
        name: "backfills",
        statements: [
            Statement(
                schema: """
                    CREATE TABLE backfills (
                        integration_id INTEGER PRIMARY KEY,
                        kind TEXT NOT NULL,
                        through_at INTEGER,
                        position TEXT,
                        is_first INTEGER NOT NULL,
                        renew_at INTEGER,
                        due_at INTEGER NOT NULL,
                        lease_until INTEGER,
                        epoch INTEGER NOT NULL,
                        last_run_at INTEGER,
                        last_error TEXT,
                        found INTEGER NOT NULL,
                        injected INTEGER NOT NULL
                    )
                    """
            ),
            Statement(
                schema: """
                    CREATE TABLE backfill_pulse (
                        id INTEGER PRIMARY KEY,
                        seen_at INTEGER NOT NULL
                    )
                    """
            ),
        ]
    )

    private static let columns = """
        integration_id, kind, through_at, position, is_first, renew_at, due_at, lease_until, epoch, last_run_at,
        last_error, found, injected
        """
    private static let insert = Statement(
        """
        INSERT INTO backfills (integration_id, kind, is_first, due_at, epoch, found, injected)
        VALUES ($1, $2, $3, $4, 0, 0, 0)
        ON CONFLICT (integration_id) DO NOTHING
        """
    )
    private static let selectAll = Statement("SELECT \(columns) FROM backfills ORDER BY integration_id")
    // Due, and nobody at it; or left by somebody who died.
    private static let claim = Statement(
        """
        UPDATE backfills SET epoch = epoch + 1, lease_until = $3, due_at = $4, last_run_at = $2
        WHERE integration_id = $1
            AND ((lease_until IS NULL AND due_at <= $2) OR (lease_until IS NOT NULL AND lease_until <= $2))
        RETURNING \(columns)
        """
    )
    private static let keep = Statement(
        "UPDATE backfills SET lease_until = $3 WHERE integration_id = $1 AND epoch = $2"
    )
    private static let save = Statement(
        """
        UPDATE backfills SET through_at = $3, position = $4, is_first = $5, renew_at = $6, lease_until = $7,
            last_error = $8, found = $9, injected = $10
        WHERE integration_id = $1 AND epoch = $2
        """
    )
    // What was asked for meanwhile stays: a run ends by bringing the next one forward, never by putting it off.
    private static let bring = Statement(
        "UPDATE backfills SET due_at = $2 WHERE integration_id = $1 AND due_at > $2"
    )
    private static let releaseAll = Statement(
        "UPDATE backfills SET lease_until = NULL, due_at = $1 WHERE lease_until IS NOT NULL"
    )
    private static let selectPulse = Statement("SELECT seen_at FROM backfill_pulse WHERE id = 1")
    private static let savePulse = Statement(
        """
        INSERT INTO backfill_pulse (id, seen_at) VALUES (1, $1)
        ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
        """
    )

    /// Makes the row of an integration that has none.
    static func add(
        _ integration: Int64,
        _ kind: BackfillKind,
        dueAt: Instant,
        _ transaction: Transaction
    ) throws {
        try transaction.execute(
            insert,
            [.integer(integration), .text(kind.rawValue), .bool(kind == .changes), .instant(dueAt)]
        )
    }

    static func all(_ transaction: Transaction) throws -> [StoredBackfill] {
        try transaction.query(selectAll).map(backfill)
    }

    /// Takes an integration on if it is due; nil when it is not, or somebody is at it.
    ///
    /// - Parameter next: when it is due after this run.
    static func claim(
        _ integration: Int64,
        now: Instant,
        lease: Instant,
        next: Instant,
        _ transaction: Transaction
    ) throws -> StoredBackfill? {
        try transaction.first(claim, [.integer(integration), .instant(now), .instant(lease), .instant(next)])
            .map(backfill)
    }

    /// Holds a lease for longer; false when somebody else has taken it on since.
    static func keep(_ row: StoredBackfill, until lease: Instant, _ transaction: Transaction) throws -> Bool {
        try transaction.execute(keep, [.integer(row.integration), .integer(row.epoch), .instant(lease)]) == 1
    }

    /// Writes down how far a run came; false when somebody else has taken it on since.
    static func save(_ row: StoredBackfill, _ transaction: Transaction) throws -> Bool {
        try transaction.execute(
            save,
            [
                .integer(row.integration), .integer(row.epoch), .optional(row.through) { .instant($0) },
                .optional(row.position) { .text($0) }, .bool(row.isFirst),
                .optional(row.renewAt) { .instant($0) }, .optional(row.leaseUntil) { .instant($0) },
                .optional(row.lastError) { .text($0) }, .integer(row.found), .integer(row.injected),
            ]
        ) == 1
    }

    /// Has an integration looked at by `due`, or earlier if it is to be.
    static func bring(_ integration: Int64, to due: Instant, _ transaction: Transaction) throws {
        try transaction.execute(bring, [.integer(integration), .instant(due)])
    }

    /// Ends every lease: for a start that knows of no other node.
    static func releaseAll(now: Instant, _ transaction: Transaction) throws {
        try transaction.execute(releaseAll, [.instant(now)])
    }

    /// When Usher was last known to be alive; nil when never.
    static func pulse(_ transaction: Transaction) throws -> Instant? {
        try transaction.first(selectPulse).map { try $0.instant(0) }
    }

    static func beat(_ now: Instant, _ transaction: Transaction) throws {
        try transaction.execute(savePulse, [.instant(now)])
    }

    private static func backfill(_ row: Row) throws -> StoredBackfill {
        guard let kind = BackfillKind(rawValue: try row.text(1)) else {
            throw StorageError.corrupt("a backfill cannot be read")
        }
        return StoredBackfill(
            integration: try row.integer(0),
            kind: kind,
            through: try row.optionalInstant(2),
            position: try row.optionalText(3),
            isFirst: try row.bool(4),
            renewAt: try row.optionalInstant(5),
            dueAt: try row.instant(6),
            leaseUntil: try row.optionalInstant(7),
            epoch: try row.integer(8),
            lastRunAt: try row.optionalInstant(9),
            lastError: try row.optionalText(10),
            found: try row.integer(11),
            injected: try row.integer(12)
        )
    }
}
