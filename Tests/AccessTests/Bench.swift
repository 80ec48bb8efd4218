import Access
import Domain
import Foundation
import Logging
import Storage
import Synchronization
import Testing
import Vault

/// The keys of one installation with a clock that only moves when told.
struct Bench {
    let database: Database
    let vault: Vault
    let clock: ManualClock

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
    let folder = NSTemporaryDirectory() + "usher-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await Database.withOpened(
        DatabaseConfiguration(location: .sqlite(path: folder + "/usher.db")),
        migrations: Vault.migrations + APIKeys.migrations
    ) { database in
        let clock = ManualClock()
        let vault = try await Vault.open(
            rootKey: .generate(random: .seeded(1)),
            database: database,
            time: clock.time,
            random: .seeded(2)
        )
        try await body(Bench(database: database, vault: vault, clock: clock))
    }
}

/// Time that moves only when it is told to.
final class ManualClock: Sendable {
    private let passed = Mutex(Duration.zero)
    private let sleeps = Mutex(0)

    var now: Instant { Instant(seconds: 1_800_000_000) + passed.withLock { $0 } }

    /// Its first `sleep` moves the clock; the second throws, as when the sleeper is cancelled.
    var time: Time {
        Time(
            now: { self.now },
            elapsed: { self.passed.withLock { $0 } },
            sleep: { duration in
                guard
                    self.sleeps.withLock({
                        $0 += 1
                        return $0
                    }) == 1
                else { throw CancellationError() }
                self.advance(duration)
            }
        )
    }

    func advance(_ duration: Duration) {
        passed.withLock { $0 += duration }
    }
}

extension RandomSource {
    static func seeded(_ seed: UInt64) -> RandomSource {
        let generator = Mutex(SeededRandom(seed: seed))
        return RandomSource { generator.withLock { $0.next() } }
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
