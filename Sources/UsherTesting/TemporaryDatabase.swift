package import Storage

/// Runs `body` with a fresh database in a temporary folder, its committer running; drained and removed afterwards.
///
/// - Parameters:
///   - migrations: the schema.
///   - configure: changes the configuration, for tests at the limits.
@discardableResult
package func temporaryDatabase<T: Sendable>(
    migrations: [Migration] = [],
    configure: (inout DatabaseConfiguration) -> Void = { _ in },
    _ body: (Database) async throws -> T
) async throws -> T {
    try await temporaryFolder { folder in
        var configuration = DatabaseConfiguration(location: .sqlite(path: folder + "/usher.db"))
        configure(&configuration)
        return try await Database.withOpened(configuration, migrations: migrations, body)
    }
}
