import Storage

/// Copies a database that may be in use by a running gateway.
package enum DatabaseBackup {
    /// Writes a complete copy as of one commit to `path`, which must not exist.
    ///
    /// - Throws: `StorageError`; `.cannotOpen` when there is no database or `path` exists.
    package static func write(_ database: DatabaseLocation, to path: String) async throws {
        var configuration = DatabaseConfiguration(location: .sqlite(path: database.path))
        configuration.readers = 1
        try await Database.withOpened(configuration, migrations: Services.migrations) { database in
            try await database.backUp(to: path)
        }
    }
}
