import Storage

/// The blind index of identifiers on SQLite: the hashes of each `blockEvents` numbers of events in a few rows.
///
/// An index with a row for each hash touches a page anywhere in the file for each, which took a fifth of what it costs to
/// store a webhook. Numbers are handed out in the order of the commits here: the transaction that takes the last number of
/// a block packs the block, and until then its hashes are read from the rows of its events.
///
/// | events      | rows that a search reads       |
/// |-------------|--------------------------------|
/// | 2,000       | their own                      |
/// | 1,000,000   | 488, and up to 2,047 of events |
/// | 100,000,000 | 48,828, and as many of events  |
enum IdentifierBlocks {
    /// How many numbers of events make a block.
    static let blockEvents: Int64 = 2_048
    /// How many rows a block has at most; the first bits of a hash say which one it is in.
    static let shards = 128
    /// How many rows one look of a search brings.
    private static let rowsMax = 256

    static let migration = Migration(number: 424, name: "identifiers of events in blocks") { transaction in
        guard transaction.dialect == .sqlite else { return }
        try transaction.execute(create)
        for block in 0..<(try openBlock(transaction)) { try pack(block, transaction) }
        try transaction.execute("DROP TABLE event_identifiers")
    }

    private static let create: Statement = """
        CREATE TABLE identifier_blocks (
            shard INTEGER NOT NULL,
            block INTEGER NOT NULL,
            entries BLOB NOT NULL,
            PRIMARY KEY (shard, block)
        ) WITHOUT ROWID
        """
    private static let insert: Statement =
        "INSERT INTO identifier_blocks (shard, block, entries) VALUES ($1, $2, $3)"
    private static let update: Statement =
        "UPDATE identifier_blocks SET entries = $3 WHERE shard = $1 AND block = $2"
    private static let delete: Statement = "DELETE FROM identifier_blocks WHERE shard = $1 AND block = $2"
    private static let select: Statement =
        "SELECT entries FROM identifier_blocks WHERE shard = $1 AND block = $2"
    static let selectDown: Statement = """
        SELECT block, entries FROM identifier_blocks WHERE shard = $1 AND block < $2 AND block >= $3
        ORDER BY block DESC LIMIT $4
        """
    static let selectEvents: Statement = """
        SELECT seq, identifiers FROM events WHERE seq >= $1 AND seq < $2 ORDER BY seq DESC
        """
    private static let lastNumber: Statement = "SELECT value FROM sequences WHERE name = 'event'"

    /// Packs the blocks whose last number is among those that were just taken.
    static func close(_ taken: Range<Int64>, _ transaction: Transaction) throws {
        for block in (taken.lowerBound / blockEvents)..<(taken.upperBound / blockEvents) {
            try pack(block, transaction)
        }
    }

    /// The numbers of events with a hash, within `range`, newest first, at most `limit`.
    static func find(
        _ hash: [UInt8],
        within range: Range<Int64>,
        limit: Int,
        _ transaction: Transaction
    ) throws -> [Int64] {
        let open = try openBlock(transaction)
        var found: [Int64] = []
        let tail: [SQLValue] = [
            .integer(max(open * blockEvents, range.lowerBound)), .integer(range.upperBound),
        ]
        for row in try transaction.query(selectEvents, tail) {
            guard let hashes = try row.optionalBlob(1), contains(hashes, hash) else { continue }
            found.append(try row.integer(0))
        }
        // The blocks of both ends may hold some; a block that is not packed yet has no row.
        let lowest = range.lowerBound / blockEvents
        var above = range.upperBound / blockEvents + 1
        while found.count < limit {
            let rows = try transaction.query(
                selectDown,
                [.integer(shard(hash)), .integer(above), .integer(lowest), .integer(Int64(rowsMax))]
            )
            for row in rows {
                let block = try row.integer(0)
                found += IdentifierBlockRow.places(of: hash, in: try row.blob(1))
                    .map { block * blockEvents + Int64($0) }
                    .filter { range.contains($0) }
                above = block
            }
            if rows.count < rowsMax { break }
        }
        return Array(found.prefix(limit))
    }

    /// Drops the hashes of an event, as far as it is packed already.
    static func delete(_ hashes: [ArraySlice<UInt8>], of event: Int64, _ transaction: Transaction) throws {
        let block = event / blockEvents
        for hash in hashes {
            let row: [SQLValue] = [.integer(shard(hash)), .integer(block)]
            guard let entries = try transaction.first(select, row)?.blob(0) else { continue }
            var rest = IdentifierBlockRow(entries)
            rest.remove(Array(hash), place(event))
            if rest.isEmpty {
                try transaction.execute(delete, row)
            } else {
                try transaction.execute(update, row + [.blob(rest.bytes)])
            }
        }
    }

    private static func pack(_ block: Int64, _ transaction: Transaction) throws {
        let first = block * blockEvents
        var rows = [IdentifierBlockRow](repeating: IdentifierBlockRow(), count: shards)
        for row in try transaction.query(selectEvents, [.integer(first), .integer(first + blockEvents)]) {
            guard let hashes = try row.optionalBlob(1) else { continue }
            let event = try row.integer(0)
            for hash in IdentifierTable.split(hashes) {
                rows[Int(shard(hash))].add(Array(hash), place(event))
            }
        }
        for (shard, row) in rows.enumerated() where !row.isEmpty {
            try transaction.execute(insert, [.integer(Int64(shard)), .integer(block), .blob(row.bytes)])
        }
    }

    /// The first block that is not packed.
    private static func openBlock(_ transaction: Transaction) throws -> Int64 {
        guard let row = try transaction.first(lastNumber) else {
            throw StorageError.corrupt("the sequence event is missing")
        }
        return (try row.integer(0) + 1) / blockEvents
    }

    private static func shard(_ hash: some Collection<UInt8>) -> Int64 {
        Int64(hash.first ?? 0) * Int64(shards) / 256
    }

    /// Where in its block an event is.
    private static func place(_ event: Int64) -> UInt16 { UInt16(event % blockEvents) }

    private static func contains(_ hashes: [UInt8], _ hash: [UInt8]) -> Bool {
        IdentifierTable.split(hashes).contains { $0.elementsEqual(hash) }
    }
}
