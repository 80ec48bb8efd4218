import Storage

/// The sealed bodies: one table for each UTC day of receipt, so that retention drops a table and never deletes rows.
struct EventBodyTable {
    private var openDay: Int?
    private var insertStatement = Statement("")

    /// Stores the body of event `seq`; makes the day's table when it is the day's first.
    mutating func insert(_ sealed: [UInt8], seq: Int64, day: Int, _ transaction: Transaction) throws {
        if openDay != day {
            try transaction.execute(Self.create(day))
            insertStatement = Statement("INSERT INTO \(Self.name(day)) (seq, sealed) VALUES ($1, $2)")
            openDay = day
        }
        try transaction.execute(insertStatement, [.integer(seq), .blob(sealed)])
    }

    /// The sealed body of event `seq`, received on `day`; nil when it is gone.
    static func load(seq: Int64, day: Int, _ transaction: Transaction) throws -> [UInt8]? {
        guard transaction.dialect == .sqlite else { return try load([day: [seq]], transaction)[seq] }
        let statement = Statement("SELECT sealed FROM \(name(day)) WHERE seq = $1")
        return try transaction.first(statement, [.integer(seq)])?.blob(0)
    }

    private static func create(_ day: Int) -> Statement {
        Statement("CREATE TABLE IF NOT EXISTS \(name(day)) (seq INTEGER PRIMARY KEY, sealed BLOB NOT NULL)")
    }

    static func name(_ day: Int) -> String {
        "event_bodies_\(day)"
    }
}
