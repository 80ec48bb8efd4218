import Domain
import Providers
import Registry
import Resilience
import Storage
import Testing
import UsherTesting

struct IntegrationRegistryTests {
    @Test func `every part of an integration is kept, and its credential opens`() async throws {
        try await withRegistry { bench in
            var wanted = IntegrationDefinition(
                name: name("main"),
                provider: .stripe,
                baseURL: "http://127.0.0.1:8421/base/",
                allowPrivate: true,
                vendor: name("anna"),
                limits: [IntegrationLimit("endpoint", .tokenBucket(ratePerSecond: 5, burst: 9))]
            )
            try await bench.commit(.createIntegration(wanted, ["key": Secret("sk_test_1")]))
            try await bench.registry.load()
            let made = try #require(bench.integration("main"))
            #expect(made.definition == wanted && made.owner == .api && made.consent == nil)
            #expect(made.createdAt == bench.clock.now && made.baseURL == "http://127.0.0.1:8421/base")
            #expect(made.account().text("key") == "sk_test_1" && made.account().provider == .stripe)
            #expect(made.limits.map(\.kind) == [.tokenBucket(ratePerSecond: 5, burst: 9)])
            #expect(made.can(.paymentsRefund) && !made.can(.smsSend) && made.serves(.payments))
            #expect(bench.registry.snapshot.integration(id: made.id)?.name == made.name)

            wanted.enabled = false
            wanted.vendor = nil
            wanted.limits = []
            bench.clock.advance(by: .seconds(5))
            try await bench.commit(.updateIntegration(wanted, nil))
            let changed = try #require(bench.integration("main"))
            #expect(changed.definition == wanted && changed.id == made.id)
            #expect(changed.account().text("key") == "sk_test_1")
            #expect(changed.createdAt == made.createdAt && changed.updatedAt == bench.clock.now)

            try await bench.commit(.removeIntegration(name("main")))
            #expect(bench.integration("main") == nil)
            #expect(try await bench.rows("SELECT 1 FROM registry_secrets").isEmpty)
            let remembered = try await bench.database.read {
                try RemovedNameTable.name(.integration, made.id, $0)
            }
            #expect(remembered == "main")
        }
    }

    @Test func `a credential is nowhere in the database as text`() async throws {
        try await withRegistry { bench in
            try await bench.commit(.stripe("main"))
            let rows = try await bench.rows("SELECT sealed FROM registry_secrets")
            let sealed = try #require(rows.first).blob(0)
            let secret = Array("sk_test_main".utf8)
            #expect(!sealed.indices.contains { sealed[$0...].starts(with: secret) })
        }
    }

    @Test(
        arguments: [
            (IntegrationDefinition(name: name("webhooks"), provider: .stripe), ["key": "k"], ["name"]),
            (IntegrationDefinition(name: name("main"), provider: .zoom), ["key": "k"], ["provider"]),
            (IntegrationDefinition(name: name("main"), provider: .stripe), [:], ["credential.key"]),
            (
                IntegrationDefinition(name: name("main"), provider: .stripe), ["key": "k", "kye": "k"],
                ["credential.kye"]
            ),
            (IntegrationDefinition(name: name("main"), provider: .stripe), ["key": ""], ["credential.key"]),
            (
                IntegrationDefinition(name: name("main"), provider: .stripe, baseURL: "http://10.0.0.1"),
                ["key": "k"], ["base_url"]
            ),
            (
                IntegrationDefinition(name: name("main"), provider: .stripe, baseURL: "https://a.example/?q"),
                ["key": "k"], ["base_url"]
            ),
            (
                IntegrationDefinition(
                    name: name("main"),
                    provider: .stripe,
                    limits: [IntegrationLimit("other", .concurrency(count: 1))]
                ),
                ["key": "k"], ["limits.other"]
            ),
            (
                IntegrationDefinition(name: name("main"), provider: .stripe, settings: ["a": 1]),
                ["key": "k"], ["settings.a"]
            ),
        ] as [(IntegrationDefinition, [String: String], [String])]
    )
    func `a wrong definition is refused at its field`(
        _ definition: IntegrationDefinition,
        _ credential: [String: String],
        _ fields: [String]
    ) async throws {
        try await withRegistry { bench in
            let change = RegistryChange.createIntegration(definition, credential.mapValues { Secret($0) })
            #expect(await bench.refusedFields(change) == fields)
        }
    }

