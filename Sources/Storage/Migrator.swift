/// Brings a database to the schema this binary knows, or says why it will not.
struct Migrator {
    let migrations: [Migration]

    private static let createTable: Statement = """
        CREATE TABLE IF NOT EXISTS migrations (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL)
        """
    static let selectAll: Statement = "SELECT number, name FROM migrations ORDER BY number"
    private static let selectOne: Statement = "SELECT name FROM migrations WHERE number = $1"
    private static let lockName = "migrations"
    private static let insert: Statement = "INSERT INTO migrations (number, name) VALUES ($1, $2)"

    /// Checks the list before anything is opened.
    ///
    /// - Throws: `.migrationsInvalid` when the numbers are not above 0 and strictly ascending.
    init(_ migrations: [Migration]) throws(StorageError) {
        var previous = 0
        for migration in migrations {
            guard migration.number > previous else {
                throw .migrationsInvalid("number \(migration.number) (\(migration.name)) follows \(previous)")
            }
            previous = migration.number
        }
        self.migrations = migrations
    }

    /// Applies what is missing, each step in its own transaction; nothing is applied when the schema is newer.
    func run(on connection: any EngineConnection) throws {
        let recorded = try inTransaction(connection) { transaction in
            try transaction.lock(Self.lockName)
            try transaction.execute(Self.createTable)
            return try transaction.query(Self.selectAll)
        }
        for migration in try missing(recorded) {
            try inTransaction(connection) { transaction in
                try transaction.lock(Self.lockName)
                // Another node may have been here since.
                guard try transaction.first(Self.selectOne, [.integer(migration.number)]) == nil else {
                    return
                }
                try migration.apply(transaction)
                try transaction.execute(Self.insert, [.integer(migration.number), .text(migration.name)])
            }
        }
    }

    /// What is not applied yet, given the rows of the table of migrations.
    func missing(_ recorded: [Row]) throws(StorageError) -> [Migration] {
        var known: [Int: String] = [:]
        for migration in migrations { known[migration.number] = migration.name }
        var applied: Set<Int> = []
        for row in recorded.reversed() {  // The highest first, so that it is the one an error names.
            let number = Int(try row.integer(0))
            guard let name = known[number] else {
                throw .schemaTooNew(found: number, known: migrations.last?.number ?? 0)
            }
            guard try row.text(1) == name else {
                throw .migrationsInvalid(
                    "number \(number) is \(name) here, \(try row.text(1)) in the database"
                )
            }
            applied.insert(number)
        }
        return migrations.filter { !applied.contains($0.number) }
    }

    @discardableResult
    private func inTransaction<T>(
        _ connection: any EngineConnection,
        _ body: (Transaction) throws -> T
    ) throws -> T {
        try connection.begin(writing: true)
        do {
            let value = try body(Transaction(connection))
            try connection.commit()
            return value
        } catch {
            connection.rollBack()
            throw error
        }
    }
}
