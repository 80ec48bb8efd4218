import Storage

/// The sealed bodies: one table for each UTC day of receipt, so that retention drops a table and never deletes rows.
struct EventBodyTable {
    private var openDay: Int?
    private var insertStatement = Statement("")

    /// Stores the body of event `seq`; makes the day's table when it is the day's first.
    mutating func insert(_ sealed: [UInt8], seq: Int64, day: Int, _ transaction: Transaction) throws {
        if openDay != day {
            try transaction.execute(Self.create(day))
            try transaction.execute(Self.noteDay, [.integer(day)])
            insertStatement = Statement("INSERT INTO \(Self.name(day)) (seq, sealed) VALUES ($1, $2)")
            openDay = day
        }
        try transaction.execute(insertStatement, [.integer(seq), .blob(sealed)])
    }

    /// The sealed body of event `seq`, received on `day`; nil when it is gone.
    static func load(seq: Int64, day: Int, _ transaction: Transaction) throws -> [UInt8]? {
        guard try transaction.first(selectDay, [.integer(day)]) != nil else { return nil }
        guard transaction.dialect == .sqlite else { return try load([day: [seq]], transaction)[seq] }
        let statement = Statement("SELECT sealed FROM \(name(day)) WHERE seq = $1")
        return try transaction.first(statement, [.integer(seq)])?.blob(0)
    }

    /// The days that have a table, the oldest first.
    static func days(_ transaction: Transaction) throws -> [Int] {
        try transaction.query(selectDays).map { Int(try $0.integer(0)) }
    }

    /// The most bodies of one transaction: their pages are given back without holding others up.
    static let dropRowsMax = 500

    /// Empties the table of a day bit by bit; true when it was empty and is gone.
    static func dropSome(day: Int, _ transaction: Transaction) throws -> Bool {
        let some = Statement(
            "DELETE FROM \(name(day)) WHERE seq IN (SELECT seq FROM \(name(day)) ORDER BY seq LIMIT $1)"
        )
        guard try transaction.execute(some, [.integer(dropRowsMax)]) < dropRowsMax else { return false }
        try transaction.execute(Statement("DROP TABLE \(name(day))"))
        try transaction.execute(forgetDay, [.integer(day)])
        return true
    }

    static let noteDay: Statement =
        "INSERT INTO body_days (day) VALUES ($1) ON CONFLICT (day) DO NOTHING"
    private static let selectDay: Statement = "SELECT day FROM body_days WHERE day = $1"
    private static let selectDays: Statement = "SELECT day FROM body_days ORDER BY day"
    private static let forgetDay: Statement = "DELETE FROM body_days WHERE day = $1"

    private static func create(_ day: Int) -> Statement {
        Statement("CREATE TABLE IF NOT EXISTS \(name(day)) (seq INTEGER PRIMARY KEY, sealed BLOB NOT NULL)")
    }

    static func name(_ day: Int) -> String {
        "event_bodies_\(day)"
    }
}
