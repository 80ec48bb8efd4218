import Domain
import Storage

/// The bodies on PostgreSQL: all of a day in one statement.
extension EventBodyTable {
    /// Stores bodies; makes the table of a day when they are the day's first.
    static func insert(_ events: [(seq: Int64, event: NewEvent)], _ transaction: Transaction) throws {
        for (day, events) in Dictionary(grouping: events, by: { $0.event.receivedAt.dayNumber }) {
            if try !exists(day, transaction) {
                // Two nodes at once: the second waits, and finds the table.
                try transaction.lock("event_bodies")
                try transaction.execute(
                    Statement(
                        postgres:
                            "CREATE TABLE IF NOT EXISTS \(name(day)) (seq BIGINT PRIMARY KEY, sealed BYTEA NOT NULL)"
                    )
                )
                try transaction.execute(noteDay, [.integer(day)])
                // Sealed bytes do not get smaller.
                try transaction.execute(
                    Statement(postgres: "ALTER TABLE \(name(day)) ALTER COLUMN sealed SET STORAGE EXTERNAL")
                )
            }
            try transaction.execute(
                Statement(
                    postgres:
                        "INSERT INTO \(name(day)) (seq, sealed) SELECT * FROM unnest($1::bigint[], $2::bytea[])"
                ),
                [.array(.integers(events.map(\.seq))), .array(.blobs(events.map(\.event.sealedBody)))]
            )
        }
    }

    /// The bodies of events by their numbers, given by day; those that are gone are left out.
    static func load(_ days: [Int: [Int64]], _ transaction: Transaction) throws -> [Int64: [UInt8]] {
        var bodies: [Int64: [UInt8]] = [:]
        for (day, numbers) in days where try exists(day, transaction) {
            let select = Statement(
                postgres: "SELECT seq, sealed FROM \(name(day)) WHERE seq = ANY($1::bigint[])"
            )
            for row in try transaction.query(select, [.array(.integers(numbers))]) {
                bodies[try row.integer(0)] = try row.blob(1)
            }
        }
        return bodies
    }

    private static let findTable = Statement(postgres: "SELECT to_regclass($1) IS NOT NULL")

    private static func exists(_ day: Int, _ transaction: Transaction) throws -> Bool {
        try transaction.first(findTable, [.text(name(day))])?.bool(0) ?? false
    }
}
