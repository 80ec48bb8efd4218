/// What can be said of a database without changing it: for `usher doctor`.
package struct DatabaseInspection: Hashable, Sendable {
    /// The names of the migrations that the next start will apply.
    package let missingMigrations: [String]
    /// What is damaged, a line each; empty when nothing is, or when it was not looked for.
    package let damage: [String]

    /// Makes an inspection's result.
    package init(missingMigrations: [String], damage: [String]) {
        self.missingMigrations = missingMigrations
        self.damage = damage
    }

    /// Looks at an existing database through a connection that only reads; a server may be running on it.
    ///
    /// - Parameter thorough: reads everything that is stored to find damage; slow on a large database.
    /// - Throws: `StorageError`: `.cannotOpen`, `.corrupt`, `.schemaTooNew`…
    package static func inspect(
        _ configuration: DatabaseConfiguration,
        migrations: [Migration],
        thorough: Bool
    ) throws -> DatabaseInspection {
        let migrator = try Migrator(migrations)
        switch configuration.location {
        case .sqlite(let path, let vfs):
            let opening = SQLiteOpening(
                path: path,
                vfs: vfs,
                isExclusive: false,
                busyTimeout: configuration.busyTimeout
            )
            let connection = try opening.openReader()
            defer { connection.close() }
            let missing = try migrator.missing(on: connection).map(\.name)
            let damage = thorough ? try SQLiteBackup(opening: opening).findDamage() : []
            return DatabaseInspection(missingMigrations: missing, damage: damage)
        case .postgres(let address):
            let connection = try PostgreSQLOpening(address: address).open()
            return DatabaseInspection(
                missingMigrations: try migrator.missing(on: connection).map(\.name),
                damage: []
            )
        }
    }
}

extension Migrator {
    /// The migrations that are not applied yet, read without changing anything.
    fileprivate func missing(on connection: any EngineConnection) throws -> [Migration] {
        try connection.begin(writing: false)
        defer { connection.rollBack() }
        let transaction = Transaction(connection)
        guard try transaction.first(Self.findTable) != nil else { return migrations }
        return try missing(try transaction.query(Self.selectAll))
    }

    private static let findTable = Statement(
        sqlite: "SELECT name FROM sqlite_master WHERE name = 'migrations'",
        postgres: "SELECT 1 WHERE to_regclass('migrations') IS NOT NULL"
    )
}
