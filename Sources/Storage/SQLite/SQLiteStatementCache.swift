/// The prepared statements of one connection, by their text; the least recently used one makes room.
struct SQLiteStatementCache {
    /// How many statements one connection keeps.
    ///
    /// More texts than this still work, prepared again each time round.
    static let statementsMax = 256

    private var statements: [Statement: SQLiteStatement] = [:]
    private var uses = 0

    /// The statement if it is prepared already.
    mutating func find(_ statement: Statement) -> SQLiteStatement? {
        guard let found = statements[statement] else { return nil }
        uses += 1
        found.lastUse = uses
        return found
    }

    /// Keeps a statement that was just prepared.
    mutating func keep(_ prepared: SQLiteStatement, for statement: Statement) {
        if statements.count >= Self.statementsMax,
            let oldest = statements.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            statements[oldest.key] = nil
        }
        uses += 1
        prepared.lastUse = uses
        statements[statement] = prepared
    }

    /// Lets go of all of them, as their connection is about to close.
    mutating func removeAll() {
        statements.removeAll()
    }

    /// How many are prepared.
    var count: Int { statements.count }
}
