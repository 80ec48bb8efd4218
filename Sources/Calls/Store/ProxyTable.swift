import Domain
import Storage

/// Reads and writes the rows of `proxy_calls`.
enum ProxyTable {
    static let migration = Migration(
        number: 530,
        name: "proxy calls",
        statements: [
            Statement(
                schema: """
                    CREATE TABLE proxy_calls (
                        id BLOB PRIMARY KEY NOT NULL,
                        integration_id INTEGER NOT NULL,
                        vendor_id TEXT,
                        method TEXT NOT NULL,
                        path TEXT NOT NULL,
                        wedding_id TEXT,
                        priority INTEGER NOT NULL,
                        started_at INTEGER NOT NULL,
                        state INTEGER NOT NULL,
                        status INTEGER,
                        duration INTEGER,
                        bytes_in INTEGER NOT NULL,
                        bytes_out INTEGER NOT NULL,
                        error TEXT
                    ) WITHOUT ROWID
                    """
            ),
            "CREATE INDEX proxy_calls_open ON proxy_calls (state, id) WHERE state <> 1",
            "CREATE INDEX proxy_calls_of_integration ON proxy_calls (integration_id, id)",
        ]
    )

    private static let columns = """
        id, integration_id, vendor_id, method, path, wedding_id, priority, started_at, state, status, duration,
        bytes_in, bytes_out, error
        """
    private static let put = Statement(
        """
        INSERT INTO proxy_calls (\(columns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        ON CONFLICT (id) DO UPDATE SET state = excluded.state, status = excluded.status,
            duration = excluded.duration, bytes_in = excluded.bytes_in, bytes_out = excluded.bytes_out,
            error = excluded.error
        """
    )
    private static let page = Statement(
        """
        SELECT \(columns) FROM proxy_calls
        WHERE (CAST($1 AS BIGINT) IS NULL OR integration_id = $1) AND (CAST($2 AS BIGINT) IS NULL OR state = $2)
            AND (CAST($3 AS TEXT) IS NULL OR vendor_id = $3) AND id < $4
        ORDER BY id DESC LIMIT $5
        """
    )
    private static let giveUp = Statement(
        "UPDATE proxy_calls SET state = 3, error = 'interrupted' WHERE state = 0 AND started_at < $1"
    )
    private static let drop = Statement(
        "DELETE FROM proxy_calls WHERE id IN (SELECT id FROM proxy_calls WHERE id < $1 ORDER BY id LIMIT $2)"
    )

    /// Stores a record, or what became of one that is stored.
    static func put(_ record: ProxyRecord, _ transaction: Transaction) throws {
        try transaction.execute(
            put,
            [
                .blob(record.id.bytes), .integer(record.integration),
                .optional(record.vendor) { .text($0.text) }, .text(record.method), .text(record.path),
                .optional(record.wedding) { .text($0.text) }, .integer(record.priority.rawValue),
                .instant(record.startedAt), .integer(record.state.rawValue),
                .optional(record.status) { .integer($0) },
                .optional(record.duration) { .integer($0.microseconds) }, .integer(record.bytesIn),
                .integer(record.bytesOut), .optional(record.error) { .text($0) },
            ]
        )
    }

    static func page(
        _ filter: ProxyFilter,
        before: ProxyCallID?,
        limit: Int,
        _ transaction: Transaction
    ) throws -> [ProxyRecord] {
        try transaction.query(
            page,
            [
                .optional(filter.integration) { .integer($0) },
                .optional(filter.state) { .integer($0.rawValue) },
                .optional(filter.vendor) { .text($0.text) },
                .blob(before?.bytes ?? [UInt8](repeating: 0xFF, count: 16)), .integer(limit),
            ]
        ).map(record)
    }

    /// Says of requests that left before `started` and did not end that nothing is known of them.
    @discardableResult
    static func giveUp(before started: Instant, _ transaction: Transaction) throws -> Int {
        try transaction.execute(giveUp, [.instant(started)])
    }

    /// Drops at most `limit` of the oldest records with ids before `id`.
    static func drop(before id: ProxyCallID, limit: Int, _ transaction: Transaction) throws -> Int {
        try transaction.execute(drop, [.blob(id.bytes), .integer(limit)])
    }

    private static func record(_ row: Row) throws -> ProxyRecord {
        guard let id = ProxyCallID(bytes: try row.blob(0)),
            let priority = Priority(rawValue: Int(try row.integer(6))),
            let state = ProxyState(rawValue: try row.integer(8))
        else { throw StorageError.corrupt("a request through the proxy cannot be read") }
        return ProxyRecord(
            id: id,
            integration: try row.integer(1),
            vendor: try row.optionalText(2).flatMap { ResourceName($0) },
            method: try row.text(3),
            path: try row.text(4),
            wedding: try row.optionalText(5).flatMap { WeddingID($0) },
            priority: priority,
            startedAt: try row.instant(7),
            state: state,
            status: try row.optionalInteger(9).map { Int($0) },
            duration: try row.optionalInteger(10).map { .microseconds($0) },
            bytesIn: try row.integer(11),
            bytesOut: try row.integer(12),
            error: try row.optionalText(13)
        )
    }
}
