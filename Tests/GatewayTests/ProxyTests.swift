import Calls
import Domain
import Gateway
import HTTPAPI
import Testing
import Transport
import UsherTesting

@Suite(.timeLimit(.minutes(1)))
struct ProxyTests {
    private static let secret = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"

    private func withShop(_ body: (GatewayBench) async throws -> Void) async throws {
        try await withGateway { bench in
            try await bench.addIntegration("shop", "stripe", ["key": .string(Self.secret)])
            bench.upstream.answer { _ in
                OutgoingResponse(
                    status: 200,
                    headers: Headers([("content-type", "application/json"), ("request-id", "req_1")]),
                    body: Array(#"{"id":"ch_1"}"#.utf8)
                )
            }
            try await body(bench)
        }
    }

    private func send(
        _ bench: GatewayBench,
        _ method: RequestMethod,
        _ target: String,
        _ fields: [(String, String)] = [],
        _ body: String = "",
        key: String? = nil
    ) async throws -> APIResponse {
        let key = [("authorization", "Bearer \(key ?? bench.admin)")]
        return try await bench.send(method, "/api/proxy\(target)", Headers(key + fields), Array(body.utf8))
    }

    @Test func `a request goes on with the credential and comes back as it is`() async throws {
        try await withShop { bench in
            let fields = [("x-own", "1"), ("cookie", "a=b"), ("stripe-version", "2019-01-01")]
            let answer = try await send(bench, .post, "/shop/v1/charges?expand=a%2Cb", fields, "amount=5")
            #expect(answer.status == 200)
            #expect(try await answer.stream?.collect() == Array(#"{"id":"ch_1"}"#.utf8))
            #expect(answer.headers.first("request-id") == "req_1")
            #expect(answer.headers.first("usher-proxy-call")?.hasPrefix("prx_") == true)
            let sent = try #require(bench.upstream.requests.last)
            #expect(sent.url.text == "https://api.stripe.com/v1/charges?expand=a%2Cb")
            #expect(sent.method == "POST" && sent.body == Array("amount=5".utf8))
            let headers = Headers(sent.headers)
            #expect(headers.values("authorization") == ["Bearer \(Self.secret)"])
            #expect(headers.values("stripe-version") == [answer.headers.first("usher-api-version") ?? ""])
            #expect(headers.first("stripe-version") != "2019-01-01")
            #expect(headers.first("x-own") == "1" && headers.first("cookie") == nil)
            let all = sent.headers.map { "\($0.0): \($0.1)" }.joined()
            #expect(!all.contains(bench.admin) && !all.contains("ushk_"))
        }
    }

    @Test func `the key stands where an SDK can put it`() async throws {
        try await withShop { bench in
            let key = bench.admin
            func basic(_ text: String) -> String { "Basic " + Base64.encode(Array(text.utf8)) }
            let good = [
                [("authorization", "Bearer \(key)")], [("authorization", basic("\(key):"))],
                [("authorization", basic("AC1:\(key)"))], [("usher-key", key)],
                [("usher-key", key), ("authorization", "AWS4-HMAC-SHA256 Credential=x")],
            ]
            for fields in good {
                let answer = try await bench.send(.get, "/api/proxy/shop/v1/x", Headers(fields), [])
                #expect(answer.status == 200, "\(fields)")
            }
            let sent = bench.upstream.requests.count
            let bad = [
                [], [("authorization", "Bearer sk_test")], [("authorization", basic("a:b"))],
                [("authorization", "Basic %%%")], [("usher-key", "x"), ("authorization", "Bearer \(key)")],
                [("authorization", "Bearer \(key)"), ("authorization", "Bearer \(key)")],
                [("usher-key", key), ("usher-key", key)],
            ]
            for fields in bad {
                let answer = try await bench.send(.get, "/api/proxy/shop/v1/x", Headers(fields), [])
                #expect(answer.status == 401, "\(fields)")
            }
            let leaked = try await bench.send(.get, "/api/proxy/shop/v1/x?api_key=\(key)", Headers(), [])
            #expect(leaked.status == 400 && leaked.code == "key-in-url")
            #expect(bench.upstream.requests.count == sent)
        }
    }

    @Test func `reading keys read, and vendors reach their own integrations only`() async throws {
        try await withShop { bench in
            let vendors = ["anna-pay": "anna", "ben-pay": "ben"]
            for (name, vendor) in vendors {
                try await bench.addIntegration(name, "stripe", ["key": .string(Self.secret)], vendor: vendor)
            }
            let reader = try await bench.key("read")
            #expect(try await send(bench, .get, "/shop/v1/x", key: reader).status == 200)
            #expect(try await send(bench, .propfind, "/shop/v1/x", key: reader).status == 200)
            let refused = try await send(bench, .post, "/shop/v1/x", key: reader)
            #expect(refused.status == 403 && refused.code == "forbidden")
            let anna = try await bench.key("write", vendor: "anna")
            #expect(try await send(bench, .post, "/anna-pay/v1/x", key: anna).status == 200)
            for other in ["/shop/v1/x", "/ben-pay/v1/x", "/nothing/v1/x", "/SHOP/v1/x", "//v1/x"] {
                #expect(
                    [404, 400].contains(try await send(bench, .get, other, key: anna).status),
                    "\(other)"
                )
            }
            await bench.services.proxy.journal.flush()
            let own = try await bench.send(.get, "/api/proxy-calls", key: anna).json["data"]?.array ?? []
            #expect(own.map { $0["integration"]?.string } == ["anna-pay"])
            let all = try await bench.send(.get, "/api/proxy-calls", key: bench.admin).json["data"]?.array
            #expect(all?.count == 3)
            let filtered = try await bench.send(
                .get,
                "/api/proxy-calls?integration=shop&state=answered&limit=1",
                key: bench.admin
            ).json
            #expect(filtered["data"]?.array?.count == 1 && filtered["next"]?.string != nil)
        }
    }

