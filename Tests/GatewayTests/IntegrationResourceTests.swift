import Domain
import Gateway
import HTTPAPI
import Registry
import Testing

struct IntegrationResourceTests {
    private static let secret = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"

    private func stripe(_ name: String, vendor: String? = nil) -> JSONValue {
        [
            "name": .string(name), "provider": "stripe", "credential": ["key": .string(Self.secret)],
            "vendor": vendor.map { .string($0) } ?? .null,
        ]
    }

    private func add(_ bench: GatewayBench, _ names: String...) async throws {
        for name in names {
            let answer = try await bench.send(.post, "/api/integrations", stripe(name), key: bench.admin)
            try #require(answer.status == 201, "\(answer.json)")
        }
    }

    @Test func `a credential is shown as set and nothing more`() async throws {
        try await withGateway { bench in
            let made = try await bench.send(.post, "/api/integrations", stripe("main"), key: bench.admin)
            #expect(made.json["credential"] == ["key": "set"])
            #expect(made.json["needs_consent"]?.isNull == true)
            #expect(made.json["operations"]?.array?.contains("payments.charge") == true)
            for target in ["/api/integrations", "/api/integrations/main"] {
                let answer = try await bench.send(.get, target, key: bench.admin)
                #expect(answer.status == 200)
                #expect(!String(decoding: answer.body, as: UTF8.self).contains(Self.secret))
            }
        }
    }

    @Test(arguments: ["env:STRIPE_KEY", "file:/etc/passwd"])
    func `a credential is sent itself, never as a place on the server`(_ reference: String) async throws {
        try await withGateway { bench in
            var body = stripe("main").object ?? []
            body.removeAll { $0.name == "credential" }
            body.append(JSONMember("credential", ["key": .string(reference)]))
            let answer = try await bench.send(.post, "/api/integrations", .object(body), key: bench.admin)
            #expect(answer.status == 400 && answer.code == "secret-reference")
        }
    }

    @Test func `what a body leaves out stays, by patch all of it and by put the credential`() async throws {
        try await withGateway { bench in
            try await add(bench, "main")
            let target = "/api/integrations/main"
            let limits: JSONValue = ["limits": ["live-writes": ["per_second": 5, "burst": 9]]]
            let unknown = try await bench.send(.patch, target, limits, key: bench.admin)
            #expect(unknown.status == 422 && unknown.code == "invalid-definition")
            let off = try await bench.send(.patch, target, ["enabled": false], key: bench.admin).json
            #expect(off["enabled"] == false && off["credential"] == ["key": "set"])
            let on = try await bench.send(.put, target, ["provider": "stripe"], key: bench.admin).json
            #expect(on["enabled"] == true && on["credential"] == ["key": "set"])
            let moved = try await bench.send(
                .patch,
                target,
                ["base_url": "https://elsewhere.example.com"],
                key: bench.admin
            )
            #expect(moved.status == 422)
            #expect(moved.json["errors"]?.array?.first?["field"] == "credential")
        }
    }

    @Test(arguments: ["webhooks", "health-check"])
    func `words of the api are no names of integrations`(_ name: String) async throws {
        try await withGateway { bench in
            let answer = try await bench.send(.post, "/api/integrations", stripe(name), key: bench.admin)
            #expect(answer.status == 422)
            #expect(answer.json["errors"]?.array?.first?["field"] == "name")
            let put = try await bench.send(
                .put,
                "/api/integrations/" + name,
                ["provider": "stripe", "credential": ["key": "k"]],
                key: bench.admin
            )
            #expect(put.status == 422)
            #expect(
                try await bench.send(.get, "/api/integrations/health-check", key: bench.admin).status == 200
            )
        }
    }

    @Test func `a vendor's key sees the vendor's own integrations, no routes, and changes nothing`()
        async throws
    {
        try await withGateway { bench in
            try await add(bench, "main")
            for vendor in ["anna", "ben"] {
                let body = stripe("\(vendor)-stripe", vendor: vendor)
                let answer = try await bench.send(.post, "/api/integrations", body, key: bench.admin)
                try #require(answer.status == 201)
            }
            let key = try await bench.key("admin", vendor: "anna")
            let own = try await bench.send(.get, "/api/integrations", key: key).json["data"]?.array
            #expect(own?.map { $0["name"]?.string } == ["anna-stripe"])
            for hidden in ["main", "ben-stripe"] {
                #expect(try await bench.send(.get, "/api/integrations/" + hidden, key: key).status == 404)
            }
            for target in ["/api/routes", "/api/routes/payments"] {
                #expect(try await bench.send(.get, target, key: key).status == 404)
            }
            let refused = try await bench.send(
                .patch,
                "/api/integrations/anna-stripe",
                ["enabled": false],
                key: key
            )
            #expect(refused.status == 404)
        }
    }

    @Test func `a route is set, followed, and falls back to the default`() async throws {
        try await withGateway { bench in
            try await add(bench, "one", "two")
            let target = "/api/routes/payments"
            let standard = try await bench.send(.get, target, key: bench.admin).json
            #expect(standard["order"] == ["one", "two"] && standard["owner"]?.isNull == true)
            let set = try await bench.send(.put, target, ["order": ["two"]], key: bench.admin).json
            #expect(set["order"] == ["two"] && set["strategy"] == "immediate" && set["owner"] == "api")
            let wrong = try await bench.send(.put, "/api/routes/sms", ["order": ["one"]], key: bench.admin)
            #expect(wrong.status == 422 && wrong.json["errors"]?.array?.first?["field"] == "sms.order")
            let used = try await bench.send(.delete, "/api/integrations/two", key: bench.admin)
            #expect(used.status == 409 && used.code == "in-use")
            #expect(try await bench.send(.delete, target, key: bench.admin).status == 204)
            #expect(try await bench.send(.delete, target, key: bench.admin).status == 404)
            #expect(try await bench.send(.get, "/api/routes/nothing", key: bench.admin).status == 404)
        }
    }

    @Test func `a file's integrations and routes are applied and are its own`() async throws {
        try await withGateway { bench in
            let configuration: JSONValue = [
                "sources": [], "destinations": [], "integrations": [stripe("filed")],
                "routes": [["capability": "payments", "order": ["filed"], "strategy": "manual"]],
            ]
            let apply = "/api/configuration/apply"
            let applied = try await bench.send(.post, apply, configuration, key: bench.admin).json
            #expect(
                applied["changes"]?.array?.map { $0["summary"]?.string } == [
                    "create integration filed (stripe)", "create route payments (filed)",
                ]
            )
            let again = try await bench.send(.post, apply, configuration, key: bench.admin).json
            #expect(again["changes"]?.array?.isEmpty == true)
            for target in ["/api/integrations/filed", "/api/routes/payments"] {
                let answer = try await bench.send(.delete, target, key: bench.admin)
                #expect(answer.status == 409 && answer.code == "owned-by-file")
            }
        }
    }
}
