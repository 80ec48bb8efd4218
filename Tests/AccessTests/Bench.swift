import Access
import Domain
import Logging
import Storage
import Testing
import UsherTesting
import Vault

/// The keys of one installation with a clock that only moves when told.
struct Bench {
    let database: Database
    let vault: Vault
    let clock: ManualTime

    func keys(_ limits: APIKeys.Limits = APIKeys.Limits()) -> APIKeys {
        APIKeys(
            database: database,
            vault: vault,
            time: clock.time,
            random: .seeded(99),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            limits: limits
        )
    }

    func execute(_ statement: Statement, _ arguments: [SQLValue] = []) async throws {
        _ = try await database.write { try $0.execute(statement, arguments) }
    }

    func rows(_ statement: Statement, _ arguments: [SQLValue] = []) async throws -> [Row] {
        try await database.read { try $0.query(statement, arguments) }
    }
}

/// A bench on a database in a temporary folder, for the time of `body`.
func withBench(_ body: (Bench) async throws -> Void) async throws {
    try await temporaryDatabase(migrations: Vault.migrations + APIKeys.migrations) { database in
        let clock = ManualTime()
        let vault = try await Vault.open(
            rootKey: .generate(random: .seeded(1)),
            database: database,
            time: clock.time,
            random: .seeded(2)
        )
        try await body(Bench(database: database, vault: vault, clock: clock))
    }
}

extension APIKeys {
    /// Authenticates with a key from one usual address.
    func check(_ key: String, from address: String = "192.0.2.1") async throws(AccessError) -> AccessScope {
        try await authenticate(authorization: "Bearer \(key)", client: ClientNetwork(address: address))
    }
}

extension APIKeyLabel {
    static func named(_ text: String) throws -> APIKeyLabel { try #require(APIKeyLabel(text)) }
}

extension ResourceName {
    static func named(_ text: String) throws -> ResourceName { try #require(ResourceName(text)) }
}
