import Domain
import Gateway
import HTTPAPI
import Testing
import UsherTesting

struct EmergencyResourceTests {
    private func withWedding(_ body: (GatewayBench) async throws -> Void) async throws {
        try await withGateway { bench in
            let today = CivilDate(daysSinceEpoch: bench.clock.now.dayNumber)
            let made = try await bench.send(
                .post,
                "/api/weddings",
                [
                    "id": "w1", "title": "Ana & Ben", "zone": "UTC", "date": .string(today.description),
                ],
                key: bench.admin
            )
            try #require(made.status == 201, "\(made.json)")
            try await body(bench)
        }
    }

    @Test func `emergency mode is ordered, shown with its steps, and called off`() async throws {
        try await withWedding { bench in
            let off = try await bench.send(.get, "/api/emergency", key: bench.admin)
            #expect(off.json["on"]?.bool == false && off.json["by"] == .null)
            let ordered = try await bench.send(
                .post,
                "/api/emergency",
                ["reason": "drill", "for_seconds": 600],
                key: bench.admin
            )
            #expect(ordered.status == 200)
            #expect(ordered.json["on"]?.bool == true)
            #expect(ordered.json["reasons"]?.array == ["drill"])
            #expect(ordered.json["weddings"]?.array == ["w1"])
            #expect(ordered.json["by"]?.string == "platform")
            let gone = try await bench.send(.delete, "/api/emergency", key: bench.admin)
            #expect(gone.status == 204)
            let after = try await bench.send(.get, "/api/emergency", key: bench.admin)
            #expect(after.json["on"]?.bool == false)
            let history = after.json["history"]?.array ?? []
            #expect(history.count == 1 && history.first?["end"]?.string == "called_off")
            #expect((history.first?["steps"]?.array ?? []).count == 7)
            let lines = EmergencyPage.emergency(after.json)
            #expect(lines.first == "Emergency mode is off.")
            #expect(lines.last?.hasSuffix("Everything is as before.") == true)
        }
    }

    @Test func `a fallback that was never tried costs points, and says so`() async throws {
        try await withWedding { bench in
            for name in ["till", "second-till"] {
                let made = try await bench.send(
                    .post,
                    "/api/integrations",
                    ["name": .string(name), "provider": "stripe", "credential": ["key": "sk_test_x"]],
                    key: bench.admin
                )
                try #require(made.status == 201, "\(made.json)")
            }
            let path = "/api/weddings/w1/readiness"
            let before = try await bench.send(.get, path, key: bench.admin)
            #expect(before.status == 200)
            let parts = before.json["parts"]?.array ?? []
            #expect(parts.compactMap { $0["of"]?.int64 }.reduce(0, +) == 100)
            #expect(parts.compactMap { $0["points"]?.int64 }.reduce(0, +) == before.json["score"]?.int64)
            let fallback = parts.first { $0["part"]?.string == "fallback" }
            #expect(fallback?["points"]?.int64 == 12)
            #expect(fallback?["reason"]?.string?.contains("was never tried") == true)
            let lines = EmergencyPage.readiness(before.json)
            #expect(lines.contains { $0.contains("What would raise it:") })
        }
    }

    @Test func `readiness and emergency mode are the platform's`() async throws {
        try await withWedding { bench in
            let vendor = try await bench.send(.post, "/api/vendors", ["name": "anna"], key: bench.admin)
            try #require(vendor.status == 201)
            let anna = try await bench.key("admin", vendor: "anna")
            for target in ["/api/emergency", "/api/weddings/w1/readiness"] {
                #expect(try await bench.send(.get, target, key: anna).status == 404, "\(target)")
            }
            let order: JSONValue = ["reason": "mine"]
            #expect(try await bench.send(.post, "/api/emergency", order, key: anna).status == 404)
            #expect(try await bench.send(.delete, "/api/emergency", key: anna).status == 404)
            let reader = try await bench.key("read")
            #expect(try await bench.send(.get, "/api/emergency", key: reader).status == 200)
            #expect(try await bench.send(.post, "/api/emergency", order, key: reader).status == 403)
        }
    }
}