    @Test func `a credential at its longest is taken, and no longer one`() async throws {
        try await withRegistry { bench in
            let longest = String(repeating: "k", count: IntegrationDefinition.fieldBytesMax)
            let over = RegistryChange.createIntegration(
                IntegrationDefinition(name: name("over"), provider: .stripe),
                ["key": Secret(longest + "k")]
            )
            #expect(await bench.refusedFields(over) == ["credential.key"])
            try await bench.commit(
                .createIntegration(
                    IntegrationDefinition(name: name("main"), provider: .stripe),
                    ["key": Secret(longest)]
                )
            )
            #expect(bench.integration("main")?.account().text("key") == longest)
        }
    }

    @Test func `a credential does not follow its integration to another place`() async throws {
        try await withRegistry { bench in
            try await bench.commit(.stripe("main"))
            var moved = try #require(bench.integration("main")).definition
            moved.baseURL = "https://elsewhere.example.com"
            #expect(await bench.refusedFields(.updateIntegration(moved, nil)) == ["credential"])
            try await bench.commit(.updateIntegration(moved, ["key": Secret("sk_other")]))
            #expect(bench.integration("main")?.account().text("key") == "sk_other")
        }
    }

    @Test func `names are taken once, and the file's integrations and routes are the file's`() async throws {
        try await withRegistry { bench in
            try await bench.commit(.stripe("main"), .route(.payments, "main"), owner: .file)
            await #expect(throws: RegistryError.alreadyExists("integration main")) {
                try await bench.commit(.stripe("main"))
            }
            let definition = try #require(bench.integration("main")).definition
            let refused: [RegistryChange] = [
                .updateIntegration(definition, nil), .removeIntegration(name("main")),
                .route(.payments, "main"), .removeRoute(.payments),
            ]
            for change in refused {
                await #expect(throws: RegistryError.ownedByFile(change.subject)) {
                    try await bench.commit(change)
                }
            }
            await #expect(throws: RegistryError.notFound("route sms")) {
                try await bench.commit(.removeRoute(.sms))
            }
            await #expect(throws: RegistryError.notFound("integration other")) {
                try await bench.commit(.removeIntegration(name("other")))
            }
        }
    }

    @Test func `without a route every enabled integration that can serves, in the catalogue's order`()
        async throws
    {
        try await withRegistry { bench in
            try await bench.commit(
                .square("a-square"),
                .stripe("b-stripe"),
                .stripe("a-stripe"),
                .stripe("anna-stripe", vendor: "anna"),
                .google("calendar", refresh: nil),
                .google("connected", refresh: "rt")
            )
            let route = bench.registry.snapshot.route(for: .payments)
            #expect(route.integrations.map(\.name.text) == ["a-stripe", "b-stripe", "a-square"])
            #expect(route.strategy == .immediate && route.isDefault)
            let calendars = bench.registry.snapshot.route(for: .calendar)
            #expect(calendars.integrations.map(\.name.text) == ["connected"])
            #expect(calendars.strategy == .manual)
            #expect(bench.registry.snapshot.route(for: .sms).integrations.isEmpty)
            let annas = bench.registry.snapshot.integrations(of: name("anna"), for: .payments)
            #expect(annas.map(\.name.text) == ["anna-stripe"])
            #expect(bench.integration("calendar")?.consent?.reason == "not_connected")
        }
    }

    @Test func `a route leads to its integrations in order, disabled ones left out`() async throws {
        try await withRegistry { bench in
            try await bench.commit(
                .square("square"),
                .stripe("one"),
                .stripe("two"),
                .route(.payments, "square", "two", strategy: .gradual)
            )
            try await bench.registry.load()
            let route = bench.registry.snapshot.route(for: .payments)
            #expect(route.integrations.map(\.name.text) == ["square", "two"])
            #expect(route.strategy == .gradual && route.owner == .api && route.updatedAt == bench.clock.now)
            var square = try #require(bench.integration("square")).definition
            square.enabled = false
            try await bench.commit(.updateIntegration(square, nil))
            let left = bench.registry.snapshot.route(for: .payments)
            #expect(left.integrations.map(\.name.text) == ["two"] && left.definition.order.count == 2)
            try await bench.commit(.removeRoute(.payments))
            #expect(bench.registry.snapshot.route(for: .payments).isDefault)
        }
    }

    @Test(
        arguments: [
            (.route(.payments), "payments.order"),
            (.route(.payments, "one", "one"), "payments.order"),
            (.route(.payments, "missing"), "payments.order"),
            (.route(.sms, "one"), "sms.order"),
            (.route(.payments, "annas"), "payments.order"),
            (.route(.calendar, "google", strategy: .immediate), "calendar.strategy"),
        ] as [(RegistryChange, String)]
    )
    func `a wrong route is refused at its field`(_ change: RegistryChange, _ field: String) async throws {
        try await withRegistry { bench in
            try await bench.commit(
                .stripe("one"),
                .stripe("annas", vendor: "anna"),
                .google("google", refresh: nil)
            )
            #expect(await bench.refusedFields(change) == [field])
            #expect(bench.registry.snapshot.storedRoutes.isEmpty)
        }
    }

    @Test func `what a route names can neither be removed nor given to a vendor`() async throws {
        try await withRegistry { bench in
            try await bench.commit(.stripe("one"), .route(.payments, "one"))
            let text = "the route of payments names one: take it out there first"
            await #expect(throws: RegistryError.inUse(text)) {
                try await bench.commit(.removeIntegration(name("one")))
            }
            var given = try #require(bench.integration("one")).definition
            given.vendor = name("anna")
            #expect(await bench.refusedFields(.updateIntegration(given, nil)) == ["payments.order"])
            try await bench.commit(.removeRoute(.payments), .removeIntegration(name("one")))
            #expect(bench.registry.snapshot.integrations.isEmpty)
        }
    }

    @Test func `as many integrations as are allowed, and no more`() async throws {
        try await withRegistry { bench in
            try await bench.execute(
                """
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
                INSERT INTO integrations (name, provider, allow_private, enabled, limits, settings, owner,
                    created_at, updated_at)
                SELECT 'i' || i, 'stripe', 0, 0, '{}', '{}', 'api', 0, 0 FROM n
                """,
                [.integer(Int64(ResourceRegistry.integrationsMax - 1))]
            )
            try await bench.commit(.stripe("last"))
            await #expect(throws: RegistryError.tooMany(limit: ResourceRegistry.integrationsMax)) {
                try await bench.commit(.stripe("over"))
            }
        }
    }

    @Test func `a row of a provider that a later release knows is passed over`() async throws {
        try await withRegistry { bench in
            try await bench.commit(.stripe("main"))
            try await bench.execute("UPDATE integrations SET provider = 'newer'")
            try await bench.registry.load()
            #expect(bench.registry.snapshot.integrations.isEmpty)
        }
    }
}

