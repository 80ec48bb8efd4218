import Domain
import Storage
import Synchronization

/// Finds payload keys: in memory, else in the database, else makes them.
final class PayloadKeys: Sendable {
    private typealias Waiter = CheckedContinuation<Void, any Error>
    private typealias Cache = PayloadKeyCache<Waiter>

    private let database: Database
    private let table: DataKeyTable
    private let random: RandomSource
    private let cache: Mutex<Cache>

    init(database: Database, table: DataKeyTable, limits: PayloadLimits, random: RandomSource) {
        precondition(
            limits.usesLow >= 0 && limits.usesLow < limits.usesReserved
                && limits.usesReserved <= limits.usesMax
                && limits.usesMax <= 1 << 32 && limits.cachedKeysMax > 0,
            "payload limits must be in order: low < reserved <= max <= 2^32"
        )
        self.database = database
        self.table = table
        self.random = random
        cache = Mutex(Cache(limits: limits))
    }

    func keyIfCached(scope: String, day: Int) -> PayloadKey? {
        cache.withLock { $0.sealingKey(Cache.Place(scope: scope, day: day)) }.map(payloadKey)
    }

    func key(scope: String, day: Int) async throws -> PayloadKey {
        let place = Cache.Place(scope: scope, day: day)
        while true {
            switch cache.withLock({ $0.ask(place) }) {
            case .held(let key): return payloadKey(key)
            case .fetch: return payloadKey(try await fetch(place))
            case .refuse: throw VaultError.overloaded
            case .wait:
                try await withCheckedThrowingContinuation { waiter in
                    if !cache.withLock({ $0.waits(waiter, for: place) }) { waiter.resume() }
                }
            }
        }
    }

    func key(id: [UInt8]) async throws -> PayloadKey {
        let (held, forgettings) = cache.withLock { ($0.key(id), $0.forgettings) }
        if let held { return payloadKey(held) }
        let found = try await database.read { [table] in try table.find($0, id: id) }
        guard let found else { throw VaultError.unknownKey }
        return payloadKey(cache.withLock { $0.forgettings == forgettings ? $0.insert(found) : found })
    }

    func destroy(scope: String, throughDay: Int) async throws -> Int {
        let ids = try await database.write { [table] in
            try table.destroy($0, scope: scope, throughDay: throughDay)
        }
        cache.withLock { $0.forget(ids) }
        return ids.count
    }

    func places(_ transaction: Transaction) throws -> [(scope: String, day: Int)] {
        try table.places(transaction)
    }

    private func fetch(_ place: Cache.Place) async throws -> DataKey {
        do {
            let key = try await database.write { [table] in
                try table.reserve($0, scope: place.scope, day: place.day)
            }
            let (kept, waiters) = cache.withLock { $0.arrived(key, for: place) }
            for waiter in waiters { waiter.resume() }
            return kept
        } catch {
            // A cancelled caller says nothing about the others: they ask again and one of them fetches.
            let cancelled = error is CancellationError
            for waiter in cache.withLock({ $0.failed(place) }) {
                if cancelled { waiter.resume() } else { waiter.resume(throwing: error) }
            }
            throw error
        }
    }

    private func payloadKey(_ key: DataKey) -> PayloadKey {
        PayloadKey(key: key, random: random)
    }
}
