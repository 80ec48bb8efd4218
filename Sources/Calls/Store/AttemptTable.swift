import Domain
import Providers
import Storage

/// Reads and writes the rows of `call_attempts`.
enum AttemptTable {
    private static let columns = """
        id, number, integration_id, state, progress, rounds, started_at, sent_at, ended_at, status, failure_kind,
        failure_code, failure_message, reference
        """
    private static let insert = Statement(
        """
        INSERT INTO call_attempts (id, call_id, number, integration_id, state, started_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """
    )
    private static let selectOfCall = Statement(
        "SELECT \(columns) FROM call_attempts WHERE call_id = $1 ORDER BY number"
    )
    private static let progress = Statement(
        "UPDATE call_attempts SET progress = $2, sent_at = $3 WHERE id = $1"
    )
    private static let end = Statement(
        """
        UPDATE call_attempts SET state = $2, rounds = $3, ended_at = $4, status = $5, failure_kind = $6,
            failure_code = $7, failure_message = $8, reference = $9, sent_at = $10
        WHERE id = $1
        """
    )
    private static let doubts = Statement(
        """
        SELECT a.integration_id, c.state, COUNT(*) FROM calls c
        JOIN call_attempts a ON a.call_id = c.id AND a.state = 1
        WHERE c.state < 4 GROUP BY a.integration_id, c.state
        """
    )
    private static let moveFrom = Statement(
        "UPDATE call_attempts SET state = $3 WHERE id = $1 AND state = $2"
    )

    static func insert(_ attempt: StoredAttempt, of call: CallID, _ transaction: Transaction) throws {
        try transaction.execute(
            insert,
            [
                .blob(attempt.id.bytes), .blob(call.bytes), .integer(attempt.number),
                .integer(attempt.integration),
                .integer(attempt.state.rawValue), .instant(attempt.startedAt),
            ]
        )
    }

    /// The attempts of a call, oldest first; there are at most `CallCourse.attemptsMax`.
    static func load(of call: CallID, _ transaction: Transaction) throws -> [StoredAttempt] {
        try transaction.query(selectOfCall, [.blob(call.bytes)]).map(attempt)
    }

    /// Stores how far a conversation has come, before its next request leaves.
    static func progress(_ attempt: StoredAttempt, _ transaction: Transaction) throws {
        try transaction.execute(
            progress,
            [
                .blob(attempt.id.bytes), .optional(attempt.progress) { .blob($0) },
                .optional(attempt.sentAt) { .instant($0) },
            ]
        )
    }

    /// Stores where an attempt stands now.
    static func update(_ attempt: StoredAttempt, _ transaction: Transaction) throws {
        try transaction.execute(
            end,
            [
                .blob(attempt.id.bytes), .integer(attempt.state.rawValue), .integer(attempt.rounds),
                .optional(attempt.endedAt) { .instant($0) }, .optional(attempt.status) { .integer($0) },
                .optional(attempt.failure) { .text($0.kind.rawValue) },
                .optional(attempt.failure) { .text($0.code) },
                .optional(attempt.failure) { .text($0.message) }, .optional(attempt.reference) { .text($0) },
                .optional(attempt.sentAt) { .instant($0) },
            ]
        )
    }

    /// Moves an attempt from one state to another; false when it stands elsewhere.
    static func move(
        _ id: CallAttemptID,
        from: AttemptState,
        to: AttemptState,
        _ transaction: Transaction
    ) throws -> Bool {
        try transaction.execute(
            moveFrom,
            [.blob(id.bytes), .integer(from.rawValue), .integer(to.rawValue)]
        ) == 1
    }

    /// How many attempts of each integration have no known end: being found out, and waiting for a person.
    static func doubts(_ transaction: Transaction) throws -> [Int64: (inDoubt: Int, held: Int)] {
        var found: [Int64: (inDoubt: Int, held: Int)] = [:]
        for row in try transaction.query(doubts) {
            let count = Int(try row.integer(2))
            if try row.integer(1) == CallState.held.rawValue {
                found[try row.integer(0), default: (0, 0)].held += count
            } else {
                found[try row.integer(0), default: (0, 0)].inDoubt += count
            }
        }
        return found
    }

    private static func attempt(_ row: Row) throws -> StoredAttempt {
        guard let id = CallAttemptID(bytes: try row.blob(0)),
            let state = AttemptState(rawValue: try row.integer(3))
        else { throw StorageError.corrupt("a call's attempt cannot be read") }
        return StoredAttempt(
            id: id,
            number: Int(try row.integer(1)),
            integration: try row.integer(2),
            state: state,
            progress: try row.optionalBlob(4),
            rounds: Int(try row.integer(5)),
            startedAt: try row.instant(6),
            sentAt: try row.optionalInstant(7),
            endedAt: try row.optionalInstant(8),
            status: try row.optionalInteger(9).map { Int($0) },
            failure: try CallTable.failure(row, from: 10),
            reference: try row.optionalText(13)
        )
    }
}
