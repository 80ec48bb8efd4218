package import Domain
package import Providers
import Storage

/// Names a failover.
package enum FailoverKind: IdentifierKind {
    package static let prefix = "fov"
}
/// The id of a failover.
package typealias FailoverID = Identifier<FailoverKind>

/// One failover: calls of a capability went elsewhere than its route says, from then to then, and why.
package struct FailoverRecord: Hashable, Sendable {
    /// Its id.
    package let id: FailoverID
    /// What it is about.
    package let capability: Capability
    /// Where calls go otherwise; nil when the route had nothing.
    package let from: Int64?
    /// Where they went.
    package let to: Int64
    /// Why.
    package let reason: String
    /// Who asked for it: an API key's id, or `usher` for what Usher did by itself.
    package let by: String
    /// Since when.
    package let since: Instant
    /// When it ends by itself; nil until it is taken back, or until the first integration is well again.
    package let until: Instant?
    /// When it ended.
    package let endedAt: Instant?

    /// Who Usher's own failovers are asked for by.
    package static let automatic = "usher"
    /// Whether an operator asked for it.
    package var isOrder: Bool { by != Self.automatic }
}

/// Reads and writes the rows of `failovers`.
enum FailoverTable {
    private static let columns = """
        id, capability, from_integration_id, to_integration_id, reason, requested_by, since, until, ended_at
        """
    private static let insertion = """
        INSERT INTO failovers (id, capability, from_integration_id, to_integration_id, reason, requested_by, since, until)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """
    private static let insert = Statement(insertion)
    private static let insertUnlessOpen = Statement(insertion + " ON CONFLICT DO NOTHING")
    private static let end = Statement(
        "UPDATE failovers SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL"
    )
    private static let endAutomatic = Statement(
        """
        UPDATE failovers SET ended_at = $2
        WHERE capability = $1 AND ended_at IS NULL AND requested_by = '\(FailoverRecord.automatic)'
        """
    )
    private static let selectOpen = Statement(
        "SELECT \(columns) FROM failovers WHERE ended_at IS NULL ORDER BY id"
    )
    private static let selectLatest = Statement("SELECT \(columns) FROM failovers ORDER BY id DESC LIMIT $1")

    static func insert(_ record: FailoverRecord, _ transaction: Transaction) throws {
        try transaction.execute(insert, values(record))
    }

    /// Stores a failover unless the capability has an open one, which another node may have stored.
    static func insertUnlessOpen(_ record: FailoverRecord, _ transaction: Transaction) throws {
        try transaction.execute(insertUnlessOpen, values(record))
    }

    /// Ends what Usher did by itself, if anything.
    static func endAutomatic(_ capability: Capability, now: Instant, _ transaction: Transaction) throws {
        try transaction.execute(endAutomatic, [.text(capability.rawValue), .instant(now)])
    }

    private static func values(_ record: FailoverRecord) -> [SQLValue] {
        [
            .blob(record.id.bytes), .text(record.capability.rawValue),
            .optional(record.from) { .integer($0) },
            .integer(record.to), .text(record.reason), .text(record.by), .instant(record.since),
            .optional(record.until) { .instant($0) },
        ]
    }

    static func end(_ id: FailoverID, now: Instant, _ transaction: Transaction) throws {
        try transaction.execute(end, [.blob(id.bytes), .instant(now)])
    }

    static func open(_ transaction: Transaction) throws -> [FailoverRecord] {
        try transaction.query(selectOpen).map(record)
    }

    static func latest(_ limit: Int, _ transaction: Transaction) throws -> [FailoverRecord] {
        try transaction.query(selectLatest, [.integer(limit)]).map(record)
    }

    private static func record(_ row: Row) throws -> FailoverRecord {
        guard let id = FailoverID(bytes: try row.blob(0)), let capability = Capability(name: try row.text(1))
        else {
            throw StorageError.corrupt("a failover cannot be read")
        }
        return FailoverRecord(
            id: id,
            capability: capability,
            from: try row.optionalInteger(2),
            to: try row.integer(3),
            reason: try row.text(4),
            by: try row.text(5),
            since: try row.instant(6),
            until: try row.optionalInstant(7),
            endedAt: try row.optionalInstant(8)
        )
    }
}