    @Test(arguments: [
        "/shop/../keys", "/shop/%2e%2e/x", "/shop//evil.example/x", "/shop/a%2f..%2fb", "/shop/a%0d%0ab",
    ])
    func `a path that leads elsewhere is refused`(_ target: String) async throws {
        try await withShop { bench in
            let answer = try await send(bench, .get, target)
            #expect(answer.status == 400 && answer.code == "path-invalid")
            #expect(bench.upstream.requests.isEmpty)
        }
    }

    @Test(arguments: ["/shop/@evil.example/x", "/shop/:80@evil.example", "/shop/https:%2F%2Fevil.example/"])
    func `whatever the path says, the host is the integration's`(_ target: String) async throws {
        try await withShop { bench in
            let answer = try await send(bench, .get, target, [("host", "evil.example")])
            #expect(answer.status == 200)
            #expect(bench.upstream.requests.last?.url.host == .name("api.stripe.com"))
            #expect(bench.upstream.requests.last.map { Headers($0.headers).first("host") } == .some(nil))
        }
    }

    @Test func `a redirect is passed back, not followed, and a secret in it is not`() async throws {
        try await withShop { bench in
            bench.upstream.answer { _ in
                .status(
                    302,
                    [("location", "https://evil.example/"), ("x-echo", Self.secret), ("set-cookie", "a")]
                )
            }
            let answer = try await send(bench, .get, "/shop/v1/x")
            #expect(answer.status == 302 && answer.headers.first("location") == "https://evil.example/")
            #expect(answer.headers.first("x-echo") == nil && answer.headers.first("set-cookie") == nil)
            #expect(bench.upstream.requests.count == 1)
        }
    }

