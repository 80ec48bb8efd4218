import Storage
import Vault

/// The blind index of identifiers: keyed hashes, from which nobody without the root key learns what they stand for.
enum IdentifierTable {
    /// The length of a stored hash, in bytes: of a million identifiers two meet with a chance of 1 in 10²⁶.
    static let hashBytes = 16

    static let migration = Migration(
        number: 422,
        name: "identifiers of events",
        statements: [
            Statement(
                sqlite: """
                    CREATE TABLE event_identifiers (
                        hash BLOB NOT NULL,
                        event_seq INTEGER NOT NULL,
                        PRIMARY KEY (hash, event_seq)
                    ) WITHOUT ROWID
                    """,
                postgres: """
                    CREATE TABLE event_identifiers (
                        hash BYTEA NOT NULL,
                        event_seq BIGINT NOT NULL,
                        PRIMARY KEY (hash, event_seq)
                    )
                    """
            ),
            // The event keeps its own hashes, one behind the other: an index by event would cost as much again.
            Statement(
                sqlite: "ALTER TABLE events ADD COLUMN identifiers BLOB",
                postgres: "ALTER TABLE events ADD COLUMN identifiers BYTEA"
            ),
        ]
    )

    /// How many rows one statement inserts.
    private static let chunk = 16
    private static let insertOne = Statement(insertion(rows: 1))
    private static let insertChunk = Statement(insertion(rows: chunk))
    private static let selectOfEvent: Statement = "SELECT identifiers FROM events WHERE seq = $1"
    private static let deleteOne: Statement =
        "DELETE FROM event_identifiers WHERE hash = $1 AND event_seq = $2"

    private static func insertion(rows: Int) -> String {
        let values = (0..<rows).map { "($\($0 * 2 + 1), $\($0 * 2 + 2))" }.joined(separator: ", ")
        return "INSERT INTO event_identifiers (event_seq, hash) VALUES \(values)"
    }

    /// What is stored of a normalised identifier.
    static func hash(_ identifier: [UInt8], _ vault: Vault) -> [UInt8] {
        Array(vault.keyedHash(.blindIndex, Array("event/".utf8) + identifier).prefix(hashBytes))
    }

    /// Stores the identifiers of a batch of events.
    static func insert(_ rows: [(seq: Int64, hash: [UInt8])], _ transaction: Transaction) throws {
        var rest = rows[...]
        while !rest.isEmpty {
            let count = rest.count >= chunk ? chunk : 1
            try transaction.execute(
                count == chunk ? insertChunk : insertOne,
                rest.prefix(count).flatMap { [.integer($0.seq), .blob($0.hash)] }
            )
            rest = rest.dropFirst(count)
        }
    }

    private static let insertAll = Statement(
        postgres:
            "INSERT INTO event_identifiers (event_seq, hash) SELECT * FROM unnest($1::bigint[], $2::bytea[])"
    )

    /// The same on PostgreSQL, in one statement.
    static func insertTogether(_ rows: [(seq: Int64, hash: [UInt8])], _ transaction: Transaction) throws {
        guard !rows.isEmpty else { return }
        try transaction.execute(
            insertAll,
            [.array(.integers(rows.map(\.seq))), .array(.blobs(rows.map(\.hash)))]
        )
    }

    /// What the row of an event keeps of its identifiers; null for none.
    static func column(_ hashes: [[UInt8]]) -> SQLValue {
        hashes.isEmpty ? .null : .blob(hashes.flatMap(\.self))
    }

    /// Drops the identifiers of an event, whose row is still there.
    static func delete(of event: Int64, _ transaction: Transaction) throws {
        guard var rest = try transaction.first(selectOfEvent, [.integer(event)])?.optionalBlob(0)?[...] else {
            return
        }
        while !rest.isEmpty {
            try transaction.execute(deleteOne, [.blob(Array(rest.prefix(hashBytes))), .integer(event)])
            rest = rest.dropFirst(hashBytes)
        }
    }
}
