package import Domain
package import Logging
package import Storage
import Synchronization
package import Vault

/// Makes, lists, revokes and checks API keys.
///
/// Keys are stored as keyed hashes only. Checking costs one database read the first time and then, for a minute,
/// none. `run()` writes the times of last use, at most once a minute.
package final class APIKeys: Sendable {
    /// The limits; the defaults are for production.
    package struct Limits: Hashable, Sendable {
        /// How many keys that are not revoked may exist: 1,000.
        package var keysMax = 1_000
        /// How many keys one page of a list holds at most: 200.
        package var pageMax = 200
        /// How many checked keys are kept in memory: 1,024.
        package var checkedKeysMax = 1_024
        /// How long a check counts before the database is asked again: 60 seconds.
        package var freshness = Duration.seconds(60)
        /// How often times of last use are written: every 60 seconds.
        package var lastUseInterval = Duration.seconds(60)
        /// How often authentication may fail.
        package var failures = FailedAttempts.Limits()

        /// The production limits.
        package init() {}
    }

    /// A key that was just made: the only moment its text is known.
    package struct Created: Sendable {
        /// What is stored of it.
        package let record: APIKeyRecord
        /// The key itself.
        package let text: APIKeyText
    }

    /// The tables of this target: migrations 200 to 299.
    package static let migrations = APIKeyMigrations.all

    private let database: Database
    private let vault: Vault
    private let time: Time
    private let random: RandomSource
    private let logger: Logger
    private let limits: Limits
    private let checkedKeys: Mutex<CheckedKeys>
    /// Those who wait for a check that is under way, by keyed hash.
    private let checking = Mutex([[UInt8]: [CheckedContinuation<Void, Never>]]())
    private let failures: Mutex<FailedAttempts>
    private let decoy: (text: APIKeyText, key: APIKeyTable.StoredKey)

    /// Makes the service; nothing is read yet.
    package init(
        database: Database,
        vault: Vault,
        time: Time,
        random: RandomSource,
        logger: Logger,
        limits: Limits = Limits()
    ) {
        self.database = database
        self.vault = vault
        self.time = time
        self.random = random
        self.logger = logger
        self.limits = limits
        checkedKeys = Mutex(CheckedKeys(keysMax: limits.checkedKeysMax, freshness: limits.freshness))
        failures = Mutex(FailedAttempts(limits: limits.failures))
        decoy = Self.decoy(now: time.now(), random: random)
    }

    /// Writes the times of last use every minute until it is cancelled; those of the last minute are then lost.
    ///
    /// Throws `CancellationError` when it is cancelled.
    package func run() async throws {
        while true {
            try await time.sleep(limits.lastUseInterval)
            await flushLastUses()
        }
    }

    /// Writes the times of last use that were noted since the last call.
    ///
    /// A failure is logged, not thrown: the next use notes them again.
    package func flushLastUses() async {
        let uses = checkedKeys.withLock { $0.takeUses() }
        guard !uses.isEmpty else { return }
        do {
            try await database.write { try APIKeyTable.used($0, uses) }
        } catch {
            logger.warning("times of last use of API keys were not written", metadata: ["error": "\(error)"])
        }
    }

    // MARK: Keys

    /// What the operator may do who holds the database and the root key: everything.
    ///
    /// For the command line and the configuration file; requests authenticate.
    package var console: AccessScope {
        AccessScope(principal: .platform, level: .admin, keyID: nil)
    }

    /// Makes an admin key of the platform when there has never been any key; nil otherwise.
    package func ensureFirstAdminKey() async throws(AccessError) -> Created? {
        guard let label = APIKeyLabel("first admin key") else { preconditionFailure("the label is valid") }
        let (created, stored) = newKey(label, .platform, .admin, expiresAt: nil, createdBy: nil)
        return try await answer {
            try await database.write { transaction in
                try transaction.lock("api_keys")  // Two nodes may start together for the first time.
                guard try APIKeyTable.count(transaction).all == 0 else { return nil }
                try APIKeyTable.insert(transaction, stored)
                return created
            }
        }
    }

    /// Makes a key.
    ///
    /// The caller must be an admin, and may give only what it reaches itself.
    ///
    /// Throws `.forbidden`, `.notFound` (another vendor's), `.tooManyKeys`, `.expiryInThePast`, `.unavailable`.
    package func create(
        label: APIKeyLabel,
        principal: AccessPrincipal,
        level: AccessLevel,
        expiresAt: Instant? = nil,
        by scope: AccessScope
    ) async throws(AccessError) -> Created {
        try scope.require(.admin)
        try scope.requireReach(principal)
        if let expiresAt, expiresAt <= time.now() { throw .expiryInThePast }
        let (created, stored) = newKey(label, principal, level, expiresAt: expiresAt, createdBy: scope.keyID)
        return try await answer {
            try await database.write { [limits] transaction in
                guard try APIKeyTable.count(transaction).unrevoked < limits.keysMax else {
                    throw AccessError.tooManyKeys(limits.keysMax)
                }
                try APIKeyTable.insert(transaction, stored)
                return created
            }
        }
    }

    /// The keys the caller reaches, newest first, revoked ones too: at most `limit` (1 to `pageMax`), from below
    /// `before` on.
    ///
    /// The caller must be an admin.
    package func list(
        before: APIKeyID? = nil,
        limit: Int = 50,
        by scope: AccessScope
    ) async throws(AccessError) -> [APIKeyRecord] {
        try scope.require(.admin)
        let principal = scope.principal == .platform ? nil : scope.principal
        let limit = max(1, min(limit, limits.pageMax))
        return try await answer {
            try await database.read {
                try APIKeyTable.page($0, principal: principal, before: before, limit: limit)
            }
        }
    }

    /// Revokes a key: refused from now on here, within a minute on other nodes, for good.
    ///
    /// Again is no error.
    ///
    /// The caller must be an admin; throws `.notFound` when it does not reach the key.
    package func revoke(_ id: APIKeyID, by scope: AccessScope) async throws(AccessError) -> APIKeyRecord {
        try scope.require(.admin)
        let now = time.now()
        let record = try await answer {
            try await database.write { transaction in
                guard var record = try APIKeyTable.find(transaction, id)?.record,
                    scope.reaches(record.principal)
                else { throw AccessError.notFound }
                try APIKeyTable.revoke(transaction, id, at: now)
                record.revokedAt = record.revokedAt ?? now
                return record
            }
        }
        checkedKeys.withLock { $0.revoked(id) }
        return record
    }

    // MARK: Checking

    /// Checks the value of an `Authorization` header: `Bearer` and a key.
    ///
    /// Whatever is wrong with the key gives `.unauthenticated` after the same work: the same lookup, the same
    /// hash, a comparison in constant time. Too many failures give `.tooManyFailures` without looking; a key
    /// that was checked lately passes even then, so that nobody can lock out others who share an address.
    package func authenticate(
        authorization: String?,
        client: ClientNetwork
    ) async throws(AccessError) -> AccessScope {
        guard let authorization else { throw .unauthenticated }  // Nothing was tried.
        let presented = APIKeyText(bearerToken(authorization))
        let hash = vault.keyedHash(.apiKey, (presented ?? decoy.text).bytes)
        if let known = known(hash), presented != nil { return known }
        // Many requests with a key whose check is old are one attempt, not many failed ones.
        let isAlone = await waitForCheck(of: hash)
        defer { if isAlone { endCheck(of: hash) } }
        if !isAlone, let known = known(hash), presented != nil { return known }
        return try await check(presented, hash, client)
    }

    /// The scope of the key with this hash, if it was checked lately.
    private func known(_ hash: [UInt8]) -> AccessScope? {
        let (now, elapsed) = (time.now(), time.elapsed())
        return checkedKeys.withLock { $0.use(hash, now: now, elapsed: elapsed) }
    }

    /// Waits for a check of the same key that is under way; true at once where there is none: then the caller's begins,
    /// and `endCheck` must follow.
    private func waitForCheck(of hash: [UInt8]) async -> Bool {
        let isAlone = checking.withLock { checking in
            guard checking[hash] == nil else { return false }
            checking[hash] = []
            return true
        }
        guard !isAlone else { return true }
        await withCheckedContinuation { continuation in
            let isOver = checking.withLock { checking in
                checking[hash]?.append(continuation)
                return checking[hash] == nil
            }
            if isOver { continuation.resume() }
        }
        return false
    }

    private func endCheck(of hash: [UInt8]) {
        for waiter in checking.withLock({ $0.removeValue(forKey: hash) }) ?? [] { waiter.resume() }
    }

    /// Checks a key in the database; an attempt that may fail.
    private func check(
        _ presented: APIKeyText?,
        _ hash: [UInt8],
        _ client: ClientNetwork
    ) async throws(AccessError) -> AccessScope {
        let (now, elapsed) = (time.now(), time.elapsed())
        let revocations = checkedKeys.withLock { $0.revocations }
        if case .wait(let wait) = failures.withLock({ $0.attempt(client, now: elapsed) }) {
            throw .tooManyFailures(retryAfter: wait)
        }
        let id = (presented ?? decoy.text).id
        let stored: APIKeyTable.StoredKey?
        do {
            stored = try await answer { try await database.read { try APIKeyTable.find($0, id) } }
        } catch {
            notFailed(client, at: time.elapsed())  // It is the store that failed.
            throw error
        }
        let isRight = fits(presented ?? decoy.text, stored ?? decoy.key)
        guard isRight, presented != nil, let record = stored?.record, record.isLive(at: now) else {
            throw .unauthenticated
        }
        notFailed(client, at: time.elapsed())
        checkedKeys.withLock {
            $0.checked(hash, record, now: now, elapsed: elapsed, revocations: revocations)
        }
        return record.scope
    }

    private func notFailed(_ client: ClientNetwork, at elapsed: Duration) {
        failures.withLock { $0.succeeded(client, now: elapsed) }
    }

    private func fits(_ text: APIKeyText, _ key: APIKeyTable.StoredKey) -> Bool {
        vault.isKeyedHash(key.mac, .apiKey, of: key.record.macInput(text))
    }

    // MARK: Making

    private func newKey(
        _ label: APIKeyLabel,
        _ principal: AccessPrincipal,
        _ level: AccessLevel,
        expiresAt: Instant?,
        createdBy: APIKeyID?
    ) -> (Created, APIKeyTable.StoredKey) {
        let now = time.now()
        let text = APIKeyText(id: APIKeyID(now: now, random: random), random: random)
        let record = APIKeyRecord(
            id: text.id,
            label: label,
            principal: principal,
            level: level,
            createdBy: createdBy,
            createdAt: now,
            expiresAt: expiresAt,
            revokedAt: nil,
            lastUsedAt: nil
        )
        let mac = vault.keyedHash(.apiKey, record.macInput(text))
        return (Created(record: record, text: text), APIKeyTable.StoredKey(record: record, mac: mac))
    }

    /// A key that is not stored and a row that fits no key: what is checked when there is nothing to check.
    private static func decoy(
        now: Instant,
        random: RandomSource
    ) -> (text: APIKeyText, key: APIKeyTable.StoredKey) {
        guard let label = APIKeyLabel("decoy") else { preconditionFailure("the label is valid") }
        let text = APIKeyText(id: APIKeyID(now: now, random: random), random: random)
        let record = APIKeyRecord(
            id: text.id,
            label: label,
            principal: .platform,
            level: .read,
            createdBy: nil,
            createdAt: now,
            expiresAt: nil,
            revokedAt: nil,
            lastUsedAt: nil
        )
        return (text, APIKeyTable.StoredKey(record: record, mac: [UInt8](repeating: 0, count: 32)))
    }

    /// Runs work on the store and turns its errors into this target's.
    private func answer<Result: Sendable>(
        _ work: () async throws -> Result
    ) async throws(AccessError) -> Result {
        do {
            return try await work()
        } catch let error as AccessError {
            throw error
        } catch let error as StorageError {
            throw .unavailable(reason: error.code, retryable: error.isRetryable)
        } catch {
            throw .unavailable(reason: "cancelled", retryable: true)
        }
    }
}

/// What follows `Bearer` and its spaces (RFC 6750 section 2.1); nothing when the scheme is another.
private func bearerToken(_ authorization: String) -> ArraySlice<UInt8> {
    let bytes = Array(authorization.utf8)
    let scheme = Array("bearer ".utf8)
    guard bytes.count > scheme.count, zip(bytes, scheme).allSatisfy({ $0 | 0x20 == $1 | 0x20 }),
        bytes[6] == 0x20
    else { return [] }
    return bytes[scheme.count...].drop { $0 == 0x20 }
}