    @Test func `only what is safe is sent a second time, once, and when nothing left`() async throws {
        try await withShop { bench in
            /// At an integration of its own: a breaker opens after a few failures.
            func tries(
                _ name: String,
                _ error: TransportError,
                _ method: RequestMethod,
                key: String? = nil
            ) async throws -> Int {
                try await bench.addIntegration(name, "stripe", ["key": .string(Self.secret)])
                let before = bench.upstream.requests.count
                bench.upstream.answer { _ throws(TransportError) in throw error }
                let fields = key.map { [("idempotency-key", $0)] } ?? []
                let answer = try await send(bench, method, "/\(name)/v1/x", fields)
                #expect(answer.status == 502)
                #expect(answer.json["sent"] == .bool(error.requestMayHaveBeenSent))
                #expect(!String(decoding: answer.body, as: UTF8.self).contains(Self.secret))
                return bench.upstream.requests.count - before
            }
            let refused = TransportError.connectFailed("refused")
            let lost = TransportError.connectionLost(sent: true)
            let first = [
                try await tries("a", refused, .get), try await tries("b", refused, .post),
                try await tries("c", refused, .post, key: "k1"), try await tries("d", lost, .get),
                try await tries("e", lost, .post, key: "k2"),
            ]
            #expect(first == [2, 1, 2, 1, 1])
        }
    }

    @Test func `a write with a key is on record before it leaves, and unknown when its end is lost`()
        async throws
    {
        try await withShop { bench in
            let seen = Note<[JSONValue]>([])
            bench.upstream.answer { _ throws(TransportError) in
                let open = try? await bench.send(.get, "/api/proxy-calls?state=sent", key: bench.admin)
                seen.set(open?.json["data"]?.array ?? [])
                return .status(200)
            }
            let fields = [("idempotency-key", "k1")]
            let answer = try await send(bench, .post, "/shop/v1/charges?secret=1", fields, "amount=5")
            _ = try await answer.stream?.collect()
            let id = answer.headers.first("usher-proxy-call")
            #expect(seen.value.map { $0["id"]?.string } == [id])
            #expect(seen.value.first?["path"]?.string == "/v1/charges")
            #expect(try await state(of: id, bench) == "sent")  // Its end waits for the next batch.
            await bench.services.proxy.journal.flush()
            #expect(try await state(of: id, bench) == "answered")
            seen.set([.null])
            let plain = try await send(bench, .post, "/shop/v1/charges", [], "amount=5")
            #expect(plain.status == 200 && seen.value.isEmpty)
            bench.upstream.answer { _ throws(TransportError) in throw .connectionLost(sent: true) }
            _ = try await send(bench, .post, "/shop/v1/charges", fields, "amount=5")
            await bench.services.proxy.journal.flush()
            let lost = try await bench.send(.get, "/api/proxy-calls?state=unknown", key: bench.admin).json
            #expect(lost["data"]?.array?.map { $0["error"]?.string } == ["connection_lost"])
        }
    }

    @Test func `Square's key stands in the body`() async throws {
        try await withShop { bench in
            try await bench.addIntegration("till", "square", ["token": .string(Self.secret)])
            let seen = Note(-1)
            bench.upstream.answer { _ throws(TransportError) in
                let open = try? await bench.send(.get, "/api/proxy-calls?state=sent", key: bench.admin)
                seen.set(open?.json["data"]?.array?.count ?? -1)
                return .status(200)
            }
            let json = [("content-type", "application/json")]
            let text = #"{"idempotency_key":"k1","amount_money":{"amount":5}}"#
            let keyed = try await send(bench, .post, "/till/v2/payments", json, text)
            _ = try await keyed.stream?.collect()
            #expect(seen.value == 1)
            #expect(bench.upstream.requests.last?.body == Array(text.utf8))
            await bench.services.proxy.journal.flush()
            _ = try await send(bench, .post, "/till/v2/payments", json, "{}")
            #expect(seen.value == 0)
        }
    }

    @Test func `over budget is 429 with the time to wait, and the provider's 429 feeds the budget`()
        async throws
    {
        try await withShop { bench in
            try await bench.addIntegration("post", "sendgrid", ["key": .string(Self.secret)])
            bench.upstream.answer { _ in
                .status(
                    429,
                    [
                        ("x-ratelimit-remaining", "0"), ("retry-after", "60"),
                        ("x-ratelimit-reset", "9999999999"),
                    ]
                )
            }
            let first = try await send(bench, .get, "/shop/v1/x")
            #expect(first.status == 429)
            _ = try await first.stream?.collect()
            let second = try await send(bench, .get, "/shop/v1/x")
            #expect(second.status == 429 && second.code == "budget-used-up")
            #expect(second.headers.first("retry-after").flatMap { Int($0) } ?? 0 > 10)
            #expect(bench.upstream.requests.count == 1)
        }
    }

