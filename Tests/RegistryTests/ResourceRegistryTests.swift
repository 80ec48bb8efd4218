import Domain
import Registry
import Storage
import Synchronization
import Testing
import UsherTesting
import Vault

struct ResourceRegistryTests {
    @Test func `what is created is there, also after loading again`() async throws {
        try await withRegistry { bench in
            var wanted = SourceDefinition(
                name: name("shop"),
                provider: "generic",
                settings: ["auth": "hmac-sha512"],
                bodyBytesMax: 2_048,
                ratePerSecond: 2.5,
                vendor: name("anna")
            )
            try await bench.commit(.createSource(wanted, [secret(1), secret(2)]))
            try await bench.registry.load()
            let source = try #require(bench.source("shop"))
            #expect(source.definition == wanted)
            #expect(source.secrets.map(\.secret.bytes) == [secret(1).bytes, secret(2).bytes])
            #expect(source.createdAt == bench.clock.now && source.owner == .api)

            wanted.enabled = false
            wanted.vendor = nil
            bench.clock.advance(by: .seconds(5))
            try await bench.commit(.updateSource(wanted, nil))
            let changed = try #require(bench.source("shop"))
            #expect(changed.definition == wanted && changed.id == source.id)
            #expect(changed.secrets.map(\.id) == source.secrets.map(\.id))
            #expect(changed.updatedAt == source.createdAt + .seconds(5))
            #expect(changed.createdAt == source.createdAt)

            try await bench.commit(.removeSource(name("shop")))
            #expect(bench.source("shop") == nil)
            #expect(try await bench.rows("SELECT 1 FROM registry_secrets").isEmpty)
        }
    }

    @Test func `every part of a destination is kept`() async throws {
        try await withRegistry { bench in
            let wanted = DestinationDefinition(
                name: name("app"),
                url: "http://127.0.0.1:3000/hooks",
                standbyURL: "http://127.0.0.1:3001/hooks",
                events: ["charge.*", "invoice.paid"],
                sources: [name("shop")],
                enabled: false,
                allowPrivate: true,
                concurrency: 7,
                ratePerSecond: 0.5,
                timeout: .milliseconds(1_500),
                attemptsMax: 3,
                vendor: name("anna")
            )
            try await bench.commit(.createDestination(wanted, [secret(1)]))
            #expect(bench.destination("app")?.definition == wanted)
            #expect(bench.destination("app")?.patterns.map(\.text) == ["charge.*", "invoice.paid"])
        }
    }

    @Test func `the number of a removed row is never used again`() async throws {
        try await withRegistry { bench in
            try await bench.commit(.source("shop"), .destination("app"))
            let old = try #require(bench.source("shop")).id
            let oldDestination = try #require(bench.destination("app")).id
            try await bench.commit(.removeSource(name("shop")), .removeDestination(name("app")))
            #expect(bench.removed.all == [oldDestination])
            try await bench.commit(.source("shop"), .destination("app"))
            let new = try #require(bench.source("shop")).id
            let newDestination = try #require(bench.destination("app")).id
            #expect(new > old && newDestination > oldDestination)
            let remembered = try await bench.database.read { transaction in
                try RemovedNameTable.name(.source, old, transaction)
            }
            #expect(remembered == "shop")
        }
    }

