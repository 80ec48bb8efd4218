import Domain
import Storage

/// The rows of API keys.
enum APIKeyTable {
    /// One row: what is known of the key, and the keyed hash it is checked against (empty once revoked, so that
    /// clearing `revoked_at` by hand revives nothing).
    struct StoredKey: Sendable {
        var record: APIKeyRecord
        var mac: [UInt8]
    }

    static func find(_ transaction: Transaction, _ id: APIKeyID) throws -> StoredKey? {
        try transaction.first(select, [.blob(id.bytes)]).map(storedKey)
    }

    /// The newest keys first, from below `before` on; only those of `principal` when one is given.
    static func page(
        _ transaction: Transaction,
        principal: AccessPrincipal?,
        before: APIKeyID?,
        limit: Int
    ) throws -> [APIKeyRecord] {
        let arguments: [SQLValue] = [
            .optional(principal) { .text($0.description) }, .optional(before) { .blob($0.bytes) },
            .integer(limit),
        ]
        return try transaction.query(selectPage, arguments).map { try storedKey($0).record }
    }

    static func insert(_ transaction: Transaction, _ key: StoredKey) throws {
        let record = key.record
        try transaction.execute(
            insert,
            [
                .blob(record.id.bytes), .text(record.label.text), .text(record.principal.description),
                .text(record.level.rawValue), .blob(key.mac), .optional(record.createdBy) { .blob($0.bytes) },
                .instant(record.createdAt), .optional(record.expiresAt) { .instant($0) },
            ]
        )
    }

    static func count(_ transaction: Transaction) throws -> (all: Int, unrevoked: Int) {
        guard let row = try transaction.first(selectCounts) else { return (0, 0) }
        return (Int(try row.integer(0)), Int(try row.integer(1)))
    }

    static func revoke(_ transaction: Transaction, _ id: APIKeyID, at now: Instant) throws {
        try transaction.execute(revoke, [.blob(id.bytes), .instant(now), .blob([])])
    }

    /// Notes when keys were last used; never moves a time back.
    static func used(_ transaction: Transaction, _ uses: [APIKeyID: Instant]) throws {
        for (id, instant) in uses.sorted(by: { $0.key < $1.key }) {
            try transaction.execute(updateLastUse, [.blob(id.bytes), .instant(instant)])
        }
    }

    private static func storedKey(_ row: Row) throws -> StoredKey {
        guard let id = APIKeyID(bytes: try row.blob(0)), let label = APIKeyLabel(try row.text(1)),
            let principal = AccessPrincipal(try row.text(2)),
            let level = AccessLevel(rawValue: try row.text(3))
        else { throw StorageError.unexpectedColumn("api_keys: an id, label, principal or level is not one") }
        let record = APIKeyRecord(
            id: id,
            label: label,
            principal: principal,
            level: level,
            createdBy: try row.optionalBlob(5).flatMap { APIKeyID(bytes: $0) },
            createdAt: try row.instant(6),
            expiresAt: try row.optionalInstant(7),
            revokedAt: try row.optionalInstant(8),
            lastUsedAt: try row.optionalInstant(9)
        )
        return StoredKey(record: record, mac: try row.blob(4))
    }

    private static let select: Statement = """
        SELECT id, label, principal, level, mac, created_by, created_at, expires_at, revoked_at, last_used_at
        FROM api_keys WHERE id = $1
        """
    private static let selectPage = Statement(
        sqlite: """
            SELECT id, label, principal, level, mac, created_by, created_at, expires_at, revoked_at, last_used_at
            FROM api_keys WHERE ($1 IS NULL OR principal = $1) AND ($2 IS NULL OR id < $2)
            ORDER BY id DESC LIMIT $3
            """,
        postgres: """
            SELECT id, label, principal, level, mac, created_by, created_at, expires_at, revoked_at, last_used_at
            FROM api_keys WHERE ($1::text IS NULL OR principal = $1) AND ($2::bytea IS NULL OR id < $2)
            ORDER BY id DESC LIMIT $3
            """
    )
    private static let selectCounts: Statement =
        "SELECT COUNT(*), COALESCE(SUM(CASE WHEN revoked_at IS NULL THEN 1 ELSE 0 END), 0) FROM api_keys"
    private static let insert: Statement = """
        INSERT INTO api_keys (id, label, principal, level, mac, created_by, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """
    private static let revoke: Statement =
        "UPDATE api_keys SET revoked_at = $2, mac = $3 WHERE id = $1 AND revoked_at IS NULL"
    private static let updateLastUse: Statement = """
        UPDATE api_keys SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)
        """
}
