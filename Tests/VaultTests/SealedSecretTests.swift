import Domain
import Testing
import UsherTesting
import Vault

@Suite struct SealedSecretTests {
    let place = SealContext(table: "sources", column: "secret", row: [1, 2], version: 7)

    // The key and the salt are the bytes 0, 1, … 7 four times over. Computed with Python's hmac (HKDF-SHA-512 by
    // hand, RFC 5869) and cryptography's AESGCM after the format in the security design, section 2.2.
    @Test func `gives the known record`() async throws {
        try await withStore { store in
            let vault = try await store.vault(random: .counting)
            let sealed = try vault.seal(Array("whsec_example".utf8), place)
            #expect(
                Hex.encode(sealed) == """
                    5553453101001ddcafc035505366980964c74f4899df00000001000102030405060700010203040506070001020304050607\
                    000102030405060726936ff10f0a88eb0ce19f8eaf20a9731f77e29c0b7149983814ae5c66eb49ef3317d454d31e36880ea8\
                    5bc8e6b3acc16835c57341dcc3d507a5d9f536
                    """
            )
            let bare = try vault.seal([], SealContext(table: "", column: "", row: []))
            #expect(
                Hex.encode(bare) == """
                    5553453101001ddcafc035505366980964c74f4899df00000001000102030405060700010203040506070001020304050607\
                    000102030405060726936ff10f0a88eb0ce19f8eaf20a9731f77e29c0b7149983814ae5c66eb49efd2e8c9ccffa40efbab3d\
                    9e631520415a
                    """
            )
            #expect(try vault.open(sealed, place) == Array("whsec_example".utf8))
        }
    }

    @Test func `opens after a restart and never looks the same twice`() async throws {
        try await withStore { store in
            let secret = Array("whsec_example".utf8)
            let vault = try await store.vault(random: .seeded(1))
            let sealed = try vault.seal(secret, place)
            #expect(try vault.seal(secret, place) != sealed)
            let restarted = try await store.vault(random: .seeded(2))
            #expect(try restarted.open(sealed, place) == secret)
        }
    }

    @Test func `opens nowhere else`() async throws {
        try await withStore { store in
            let vault = try await store.vault()
            let sealed = try vault.seal([1, 2, 3], place)
            var elsewhere = Array(repeating: place, count: 8)
            elsewhere[0].table = "destinations"
            elsewhere[1].column = "previous_secret"
            elsewhere[2].row = [1, 3]
            elsewhere[3].tenant = "photographer"
            elsewhere[4].version = 6
            // The same bytes, cut at other places.
            elsewhere[5].table = "source"
            elsewhere[5].column = "ssecret"
            elsewhere[6].tenant = "platforms"
            elsewhere[6].table = "ources"
            elsewhere[7].row = []
            for context in elsewhere {
                #expect(throws: VaultError.notAuthentic) { try vault.open(sealed, context) }
            }
        }
    }

    @Test func `never opens with a bit changed`() async throws {
        try await withStore { store in
            let vault = try await store.vault()
            let sealed = try vault.seal(Array("secret".utf8), place)
            for bit in 0..<sealed.count * 8 {
                var changed = sealed
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                let expected: VaultError =
                    switch bit / 8 {
                    case 0..<6: .malformed  // Magic, suite, flags.
                    case 6..<26: .unknownKey  // Fingerprint and version of the key.
                    default: .notAuthentic
                    }
                #expect(throws: expected, "bit \(bit)") { try vault.open(changed, place) }
            }
        }
    }

    @Test func `never opens truncated or extended`() async throws {
        try await withStore { store in
            let vault = try await store.vault()
            let sealed = try vault.seal(Array("secret".utf8), place)
            for length in 0..<sealed.count {
                let expected: VaultError = length < 106 ? .malformed : .notAuthentic
                #expect(throws: expected) { try vault.open(Array(sealed.prefix(length)), place) }
            }
            #expect(throws: VaultError.notAuthentic) { try vault.open(sealed + [0], place) }
            #expect(throws: VaultError.malformed) { try vault.open([0] + sealed, place) }
        }
    }

    @Test func `is foreign to another installation`() async throws {
        let sealed = try await withStore { try await $0.vault(random: .seeded(1)).seal([1], place) }
        try await withStore { store in
            let other = try await store.vault(random: .seeded(2))
            #expect(throws: VaultError.unknownKey) { try other.open(sealed, place) }
        }
    }

    @Test func `holds up to 16 MiB`() async throws {
        try await withStore { store in
            let vault = try await store.vault()
            let largest = [UInt8](repeating: 7, count: 16 << 20)
            let sealed = try vault.seal(largest, place)
            #expect(sealed.count == largest.count + 106)
            #expect(try vault.open(sealed, place) == largest)
            #expect(throws: VaultError.tooLarge) { try vault.seal(largest + [7], place) }
            #expect(throws: VaultError.malformed) { try vault.open(sealed + [7], place) }
        }
    }
}
