import Domain
package import Storage

/// Remembers what removed sources, destinations and integrations were called, so that their events and calls can still be explained.
package enum RemovedNameTable {
    /// What was removed.
    package enum Kind: String, Sendable {
        case source
        case destination
        case integration
    }

    private static let insert = Statement(
        "INSERT INTO removed_names (kind, id, name, vendor, removed_at) VALUES ($1, $2, $3, $4, $5)"
    )
    private static let select = Statement("SELECT name FROM removed_names WHERE kind = $1 AND id = $2")

    static func remember(
        _ kind: Kind,
        _ id: Int64,
        _ name: ResourceName,
        _ vendor: ResourceName?,
        _ now: Instant,
        _ transaction: Transaction
    ) throws {
        let vendor = vendor.map { SQLValue.text($0.text) } ?? .null
        try transaction.execute(
            insert,
            [.text(kind.rawValue), .integer(id), .text(name.text), vendor, .integer(now.microseconds)]
        )
    }

    /// What the removed row `id` was called; nil when there never was one.
    package static func name(_ kind: Kind, _ id: Int64, _ transaction: Transaction) throws -> String? {
        try transaction.first(select, [.text(kind.rawValue), .integer(id)])?.text(0)
    }
}
