import Domain
import Foundation
import Storage
import Vault

/// A database in a temporary folder, for the time of `body`.
func withStore<Result: Sendable>(_ body: (Store) async throws -> Result) async throws -> Result {
    let folder = NSTemporaryDirectory() + "usher-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await Database.withOpened(
        DatabaseConfiguration(location: .sqlite(path: folder + "/usher.db")),
        migrations: Vault.migrations
    ) { database in
        try await body(Store(database: database, folder: folder))
    }
}

struct Store {
    /// 32 bytes 0, 1, … 31.
    static let rootKeyText = "ushrk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8_518e34f2"

    let database: Database
    let folder: String

    func vault(
        rootKey: String = Store.rootKeyText,
        random: RandomSource = .seeded(1),
        limits: PayloadLimits = PayloadLimits()
    ) async throws -> Vault {
        try await Vault.open(
            rootKey: RootKey.parse(rootKey),
            database: database,
            time: .standing,
            random: random,
            payloadLimits: limits
        )
    }

    func execute(_ statement: Statement, _ arguments: [SQLValue] = []) async throws {
        _ = try await database.write { try $0.execute(statement, arguments) }
    }

    func rows(_ statement: Statement, _ arguments: [SQLValue] = []) async throws -> [Row] {
        try await database.read { try $0.query(statement, arguments) }
    }
}

extension Time {
    /// A clock that stands still.
    static var standing: Time {
        Time(
            now: { Instant(seconds: 1_800_000_000) },
            elapsed: { .seconds(1) },
            sleep: { _ in throw CancellationError() }
        )
    }
}
