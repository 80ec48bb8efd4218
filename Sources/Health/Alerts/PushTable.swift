import Domain
import Storage

/// Reads and writes `push_subscriptions`, the browsers that want to be told, and `push_keys`, our own key.
///
/// Endpoints and keys are sealed: who has them can write to the browser.
enum PushTable {
    static let migration = Migration(
        number: 670,
        name: "push",
        statements: [
            Statement(
                schema: """
                    CREATE TABLE push_subscriptions (
                        id BLOB PRIMARY KEY NOT NULL,
                        endpoint_hash BLOB NOT NULL,
                        sealed BLOB NOT NULL,
                        label TEXT NOT NULL,
                        made_by TEXT NOT NULL,
                        created_at INTEGER NOT NULL
                    ) WITHOUT ROWID
                    """
            ),
            Statement(schema: "CREATE UNIQUE INDEX push_by_endpoint ON push_subscriptions (endpoint_hash)"),
            Statement(
                schema:
                    "CREATE TABLE push_keys (id INTEGER PRIMARY KEY, sealed BLOB NOT NULL, created_at INTEGER NOT NULL)"
            ),
        ]
    )

    struct Stored {
        let id: PushSubscriptionID
        let sealed: [UInt8]
        let label: String
        let by: String
        let createdAt: Instant
    }

    private static let insert = Statement(
        """
        INSERT INTO push_subscriptions (id, endpoint_hash, sealed, label, made_by, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """
    )
    private static let removeEndpoint = Statement("DELETE FROM push_subscriptions WHERE endpoint_hash = $1")
    private static let remove = Statement("DELETE FROM push_subscriptions WHERE id = $1")
    private static let selectAll = Statement(
        "SELECT id, sealed, label, made_by, created_at FROM push_subscriptions ORDER BY id LIMIT $1"
    )
    private static let count = Statement("SELECT COUNT(*) FROM push_subscriptions")
    private static let selectKey = Statement("SELECT sealed FROM push_keys WHERE id = 1")
    private static let insertKey = Statement(
        "INSERT INTO push_keys (id, sealed, created_at) VALUES (1, $1, $2)"
    )

    /// Stores a browser in place of what it gave before.
    static func save(_ stored: Stored, endpointHash: [UInt8], _ transaction: Transaction) throws {
        try transaction.execute(removeEndpoint, [.blob(endpointHash)])
        try transaction.execute(
            insert,
            [
                .blob(stored.id.bytes), .blob(endpointHash), .blob(stored.sealed), .text(stored.label),
                .text(stored.by), .instant(stored.createdAt),
            ]
        )
    }

    static func remove(_ id: PushSubscriptionID, _ transaction: Transaction) throws -> Bool {
        try transaction.execute(remove, [.blob(id.bytes)]) == 1
    }

    static func all(limit: Int, _ transaction: Transaction) throws -> [Stored] {
        try transaction.query(selectAll, [.integer(limit)]).map { row in
            guard let id = PushSubscriptionID(bytes: try row.blob(0)) else {
                throw StorageError.corrupt("a push subscription cannot be read")
            }
            return Stored(
                id: id,
                sealed: try row.blob(1),
                label: try row.text(2),
                by: try row.text(3),
                createdAt: try row.instant(4)
            )
        }
    }

    static func count(_ transaction: Transaction) throws -> Int {
        Int(clamping: try transaction.first(count)?.integer(0) ?? 0)
    }

    static func key(_ transaction: Transaction) throws -> [UInt8]? {
        try transaction.first(selectKey)?.blob(0)
    }

    static func save(key sealed: [UInt8], now: Instant, _ transaction: Transaction) throws {
        try transaction.execute(insertKey, [.blob(sealed), .instant(now)])
    }
}
