import Storage

/// Copies a database that may be in use by a running gateway.
package enum DatabaseBackup {
    /// Writes a complete copy as of one commit to `path`, which must not exist.
    ///
    /// - Throws: `GatewayError.backupOfServer` for PostgreSQL; `StorageError`; `.cannotOpen` when there is no database or `path` exists.
    package static func write(_ database: DatabaseLocation, to path: String) async throws {
        guard let file = database.path else { throw GatewayError.backupOfServer }
        var configuration = DatabaseConfiguration(location: .sqlite(path: file))
        configuration.readers = 1
        try await Database.withOpened(configuration, migrations: Services.migrations) { database in
            try await database.backUp(to: path)
        }
    }
}
