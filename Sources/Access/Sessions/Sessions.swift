package import Domain
package import Storage
package import Vault

/// What people who have shown an API key are known by afterwards, until it ends by itself or by them.
///
///     begun -used-> begun -ended / idle / too old / key revoked or expired-> gone
///
/// Stored as keyed hashes only, and looked up at each use: a session ends on all nodes at once, and with its key.
package struct Sessions: Sendable {
    /// The limits; the defaults are for production.
    package struct Limits: Hashable, Sendable {
        /// How long a session lives unused: 12 hours.
        package var idle = Duration.seconds(12 * 3_600)
        /// How long it lives at most: 7 days.
        package var age = Duration.seconds(7 * 86_400)
        /// How late its last use may be noted: 5 minutes.
        package var useInterval = Duration.seconds(300)
        /// How many one key may have; the oldest ends for the next: 32.
        package var perKeyMax = 32

        /// The production limits.
        package init() {}
    }

    /// A session in use.
    package struct Session: Sendable {
        /// What it may see and do: what its key may.
        package let scope: AccessScope
        /// What each form of its pages carries, and nobody else knows: 43 characters of base64url.
        package let formToken: String
    }

    private let database: Database
    private let vault: Vault
    private let time: Time
    private let random: RandomSource
    private let limits: Limits

    /// Makes the service; nothing is read yet.
    package init(
        database: Database,
        vault: Vault,
        time: Time,
        random: RandomSource,
        limits: Limits = Limits()
    ) {
        self.database = database
        self.vault = vault
        self.time = time
        self.random = random
        self.limits = limits
    }

    /// How long a browser keeps the token at most.
    package var age: Duration { limits.age }

    /// Begins a session of the key that `scope` was given for.
    ///
    /// Throws `.unauthenticated` when the scope is no key's, or its key is not live any more.
    package func begin(for scope: AccessScope) async throws(AccessError) -> SessionToken {
        guard let keyID = scope.keyID else { throw .unauthenticated }
        let (token, now) = (SessionToken(random: random), time.now())
        try await answer {
            try await database.write { transaction in
                guard let record = try APIKeyTable.find(transaction, keyID)?.record, record.isLive(at: now)
                else { throw AccessError.unauthenticated }
                try SessionTable.removeOver(
                    transaction,
                    idleSince: now - limits.idle,
                    begunBefore: now - limits.age
                )
                try SessionTable.keepNewest(transaction, of: keyID, count: limits.perKeyMax - 1)
                try SessionTable.insert(
                    transaction,
                    SessionTable.StoredSession(
                        hash: hash(token),
                        keyID: keyID,
                        mac: vault.keyedHash(.apiKey, macInput(token, record, beganAt: now)),
                        beganAt: now,
                        usedAt: now
                    )
                )
            }
        }
        return token
    }

    /// The session of a token, whose use is noted; throws `.unauthenticated` when there is none or it is over.
    package func use(_ token: SessionToken) async throws(AccessError) -> Session {
        let (now, hash) = (time.now(), hash(token))
        let (session, record) = try await answer {
            try await database.read { transaction in
                guard let session = try SessionTable.find(transaction, hash: hash),
                    let record = try APIKeyTable.find(transaction, session.keyID)?.record
                else { throw AccessError.unauthenticated }
                return (session, record)
            }
        }
        let input = macInput(token, record, beganAt: session.beganAt)
        guard now - session.usedAt < limits.idle, now - session.beganAt < limits.age, record.isLive(at: now),
            vault.isKeyedHash(session.mac, .apiKey, of: input)
        else { throw .unauthenticated }
        if now - session.usedAt >= limits.useInterval {
            try await answer { try await database.write { try SessionTable.used($0, hash: hash, at: now) } }
        }
        return Session(scope: record.scope, formToken: formToken(token))
    }

    /// Ends a session; one that is over already is no error.
    package func end(_ token: SessionToken) async throws(AccessError) {
        let hash = hash(token)
        try await answer { try await database.write { try SessionTable.remove($0, hash: hash) } }
    }

    private func hash(_ token: SessionToken) -> [UInt8] {
        vault.keyedHash(.apiKey, input("usher/session/1", token))
    }

    private func formToken(_ token: SessionToken) -> String {
        Base64.encode(vault.keyedHash(.apiKey, input("usher/session-form/1", token)), .urlSafe)
    }

    /// What the stored hash of a session covers.
    ///
    /// `"usher/session-scope/1" ‖ LP(token) ‖ LP(key) ‖ LP(principal) ‖ LP(level) ‖ LP(begin in microseconds)`
    private func macInput(_ token: SessionToken, _ key: APIKeyRecord, beganAt: Instant) -> [UInt8] {
        var bytes = input("usher/session-scope/1", token)
        bytes.appendPrefixed(key.id.bytes)
        bytes.appendPrefixed(key.principal.description)
        bytes.appendPrefixed(key.level.rawValue)
        bytes.appendPrefixed(String(beganAt.microseconds))
        return bytes
    }

    private func input(_ purpose: String, _ token: SessionToken) -> [UInt8] {
        var bytes = Array(purpose.utf8)
        bytes.appendPrefixed(token.bytes)
        return bytes
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
