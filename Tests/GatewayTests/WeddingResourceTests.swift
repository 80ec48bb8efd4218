import Domain
import Gateway
import HTTPAPI
import Testing
import UsherTesting

struct WeddingResourceTests {
    /// Two weddings; anna works the first, ben both.
    ///
    /// The bench's clock says what day it is.
    private func withWeddings(_ body: (GatewayBench) async throws -> Void) async throws {
        try await withGateway { bench in
            for vendor in ["anna", "ben"] {
                let made = try await bench.send(
                    .post,
                    "/api/vendors",
                    ["name": .string(vendor), "phone": "030 1234"],
                    key: bench.admin
                )
                try #require(made.status == 201, "\(made.json)")
            }
            let today = CivilDate(daysSinceEpoch: bench.clock.now.dayNumber)
            for (id, vendors, days) in [("w1", ["anna", "ben"], 0), ("w2", ["ben"], 100)] {
                let body: JSONValue = [
                    "id": .string(id), "title": .string("Wedding \(id)"), "zone": "UTC",
                    "date": .string(today.adding(days: days).description),
                    "vendors": .array(vendors.map { ["vendor": .string($0), "role": "guest"] }),
                ]
                let made = try await bench.send(.post, "/api/weddings", body, key: bench.admin)
                try #require(made.status == 201, "\(made.json)")
            }
            try await body(bench)
        }
    }

    private func ids(_ bench: GatewayBench, _ target: String, key: String? = nil) async throws -> [String?] {
        let answer = try await bench.send(.get, target, key: key ?? bench.admin)
        try #require(answer.status == 200, "\(answer.json)")
        return (answer.json["data"]?.array ?? []).map { $0["id"]?.string ?? $0["name"]?.string }
    }

    @Test func `lists weddings by date and by phase`() async throws {
        try await withWeddings { bench in
            #expect(try await ids(bench, "/api/weddings") == ["w1", "w2"])
            #expect(try await ids(bench, "/api/weddings?phase=day") == ["w1"])
            #expect(try await ids(bench, "/api/weddings?phase=planning") == ["w2"])
            let tomorrow = CivilDate(daysSinceEpoch: bench.clock.now.dayNumber + 1)
            #expect(try await ids(bench, "/api/weddings?from=\(tomorrow)") == ["w2"])
            #expect(try await ids(bench, "/api/weddings?until=\(tomorrow)") == ["w1"])
            let wrong = try await bench.send(.get, "/api/weddings?from=2026-02-30", key: bench.admin)
            #expect(wrong.status == 400)
        }
    }

    @Test func `a vendor sees the weddings it works, and nobody else's telephone number`() async throws {
        try await withWeddings { bench in
            let anna = try await bench.key("admin", vendor: "anna")
            #expect(try await ids(bench, "/api/weddings", key: anna) == ["w1"])
            #expect(try await ids(bench, "/api/vendors", key: anna) == ["anna"])
            let hidden = try await bench.send(.get, "/api/weddings/w2", key: anna)
            #expect(hidden.status == 404)
            let shown = try await bench.send(.get, "/api/weddings/w1", key: anna)
            #expect(shown.status == 200)
            #expect(shown.json["deliveries_waiting"]?.isNull == true)
            #expect(!String(decoding: shown.body, as: UTF8.self).contains("030 1234"))
            for (method, target) in [
                (RequestMethod.delete, "/api/weddings/w1"), (.delete, "/api/vendors/anna"),
            ] {
                #expect(try await bench.send(method, target, key: anna).status == 404)
            }
        }
    }

    @Test func `a vendor sees its own references only`() async throws {
        try await withWeddings { bench in
            for (object, vendor) in [("1", JSONValue.string("anna")), ("2", "ben"), ("3", .null)] {
                let body: JSONValue = [
                    "provider": "zoom", "kind": "meeting", "object_id": .string(object), "vendor": vendor,
                ]
                let tied = try await bench.send(.post, "/api/weddings/w1/references", body, key: bench.admin)
                #expect(tied.status == 200)
            }
            let anna = try await bench.key("read", vendor: "anna")
            let own = try await bench.send(.get, "/api/weddings/w1/references", key: anna).json["data"]?.array
            #expect(own?.map { $0["object_id"]?.string } == ["1"])
            let all = try await bench.send(.get, "/api/weddings/w1/references", key: bench.admin)
            #expect(all.json["data"]?.array?.count == 3)
        }
    }

    @Test func `imports all or nothing, and says where a file is wrong`() async throws {
        try await withWeddings { bench in
            let headers = Headers([
                ("authorization", "Bearer \(bench.admin)"), ("content-type", "text/csv; charset=utf-8"),
            ])
            func upload(_ text: String, _ query: String = "") async throws -> APIResponse {
                try await bench.send(.post, "/api/weddings/import" + query, headers, Array(text.utf8))
            }
            let header = "id,title,date,zone\n"
            let wrong = try await upload(header + "w3,Three,2026-06-20,UTC\nw4,Four,2026-06-31,UTC\n")
            #expect(wrong.status == 422)
            let places = wrong.json["errors"]?.array?.map { $0["place"]?.string }
            #expect(places == ["line 3"])
            let rehearsed = try await upload(header + "w3,Three,2026-06-20,UTC\n", "?dry_run=true")
            #expect(rehearsed.status == 200)
            #expect(try await ids(bench, "/api/weddings") == ["w1", "w2"])
            let done = try await upload(header + "w3,Three,2027-06-20,UTC\nw1,Renamed,,\n")
            #expect(done.json["weddings"] == ["w3", "w1"])
            #expect(try await ids(bench, "/api/weddings") == ["w1", "w2", "w3"])
            let text = Headers([("authorization", "Bearer \(bench.admin)"), ("content-type", "text/plain")])
            #expect(try await bench.send(.post, "/api/weddings/import", text, [65]).status == 415)
        }
    }
}
