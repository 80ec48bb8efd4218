package import Domain
package import Storage

extension RootKeyFile {
    /// Reads the root key at `path` for `database`, or makes one there when the database has no keyring yet.
    ///
    /// Where there is a keyring, a missing file is `.rootKeyMissing`, never a new key. Throws besides what
    /// `loadOrCreate(_:random:)` throws, and the storage's errors.
    package static func loadOrCreate(
        _ path: String,
        for database: Database,
        random: RandomSource
    ) async throws -> (rootKey: RootKey, created: Bool) {
        if let key = try load(path) { return (key, false) }
        if let expected = try await database.read({ try Keyring.rootKeyID($0) }) {
            throw VaultError.rootKeyMissing(path: path, expected: expected)
        }
        return try loadOrCreate(path, random: random)
    }
}
