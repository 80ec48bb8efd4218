import Domain
import Providers
import Storage

/// Reads and writes the rows of `content_debts`.
enum ContentDebtTable {
    static let migration = Migration(
        number: 560,
        name: "content debts",
        statements: [
            Statement(
                schema: """
                    CREATE TABLE content_debts (
                        call_id BLOB PRIMARY KEY NOT NULL,
                        owner TEXT NOT NULL,
                        vendor_id TEXT,
                        source_id INTEGER NOT NULL,
                        owed_id INTEGER NOT NULL,
                        object_key TEXT NOT NULL,
                        content_id BLOB NOT NULL,
                        bytes INTEGER NOT NULL,
                        content_type TEXT NOT NULL,
                        sha256 BLOB NOT NULL,
                        md5 BLOB NOT NULL,
                        parts BLOB NOT NULL,
                        overwrites INTEGER NOT NULL,
                        state INTEGER NOT NULL,
                        due_at INTEGER NOT NULL,
                        epoch INTEGER NOT NULL,
                        tries INTEGER NOT NULL,
                        progress BLOB,
                        failure_kind TEXT,
                        failure_code TEXT,
                        failure_message TEXT,
                        source_tag TEXT,
                        owed_tag TEXT,
                        created_at INTEGER NOT NULL,
                        finished_at INTEGER
                    ) WITHOUT ROWID
                    """
            ),
            "CREATE INDEX content_debts_due ON content_debts (due_at) WHERE state = 0",
            "CREATE INDEX content_debts_of_key ON content_debts (object_key) WHERE state = 0",
            "CREATE INDEX content_debts_of_content ON content_debts (content_id) WHERE state = 0",
        ]
    )

    private static let columns = """
        call_id, owner, vendor_id, source_id, owed_id, object_key, content_id, bytes, content_type, sha256, md5, parts,
        overwrites, state, due_at, epoch, tries, progress, failure_kind, failure_code, failure_message, source_tag,
        owed_tag, created_at, finished_at
        """
    private static let insert = Statement(
        """
        INSERT INTO content_debts (\(columns))
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
            $24, $25)
        ON CONFLICT (call_id) DO NOTHING
        """
    )
    private static let supersede = Statement(
        """
        UPDATE content_debts SET state = 2, progress = NULL, finished_at = $4, epoch = epoch + 1
        WHERE state = 0 AND object_key = $1 AND (source_id = $2 OR owed_id = $2) AND call_id < $3
        """
    )
    private static let claim = Statement(
        sqlite: """
            UPDATE content_debts SET due_at = $2, epoch = epoch + 1
            WHERE call_id IN (SELECT call_id FROM content_debts WHERE state = 0 AND due_at <= $1 ORDER BY due_at LIMIT $3)
            RETURNING \(columns)
            """,
        postgres: """
            UPDATE content_debts SET due_at = $2, epoch = epoch + 1
            WHERE call_id IN (SELECT call_id FROM content_debts WHERE state = 0 AND due_at <= $1 ORDER BY due_at LIMIT $3
                FOR UPDATE SKIP LOCKED)
            RETURNING \(columns)
            """
    )
    private static let bringAll = Statement(
        "UPDATE content_debts SET due_at = $1 WHERE state = 0 AND due_at > $1"
    )
    private static let save = Statement(
        """
        UPDATE content_debts SET state = $3, due_at = $4, tries = $5, progress = $6, content_id = $7, failure_kind = $8,
            failure_code = $9, failure_message = $10, source_tag = $11, owed_tag = $12, finished_at = $13
        WHERE call_id = $1 AND epoch = $2
        """
    )
    private static let one = Statement("SELECT \(columns) FROM content_debts WHERE call_id = $1")
    private static let page = Statement(
        """
        SELECT \(columns) FROM content_debts
        WHERE (CAST($1 AS BIGINT) IS NULL OR state = $1)
            AND (CAST($2 AS TEXT) IS NULL OR owner = $2 OR vendor_id = $3) AND call_id < $4
        ORDER BY call_id DESC LIMIT $5
        """
    )
    private static let countOwed = Statement("SELECT COUNT(*) FROM content_debts WHERE state = 0")

