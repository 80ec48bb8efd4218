import Domain
import Providers
import Registry
import Testing

struct IntegrationPlanTests {
    private func summaries(_ bench: RegistryBench, _ desired: DesiredRegistry) -> [String] {
        RegistryPlan(from: bench.registry.snapshot, to: desired).entries.map(\.summary)
    }

    @Test func `a plan makes what is missing, changes what differs and removes what the file left out`()
        async throws
    {
        try await withRegistry { bench in
            let one = IntegrationDefinition(name: name("one"), provider: .stripe)
            var two = IntegrationDefinition(name: name("two"), provider: .stripe)
            let route = RouteDefinition(capability: .payments, order: [one.name, two.name])
            var desired = DesiredRegistry(
                sources: [],
                destinations: [],
                integrations: [(one, ["key": Secret("a")]), (two, ["key": Secret("b")])],
                routes: [route]
            )
            try await bench.commit(.stripe("by-hand"))
            let first = RegistryPlan(from: bench.registry.snapshot, to: desired)
            #expect(
                first.entries.map(\.summary) == [
                    "create integration one (stripe)", "create integration two (stripe)",
                    "create route payments (one, two)",
                ]
            )
            try await bench.registry.commit(first.entries.map(\.change), owner: .file)
            #expect(summaries(bench, desired).isEmpty)

            two.enabled = false
            desired.integrations = [(two, ["key": Secret("c")])]
            desired.routes = []
            let second = RegistryPlan(from: bench.registry.snapshot, to: desired)
            #expect(
                second.entries.map(\.summary) == [
                    "update integration two: credential, enabled",
                    "remove route payments; every integration that can serves it then",
                    "remove integration one; its calls stay",
                ]
            )
            try await bench.registry.commit(second.entries.map(\.change), owner: .file)
            #expect(bench.registry.snapshot.integrations.map(\.name.text) == ["by-hand", "two"])
        }
    }

    @Test func `a file takes over what the api made`() async throws {
        try await withRegistry { bench in
            try await bench.commit(.stripe("one"), .route(.payments, "one"))
            let desired = DesiredRegistry(
                sources: [],
                destinations: [],
                integrations: [
                    (
                        IntegrationDefinition(name: name("one"), provider: .stripe),
                        ["key": Secret("sk_test_one")]
                    )
                ],
                routes: [RouteDefinition(capability: .payments, order: [name("one")], strategy: .manual)]
            )
            #expect(
                summaries(bench, desired) == [
                    "update integration one: owner", "update route payments: strategy, owner",
                ]
            )
        }
    }
}
