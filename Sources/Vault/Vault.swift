import Crypto
package import Domain
import FoundationEssentials
package import Storage

/// Everything that must not be readable at rest goes through here: secrets, payloads, and keyed hashes.
///
/// Opened once at start with the root key; holds the keyring in memory. Safe to use from any thread.
/// (It bears its module's name because that is the word every other target uses for it.)
package final class Vault: Sendable {
    /// The vault's tables: migrations 100 to 199.
    package static let migrations = VaultMigrations.all

    private let keyring: Keyring
    private let hashKeys: [HashPurpose: SymmetricKey]
    /// Hashes that have taken in their keys and nothing else: beginning one costs more than hashing an id.
    private let begunHashes: [HashPurpose: HMAC<SHA256>]
    private let payloadKeys: PayloadKeys
    private let random: RandomSource

    private init(
        keyring: Keyring,
        database: Database,
        time: Time,
        random: RandomSource,
        limits: PayloadLimits
    ) {
        self.keyring = keyring
        self.random = random
        hashKeys = Dictionary(
            uniqueKeysWithValues: HashPurpose.allCases.map { ($0, keyring.newest($0.key).key) }
        )
        begunHashes = hashKeys.mapValues { HMAC<SHA256>(key: $0) }
        let table = DataKeyTable(keyring: keyring, limits: limits, time: time, random: random)
        payloadKeys = PayloadKeys(database: database, table: table, limits: limits, random: random)
    }

    /// Opens the keyring stored in `database`, making it on the first start.
    ///
    /// Throws `VaultError.wrongRootKey`, `.keyringMissing` or `.keyDamaged` without having changed anything, and
    /// the storage's errors. `random` must be fit for keys except in tests and simulation.
    package static func open(
        rootKey: RootKey,
        database: Database,
        time: Time,
        random: RandomSource,
        payloadLimits: PayloadLimits = PayloadLimits()
    ) async throws -> Vault {
        let keyring = try await database.write { transaction in
            try transaction.lock("keyring")  // Two nodes may start together for the first time.
            return try Keyring.load(transaction, rootKey: rootKey, now: time.now(), random: random)
        }
        return Vault(keyring: keyring, database: database, time: time, random: random, limits: payloadLimits)
    }

    // MARK: Secrets

    /// Seals a secret for the place `context`; throws `.tooLarge` over 16 MiB.
    ///
    /// About 13 µs for 1 KiB.
    package func seal(_ secret: [UInt8], _ context: SealContext) throws(VaultError) -> [UInt8] {
        let salt = random.bytes(SealedRecord.saltLength)
        return try SealedRecord.seal(secret, key: keyring.newest(.wrap), context: context, salt: salt)
    }

    /// Opens a sealed secret; throws `.malformed`, `.unknownKey` or `.notAuthentic`.
    package func open(_ sealed: [UInt8], _ context: SealContext) throws(VaultError) -> [UInt8] {
        let record = try SealedRecord(sealed)
        guard let key = keyring.key(.wrap, for: record) else { throw .unknownKey }
        return try record.open(key: key, context: context)
    }

    // MARK: Payloads

    /// The key that seals the payloads of `scope` on the UTC day `day` (`Instant.dayNumber`), if it is in memory
    /// and has uses left; otherwise `payloadKey(scope:day:)` fetches it.
    package func payloadKeyIfCached(scope: String, day: Int) -> PayloadKey? {
        payloadKeys.keyIfCached(scope: scope, day: day)
    }

    /// The key that seals the payloads of `scope` on the UTC day `day` (`Instant.dayNumber`).
    ///
    /// Made and stored at first use, and durable when this returns. Throws `VaultError.keyDamaged`,
    /// `.overloaded` and the storage's errors.
    package func payloadKey(scope: String, day: Int) async throws -> PayloadKey {
        try await payloadKeys.key(scope: scope, day: day)
    }

    /// Opens a sealed payload with the key that it names.
    ///
    /// Throws `VaultError.malformed`, `.unknownKey`, `.notAuthentic`, `.keyDamaged` and the storage's errors.
    package func openPayload(_ sealed: [UInt8], _ context: SealContext) async throws -> [UInt8] {
        let key = try await payloadKeys.key(id: PayloadKey.id(of: sealed))
        return try key.open(sealed, context)
    }

    /// Destroys the payload keys of `scope` up to and with the UTC day `throughDay`, in the database and in memory:
    /// what they have sealed can never be opened again.
    ///
    /// Gives how many there were. A backup made before still holds them.
    package func destroyPayloadKeys(scope: String, throughDay: Int) async throws -> Int {
        try await payloadKeys.destroy(scope: scope, throughDay: throughDay)
    }

    /// Every scope and UTC day that has a payload key.
    package func payloadKeyPlaces(_ transaction: Transaction) throws -> [(scope: String, day: Int)] {
        try payloadKeys.places(transaction)
    }

    // MARK: Keyed hashes

    /// HMAC-SHA256 of `bytes` under the key of `purpose`: 32 bytes.
    package func keyedHash(_ purpose: HashPurpose, _ bytes: [UInt8]) -> [UInt8] {
        guard var hash = begunHashes[purpose] else { preconditionFailure("every purpose has a key") }
        hash.update(data: bytes)
        return Array(hash.finalize())
    }

    /// Whether `hash` is the keyed hash of `bytes`; the time taken does not tell where they differ.
    package func isKeyedHash(_ hash: [UInt8], _ purpose: HashPurpose, of bytes: [UInt8]) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(hash, authenticating: bytes, using: hashKey(purpose))
    }

    private func hashKey(_ purpose: HashPurpose) -> SymmetricKey {
        guard let key = hashKeys[purpose] else { preconditionFailure("every purpose has a key") }
        return key
    }
}