    @Test func `a name is taken once, and what is not there cannot be changed`() async throws {
        try await withRegistry { bench in
            try await bench.commit(.source("shop"))
            await #expect(throws: RegistryError.alreadyExists("source shop")) {
                try await bench.commit(.source("shop"))
            }
            await #expect(throws: RegistryError.notFound("source other")) {
                try await bench.commit(.removeSource(name("other")))
            }
            await #expect(throws: RegistryError.notFound("destination app")) {
                try await bench.commit(
                    .updateDestination(
                        DestinationDefinition(name: name("app"), url: "https://a.example"),
                        nil
                    )
                )
            }
        }
    }

    @Test func `changes are made together or not at all`() async throws {
        try await withRegistry { bench in
            await #expect(throws: RegistryError.self) {
                try await bench.commit(.source("one"), .source("two"), .source("one"))
            }
            #expect(bench.registry.snapshot.sources.isEmpty)
            let rows = try await bench.rows("SELECT 1 FROM sources")
            #expect(rows.isEmpty)
        }
    }

    @Test func `the api may not touch what the file owns, and the file may take over`() async throws {
        try await withRegistry { bench in
            try await bench.commit(.source("shop"), .destination("app"), owner: .file)
            let shop = try #require(bench.source("shop")).definition
            let app = try #require(bench.destination("app")).definition
            let refused: [RegistryChange] = [
                .updateSource(shop, nil), .removeSource(name("shop")), .updateDestination(app, nil),
                .removeDestination(name("app")),
            ]
            for change in refused {
                await #expect(throws: RegistryError.ownedByFile(change.subject)) {
                    try await bench.commit(change)
                }
            }
            try await bench.commit(.source("mine"))
            let mine = try #require(bench.source("mine")).definition
            try await bench.commit(.updateSource(mine, nil), owner: .file)
            #expect(bench.source("mine")?.owner == .file)
        }
    }

    @Test func `a thousand sources are the most`() async throws {
        try await withRegistry { bench in
            try await bench.execute(
                """
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
                INSERT INTO sources (name, provider, settings, enabled, body_bytes_max, owner, created_at, updated_at)
                SELECT 's' || i, 'stripe', '{}', 0, 1024, 'api', 0, 0 FROM n
                """,
                [.integer(Int64(ResourceRegistry.sourcesMax - 1))]
            )
            try await bench.commit(.source("last"))
            await #expect(throws: RegistryError.tooMany(limit: ResourceRegistry.sourcesMax)) {
                try await bench.commit(.source("over"))
            }
        }
    }

    @Test func `a stop lasts until somebody resumes, and the first reason stays`() async throws {
        try await withRegistry { bench in
            try await bench.commit(.destination("app"))
            let id = try #require(bench.destination("app")).id
            let since = bench.clock.now
            try await bench.registry.stop(destination: id, reason: "answered 410 Gone")
            bench.clock.advance(by: .seconds(60))
            try await bench.registry.stop(destination: id, reason: "again")
            let stopped = try #require(bench.destination("app"))
            #expect(stopped.stop?.since == since && stopped.stop?.reason == "answered 410 Gone")
            #expect(!stopped.isActive)
            try await bench.registry.resume(destination: name("app"))
            #expect(bench.destination("app")?.isActive == true)
            await #expect(throws: RegistryError.notFound("destination none")) {
                try await bench.registry.resume(destination: name("none"))
            }
        }
    }

    @Test func `listeners see every commit, the newest last`() async throws {
        try await withRegistry { bench in
            let seen = Mutex([Int]())
            bench.registry.onChange { snapshot in seen.withLock { $0.append(snapshot.sources.count) } }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<20 {
                    group.addTask { try await bench.commit(.source("shop-\(index)")) }
                }
                try await group.waitForAll()
            }
            #expect(bench.registry.snapshot.sources.count == 20)
            #expect(seen.withLock { $0.max() } == 20)
            #expect(seen.withLock { $0.count } <= 20)
        }
    }

    @Test func `a vendor's destination wants only that vendor's events`() async throws {
        try await withRegistry { bench in
            try await bench.commit(.source("platform-shop"))
            for vendor in ["anna", "ben"] {
                let source = SourceDefinition(
                    name: name("\(vendor)-shop"),
                    provider: "stripe",
                    vendor: name(vendor)
                )
                let destination = DestinationDefinition(
                    name: name("\(vendor)-app"),
                    url: "https://app.example.com",
                    vendor: name(vendor)
                )
                try await bench.commit(
                    .createSource(source, [secret(1)]),
                    .createDestination(destination, [secret(2)])
                )
            }
            try await bench.commit(.destination("all"))
            let snapshot = bench.registry.snapshot
            func wanting(_ source: String) throws -> [String] {
                let source = try #require(snapshot.sources[source])
                return snapshot.destinations(for: "charge.refunded", from: source).map(\.name.text)
            }
            #expect(try wanting("anna-shop") == ["all", "anna-app"])
            #expect(try wanting("ben-shop") == ["all", "ben-app"])
            #expect(try wanting("platform-shop") == ["all"])
        }
    }
}
