import Domain
import Storage

/// An answer of a provider as it is stored.
struct StoredAnswer: Sendable {
    /// Whose call it decided.
    let call: CallID
    /// The attempt it belongs to.
    let attempt: CallAttemptID
    /// When it came.
    let receivedAt: Instant
    /// Its status.
    let status: Int
    /// Its fields and its body, sealed.
    let sealed: [UInt8]
}

/// Reads and writes the rows of `call_answers`.
enum AnswerTable {
    static let migration = Migration(
        number: 570,
        name: "raw answers",
        statements: [
            Statement(schema: "ALTER TABLE calls ADD COLUMN keeps_raw INTEGER NOT NULL DEFAULT 0"),
            Statement(
                schema: """
                    CREATE TABLE call_answers (
                        call_id BLOB PRIMARY KEY NOT NULL,
                        attempt_id BLOB NOT NULL,
                        received_at INTEGER NOT NULL,
                        status INTEGER NOT NULL,
                        answer BLOB NOT NULL
                    ) WITHOUT ROWID
                    """
            ),
            "CREATE INDEX call_answers_by_age ON call_answers (received_at)",
        ]
    )

    private static let put = Statement(
        """
        INSERT INTO call_answers (call_id, attempt_id, received_at, status, answer) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (call_id) DO UPDATE SET attempt_id = excluded.attempt_id, received_at = excluded.received_at,
            status = excluded.status, answer = excluded.answer
        """
    )
    private static let select = Statement(
        "SELECT attempt_id, received_at, status, answer FROM call_answers WHERE call_id = $1"
    )
    private static let drop = Statement(
        """
        DELETE FROM call_answers WHERE call_id IN
            (SELECT call_id FROM call_answers WHERE received_at < $1 ORDER BY received_at LIMIT $2)
        """
    )

    /// Stores the answer of a call's latest attempt.
    static func put(_ answer: StoredAnswer, _ transaction: Transaction) throws {
        try transaction.execute(
            put,
            [
                .blob(answer.call.bytes), .blob(answer.attempt.bytes), .instant(answer.receivedAt),
                .integer(answer.status), .blob(answer.sealed),
            ]
        )
    }

    static func load(_ call: CallID, _ transaction: Transaction) throws -> StoredAnswer? {
        try transaction.first(select, [.blob(call.bytes)]).map { row in
            guard let attempt = CallAttemptID(bytes: try row.blob(0)) else {
                throw StorageError.corrupt("a call's answer cannot be read")
            }
            return StoredAnswer(
                call: call,
                attempt: attempt,
                receivedAt: try row.instant(1),
                status: Int(try row.integer(2)),
                sealed: try row.blob(3)
            )
        }
    }

    /// Drops at most `limit` of those that came before `oldest`; gives how many.
    static func drop(before oldest: Instant, limit: Int, _ transaction: Transaction) throws -> Int {
        try transaction.execute(drop, [.instant(oldest), .integer(limit)])
    }
}
