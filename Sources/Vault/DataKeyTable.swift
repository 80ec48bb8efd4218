import Crypto
import Domain
import Storage

/// The data keys as they are stored: sealed under the keyring, named by their commitment.
///
/// `uses_reserved` is raised, durably, before a key seals; it only ever overstates the uses. So the bound on uses
/// of one key holds over crashes, restarts and nodes without a write for each use.
struct DataKeyTable: Sendable {
    let keyring: Keyring
    let limits: PayloadLimits
    let time: Time
    let random: RandomSource

    /// Reserves uses of the newest key of this scope and day, making the key, or its next term when the newest
    /// has no uses left to reserve.
    ///
    /// Two callers that make one at once end with the same key.
    func reserve(_ transaction: Transaction, scope: String, day: Int) throws -> DataKey {
        var term: Int64 = 0
        let place: [SQLValue] = [.text(scope), .integer(Int64(day))]
        if let row = try transaction.first(Self.newest, place) {
            let id = try row.blob(0)
            term = try row.integer(3)
            if try reserve(transaction, id) { return try key(row) }
        }
        let stored = SymmetricKey(data: random.bytes(32))
        let id = DataKey.commitment(of: stored)
        let sealed = try SealedRecord.seal(
            stored.copiedBytes,
            key: keyring.newest(.dataKeyWrap),
            context: Self.context(id, scope: scope, day: Int64(day), term: term + 1),
            salt: random.bytes(SealedRecord.saltLength)
        )
        try transaction.execute(
            Self.insert,
            [
                .blob(id), .text(scope), .integer(Int64(day)), .integer(term + 1), .blob(sealed),
                .instant(time.now()),
            ]
        )
        // Nothing inserted: another node made this term in between. Its key is the key.
        guard let row = try transaction.first(Self.newest, place), try reserve(transaction, row.blob(0))
        else {
            throw StorageError.busy  // And that node has used it up: absurdly fast, but not wrong.
        }
        return try key(row)
    }

    /// Reads the key that a sealed payload names; nil when there is none.
    func find(_ transaction: Transaction, id: [UInt8]) throws -> DataKey? {
        try transaction.first(Self.byID, [.blob(id)]).map(key)
    }

    /// Every scope and day that has a key.
    func places(_ transaction: Transaction) throws -> [(scope: String, day: Int)] {
        try transaction.query(Self.places).map { (try $0.text(0), Int(try $0.integer(1))) }
    }

    /// Overwrites and deletes the keys of a scope up to and with a day; gives their ids.
    func destroy(_ transaction: Transaction, scope: String, throughDay: Int) throws -> [[UInt8]] {
        let rows = try transaction.query(Self.through, [.text(scope), .integer(Int64(throughDay))])
        return try rows.map { row in
            let id = try row.blob(0)
            // Of the same length, so that no copy of the old bytes stays in the page.
            let zeros = [UInt8](repeating: 0, count: try row.blob(1).count)
            try transaction.execute(Self.overwrite, [.blob(id), .blob(zeros)])
            try transaction.execute(Self.delete, [.blob(id)])
            return id
        }
    }

    private func reserve(_ transaction: Transaction, _ id: [UInt8]) throws -> Bool {
        let reserved = Int64(limits.usesReserved)
        let highest = Int64(limits.usesMax) - reserved
        return try transaction.execute(Self.raise, [.integer(reserved), .blob(id), .integer(highest)]) == 1
    }

    private func key(_ row: Row) throws -> DataKey {
        let id = try row.blob(0)
        let context = Self.context(
            id,
            scope: try row.text(1),
            day: try row.integer(2),
            term: try row.integer(3)
        )
        guard let record = try? SealedRecord(row.blob(4)), let wrap = keyring.key(.dataKeyWrap, for: record),
            let bytes = try? record.open(key: wrap, context: context), bytes.count == 32
        else { throw VaultError.keyDamaged(row: "data_keys \(Hex.encode(id))") }
        let key = DataKey(SymmetricKey(data: bytes), lowMark: limits.usesLow)
        guard key.id == id else { throw VaultError.keyDamaged(row: "data_keys \(Hex.encode(id))") }
        return key
    }

    private static func context(_ id: [UInt8], scope: String, day: Int64, term: Int64) -> SealContext {
        var row = id
        row.append(bigEndian: UInt64(bitPattern: day))
        row.append(contentsOf: scope.utf8)
        return SealContext(table: "data_keys", column: "sealed", row: row, version: UInt64(bitPattern: term))
    }

    private static let newest: Statement = """
        SELECT id, scope, day, term, sealed FROM data_keys WHERE scope = $1 AND day = $2
        ORDER BY term DESC LIMIT 1
        """
    private static let byID: Statement = "SELECT id, scope, day, term, sealed FROM data_keys WHERE id = $1"
    private static let places: Statement = "SELECT DISTINCT scope, day FROM data_keys"
    private static let through: Statement = "SELECT id, sealed FROM data_keys WHERE scope = $1 AND day <= $2"
    private static let overwrite: Statement = "UPDATE data_keys SET sealed = $2 WHERE id = $1"
    private static let delete: Statement = "DELETE FROM data_keys WHERE id = $1"
    private static let raise: Statement =
        "UPDATE data_keys SET uses_reserved = uses_reserved + $1 WHERE id = $2 AND uses_reserved <= $3"
    private static let insert: Statement = """
        INSERT INTO data_keys (id, scope, day, term, sealed, uses_reserved, created_at)
        VALUES ($1, $2, $3, $4, $5, 0, $6) ON CONFLICT (scope, day, term) DO NOTHING
        """
}
