import Domain
import Storage
import UsherTesting
import Vault

/// A database in a temporary folder, for the time of `body`.
func withStore<Result: Sendable>(_ body: (Store) async throws -> Result) async throws -> Result {
    try await temporaryFolder { folder in
        try await temporaryDatabase(migrations: Vault.migrations) { database in
            try await body(Store(database: database, folder: folder))
        }
    }
}

/// A database on which vaults are opened.
struct Store {
    /// The root key 0, 1, … 31.
    static let rootKeyText = "ushrk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8_518e34f2"
    /// When everything happens.
    static let now = Instant(seconds: 1_800_000_000)

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
            time: ManualTime(now: Store.now).time,
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

extension RandomSource {
    /// Eight bytes 0, 1, … 7 at each call: keys, salts and nonces that a known answer can be computed for.
    static var counting: RandomSource { RandomSource { 0x0706_0504_0302_0100 } }
}