    static func insert(_ debt: ContentDebt, _ transaction: Transaction) throws {
        let content = debt.content
        try transaction.execute(
            insert,
            [
                .blob(debt.call.bytes), .text(debt.owner), .optional(debt.vendor) { .text($0.text) },
                .integer(debt.source), .integer(debt.owed), .text(debt.key), .blob(content.id.bytes),
                .integer(content.bytes), .text(content.contentType), .blob(content.sha256),
                .blob(content.md5), .blob(content.parts.flatMap { $0.sha256 + $0.md5 }),
                .bool(debt.overwrites), .integer(debt.state.rawValue), .instant(debt.dueAt),
                .integer(debt.epoch), .integer(debt.tries), .optional(debt.progress) { .blob($0) },
                .optional(debt.failure) { .text($0.kind.rawValue) },
                .optional(debt.failure) { .text($0.code) }, .optional(debt.failure) { .text($0.message) },
                .optional(debt.sourceTag) { .text($0) }, .optional(debt.owedTag) { .text($0) },
                .instant(debt.createdAt), .optional(debt.finishedAt) { .instant($0) },
            ]
        )
    }

    /// Ends what is owed of a key at an integration where `call` has stored or removed it: older calls' debts only.
    static func supersede(
        _ key: String,
        at integration: Int64,
        by call: CallID,
        now: Instant,
        _ transaction: Transaction
    ) throws {
        try transaction.execute(
            supersede,
            [.text(key), .integer(integration), .blob(call.bytes), .instant(now)]
        )
    }

    /// Takes on what is due, for as long as `lease`.
    static func claim(
        dueBy now: Instant,
        until lease: Instant,
        limit: Int,
        _ transaction: Transaction
    ) throws -> [ContentDebt] {
        try transaction.query(claim, [.instant(now), .instant(lease), .integer(limit)]).map(debt)
    }

    /// Has everything looked at: for a start that knows of no other node.
    static func bringAll(to now: Instant, _ transaction: Transaction) throws {
        try transaction.execute(bringAll, [.instant(now)])
    }

    /// Writes down how far it came; false when somebody else has taken it on, or it is over.
    static func save(_ debt: ContentDebt, _ transaction: Transaction) throws -> Bool {
        try transaction.execute(
            save,
            [
                .blob(debt.call.bytes), .integer(debt.epoch), .integer(debt.state.rawValue),
                .instant(debt.dueAt), .integer(debt.tries), .optional(debt.progress) { .blob($0) },
                .blob(debt.content.id.bytes), .optional(debt.failure) { .text($0.kind.rawValue) },
                .optional(debt.failure) { .text($0.code) }, .optional(debt.failure) { .text($0.message) },
                .optional(debt.sourceTag) { .text($0) }, .optional(debt.owedTag) { .text($0) },
                .optional(debt.finishedAt) { .instant($0) },
            ]
        ) == 1
    }

    static func load(_ call: CallID, _ transaction: Transaction) throws -> ContentDebt? {
        try transaction.first(one, [.blob(call.bytes)]).map(debt)
    }

    static func page(
        _ filter: ContentDebtFilter,
        before: CallID?,
        limit: Int,
        _ transaction: Transaction
    ) throws -> [ContentDebt] {
        try transaction.query(
            page,
            [
                .optional(filter.state) { .integer($0.rawValue) }, .optional(filter.owner) { .text($0) },
                .optional(filter.vendor) { .text($0.text) },
                .blob(before?.bytes ?? [UInt8](repeating: 0xFF, count: 16)), .integer(limit),
            ]
        ).map(debt)
    }

    static func countOwed(_ transaction: Transaction) throws -> Int64 {
        try transaction.first(countOwed).map { try $0.integer(0) } ?? 0
    }

    private static func debt(_ row: Row) throws -> ContentDebt {
        guard let call = CallID(bytes: try row.blob(0)), let content = ContentID(bytes: try row.blob(6)),
            let state = ContentDebtState(rawValue: try row.integer(13))
        else { throw StorageError.corrupt("a content debt cannot be read") }
        return ContentDebt(
            call: call,
            owner: try row.text(1),
            vendor: try row.optionalText(2).flatMap { ResourceName($0) },
            source: try row.integer(3),
            owed: try row.integer(4),
            key: try row.text(5),
            content: StoredContent(
                id: content,
                bytes: try row.integer(7),
                contentType: try row.text(8),
                sha256: try row.blob(9),
                md5: try row.blob(10),
                parts: ContentTable.parts(try row.blob(11))
            ),
            overwrites: try row.bool(12),
            state: state,
            dueAt: try row.instant(14),
            epoch: try row.integer(15),
            tries: Int(try row.integer(16)),
            progress: try row.optionalBlob(17),
            failure: try CallTable.failure(row, from: 18),
            sourceTag: try row.optionalText(21),
            owedTag: try row.optionalText(22),
            createdAt: try row.instant(23),
            finishedAt: try row.optionalInstant(24)
        )
    }
}
