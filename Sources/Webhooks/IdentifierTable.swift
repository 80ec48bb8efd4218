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

    private static let insertAll = Statement(
        postgres:
            "INSERT INTO event_identifiers (event_seq, hash) SELECT * FROM unnest($1::bigint[], $2::bytea[])"
    )
    private static let select = Statement(
        postgres: """
            SELECT event_seq FROM event_identifiers WHERE hash = $1 AND event_seq < $2 AND event_seq >= $3
            ORDER BY event_seq DESC LIMIT $4
            """
    )
    private static let selectOfEvent: Statement = "SELECT identifiers FROM events WHERE seq = $1"
    private static let deleteOne = Statement(
        postgres: "DELETE FROM event_identifiers WHERE hash = $1 AND event_seq = $2"
    )

    /// What is stored of a normalised identifier.
    static func hash(_ identifier: [UInt8], _ vault: Vault) -> [UInt8] {
        Array(vault.keyedHash(.blindIndex, Array("event/".utf8) + identifier).prefix(hashBytes))
    }

    /// Stores the identifiers of a batch of events on PostgreSQL; on SQLite see `IdentifierBlocks`.
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

    /// The hashes that the row of an event keeps.
    static func split(_ column: [UInt8]) -> [ArraySlice<UInt8>] {
        stride(from: 0, to: column.count, by: hashBytes).map {
            column[$0..<min($0 + hashBytes, column.count)]
        }
    }

    /// The numbers of events with a hash, within `range`, newest first, at most `limit`.
    static func find(
        _ hash: [UInt8],
        within range: Range<Int64>,
        limit: Int,
        _ transaction: Transaction
    ) throws -> [Int64] {
        switch transaction.dialect {
        case .sqlite: try IdentifierBlocks.find(hash, within: range, limit: limit, transaction)
        case .postgres:
            try transaction.query(
                select,
                [.blob(hash), .integer(range.upperBound), .integer(range.lowerBound), .integer(limit)]
            ).map { try $0.integer(0) }
        }
    }

    /// Drops the identifiers of an event, whose row is still there.
    static func delete(of event: Int64, _ transaction: Transaction) throws {
        guard let column = try transaction.first(selectOfEvent, [.integer(event)])?.optionalBlob(0) else {
            return
        }
        let hashes = split(column)
        switch transaction.dialect {
        case .sqlite: try IdentifierBlocks.delete(hashes, of: event, transaction)
        case .postgres:
            for hash in hashes { try transaction.execute(deleteOne, [.blob(Array(hash)), .integer(event)]) }
        }
    }
}
