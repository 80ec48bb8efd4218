import Domain
import Registry
import Storage

/// The rows of `replays`, and the work of one step of a replay.
enum ReplayTable {
    /// How many rows one transaction of a replay looks at.
    static let stepRows: Int64 = 500

    private static let eventRange = Statement("SELECT MIN(seq), MAX(seq) FROM events")
    private static let deadRange = Statement("SELECT MIN(seq), MAX(seq) FROM deliveries WHERE state = 2")
    private static let insertReplay = Statement(
        """
        INSERT INTO replays (id, subject, requested_by, created_at, first_seq, next_seq, last_seq)
        VALUES ($1, $2, $3, $4, $5, $5, $6)
        """
    )
    private static let columns = """
        id, subject, requested_by, created_at, finished_at, first_seq, next_seq, last_seq, matched, queued, cancelled
        """
    private static let selectOne = Statement("SELECT \(columns) FROM replays WHERE id = $1")
    // The row stays locked until the step is committed: another node takes the next replay, or none.
    private static let selectOpen = Statement(
        sqlite: "SELECT \(columns) FROM replays WHERE finished_at IS NULL ORDER BY id LIMIT 1",
        postgres: """
            SELECT \(columns) FROM replays WHERE finished_at IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
            """
    )
    private static let selectPage = Statement(
        sqlite: "SELECT \(columns) FROM replays WHERE ($1 IS NULL OR id < $1) ORDER BY id DESC LIMIT $2",
        postgres: """
            SELECT \(columns) FROM replays WHERE ($1::bytea IS NULL OR id < $1) ORDER BY id DESC LIMIT $2
            """
    )
    private static let advance = Statement(
        """
        UPDATE replays SET next_seq = $2, matched = matched + $3, queued = queued + $4, finished_at = $5
        WHERE id = $1
        """
    )
    private static let cancel = Statement(
        "UPDATE replays SET finished_at = $2, cancelled = 1 WHERE id = $1 AND finished_at IS NULL"
    )
    static let selectEvents = Statement(
        """
        SELECT \(StoredEvent.columns) FROM events
        WHERE \(EventFilter.condition) AND seq >= $7 AND seq <= $8 ORDER BY seq
        """
    )
    static let selectDead = Statement(
        """
        \(StoredDelivery.select)
        WHERE d.state = 2 AND (CAST($1 AS BIGINT) IS NULL OR d.destination_id = $1)
            AND (CAST($2 AS TEXT) IS NULL OR $2 LIKE '%,' || e.source_id || ',%')
            AND d.seq >= $3 AND d.seq <= $4
        ORDER BY d.seq
        """
    )

    /// A stored replay.
    struct Row {
        let status: ReplayStatus
        let subject: ReplayRequest.Subject
        let next: Int64
        let last: Int64
    }

    /// The rows a subject can be found in.
    static func range(
        _ subject: ReplayRequest.Subject,
        _ transaction: Transaction
    ) throws -> ClosedRange<Int64>? {
        switch subject {
        case .event(let id, _): return id.sequence...id.sequence
        case .deadLetter(let id): return id.sequence...id.sequence
        case .events: return try range(eventRange, transaction)
        case .deadLetters: return try range(deadRange, transaction)
        }
    }

    private static func range(
        _ statement: Statement,
        _ transaction: Transaction
    ) throws -> ClosedRange<Int64>? {
        guard let row = try transaction.first(statement), let first = try row.optionalInteger(0) else {
            return nil
        }
        return first...(try row.integer(1))
    }

    static func insert(
        _ id: ReplayID,
        _ request: ReplayRequest,
        now: Instant,
        _ transaction: Transaction
    ) throws {
        let range = try range(request.subject, transaction) ?? 1...1
        try transaction.execute(
            insertReplay,
            [
                .blob(id.bytes), .text(String(decoding: request.subject.json.serialized(), as: UTF8.self)),
                .text(request.requestedBy), .integer(now.microseconds), .integer(range.lowerBound),
                .integer(range.upperBound),
            ]
        )
    }

    static func load(_ id: ReplayID, _ transaction: Transaction) throws -> Row? {
        try transaction.first(selectOne, [.blob(id.bytes)]).map(row)
    }

    /// The oldest replay that is not finished.
    static func open(_ transaction: Transaction) throws -> Row? {
        try transaction.first(selectOpen).map(row)
    }

    static func page(before id: ReplayID?, limit: Int, _ transaction: Transaction) throws -> [ReplayStatus] {
        try transaction.query(selectPage, [id.map { .blob($0.bytes) } ?? .null, .integer(Int64(limit))])
            .map { try row($0).status }
    }

    static func cancel(_ id: ReplayID, now: Instant, _ transaction: Transaction) throws {
        try transaction.execute(cancel, [.blob(id.bytes), .integer(now.microseconds)])
    }

    static func advance(
        _ row: Row,
        to next: Int64,
        matched: Int,
        queued: Int,
        now: Instant,
        _ transaction: Transaction
    ) throws {
        try transaction.execute(
            advance,
            [
                .blob(row.status.id.bytes), .integer(next), .integer(Int64(matched)), .integer(Int64(queued)),
                next > row.last ? .integer(now.microseconds) : .null,
            ]
        )
    }

    private static func row(_ row: Storage.Row) throws -> Row {
        let json = try JSONParser.parse(Array(try row.text(1).utf8))
        guard let id = ReplayID(bytes: try row.blob(0)), let subject = ReplayRequest.Subject(json: json)
        else {
            throw StorageError.corrupt("a replay cannot be read")
        }
        let first = try row.integer(5)
        let next = try row.integer(6)
        let last = try row.integer(7)
        let finishedAt = try row.optionalInteger(4).map(Instant.init(microseconds:))
        let status = ReplayStatus(
            id: id,
            summary: subject.summary,
            requestedBy: try row.text(2),
            createdAt: try row.instant(3),
            finishedAt: finishedAt,
            matched: Int(try row.integer(8)),
            queued: Int(try row.integer(9)),
            progress: min(1, Double(next - first) / Double(last - first + 1)),
            isCancelled: try row.bool(10)
        )
        return Row(status: status, subject: subject, next: next, last: last)
    }
}
