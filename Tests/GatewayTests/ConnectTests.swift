import Domain
import Gateway
import HTTPAPI
import Registry
import Testing
import Transport
import UsherTesting

struct ConnectTests {
    /// A vendor, the platform's client at Google, and a Google that gives tokens.
    private func withVendor(_ body: (GatewayBench) async throws -> Void) async throws {
        try await withGateway { bench in
            bench.upstream.answer { _ in
                OutgoingResponse(
                    status: 200,
                    headers: Headers([("content-type", "application/json")]),
                    body: Array(#"{"access_token":"at-1","expires_in":3600,"refresh_token":"rt-1"}"#.utf8)
                )
            }
            let made: [(String, JSONValue)] = [
                ("/api/vendors", ["name": "anna"]), ("/api/vendors", ["name": "ben"]),
                (
                    "/api/integrations",
                    [
                        "name": "google", "provider": "google-calendar",
                        "credential": ["client_id": "client", "client_secret": "hidden"],
                    ]
                ),
            ]
            for (target, definition) in made {
                try #require(try await bench.send(.post, target, definition, key: bench.admin).status == 201)
            }
            try await body(bench)
        }
    }

    private func begin(_ bench: GatewayBench, key: String? = nil) async throws -> String {
        let target = "/api/vendors/anna/connect/google-calendar"
        let answer = try await bench.send(.post, target, key: key ?? bench.admin)
        try #require(answer.status == 200, "\(answer.json)")
        let url = try #require(answer.json["url"]?.string)
        #expect(url.hasPrefix("https://accounts.google.com/o/oauth2/v2/auth?response_type=code"))
        #expect(url.contains("hooks.example.com%2Fapi%2Fconnect%2Fcallback"))
        let state = url.split(separator: "&").first { $0.hasPrefix("state=") }
        return String(try #require(state).dropFirst(6))
    }

    private func comeBack(_ bench: GatewayBench, _ query: String) async throws -> (Int, String) {
        let answer = try await bench.send(.get, "/api/connect/callback?" + query, key: nil)
        #expect(answer.headers.first("content-type") == "text/html; charset=utf-8")
        #expect(answer.headers.first("referrer-policy") == "no-referrer")
        return (answer.status, String(decoding: answer.body, as: UTF8.self))
    }

    private func connected(_ bench: GatewayBench) async throws -> JSONValue? {
        let answer = try await bench.send(
            .get,
            "/api/integrations/anna-google-calendar",
            key: bench.admin
        )
        return answer.status == 200 ? answer.json : nil
    }

    @Test func `a vendor connects its calendar with its own key, and a page says so`() async throws {
        try await withVendor { bench in
            let key = try await bench.key("admin", vendor: "anna")
            let state = try await begin(bench, key: key)
            let (status, page) = try await comeBack(bench, "state=\(state)&code=4%2Fc&scope=x&authuser=0")
            #expect(status == 200 && page.contains("is connected for anna"))
            let made = try #require(try await connected(bench))
            #expect(made["vendor"] == "anna" && made["needs_consent"]?.isNull == true)
            #expect(made["credential"]?["refresh_token"] == "set")
            let seen = try await bench.send(.get, "/api/integrations", key: key).json["data"]?.array
            #expect(seen?.count == 1)
        }
    }

    @Test func `a look ahead does not use a state up, a second use changes nothing`() async throws {
        try await withVendor { bench in
            let state = try await begin(bench)
            let target = "/api/connect/callback?state=\(state)&code=c"
            #expect(try await bench.send(.head, target, key: nil).status == 200)
            #expect(try await connected(bench) == nil)
            #expect(try await comeBack(bench, "state=\(state)&code=c").0 == 200)
            let before = try await connected(bench)
            let (status, page) = try await comeBack(bench, "state=\(state)&code=c")
            #expect(status == 410 && page.contains("Nothing was changed"))
            #expect(try await connected(bench) == before)
            #expect(bench.upstream.requests.count == 1)
        }
    }

    @Test(arguments: ["error=access_denied", "error=%3Cscript%3E"])
    func `a denial is shown as a page that runs nothing`(_ error: String) async throws {
        try await withVendor { bench in
            let (status, page) = try await comeBack(bench, "state=\(try await begin(bench))&\(error)")
            #expect(status == 200 && page.contains("Access was not given") && !page.contains("<script"))
            #expect(try await connected(bench) == nil && bench.upstream.requests.isEmpty)
        }
    }

    @Test func `late, incomplete and failed answers change nothing`() async throws {
        try await withVendor { bench in
            let late = try await begin(bench)
            bench.clock.advance(by: ConsentFlow.life)
            #expect(try await comeBack(bench, "state=\(late)&code=c").0 == 410)
            #expect(try await comeBack(bench, "code=c").0 == 410)
            #expect(try await comeBack(bench, "state=x").0 == 410)
            bench.upstream.answer { _ in .status(503) }
            let (status, page) = try await comeBack(bench, "state=\(try await begin(bench))&code=c")
            #expect(status == 502 && page.contains("http_503"))
            #expect(try await connected(bench) == nil)
        }
    }

    @Test func `only the vendor itself and the platform's administrators may connect it`() async throws {
        try await withVendor { bench in
            let target = "/api/vendors/anna/connect/google-calendar"
            let stranger = try await bench.key("admin", vendor: "ben")
            #expect(try await bench.send(.post, target, key: stranger).status == 404)
            let writer = try await bench.key("write", vendor: "anna")
            #expect(try await bench.send(.post, target, key: writer).status == 403)
            for missing in ["/api/vendors/carl/connect/google-calendar", "/api/vendors/anna/connect/nothing"]
            {
                #expect(try await bench.send(.post, missing, key: bench.admin).status == 404)
            }
            let graph = "/api/vendors/anna/connect/microsoft-graph"
            #expect(try await bench.send(.post, graph, key: bench.admin).status == 422)
        }
    }

    @Test func `a call with a vendor's calendar gets its token`() async throws {
        try await withVendor { bench in
            _ = try await comeBack(bench, "state=\(try await begin(bench))&code=c")
            let name = try #require(ResourceName("anna-google-calendar"))
            let integration = try #require(bench.services.registry.snapshot.integration(named: name))
            let token = try await bench.services.tokens.token(for: integration)
            #expect(token?.bytes == Array("at-1".utf8))
            let form = String(decoding: try #require(bench.upstream.requests.last).body, as: UTF8.self)
            #expect(form.contains("grant_type=refresh_token") && form.contains("refresh_token=rt-1"))
        }
    }
}
