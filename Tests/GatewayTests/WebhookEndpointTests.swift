import Domain
import Gateway
import HTTPAPI
import Signatures
import Storage
import Testing
import UsherTesting

struct WebhookEndpointTests {
    @Test func `answers as the provider expects, and says when it is a repeat`() async throws {
        try await withGateway { bench in
            try await bench.addSource("shop")
            let first = try await bench.webhook(stripeEvent("evt_1"))
            #expect(first.status == 200 && first.headers.first("usher-duplicate") == nil)
            let second = try await bench.webhook(stripeEvent("evt_1"))
            #expect(second.status == 200 && second.headers.first("usher-duplicate") == "true")
            #expect(second.headers.first("usher-event") == first.headers.first("usher-event"))
            #expect(second.body == first.body)
            #expect(try await bench.eventCount() == 1)
        }
    }

    @Test(arguments: [
        "STRIPE", "Shop", "..", "%2e%2e", "%2e%2e%2fetc", "shop/", "shop;x=1", "shop%00", "%73hop", "shop%20",
        "shоp", "sho\u{212A}", "", ".", "shop/shop", "shop%2fx", "%c0%ae", "%252e", "'; DROP TABLE events",
        String(repeating: "a", count: 64), String(repeating: "a", count: 1_000), "none",
    ])
    func `a name that is no source is not found`(_ name: String) async throws {
        try await withGateway { bench in
            try await bench.addSource("shop")
            let body = stripeEvent("evt_1")
            let answer = try await bench.send(
                .post,
                "/api/integrations/webhooks/" + name,
                GatewayBench.signed(body, at: bench.clock.now),
                body
            )
            #expect(answer.status == 404 && answer.code == "not-found")
            #expect(try await bench.eventCount() == 0)
        }
    }

    @Test func `a disabled source is not found`() async throws {
        try await withGateway { bench in
            try await bench.addSource("shop")
            let off: JSONValue = ["enabled": false]
            #expect(try await bench.send(.patch, "/api/sources/shop", off, key: bench.admin).status == 200)
            #expect(try await bench.webhook(stripeEvent("evt_1")).status == 404)
        }
    }

    @Test(arguments: [RequestMethod.get, .head, .put, .patch, .delete, .options])
    func `only POST is taken`(_ method: RequestMethod) async throws {
        try await withGateway { bench in
            try await bench.addSource("shop")
            let body = stripeEvent("evt_1")
            let headers = GatewayBench.signed(body, at: bench.clock.now)
            let answer = try await bench.send(method, "/api/integrations/webhooks/shop", headers, body)
            #expect(answer.status == 405 && answer.headers.first("allow") == "POST")
            #expect(try await bench.eventCount() == 0)
        }
    }

    @Test func `unsigned is 401, an ambiguous signature 400`() async throws {
        try await withGateway { bench in
            try await bench.addSource("shop")
            let body = stripeEvent("evt_1")
            let path = "/api/integrations/webhooks/shop"
            let missing = try await bench.send(.post, path, Headers(), body)
            #expect(missing.status == 401 && missing.code == "signature-missing")
            let signature = StripeSignature.sign(
                body,
                secrets: [Secret(GatewayBench.secret)],
                timestamp: bench.clock.now
            )
            let twice = Headers([(StripeSignature.header, signature), (StripeSignature.header, signature)])
            let ambiguous = try await bench.send(.post, path, twice, body)
            #expect(ambiguous.status == 400 && ambiguous.code == "signature-ambiguous")
            let other = GatewayBench.signed(stripeEvent("evt_2"), at: bench.clock.now)
            let mismatch = try await bench.send(.post, path, other, body)
            #expect(mismatch.status == 401 && mismatch.code == "signature-mismatch")
            #expect(!String(decoding: mismatch.body, as: UTF8.self).contains("whsec_"))
            #expect(try await bench.eventCount() == 0)
        }
    }

