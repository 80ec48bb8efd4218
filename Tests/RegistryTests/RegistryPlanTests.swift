import Domain
import Registry
import Testing
import UsherTesting

struct RegistryPlanTests {
    private func desired(
        _ sources: [SourceDefinition],
        _ destinations: [DestinationDefinition],
        secrets: [Secret] = [secret(1)]
    ) -> DesiredRegistry {
        DesiredRegistry(
            sources: sources.map { ($0, secrets) },
            destinations: destinations.map { ($0, secrets) }
        )
    }

    private let shop = SourceDefinition(name: name("shop"), provider: "stripe")
    private let app = DestinationDefinition(name: name("app"), url: "https://app.example.com/hooks")

    @Test func `what is missing is created, and then nothing is left to do`() async throws {
        try await withRegistry { bench in
            let wanted = desired([shop], [app])
            let plan = RegistryPlan(from: bench.registry.snapshot, to: wanted)
            #expect(
                plan.entries.map(\.summary) == [
                    "create source shop (stripe)", "create destination app (https://app.example.com/hooks)",
                ]
            )
            try await bench.registry.commit(plan.entries.map(\.change), owner: .file)
            #expect(RegistryPlan(from: bench.registry.snapshot, to: wanted).isEmpty)
        }
    }

    @Test func `an update names every field that changes`() async throws {
        try await withRegistry { bench in
            let first = RegistryPlan(from: bench.registry.snapshot, to: desired([shop], [app]))
            try await bench.registry.commit(first.entries.map(\.change), owner: .file)
            var source = shop
            source.provider = "generic"
            source.settings = ["auth": "hmac-sha1"]
            source.enabled = false
            source.bodyBytesMax = 4_096
            source.ratePerSecond = 5
            source.vendor = name("anna")
            source.allowFrom = ["192.0.2.1"]
            source.retention.bodiesDays = 31
            var destination = app
            destination.url = "https://b.example.com"
            destination.standbyURL = "https://c.example.com"
            destination.events = ["charge.*"]
            destination.sources = [name("shop")]
            destination.enabled = false
            destination.allowPrivate = true
            destination.concurrency = 2
            destination.ratePerSecond = 3
            destination.timeout = .seconds(2)
            destination.attemptsMax = 4
            destination.vendor = name("anna")
            let wanted = desired([source], [destination], secrets: [secret(2)])
            let plan = RegistryPlan(from: bench.registry.snapshot, to: wanted)
            #expect(
                plan.entries.map(\.summary) == [
                    "update source shop: provider, settings, enabled, body_bytes_max, rate_per_second, vendor, "
                        + "allow_from, retention, secrets",
                    "update destination app: url, standby_url, events, sources, enabled, allow_private, concurrency, "
                        + "rate_per_second, timeout_seconds, attempts_max, vendor, secrets",
                ]
            )
            try await bench.registry.commit(plan.entries.map(\.change), owner: .file)
            #expect(RegistryPlan(from: bench.registry.snapshot, to: wanted).isEmpty)
        }
    }

    @Test func `the file removes only what it owns, and adopts what it names`() async throws {
        try await withRegistry { bench in
            try await bench.commit(.source("old"), .destination("old-app"), owner: .file)
            try await bench.commit(.source("shop"), .source("other"), .destination("app"))
            let plan = RegistryPlan(from: bench.registry.snapshot, to: desired([shop], [app]))
            #expect(
                plan.entries.map(\.summary) == [
                    "update source shop: owner", "update destination app: owner",
                    "remove destination old-app; what waits for it becomes dead letters",
                    "remove source old; its events stay",
                ]
            )
            try await bench.registry.commit(plan.entries.map(\.change), owner: .file)
            #expect(bench.registry.snapshot.sources.keys.sorted() == ["other", "shop"])
            #expect(bench.source("shop")?.owner == .file && bench.source("other")?.owner == .api)
            #expect(bench.registry.snapshot.destinations.map(\.name.text) == ["app"])
        }
    }
}
