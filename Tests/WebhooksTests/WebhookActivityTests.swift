import Domain
import Registry
import Telemetry
import Testing
import Transport
import UsherTesting
import Webhooks

struct WebhookActivityTests {
    @Test func `metrics tell which source and which destination`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addSource("mail") { $0.allowFrom = ["192.0.2.1"] }
            try await station.addDestination { $0.sources = [name("shop")] }
            try await station.take("evt_1")
            #expect(await station.receive(stripeBody("evt_1")).repeated != nil)
            let body = stripeBody("evt_2")
            #expect(await station.receive(body, headers: station.signed(body, [secret(2)])).refusal != nil)
            _ = await station.receive(body, source: "mail")
            try await station.delivering { await station.finishes.reach(1) }
            let text = station.metrics.exposition()
            for line in [
                "usher_webhooks_stored_total{source=\"shop\"} 1",
                "usher_webhooks_duplicate_total{source=\"shop\"} 1",
                "usher_webhooks_refused_total{source=\"shop\"} 1",
                "usher_webhooks_blocked_total{source=\"mail\"} 1",
                "usher_webhooks_stored_total{source=\"mail\"} 0",
                "usher_deliveries_delivered_total{destination=\"app\"} 1",
                "usher_delivery_attempt_seconds_count{destination=\"app\"} 1",
            ] {
                #expect(text.contains(line + "\n"), "\(line)")
            }
        }
    }

    @Test func `more sources than series share one, and a name that returns goes on counting`() async throws {
        try await withStation { station in
            for index in 0...Metrics.seriesMax {
                let source = try await station.addSource("shop-\(index)")
                try await station.take("evt_1", source: source.name.text)
            }
            #expect(
                station.metrics.exposition().contains("usher_webhooks_stored_total{source=\"other\"} 1\n")
            )
            try await station.registry.commit([.removeSource(name("shop-0"))], owner: .api)
            try await station.addSource("shop-0")
            try await station.take("evt_2", source: "shop-0")
            #expect(
                station.metrics.exposition().contains("usher_webhooks_stored_total{source=\"shop-0\"} 2\n")
            )
        }
    }
}
