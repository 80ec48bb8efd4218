import Domain
import Storage
import Testing
import UsherTesting
import Vault

@Suite struct PayloadTests {
    let place = SealContext(table: "events", column: "body", row: [1, 2])
    let body = Array(#"{"id":"evt_1"}"#.utf8)

    // Data key 0, 1, … 7 four times over, nonce 0, 1, … 7, 0, … 3; computed with Python's hmac (HKDF-Expand with
    // SHA-256) and cryptography's AESGCM.
    @Test func `gives the known blob`() async throws {
        try await withStore { store in
            let vault = try await store.vault(random: .counting)
            let sealed = try await vault.payloadKey(scope: "stripe", day: 20_833).seal(body, place)
            #expect(
                Hex.encode(sealed) == """
                    55504c312c668fddf5622b122b19113c16de6ebc4748d9e7c46b2be2828b2d2cd3372f510001020304050607000102031c4d\
                    20c304b25ccc86b720182edd6e6e72e4565abb68e16383d82da70335
                    """
            )
            #expect(try await vault.openPayload(sealed, place) == body)
        }
    }

    @Test func `opens after a restart`() async throws {
        try await withStore { store in
            let sealed = try await store.vault().payloadKey(scope: "stripe", day: 1).seal(body, place)
            let restarted = try await store.vault(random: .seeded(2))
            #expect(try await restarted.openPayload(sealed, place) == body)
        }
    }

    @Test func `uses one key for a scope and day, another for others`() async throws {
        try await withStore { store in
            let vault = try await store.vault()
            var ids: Set<[UInt8]> = []
            for (scope, day) in [("stripe", 1), ("stripe", 1), ("stripe", 2), ("square", 1), ("stripe", -1)] {
                ids.insert(id(try await vault.payloadKey(scope: scope, day: day).seal(body, place)))
            }
            #expect(ids.count == 4)
        }
    }

    @Test func `opens nowhere else`() async throws {
        try await withStore { store in
            let vault = try await store.vault()
            let sealed = try await vault.payloadKey(scope: "stripe", day: 1).seal(body, place)
            var elsewhere = Array(repeating: place, count: 5)
            elsewhere[0].table = "notices"
            elsewhere[1].column = "headers"
            elsewhere[2].row = [1, 3]
            elsewhere[3].tenant = "venue"
            elsewhere[4].version = 2
            for context in elsewhere {
                await #expect(throws: VaultError.notAuthentic) {
                    try await vault.openPayload(sealed, context)
                }
            }
        }
    }

    @Test func `never opens with a bit changed`() async throws {
        try await withStore { store in
            let vault = try await store.vault()
            let sealed = try await vault.payloadKey(scope: "stripe", day: 1).seal(body, place)
            for bit in 0..<sealed.count * 8 {
                var changed = sealed
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                let expected: VaultError =
                    switch bit / 8 {
                    case 0..<4: .malformed
                    case 4..<36: .unknownKey
                    default: .notAuthentic
                    }
                await #expect(throws: expected) { try await vault.openPayload(changed, place) }
            }
        }
    }

    @Test func `never opens truncated or extended`() async throws {
        try await withStore { store in
            let vault = try await store.vault()
            let sealed = try await vault.payloadKey(scope: "stripe", day: 1).seal(body, place)
            for length in 0..<sealed.count {
                let expected: VaultError = length < PayloadKey.overhead ? .malformed : .notAuthentic
                await #expect(throws: expected) {
                    try await vault.openPayload(Array(sealed.prefix(length)), place)
                }
            }
            await #expect(throws: VaultError.notAuthentic) {
                try await vault.openPayload(sealed + [0], place)
            }
        }
    }

    @Test func `holds from nothing up to 16 MiB`() async throws {
        try await withStore { store in
            let vault = try await store.vault()
            let key = try await vault.payloadKey(scope: "stripe", day: 1)
            let largest = [UInt8](repeating: 7, count: PayloadKey.payloadBytesMax)
            for payload in [[], largest] {
                let sealed = try key.seal(payload, place)
                #expect(sealed.count == payload.count + PayloadKey.overhead)
                #expect(try await vault.openPayload(sealed, place) == payload)
            }
            #expect(throws: VaultError.tooLarge) { try key.seal(largest + [7], place) }
            let tooLong = try key.seal(largest, place) + [7]
            await #expect(throws: VaultError.malformed) { try await vault.openPayload(tooLong, place) }
        }
    }

    @Test func `never uses a nonce twice`() async throws {
        try await withStore { store in
            let key = try await store.vault().payloadKey(scope: "stripe", day: 1)
            var nonces: Set<[UInt8]> = []
            for _ in 0..<1_000 { nonces.insert(Array(try key.seal(body, place)[36..<48])) }
            #expect(nonces.count == 1_000)
        }
    }

    @Test func `names a data key that was changed or exchanged`() async throws {
        for change in [
            "UPDATE data_keys SET scope = 'square'", "UPDATE data_keys SET day = 2",
            "UPDATE data_keys SET term = 2",
            Statement(
                sqlite: "UPDATE data_keys SET sealed = x'00'",
                postgres: "UPDATE data_keys SET sealed = decode('00', 'hex')"
            ),
            "UPDATE data_keys SET sealed = (SELECT sealed FROM keyring LIMIT 1)",
        ] as [Statement] {
            try await withStore { store in
                let sealed = try await store.vault().payloadKey(scope: "stripe", day: 1).seal(body, place)
                try await store.execute(change)
                let restarted = try await store.vault()
                let expected = VaultError.keyDamaged(row: "data_keys \(Hex.encode(id(sealed)))")
                await #expect(throws: expected) { try await restarted.openPayload(sealed, place) }
            }
        }
    }

    @Test func `is lost with its data key alone`() async throws {
        try await withStore { store in
            let vault = try await store.vault()
            let first = try await vault.payloadKey(scope: "stripe", day: 1).seal(body, place)
            let second = try await vault.payloadKey(scope: "stripe", day: 2).seal(body, place)
            try await store.execute("DELETE FROM data_keys WHERE day = 1")
            let restarted = try await store.vault()
            await #expect(throws: VaultError.unknownKey) { try await restarted.openPayload(first, place) }
            #expect(try await restarted.openPayload(second, place) == body)
        }
    }

    private func id(_ sealed: [UInt8]) -> [UInt8] { Array(sealed[4..<36]) }
}
