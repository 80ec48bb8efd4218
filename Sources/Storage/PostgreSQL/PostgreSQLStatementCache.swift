/// A statement as one connection has prepared it.
struct PostgreSQLStatement {
    /// What the server knows it by.
    let name: String
    /// The parameters' type numbers.
    let types: [UInt32]
    /// When it was used last, in uses of the cache.
    var lastUse = 0

    /// Whether these arguments go with the types it was prepared for; null goes with every type.
    func takes(_ arguments: [SQLValue]) -> Bool {
        zip(types, arguments).allSatisfy { $1 == .null || PostgreSQLArguments.type($1) == $0 }
    }
}

/// The prepared statements of one connection; the least recently used one makes room.
struct PostgreSQLStatementCache {
    /// How many statements one connection keeps.
    static let statementsMax = 256

    private var statements: [Statement: PostgreSQLStatement] = [:]
    private var uses = 0
    private var names = 0

    /// The statement if it is prepared already.
    mutating func find(_ statement: Statement) -> PostgreSQLStatement? {
        guard let index = statements.index(forKey: statement) else { return nil }
        uses += 1
        statements.values[index].lastUse = uses
        return statements.values[index]
    }

    /// A name that this connection has not used.
    mutating func newName() -> String {
        names += 1
        return "usher_\(names)"
    }

    /// Keeps a statement that was just prepared; gives the name of the one that it replaces or that made room.
    mutating func keep(_ prepared: PostgreSQLStatement, for statement: Statement) -> String? {
        uses += 1
        var prepared = prepared
        prepared.lastUse = uses
        if let replaced = statements.updateValue(prepared, forKey: statement) { return replaced.name }
        guard statements.count > Self.statementsMax,
            let oldest = statements.min(by: { $0.value.lastUse < $1.value.lastUse })
        else { return nil }
        return statements.removeValue(forKey: oldest.key)?.name
    }
}
