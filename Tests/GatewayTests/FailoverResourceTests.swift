import Domain
import Gateway
import HTTPAPI
import Health
import Testing
import Transport
import UsherTesting

struct FailoverResourceTests {
    private func addTill(_ bench: GatewayBench, _ name: String = "till") async throws {
        let body: JSONValue = [
            "name": .string(name), "provider": "stripe", "credential": ["key": "sk_test_x"],
        ]
        let answer = try await bench.send(.post, "/api/integrations", body, key: bench.admin)
        try #require(answer.status == 201, "\(answer.json)")
    }

    private func addWedding(_ bench: GatewayBench, _ id: String, on date: String) async throws {
        let body: JSONValue = [
            "id": .string(id), "title": "Ana & Ben", "date": .string(date), "zone": "UTC",
        ]
        let answer = try await bench.send(.post, "/api/weddings", body, key: bench.admin)
        try #require(answer.status == 201, "\(answer.json)")
    }

    private func order(_ to: String = "till") -> JSONValue {
        ["capability": "payments", "to": .string(to), "reason": "drill"]
    }

    @Test func `an order is shown with the weddings of the day and the way back, and taken back`()
        async throws
    {
        try await withGateway { bench in
            try await addTill(bench)
            let today = String(bench.clock.now.description.prefix(10))
            try await addWedding(bench, "today", on: today)
            try await addWedding(bench, "later", on: "2040-01-01")
            let made = try await bench.send(.post, "/api/failovers", order(), key: bench.admin)
            #expect(made.status == 201)
            #expect(made.json["automatic"]?.bool == false && made.json["to"]?.string == "till")
            #expect(made.json["affected_weddings"] == ["today"])
            #expect(made.json["way_back"]?.string?.contains("usher failover payments --back") == true)
            let open = try await bench.send(.get, "/api/failovers?open=true", key: bench.admin).json["data"]
            #expect(open?.array?.count == 1)
            let gone = try await bench.send(.delete, "/api/failovers/payments", key: bench.admin)
            #expect(gone.status == 204)
            let after = try await bench.send(.get, "/api/failovers?open=true", key: bench.admin).json["data"]
            #expect(after?.array?.isEmpty == true)
            let all = try await bench.send(.get, "/api/failovers", key: bench.admin).json["data"]?.array
            #expect(all?.first?["ended_at"]?.string != nil)
        }
    }

    @Test func `a later order ends the earlier one`() async throws {
        try await withGateway { bench in
            try await addTill(bench)
            try await addTill(bench, "second")
            _ = try await bench.send(.post, "/api/failovers", order(), key: bench.admin)
            _ = try await bench.send(.post, "/api/failovers", order("second"), key: bench.admin)
            let open = try await bench.send(.get, "/api/failovers?open=true", key: bench.admin).json["data"]
            #expect(open?.array?.compactMap { $0["to"]?.string } == ["second"])
        }
    }

    @Test func `more than a limit holds is refused with what is left, and what is given back is free again`()
        async throws
    {
        try await withGateway { bench in
            try await addTill(bench)
            try await addWedding(bench, "w", on: "2040-01-01")
            func share(_ quota: Int, limit: JSONValue = "charges") -> JSONValue {
                [
                    "wedding": "w", "limit": limit, "quota": .integer(quota),
                    "from": "2026-12-01T08:00:00Z", "to": "2026-12-01T09:00:00Z",
                ]
            }
            let path = "/api/budgets/till/reservations"
            let budgets = try await bench.send(.get, "/api/budgets", key: bench.admin).json["data"]?.array?
                .first
            let charges = budgets?["limits"]?.array?.first { $0["name"]?.string == "charges" }
            let rate = try #require(charges?["believed"]?["per_second"]?.double)
            let all = Int(rate * 3_600)
            let made = try await bench.send(.post, path, share(all - 100), key: bench.admin)
            #expect(made.status == 201, "\(made.json)")
            let refused = try await bench.send(.post, path, share(101), key: bench.admin)
            #expect(refused.status == 409 && refused.code == "budget-exceeded")
            #expect((99...100).contains(refused.json["left"]?.int64 ?? 0))
            let unknown = try await bench.send(.post, path, share(1, limit: "nothing"), key: bench.admin)
            #expect(unknown.status == 422)
            let id = try #require(made.json["id"]?.string)
            #expect(try await bench.send(.delete, path + "/" + id, key: bench.admin).status == 204)
            #expect(try await bench.send(.post, path, share(101), key: bench.admin).status == 201)
            let listed = try await bench.send(.get, path, key: bench.admin).json["data"]?.array
            #expect(listed?.count == 1)
        }
    }

    @Test func `a test of an integration counts in health and in the metrics`() async throws {
        try await withGateway { bench in
            try await addTill(bench)
            let test = try await bench.send(.post, "/api/integrations/till/test", key: bench.admin)
            #expect(test.status == 200 && test.json["good"]?.bool == true, "\(test.json)")
            let health = try await bench.send(.get, "/api/integrations/health-check", key: bench.admin)
            let till = health.json["integrations"]?.array?.first
            #expect(health.status == 200 && till?["name"]?.string == "till")
            #expect(till?["state"]?.string == "healthy" && till?["recent_calls"]?.int64 == 1)
            #expect(till?["breaker"]?.string == "closed" && till?["in_doubt"]?.int64 == 0)
            #expect(till?["budget_left"]?["charges"]?.double != nil)
        }
    }

    @Test func `an integration that nobody calls is down in the health check once its probes fail`()
        async throws
    {
        try await withGateway { bench in
            try await addTill(bench)
            bench.upstream.answer { _ in .status(500) }
            let seen = try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await bench.services.monitor.run() }
                defer { group.cancelAll() }
                var seen: JSONValue?
                for _ in 0..<300 where seen == nil {
                    await bench.clock.waitForSleepers(1)
                    bench.clock.advance(by: .seconds(1))
                    let health = try await bench.send(
                        .get,
                        "/api/integrations/health-check",
                        key: bench.admin
                    )
                    let till = health.json["integrations"]?.array?.first
                    if till?["state"]?.string == "down" { seen = till }
                }
                return seen
            }
            #expect(seen?["recent_calls"]?.int64 == 0 && seen?["breaker"]?.string == "closed")
            #expect(seen?["text"]?.string == "till is down: probes fail.")
            #expect(seen?["reasons"] == ["probes fail"])
        }
    }

    @Test func `what is the platform's is not there for a vendor`() async throws {
        try await withGateway { bench in
            try await addTill(bench)
            let made = try await bench.send(.post, "/api/vendors", ["name": "anna"], key: bench.admin)
            #expect(made.status == 201)
            let vendor = try await bench.key("write", vendor: "anna")
            for target in ["/api/failovers", "/api/budgets", "/api/budgets/till/forecast"] {
                #expect(try await bench.send(.get, target, key: vendor).status == 404, "\(target)")
            }
            #expect(try await bench.send(.post, "/api/failovers", order(), key: vendor).status == 404)
            #expect(try await bench.send(.post, "/api/integrations/till/test", key: vendor).status == 404)
        }
    }
}