    static let bombs: [(String, String)] = [
        ("depth 65", #"{"id":"evt_1","type":"a","x":"# + nested(64) + "}"),
        ("depth 100 000", String(repeating: "[", count: 100_000)),
        ("duplicate keys", #"{"id":"evt_1","type":"a","type":"b"}"#),
        ("escaped duplicate keys", #"{"id":"evt_1","type":"a","\u0074ype":"b"}"#),
        ("a lone surrogate", #"{"id":"evt_1","type":"a","x":"\udc00"}"#),
        ("a trailing comma", #"{"id":"evt_1","type":"a",}"#),
        ("a byte order mark", "\u{FEFF}" + #"{"id":"evt_1","type":"a"}"#),
        ("1e400", #"{"id":"evt_1","type":"a","x":1e400}"#),
        ("a comment", #"{"id":"evt_1","type":"a"/* */}"#),
        ("NaN", #"{"id":"evt_1","type":"a","x":NaN}"#),
        ("nothing", ""),
    ]

    private static func nested(_ depth: Int) -> String {
        String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }

    @Test(arguments: 0..<bombs.count)
    func `a JSON bomb is refused though it is signed`(_ index: Int) async throws {
        let (label, text) = Self.bombs[index]
        try await withGateway { bench in
            try await bench.addSource("shop")
            let answer = try await bench.webhook(Array(text.utf8))
            #expect(answer.status == 400, "\(label): \(answer.json)")
            #expect(try await bench.eventCount() == 0)
        }
    }

    @Test func `JSON at the depth that is allowed is taken`() async throws {
        try await withGateway { bench in
            try await bench.addSource("shop")
            let text = #"{"id":"evt_1","type":"a","x":"# + Self.nested(63) + "}"
            #expect(try await bench.webhook(Array(text.utf8)).status == 200)
        }
    }

    @Test func `the size of a body is bounded by its source`() async throws {
        try await withGateway { bench in
            try await bench.addSource("shop")
            let small: JSONValue = ["body_bytes_max": 2_048]
            #expect(try await bench.send(.patch, "/api/sources/shop", small, key: bench.admin).status == 200)
            let endpoint = WebhookEndpoint(receiver: bench.services.receiver)
            #expect(endpoint.policy(source: "shop").bodyBytesMax == 2_048)
            #expect(endpoint.policy(source: "none").bodyBytesMax == WebhookEndpoint.unknownSourceBytesMax)
            #expect(WebhookEndpoint.source(in: "/api/integrations/webhooks/shop") == "shop")
            #expect(WebhookEndpoint.source(in: "/api/events") == nil)
        }
    }

    @Test(
        arguments: [
            (0, [], "198.51.100.7", 200), (0, ["198.51.100.7"], "203.0.113.1", 403),
            (1, [], "198.51.100.7", 403),
            (1, ["198.51.100.7"], "10.0.0.1", 200), (1, ["198.51.100.7, 203.0.113.1"], "10.0.0.1", 403),
            (2, ["198.51.100.7", "10.0.0.2"], "10.0.0.1", 200),
        ] as [(Int, [String], String, Int)]
    )
    func `an allow-list looks at the client behind the proxies`(
        _ hops: Int,
        _ forwarded: [String],
        _ peer: String,
        _ status: Int
    ) async throws {
        try await withGateway(hops: hops) { bench in
            try await bench.addSource("shop")
            let list: JSONValue = ["allow_from": ["198.51.100.0/24"]]
            #expect(try await bench.send(.patch, "/api/sources/shop", list, key: bench.admin).status == 200)
            let shown = try await bench.send(.get, "/api/sources/shop", key: bench.admin).json
            #expect(shown["allow_from"] == ["198.51.100.0/24"])
            let body = stripeEvent("evt_1")
            var headers = GatewayBench.signed(body, at: bench.clock.now)
            for line in forwarded { headers.append("x-forwarded-for", line) }
            let path = "/api/integrations/webhooks/shop"
            let answer = try await bench.send(.post, path, headers, body, from: peer)
            #expect(answer.status == status)
            if status == 403 {
                let isKnown = forwarded.count >= hops
                #expect(answer.code == (isKnown ? "address-not-allowed" : "client-address-unknown"))
            }
            #expect(try await bench.eventCount() == (status == 200 ? 1 : 0))
            let health = try await bench.send(.get, "/api/integrations/health-check", key: bench.admin).json
            #expect(health["sources"]?.array?.first?["blocked_last_hour"]?.int64 == (status == 200 ? 0 : 1))
        }
    }

    @Test func `over its rate a source answers 503 and when to come back`() async throws {
        try await withGateway { bench in
            try await bench.addSource("shop")
            let slow: JSONValue = ["rate_per_second": .number("0.1")]
            #expect(try await bench.send(.patch, "/api/sources/shop", slow, key: bench.admin).status == 200)
            try await bench.take("evt_1")
            let busy = try await bench.webhook(stripeEvent("evt_2"))
            #expect(busy.status == 503 && busy.headers.first("retry-after") == "10")
            bench.clock.advance(by: .seconds(10))
            try await bench.take("evt_2")
        }
    }
}
