import Domain
import Providers
import Storage

/// Reads and writes the rows of `routes`.
enum RouteTable {
    private static let selectAll: Statement =
        "SELECT capability, integrations, strategy, owner, updated_at FROM routes ORDER BY capability"
    private static let upsert: Statement = """
        INSERT INTO routes (capability, integrations, strategy, owner, updated_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (capability) DO UPDATE SET integrations = excluded.integrations, strategy = excluded.strategy,
            owner = excluded.owner, updated_at = excluded.updated_at
        """
    private static let delete: Statement = "DELETE FROM routes WHERE capability = $1"

    /// Every route, those of capabilities that a later release of Usher knows excepted.
    static func loadAll(_ transaction: Transaction) throws -> [StoredRoute] {
        try transaction.query(selectAll).compactMap { row in
            guard let capability = Capability(name: try row.text(0)) else { return nil }
            return StoredRoute(
                definition: RouteDefinition(
                    capability: capability,
                    order: try texts(try row.text(1)).map(resourceName),
                    strategy: FailoverStrategy(rawValue: try row.text(2))
                ),
                owner: RegistryOwner(rawValue: try row.text(3)) ?? .api,
                updatedAt: try row.instant(4)
            )
        }
    }

    static func put(
        _ definition: RouteDefinition,
        owner: RegistryOwner,
        now: Instant,
        _ transaction: Transaction
    ) throws {
        try transaction.execute(
            upsert,
            [
                .text(definition.capability.rawValue), .text(textList(definition.order.map(\.text))),
                .text(definition.strategy.rawValue), .text(owner.rawValue), .instant(now),
            ]
        )
    }

    static func delete(_ capability: Capability, _ transaction: Transaction) throws {
        try transaction.execute(delete, [.text(capability.rawValue)])
    }
}
