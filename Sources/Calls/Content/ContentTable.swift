import Domain
import Providers
import Storage

/// Reads and writes the rows of `content`.
enum ContentTable {
    static let migration = Migration(
        number: 540,
        name: "content",
        statements: [
            Statement(
                schema: """
                    CREATE TABLE content (
                        id BLOB PRIMARY KEY NOT NULL,
                        owner TEXT NOT NULL,
                        bytes INTEGER NOT NULL,
                        content_type TEXT NOT NULL,
                        sha256 BLOB NOT NULL,
                        md5 BLOB NOT NULL,
                        parts BLOB NOT NULL,
                        created_at INTEGER NOT NULL,
                        expires_at INTEGER NOT NULL
                    ) WITHOUT ROWID
                    """
            ),
            "CREATE INDEX content_by_expiry ON content (expires_at)",
            "CREATE INDEX calls_of_content ON calls (content_id) WHERE content_id IS NOT NULL",
        ]
    )

    private static let insert = Statement(
        """
        INSERT INTO content (id, owner, bytes, content_type, sha256, md5, parts, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """
    )
    private static let select = Statement(
        "SELECT bytes, content_type, sha256, md5, parts FROM content WHERE id = $1 AND owner = $2"
    )
    private static let sum = Statement("SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM content")
    /// Content that has expired or was uploaded, and that no open call needs; what is to be copied back stays while
    /// there is room for it.
    private static let done = Statement(
        """
        SELECT id FROM content WHERE (expires_at <= $1
            OR EXISTS (SELECT 1 FROM calls WHERE calls.content_id = content.id AND calls.state = 4))
            AND NOT EXISTS (SELECT 1 FROM calls WHERE calls.content_id = content.id AND calls.state < 4)
            AND (CAST($3 AS BIGINT) = 0 OR NOT EXISTS
                (SELECT 1 FROM content_debts WHERE content_debts.content_id = content.id AND content_debts.state = 0))
        ORDER BY id LIMIT $2
        """
    )
    private static let delete = Statement("DELETE FROM content WHERE id = $1")
    private static let known = Statement("SELECT 1 FROM content WHERE id = $1")

    static func insert(
        _ content: StoredContent,
        owner: String,
        now: Instant,
        expires: Instant,
        _ transaction: Transaction
    ) throws {
        try transaction.execute(
            insert,
            [
                .blob(content.id.bytes), .text(owner), .integer(content.bytes), .text(content.contentType),
                .blob(content.sha256), .blob(content.md5),
                .blob(content.parts.flatMap { $0.sha256 + $0.md5 }),
                .instant(now), .instant(expires),
            ]
        )
    }

    static func load(_ id: ContentID, owner: String, _ transaction: Transaction) throws -> StoredContent? {
        try transaction.first(select, [.blob(id.bytes), .text(owner)]).map { row in
            StoredContent(
                id: id,
                bytes: try row.integer(0),
                contentType: try row.text(1),
                sha256: try row.blob(2),
                md5: try row.blob(3),
                parts: parts(try row.blob(4))
            )
        }
    }

    /// The checksums of parts as they are stored: 32 and 16 bytes of each.
    static func parts(_ digests: [UInt8]) -> [StoredContent.Part] {
        stride(from: 0, to: digests.count - 47, by: 48).map { start in
            StoredContent.Part(
                sha256: Array(digests[start..<(start + 32)]),
                md5: Array(digests[(start + 32)..<(start + 48)])
            )
        }
    }

    static func total(_ transaction: Transaction) throws -> Int64 {
        try transaction.first(sum).map { try $0.integer(0) } ?? 0
    }

    /// Takes out of the table what is not needed any more; gives it.
    ///
    /// - Parameter keepsOwed: whether what is to be copied back stays.
    static func takeDone(
        now: Instant,
        keepsOwed: Bool,
        limit: Int,
        _ transaction: Transaction
    ) throws -> [ContentID] {
        let ids = try transaction.query(done, [.instant(now), .integer(limit), .integer(keepsOwed ? 1 : 0)])
            .compactMap { ContentID(bytes: try $0.blob(0)) }
        for id in ids { try transaction.execute(delete, [.blob(id.bytes)]) }
        return ids
    }

    static func remove(_ id: ContentID, _ transaction: Transaction) throws {
        try transaction.execute(delete, [.blob(id.bytes)])
    }

    static func isKnown(_ id: ContentID, _ transaction: Transaction) throws -> Bool {
        try transaction.first(known, [.blob(id.bytes)]) != nil
    }
}
