import Calls
import Domain
import Gateway
import HTTPAPI
import Providers
import Storage
import Testing
import Transport
import UsherTesting

/// A provider's list, read by the whole gateway.
struct BackfillInjectionTests {
    private static let integration: JSONValue = [
        "name": "shop", "provider": "stripe", "credential": ["key": "sk_test_x"],
    ]

    /// A page of `/v1/events`.
    private func page(_ ids: [String]) -> [UInt8] {
        let events = ids.compactMap { try? JSONParser.parse(stripeEvent($0)) }
        let json: JSONValue = ["object": "list", "data": .array(events), "has_more": false]
        return json.serialized()
    }

    private func read(_ bench: GatewayBench) async throws -> JSONValue {
        let services = bench.services
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.calls.run() }
            group.addTask { try await services.backfiller.run() }
            defer { group.cancelAll() }
            for _ in 0..<2_000 {
                let answer = try await bench.send(.get, "/api/backfill", key: bench.admin)
                let row = answer.json["data"]?.array?.first ?? .null
                if row["last_run_at"]?.string != nil, row["running"]?.bool == false { return row }
                await Task.yield()
                await bench.clock.waitForSleepers(1)
            }
            Issue.record("it was not read")
            return .null
        }
    }

    @Test func `what the list has and no webhook brought is stored and delivered, the rest is not`()
        async throws
    {
        try await withGateway { bench in
            try await bench.addSource("shop")
            try await bench.addDestination("app")
            let made = try await bench.send(.post, "/api/integrations", Self.integration, key: bench.admin)
            try #require(made.status == 201, "\(made.json)")
            let known = try await bench.take("evt_1")
            let listed = page(["evt_2", "evt_1"])
            bench.upstream.answer { _ in OutgoingResponse(status: 200, headers: Headers(), body: listed) }
            let row = try await read(bench)
            // The same page for every window of the first day: more is found than there is.
            #expect(try #require(row["found"]?.int64) >= 2 && row["injected"]?.int64 == 1, "\(row)")
            #expect(row["note"] == .null && row["last_error"] == .null)
            #expect(try await bench.eventCount() == 2)
            let events = try await bench.send(.get, "/api/events", key: bench.admin).json["data"]?.array ?? []
            let found = try #require(events.first { $0["id"]?.string != known }?["id"]?.string)
            let story = try await bench.send(.get, "/api/events/\(found)/explain", key: bench.admin).json
            let text = String(decoding: story.serialized(), as: UTF8.self)
            #expect(text.contains("found in the provider's list"))
            #expect(text.contains("queued for app"))
            // Its webhook comes late, and is the same event.
            try await bench.take("evt_2")
            #expect(try await bench.eventCount() == 2)
            // Reading the list is no repeat of the webhook.
            let first = try await bench.send(.get, "/api/events/\(known)/explain", key: bench.admin).json
            #expect(!String(decoding: first.serialized(), as: UTF8.self).contains("came again"))
        }
    }

    @Test func `without a source there is a note, and nothing is asked`() async throws {
        try await withGateway { bench in
            _ = try await bench.send(.post, "/api/integrations", Self.integration, key: bench.admin)
            let row = try await read(bench)
            #expect(
                row["note"]?.string
                    == "the platform has no enabled source of stripe that the events could belong to"
            )
            #expect(row["through"] == .null)
            #expect(bench.upstream.requests.isEmpty)
        }
    }
}