    @Test func `a provider that fails is not called for a while, an integration that is off not at all`()
        async throws
    {
        try await withShop { bench in
            bench.upstream.answer { _ throws(TransportError) in throw .connectFailed("refused") }
            var codes: [String?] = []
            for _ in 0..<60 where codes.last != "integration-down" {
                codes.append(try await send(bench, .post, "/shop/v1/x").code)
            }
            #expect(codes.first == "connect-failed" && codes.last == "integration-down")
            let off = try await bench.send(
                .patch,
                "/api/integrations/shop",
                ["enabled": false],
                key: bench.admin
            )
            try #require(off.status == 200)
            let answer = try await send(bench, .get, "/shop/v1/x")
            #expect(answer.status == 503 && answer.code == "integration-disabled")
        }
    }

    @Test func `priority and wedding are checked before anything is sent`() async throws {
        try await withShop { bench in
            let priority = try await send(bench, .get, "/shop/v1/x", [("usher-priority", "urgent")])
            #expect(priority.status == 400 && priority.code == "invalid-priority")
            let wedding = try await send(bench, .get, "/shop/v1/x", [("usher-wedding", "nobody")])
            #expect(wedding.status == 422 && wedding.code == "owner-unknown")
            #expect(bench.upstream.requests.isEmpty)
            _ = try await send(bench, .get, "/shop/v1/x", [("usher-priority", "low")]).stream?.collect()
            await bench.services.proxy.journal.flush()
            let listed = try await bench.send(.get, "/api/proxy-calls", key: bench.admin).json
            #expect(listed["data"]?.array?.first?["priority"]?.string == "low")
        }
    }

    @Test func `HEAD and 204 have no body, and say what a body would have`() async throws {
        try await withShop { bench in
            bench.upstream.answer { _ in .status(200, [("content-length", "77")]) }
            let head = try await send(bench, .head, "/shop/v1/x")
            #expect(head.stream?.length == 77)
            #expect(try await head.stream?.collect() == [])
            bench.upstream.answer { _ in .status(204) }
            #expect(try await send(bench, .delete, "/shop/v1/x").stream == nil)
            #expect(bench.services.proxy.inFlight == 0)
        }
    }

    @Test func `what waits is written before the journal ends, and what is old goes`() async throws {
        try await withShop { bench in
            let journal = bench.services.proxy.journal
            _ = try await send(bench, .get, "/shop/v1/x").stream?.collect()
            #expect(
                try await bench.send(.get, "/api/proxy-calls", key: bench.admin).json["data"]?.array == []
            )
            journal.stop()
            await journal.run()
            let listed = try await bench.send(.get, "/api/proxy-calls", key: bench.admin).json["data"]?.array
            #expect(listed?.map { $0["bytes_out"] } == [.integer(13)])
        }
    }

    private func state(of id: String?, _ bench: GatewayBench) async throws -> String? {
        let all = try await bench.send(.get, "/api/proxy-calls", key: bench.admin).json["data"]?.array
        return all?.first { $0["id"]?.string == id }?["state"]?.string
    }
}

extension GatewayBench {
    func addIntegration(
        _ name: String,
        _ provider: String,
        _ credential: JSONValue,
        baseURL: String? = nil,
        vendor: String? = nil
    ) async throws {
        var members: JSONValue = [
            "name": .string(name), "provider": .string(provider), "credential": credential,
            "vendor": vendor.map { .string($0) } ?? .null,
        ]
        if let baseURL, let known = members.object {
            let more = [JSONMember("base_url", .string(baseURL)), JSONMember("allow_private", true)]
            members = .object(known + more)
        }
        let answer = try await send(.post, "/api/integrations", members, key: admin)
        try #require(answer.status == 201, "\(answer.json)")
    }
}
