import Domain
import Registry
import Storage
import Testing
import UsherTesting
import Vault

struct RegistrySecretTests {
    @Test func `no row holds a secret in the clear`() async throws {
        try await withRegistry { bench in
            try await bench.commit(
                .source("shop", secrets: [secret(7)]),
                .destination("app", secrets: [secret(8)])
            )
            for table in ["sources", "destinations", "registry_secrets"] {
                for row in try await bench.rows("SELECT * FROM \(table)") {
                    for column in 0..<row.count {
                        let bytes: [UInt8] =
                            switch row[column] {
                            case .text(let text): Array(text.utf8)
                            case .blob(let bytes): bytes
                            default: []
                            }
                        #expect(!bytes.contains(secret(7).bytes) && !bytes.contains(secret(8).bytes))
                        #expect(!bytes.contains([UInt8](repeating: 7, count: 32)))
                    }
                }
            }
        }
    }

    @Test func `secrets swapped between owners do not open`() async throws {
        try await withRegistry { bench in
            try await bench.commit(.source("one", secrets: [secret(1)]), .source("two", secrets: [secret(2)]))
            try await bench.execute("UPDATE registry_secrets SET owner_id = 3 - owner_id")
            await #expect(throws: VaultError.self) { try await bench.registry.load() }
        }
    }

    @Test func `a secret moved from a source to a destination does not open`() async throws {
        try await withRegistry { bench in
            try await bench.commit(.source("one"), .destination("app"))
            try await bench.execute("UPDATE registry_secrets SET owner_table = 'destinations' WHERE id = 1")
            await #expect(throws: VaultError.self) { try await bench.registry.load() }
        }
    }

    @Test func `secrets that stay keep their id and date when the list changes`() async throws {
        try await withRegistry { bench in
            try await bench.commit(.source("shop", secrets: [secret(1), secret(2)]))
            let before = try #require(bench.source("shop"))
            bench.clock.advance(by: .seconds(60))
            try await bench.commit(.updateSource(before.definition, [secret(3), secret(2)]))
            let after = try #require(bench.source("shop"))
            #expect(after.secrets.map(\.secret.bytes) == [secret(3).bytes, secret(2).bytes])
            #expect(after.secrets[1].id == before.secrets[1].id)
            #expect(after.secrets[1].createdAt == before.secrets[1].createdAt)
            #expect(!before.secrets.map(\.id).contains(after.secrets[0].id))
            #expect(after.secrets[0].createdAt == bench.clock.now)
        }
    }

    @Test(arguments: [[Secret](), [Secret("")], [Secret("whsec_short")], [secret(1), Secret("")]])
    func `a source without a usable secret cannot be enabled`(_ secrets: [Secret]) async throws {
        try await withRegistry { bench in
            #expect(await bench.refusedFields(.source("shop", secrets: secrets)) == ["secrets"])
            var definition = SourceDefinition(name: name("shop"), provider: "stripe", enabled: false)
            try await bench.commit(.createSource(definition, []))
            definition.enabled = true
            #expect(await bench.refusedFields(.updateSource(definition, nil)) == ["secrets"])
            #expect(await bench.refusedFields(.updateSource(definition, secrets)) == ["secrets"])
            #expect(bench.source("shop")?.definition.enabled == false)
        }
    }
}

extension [UInt8] {
    fileprivate func contains(_ part: [UInt8]) -> Bool {
        guard count >= part.count, !part.isEmpty else { return false }
        return (0...(count - part.count)).contains { self[$0..<($0 + part.count)].elementsEqual(part) }
    }
}
