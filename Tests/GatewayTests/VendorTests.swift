import Domain
import Gateway
import HTTPAPI
import Testing
import UsherTesting

struct VendorTests {
    /// Two vendors and the platform, each with a source, a destination, an event and a dead letter.
    private func withVendors(_ body: (GatewayBench, [String: String]) async throws -> Void) async throws {
        try await withGateway { bench in
            for vendor in ["anna", "ben"] {
                try await bench.addSource("\(vendor)-shop", vendor: vendor)
                try await bench.addDestination("\(vendor)-app", vendor: vendor)
            }
            try await bench.addSource("shop")
            var events: [String: String] = [:]
            for source in ["anna-shop", "ben-shop", "shop"] {
                events[source] = try await bench.take("evt_1", to: source)
            }
            try await bench.bury("anna-app")
            try await bench.bury("ben-app")
            try await body(bench, events)
        }
    }

    private func list(_ bench: GatewayBench, _ target: String, _ key: String) async throws -> [JSONValue] {
        let answer = try await bench.send(.get, target, key: key)
        try #require(answer.status == 200, "\(answer.json)")
        return answer.json["data"]?.array ?? []
    }

    @Test func `a vendor's lists hold only its own`() async throws {
        try await withVendors { bench, events in
            let key = try await bench.key("read", vendor: "anna")
            let sources = try await list(bench, "/api/sources", key)
            #expect(sources.map { $0["name"]?.string } == ["anna-shop"])
            let destinations = try await list(bench, "/api/destinations", key)
            #expect(destinations.map { $0["name"]?.string } == ["anna-app"])
            let own = try await list(bench, "/api/events", key)
            #expect(own.map { $0["id"]?.string } == [events["anna-shop"]])
            for target in ["/api/deliveries", "/api/dead-letters"] {
                let deliveries = try await list(bench, target, key)
                #expect(deliveries.map { $0["destination"]?.string } == ["anna-app"])
            }
            let health = try await bench.send(.get, "/api/integrations/health-check", key: key).json
            #expect(health["sources"]?.array?.map { $0["name"]?.string } == ["anna-shop"])
            #expect(health["destinations"]?.array?.map { $0["name"]?.string } == ["anna-app"])
        }
    }

    @Test func `a vendor does not learn where else its events go`() async throws {
        try await withVendors { bench, _ in
            try await bench.addDestination("crm")
            let event = try await bench.take("evt_2", to: "anna-shop")
            let key = try await bench.key("read", vendor: "anna")
            for (reader, expected) in [(key, ["anna-app"]), (bench.admin, ["anna-app", "crm"])] {
                let shown = try await bench.send(.get, "/api/events/\(event)", key: reader).json
                let names = shown["deliveries"]?.array?.compactMap { $0["destination"]?.string }.sorted()
                #expect(names == expected)
                let story = try await bench.send(.get, "/api/events/\(event)/explain", key: reader).json
                #expect(
                    String(decoding: story.serialized(), as: UTF8.self).contains("crm")
                        == (reader == bench.admin)
                )
            }
        }
    }

    @Test func `what belongs to others is not there for a vendor`() async throws {
        try await withVendors { bench, events in
            let key = try await bench.key("write", vendor: "anna")
            let dead = try await list(bench, "/api/dead-letters?destination=ben-app", bench.admin)
            let other = try #require(dead.first?["id"]?.string)
            for event in [events["ben-shop"], events["shop"]] {
                let event = try #require(event)
                for target in ["/api/events/\(event)", "/api/events/\(event)/explain"] {
                    #expect(try await bench.send(.get, target, key: key).status == 404, "\(target)")
                }
                let answer = try await bench.send(.post, "/api/events/\(event)/replay", [:], key: key)
                #expect(answer.status == 404)
            }
            for target in [
                "/api/sources/ben-shop", "/api/sources/shop", "/api/destinations/ben-app",
                "/api/deliveries/\(other)",
            ] {
                #expect(try await bench.send(.get, target, key: key).status == 404, "\(target)")
            }
            let replay = try await bench.send(.post, "/api/dead-letters/\(other)/replay", key: key)
            #expect(replay.status == 404)
            let enable = try await bench.send(.post, "/api/destinations/ben-app/enable", key: key)
            #expect(enable.status == 404)
            for target in ["/api/events?source=ben-shop", "/api/deliveries?destination=ben-app"] {
                #expect(try await bench.send(.get, target, key: key).status == 400, "\(target)")
            }
            let own = try #require(events["anna-shop"])
            let foreign = try await bench.send(
                .post,
                "/api/events/\(own)/replay",
                ["destination": "ben-app"],
                key: key
            )
            #expect(foreign.status == 400)
            for target in ["/metrics", "/api/replays"] {
                #expect(try await bench.send(.get, target, key: key).status == 404, "\(target)")
            }
        }
    }

    @Test func `a vendor's replays touch only its own`() async throws {
        try await withVendors { bench, _ in
            let key = try await bench.key("write", vendor: "anna")
            for target in ["/api/replays", "/api/dead-letters/replay"] {
                let preview = try await bench.send(.post, target, ["dry_run": true], key: key)
                #expect(preview.json["matched"]?.int64 == 1, "\(target)")
                #expect(try await bench.send(.post, target, [:], key: key).status == 202)
            }
            let dead = try await list(bench, "/api/dead-letters", bench.admin)
            #expect(dead.map { $0["destination"]?.string } == ["ben-app"])
        }
    }

    @Test func `a story told to a vendor names no other vendor's destination`() async throws {
        try await withVendors { bench, events in
            let key = try await bench.key("read", vendor: "anna")
            let event = try #require(events["anna-shop"])
            let told = try await bench.send(.get, "/api/events/\(event)/explain", key: key)
            #expect(told.status == 200)
            let text = String(decoding: told.body, as: UTF8.self)
            #expect(text.contains("anna-app") && !text.contains("ben-app"))
            let all = try await bench.send(.get, "/api/events/\(event)/explain", key: bench.admin)
            #expect(String(decoding: all.body, as: UTF8.self).contains("ben-app"))
        }
    }

    @Test func `a vendor's admin reaches only its own keys, and changes no sources`() async throws {
        try await withVendors { bench, _ in
            let key = try await bench.key("admin", vendor: "anna")
            let foreign: [JSONValue] = [
                ["label": "x", "level": "read"], ["label": "x", "level": "read", "vendor": "ben"],
            ]
            for body in foreign {
                #expect(try await bench.send(.post, "/api/keys", body, key: key).status == 404)
            }
            let own: JSONValue = ["label": "x", "level": "read", "vendor": "anna"]
            #expect(try await bench.send(.post, "/api/keys", own, key: key).status == 201)
            let principals = try await list(bench, "/api/keys", key).map { $0["principal"]?.string }
            #expect(Set(principals) == ["vendor:anna"])
            let body: JSONValue = ["enabled": false]
            for target in ["/api/sources/anna-shop", "/api/destinations/anna-app"] {
                let answer = try await bench.send(.patch, target, body, key: key)
                #expect([403, 404].contains(answer.status), "\(target)")
            }
        }
    }
}
