import Domain
import Storage

/// When an event came again: the first times, so that its story can tell them.
enum DuplicateTable {
    /// How many times are kept of one event; the event's row counts all of them and keeps the last.
    static let timesMax: Int64 = 20

    static let migration = Migration(
        number: 423,
        name: "when events came again",
        statements: [
            Statement(
                sqlite: """
                    CREATE TABLE event_duplicates (
                        event_seq INTEGER NOT NULL,
                        number INTEGER NOT NULL,
                        received_at INTEGER NOT NULL,
                        PRIMARY KEY (event_seq, number)
                    ) WITHOUT ROWID
                    """,
                postgres: """
                    CREATE TABLE event_duplicates (
                        event_seq BIGINT NOT NULL,
                        number BIGINT NOT NULL,
                        received_at BIGINT NOT NULL,
                        PRIMARY KEY (event_seq, number)
                    )
                    """
            )
        ]
    )

    private static let count: Statement = """
        UPDATE events SET duplicates = duplicates + 1, last_duplicate_at = $2 WHERE seq = $1 RETURNING duplicates
        """
    private static let insert: Statement =
        "INSERT INTO event_duplicates (event_seq, number, received_at) VALUES ($1, $2, $3)"
    private static let select: Statement =
        "SELECT received_at FROM event_duplicates WHERE event_seq = $1 ORDER BY number"
    private static let deleteOfEvent: Statement = "DELETE FROM event_duplicates WHERE event_seq = $1"

    /// Counts one more arrival of an event; nothing when only its key is left.
    static func add(to event: Int64, at receivedAt: Instant, _ transaction: Transaction) throws {
        guard let row = try transaction.first(count, [.integer(event), .instant(receivedAt)]) else { return }
        let number = try row.integer(0)
        guard number <= timesMax else { return }
        try transaction.execute(insert, [.integer(event), .integer(number), .instant(receivedAt)])
    }

    /// When an event came again: the first `timesMax` times.
    static func times(of event: Int64, _ transaction: Transaction) throws -> [Instant] {
        try transaction.query(select, [.integer(event)]).map { try $0.instant(0) }
    }

    /// Drops the times of an event.
    static func delete(of event: Int64, _ transaction: Transaction) throws {
        try transaction.execute(deleteOfEvent, [.integer(event)])
    }
}
