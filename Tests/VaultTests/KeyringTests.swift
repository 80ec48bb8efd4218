import Domain
import Foundation
import Storage
import Testing
import UsherTesting
import Vault

@Suite struct KeyringTests {
    let place = SealContext(table: "sources", column: "secret", row: [1])

    // Root key 0, 1, … 31; purpose key and salt 0, 1, … 7 four times over; computed as in SealedSecretTests.
    @Test func `stores the known rows`() async throws {
        try await withStore { store in
            _ = try await store.vault(random: .counting)
            let rows = try await store.rows(
                "SELECT purpose, term, key_id, sealed, created_at FROM keyring ORDER BY purpose"
            )
            #expect(
                try rows.map { try $0.text(0) } == [
                    "api-key", "blind-index", "body-mac", "cursor", "data-key-wrap", "lane", "wrap",
                ]
            )
            let wrap = try #require(rows.last)
            #expect(try wrap.integer(1) == 1)
            #expect(try Hex.encode(wrap.blob(2)) == "1ddcafc035505366980964c74f4899df")
            #expect(
                try Hex.encode(wrap.blob(3)) == """
                    5553453101001eb562ce59a3ba9526fe5cf4f59ec5ef00000001000102030405060700010203040506070001020304050607\
                    000102030405060720ea9127ee8ea8af3559c3278df435a455dac0a3d31e6f78c20982c8090680abaafee71682b1c56f490c\
                    46336c112f2013495e60be1bc07d62bc810512a8101609bbafc9653b2eecf8ef4a5a60b75d93
                    """
            )
            #expect(try wrap.integer(4) == 1_800_000_000_000_000)
        }
    }

    @Test func `refuses another root key and says which one is wanted`() async throws {
        try await withStore { store in
            let sealed = try await store.vault().seal([1], place)
            let before = try await everything(store)
            let other = RootKey.generate(random: .seeded(9))
            let expected = VaultError.wrongRootKey(
                expected: "1eb562ce59a3ba95",
                found: Hex.encode(other.keyID)
            )
            await #expect(throws: expected) { try await store.vault(rootKey: other.text, random: .seeded(3)) }
            #expect(expected.description.contains("1eb562ce59a3ba95"))
            #expect(expected.description.contains("`root_key`"))
            #expect(try await everything(store) == before, "nothing may have changed")
            #expect(try await store.vault(random: .seeded(4)).open(sealed, place) == [1])
        }
    }

    @Test func `makes no root key for a database that has one`() async throws {
        try await withStore { store in
            let path = store.folder + "/keys/root.key"
            let database = store.database
            let (key, created) = try await RootKeyFile.loadOrCreate(path, for: database, random: .seeded(1))
            #expect(created)
            let sealed = try await store.vault(rootKey: key.text).seal([1], place)
            let again = try await RootKeyFile.loadOrCreate(path, for: database, random: .seeded(2))
            #expect(!again.created)
            #expect(try await store.vault(rootKey: again.rootKey.text).open(sealed, place) == [1])
            try FileManager.default.moveItem(atPath: path, toPath: path + ".lost")
            let expected = VaultError.rootKeyMissing(path: path, expected: Hex.encode(key.keyID))
            await #expect(throws: expected) {
                try await RootKeyFile.loadOrCreate(path, for: database, random: .seeded(3))
            }
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func `refuses to replace a keyring that was lost`() async throws {
        try await withStore { store in
            _ = try await store.vault()
            try await store.execute("DELETE FROM keyring")
            await #expect(throws: VaultError.keyringMissing) { try await store.vault() }
            #expect(try await store.rows("SELECT 1 FROM keyring").isEmpty)
        }
    }

    @Test func `refuses to make a keyring beside data keys`() async throws {
        try await withStore { store in
            _ = try await store.vault().payloadKey(scope: "stripe", day: 1)
            try await store.execute("DELETE FROM keyring")
            try await store.execute("DELETE FROM keyring_purposes")
            await #expect(throws: VaultError.keyringMissing) { try await store.vault() }
        }
    }

    @Test(arguments: ["api-key", "blind-index", "body-mac", "cursor", "data-key-wrap", "lane", "wrap"])
    func `names the row that is missing or damaged`(purpose: String) async throws {
        try await withStore { store in
            _ = try await store.vault()
            let row = try #require(
                try await store.rows(
                    "SELECT sealed, key_id FROM keyring WHERE purpose = $1",
                    [.text(purpose)]
                ).first
            )
            let (sealed, keyID) = (try row.blob(0), try row.blob(1))
            let update: Statement = "UPDATE keyring SET sealed = $2, key_id = $3 WHERE purpose = $1"
            for offset in [0, 6, 30, 60, 95, sealed.count - 1] {
                var damaged = sealed
                damaged[offset] ^= 1
                try await store.execute(update, [.text(purpose), .blob(damaged), .blob(keyID)])
                await #expect(throws: VaultError.keyDamaged(row: "keyring \(purpose)/1")) {
                    try await store.vault()
                }
            }
            try await store.execute(
                update,
                [.text(purpose), .blob(sealed), .blob([UInt8](repeating: 0, count: 16))]
            )
            await #expect(throws: VaultError.keyDamaged(row: "keyring \(purpose)/1")) {
                try await store.vault()
            }
            try await store.execute(update, [.text(purpose), .blob([]), .blob(keyID)])
            await #expect(throws: VaultError.keyDamaged(row: "keyring \(purpose)/1")) {
                try await store.vault()
            }
            try await store.execute(update, [.text(purpose), .blob(sealed), .blob(keyID)])
            _ = try await store.vault()
            try await store.execute("DELETE FROM keyring WHERE purpose = $1", [.text(purpose)])
            await #expect(throws: VaultError.keyDamaged(row: "keyring \(purpose)/1, which is missing")) {
                try await store.vault()
            }
        }
    }

    @Test func `finds rows that were exchanged`() async throws {
        try await withStore { store in
            _ = try await store.vault()
            try await store.execute("UPDATE keyring SET purpose = 'x' WHERE purpose = 'lane'")
            try await store.execute("UPDATE keyring SET purpose = 'lane' WHERE purpose = 'cursor'")
            try await store.execute("UPDATE keyring SET purpose = 'cursor' WHERE purpose = 'x'")
            await #expect(throws: VaultError.keyDamaged(row: "keyring cursor/1")) { try await store.vault() }
        }
    }

    @Test func `is one keyring when several open at once`() async throws {
        try await withStore { store in
            let vaults = try await withThrowingTaskGroup(of: Vault.self) { group in
                for seed in 0..<8 as Range<UInt64> {
                    group.addTask { try await store.vault(random: .seeded(seed)) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let sealed = try vaults[0].seal([1, 2], place)
            for vault in vaults { #expect(try vault.open(sealed, place) == [1, 2]) }
        }
    }

    @Test func `makes the keys of new purposes only`() async throws {
        try await withStore { store in
            let sealed = try await store.vault().seal([1], place)
            try await store.execute("DELETE FROM keyring WHERE purpose = 'body-mac'")
            try await store.execute("DELETE FROM keyring_purposes WHERE purpose = 'body-mac'")
            let vault = try await store.vault(random: .seeded(5))
            #expect(try vault.open(sealed, place) == [1])
            #expect(try await store.rows("SELECT 1 FROM keyring").count == 7)
        }
    }

    private func everything(_ store: Store) async throws -> [[Row]] {
        [
            try await store.rows("SELECT * FROM keyring ORDER BY purpose, term"),
            try await store.rows("SELECT * FROM keyring_purposes ORDER BY purpose"),
            try await store.rows("SELECT * FROM data_keys ORDER BY id"),
        ]
    }
}

@Suite struct KeyedHashTests {
    // HMAC-SHA256 of "abc" under 0, 1, … 7 four times over, with Python's hmac.
    @Test func `gives the known hash`() async throws {
        try await withStore { store in
            let vault = try await store.vault(random: .counting)
            let hash = vault.keyedHash(.lane, Array("abc".utf8))
            #expect(Hex.encode(hash) == "171fd4a74d018e76be161940ac9d9b7c371224d65ca252c88fb035ea41757b28")
        }
    }

    @Test func `differs by purpose and installation, not by restart`() async throws {
        try await withStore { store in
            let vault = try await store.vault(random: .seeded(1))
            let hashes = HashPurpose.allCases.map { vault.keyedHash($0, [1, 2, 3]) }
            #expect(Set(hashes).count == HashPurpose.allCases.count)
            let restarted = try await store.vault(random: .seeded(2))
            #expect(HashPurpose.allCases.map { restarted.keyedHash($0, [1, 2, 3]) } == hashes)
            let other = try await withStore {
                try await $0.vault(random: .seeded(3)).keyedHash(.lane, [1, 2, 3])
            }
            #expect(!hashes.contains(other))
        }
    }

    @Test func `is checked whole`() async throws {
        try await withStore { store in
            let vault = try await store.vault()
            let hash = vault.keyedHash(.cursor, [9])
            #expect(vault.isKeyedHash(hash, .cursor, of: [9]))
            #expect(!vault.isKeyedHash(hash, .cursor, of: [8]))
            #expect(!vault.isKeyedHash(hash, .lane, of: [9]))
            for bit in 0..<256 {
                var changed = hash
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(!vault.isKeyedHash(changed, .cursor, of: [9]))
            }
            for length in 0..<32 { #expect(!vault.isKeyedHash(Array(hash.prefix(length)), .cursor, of: [9])) }
            #expect(!vault.isKeyedHash(hash + [0], .cursor, of: [9]))
        }
    }
}