struct IntegrationLimitTests {
    @Test(
        arguments: [
            (["per_second": 25, "burst": 50], .tokenBucket(ratePerSecond: 25, burst: 50)),
            (["per_second": .number("1.5")], .tokenBucket(ratePerSecond: 1.5, burst: 2)),
            (["count": 1_000, "window_seconds": 3_600], .fixedWindow(count: 1_000, length: .seconds(3_600))),
            (["in_flight": 25], .concurrency(count: 25)),
        ] as [(JSONValue, LimitKind)]
    )
    func `the three forms are read and written`(_ json: JSONValue, _ kind: LimitKind) throws {
        let limit = try #require(IntegrationLimit("endpoint", json: json))
        #expect(limit == IntegrationLimit("endpoint", kind))
        #expect(IntegrationLimit.list(IntegrationLimit.json([limit])) == [limit])
    }

    @Test(
        arguments: [
            [:], ["per_second": 0], ["per_second": 25, "count": 1], ["burst": 5], ["in_flight": 0],
            ["count": 1], ["count": 1, "window_seconds": 0], ["count": 1, "window_seconds": 2_678_401],
            ["per_second": 25, "burst": 0], ["per_second": "25"], 25,
        ] as [JSONValue]
    )
    func `everything else is no limit`(_ json: JSONValue) {
        #expect(IntegrationLimit("endpoint", json: json) == nil)
    }
}
