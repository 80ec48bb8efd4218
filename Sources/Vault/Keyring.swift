import Crypto
import Domain
import Storage

/// The purpose keys, each stored sealed under the root key and held open in memory.
///
/// Keys have terms, 1 upwards: the newest seals, all of them open.
struct Keyring: Sendable {
    /// All terms of each purpose, the newest last.
    private let keys: [KeyPurpose: [RecordKey]]

    /// The key that seals for `purpose` now.
    func newest(_ purpose: KeyPurpose) -> RecordKey {
        guard let key = keys[purpose]?.last else { preconditionFailure("a loaded keyring has every purpose") }
        return key
    }

    /// The key of `purpose` that a record names.
    func key(_ purpose: KeyPurpose, for record: SealedRecord) -> RecordKey? {
        keys[purpose]?.first { $0.fingerprint == record.fingerprint && $0.version == record.keyVersion }
    }

    /// Opens the stored keyring, after making the keys of purposes that never had one.
    ///
    /// Throws `.wrongRootKey`, `.keyringMissing` or `.keyDamaged` before anything is written.
    static func load(
        _ transaction: Transaction,
        rootKey: RootKey,
        now: Instant,
        random: RandomSource
    ) throws -> Keyring {
        let root = RecordKey(rootKey.key, version: 1)
        let rows = try storedRows(transaction)
        try refuseOtherRootKey(rows, root)
        let keys = try opened(rows, root)
        var created = false
        let newestTerms = try newestTerms(transaction)
        if rows.isEmpty, try !newestTerms.isEmpty || holdsDataKeys(transaction) {
            throw VaultError.keyringMissing
        }
        for purpose in KeyPurpose.allCases {
            if let term = newestTerms[purpose] {
                guard let newest = keys[purpose]?.last, newest.version >= term else {
                    throw VaultError.keyDamaged(row: "keyring \(purpose.rawValue)/\(term), which is missing")
                }
            } else {
                try create(transaction, purpose, root: root, now: now, random: random)
                created = true
            }
        }
        // Read again rather than kept: on a shared database another node may have made the same keys first.
        return created
            ? Keyring(keys: try opened(storedRows(transaction), root))
            : Keyring(keys: keys)
    }

    /// The key id of the root key that the stored keyring names, in hexadecimal; nil without a keyring.
    static func rootKeyID(_ transaction: Transaction) throws -> String? {
        try rootKeyFingerprints(storedRows(transaction)).first.map { Hex.encode($0.shown) }
    }

    // MARK: Rows

    private struct StoredRow {
        let purpose: KeyPurpose
        let term: UInt32
        let keyID: [UInt8]
        let sealed: [UInt8]

        var name: String { "keyring \(purpose.rawValue)/\(term)" }
        var context: SealContext { Keyring.context(purpose, term) }
    }

    private static func context(_ purpose: KeyPurpose, _ term: UInt32) -> SealContext {
        SealContext(
            table: "keyring",
            column: "sealed",
            row: Array("\(purpose.rawValue)/\(term)".utf8),
            version: UInt64(term)
        )
    }

    private static func storedRows(_ transaction: Transaction) throws -> [StoredRow] {
        try transaction.query(selectKeys).compactMap { row in
            // A purpose this version does not know belongs to a later one: left alone.
            guard let purpose = KeyPurpose(rawValue: try row.text(0)) else { return nil }
            let term = UInt32(clamping: try row.integer(1))
            return StoredRow(purpose: purpose, term: term, keyID: try row.blob(2), sealed: try row.blob(3))
        }
    }

    /// The newest term ever made of each purpose.
    private static func newestTerms(_ transaction: Transaction) throws -> [KeyPurpose: UInt32] {
        var terms: [KeyPurpose: UInt32] = [:]
        for row in try transaction.query(selectNewestTerms) {
            guard let purpose = KeyPurpose(rawValue: try row.text(0)) else { continue }
            terms[purpose] = UInt32(clamping: try row.integer(1))
        }
        return terms
    }

    private static func holdsDataKeys(_ transaction: Transaction) throws -> Bool {
        try transaction.first(selectAnyDataKey) != nil
    }

    /// Throws when every row names a root key and none names this one.
    ///
    /// When some do, the others are damaged.
    private static func refuseOtherRootKey(_ rows: [StoredRow], _ root: RecordKey) throws {
        let named = rootKeyFingerprints(rows)
        guard let other = named.first, !named.contains(root.fingerprint) else { return }
        throw VaultError.wrongRootKey(
            expected: Hex.encode(other.shown),
            found: Hex.encode(root.fingerprint.shown)
        )
    }

    private static func rootKeyFingerprints(_ rows: [StoredRow]) -> [KeyFingerprint] {
        rows.compactMap { try? SealedRecord($0.sealed).fingerprint }
    }

    private static func opened(_ rows: [StoredRow], _ root: RecordKey) throws -> [KeyPurpose: [RecordKey]] {
        var keys: [KeyPurpose: [RecordKey]] = [:]
        for row in rows {
            guard let bytes = try? SealedRecord(row.sealed).open(key: root, context: row.context),
                bytes.count == 32
            else { throw VaultError.keyDamaged(row: row.name) }
            let key = RecordKey(SymmetricKey(data: bytes), version: row.term)
            guard key.fingerprint.bytes == row.keyID else { throw VaultError.keyDamaged(row: row.name) }
            keys[row.purpose, default: []].append(key)
        }
        return keys
    }

    private static func create(
        _ transaction: Transaction,
        _ purpose: KeyPurpose,
        root: RecordKey,
        now: Instant,
        random: RandomSource
    ) throws {
        let bytes = random.bytes(32)
        let key = RecordKey(SymmetricKey(data: bytes), version: 1)
        let sealed = try SealedRecord.seal(
            bytes,
            key: root,
            context: context(purpose, key.version),
            salt: random.bytes(SealedRecord.saltLength)
        )
        try transaction.execute(
            insertKey,
            [
                .text(purpose.rawValue), .integer(1), .blob(key.fingerprint.bytes), .blob(sealed),
                .instant(now),
            ]
        )
        try transaction.execute(insertNewestTerm, [.text(purpose.rawValue), .integer(1)])
    }

    // MARK: Statements

    private static let selectKeys: Statement =
        "SELECT purpose, term, key_id, sealed FROM keyring ORDER BY purpose, term"
    private static let selectNewestTerms: Statement = "SELECT purpose, newest_term FROM keyring_purposes"
    private static let selectAnyDataKey: Statement = "SELECT 1 FROM data_keys LIMIT 1"
    private static let insertKey: Statement = """
        INSERT INTO keyring (purpose, term, key_id, sealed, created_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (purpose, term) DO NOTHING
        """
    private static let insertNewestTerm: Statement =
        "INSERT INTO keyring_purposes (purpose, newest_term) VALUES ($1, $2) ON CONFLICT (purpose) DO NOTHING"
}
