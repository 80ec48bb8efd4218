import Access
import Domain
import HTTPAPI
import Logging
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Routing of requests` {
    private func withThings(
        problem: @escaping @Sendable (any Error) -> Problem? = { _ in nil },
        _ body: (Doorkeeper) async throws -> Void
    ) async throws {
        try await Doorkeeper.with(ThingRoutes.all, schemas: ThingRoutes.schemas, problem: problem, body)
    }

    @Test func `prefers the path that is spelt out, and decodes parameters`() async throws {
        try await withThings { door in
            let literal = try await door.send(.get, "/api/things/defaults", key: door.write)
            #expect(literal.json == ["level": "write"])
            let named = try await door.send(.get, "/api/things/a%20b%E2%82%AC", key: door.read)
            #expect(named.json?["name"] == "a b\u{20ac}")
        }
    }

    @Test func `tells a path that does not exist from a method that it does not have`() async throws {
        try await withThings { door in
            for path in ["/", "/api", "/api/thing", "/api/things/a/b", "/API/things", "/healthz/x"] {
                let answer = try await door.send(.get, path, key: door.admin)
                #expect(answer.status == 404, "\(path)")
                #expect(answer.code == "not-found")
            }
            let patch = try await door.send(.patch, "/api/things")
            #expect(patch.status == 405)
            #expect(patch.headers.first("allow") == "GET, HEAD, POST")
            let delete = try await door.send(.delete, "/api/things/defaults")
            #expect(delete.status != 405)
            #expect(try await door.send(.head, "/healthz").status == 200)
        }
    }

    @Test func `wants a key with the level of the route`() async throws {
        try await withThings { door in
            func status(_ method: RequestMethod, _ target: String, _ key: String?) async throws -> Int {
                try await door.send(method, target, key: key).status
            }
            let open = try await status(.get, "/healthz", nil)
            let list = try await status(.get, "/api/things", door.read)
            let delete = try await status(.delete, "/api/things/a", door.read)
            let deleteByWriter = try await status(.delete, "/api/things/a", door.write)
            let createByWriter = try await status(.post, "/api/things", door.write)
            #expect([open, list, delete, deleteByWriter, createByWriter] == [200, 200, 403, 204, 403])
        }
    }

    @Test func `answers every bad key alike`() async throws {
        try await withThings { door in
            let wrong = String(door.read.dropLast()) + (door.read.hasSuffix("a") ? "b" : "a")
            var bodies: Set<[UInt8]> = []
            for key in [nil, "", "x", wrong, door.revoked, door.read + " "] {
                let answer = try await door.send(.get, "/api/things", key: key)
                #expect(answer.status == 401)
                #expect(answer.headers.first("www-authenticate") == "Bearer realm=\"usher\"")
                bodies.insert(answer.body)
            }
            #expect(bodies.count == 1)
        }
    }

    @Test func `slows down who tries keys`() async throws {
        try await withThings { door in
            var last: APIResponse?
            for _ in 0..<12 { last = try await door.send(.get, "/api/things", key: "ushk_guess") }
            #expect(last?.status == 429)
            #expect(last?.headers.first("retry-after").flatMap { Int($0) } ?? 0 >= 1)
            let other = try await door.send(.get, "/api/things", key: door.read, from: "198.51.100.1")
            #expect(other.status == 200)
        }
    }

    @Test func `refuses a key in the query, even a good one, and tells`() async throws {
        try await withThings { door in
            let answer = try await door.send(.get, "/api/things?q=\(door.read)", key: door.read)
            #expect(answer.status == 400)
            #expect(answer.code == "key-in-url")
            #expect(door.leaks.count == 1)
        }
    }

    @Test func `names the parameters it knows when one is unknown`() async throws {
        try await withThings { door in
            let answer = try await door.send(.get, "/api/things?limit=1&colour=red", key: door.read)
            #expect(answer.status == 400)
            #expect(answer.code == "unknown-parameter")
            #expect(answer.json?["known_parameters"] == ["limit", "state", "q", "deep"])
        }
    }

    @Test(arguments: [
        "limit=0", "limit=201", "limit=+5", "limit=%205", "limit=1e1", "limit=", "limit=%EF%BC%91",
        "limit=99999999999999999999", "state=ON", "state=", "q=", "q=aaaaaaaaaaaaaaaaaaaaa", "deep=yes",
    ])
    func `refuses parameters that do not fit`(_ query: String) async throws {
        try await withThings { door in
            let answer = try await door.send(.get, "/api/things?" + query, key: door.read)
            #expect(answer.status == 400)
            #expect(answer.code == "invalid-parameter")
        }
    }

    @Test(arguments: ["limit=1", "limit=200", "state=off", "q=aaaaaaaaaaaaaaaaaaaa", "deep=true"])
    func `takes parameters at their limits`(_ query: String) async throws {
        try await withThings { door in
            let answer = try await door.send(.get, "/api/things?" + query, key: door.read)
            #expect(answer.status == 200)
        }
    }

    @Test(arguments: [
        ("", 400, "invalid-json"), ("{", 400, "invalid-json"),
        ("{\"name\":\"a\",\"name\":\"b\"}", 400, "invalid-json"),
        ("[]", 422, "invalid-body"), ("{\"name\":\"a\"}", 422, "invalid-body"),
        ("{\"name\":\"a\",\"state\":\"on\",\"scopes\":[\"*\"]}", 422, "invalid-body"),
        ("{\"name\":1,\"state\":\"on\"}", 422, "invalid-body"),
        ("{\"name\":\"\",\"state\":\"on\"}", 422, "invalid-body"),
        ("{\"name\":\"a\",\"state\":\"On\"}", 422, "invalid-body"),
        ("{\"name\":\"a\",\"state\":\"on\",\"weight\":101}", 422, "invalid-body"),
        ("{\"name\":\"a\",\"state\":\"on\",\"weight\":1.5}", 422, "invalid-body"),
        ("{\"name\":\"a\",\"state\":\"on\",\"tags\":[\"a\",\"b\",\"c\"]}", 422, "invalid-body"),
        ("{\"name\":\"a\",\"state\":\"on\",\"labels\":{\"x\":1}}", 422, "invalid-body"),
    ])
    func `refuses bodies of another shape`(_ body: String, _ status: Int, _ code: String) async throws {
        try await withThings { door in
            let answer = try await door.send(.post, "/api/things", key: door.admin, body: body)
            #expect(answer.status == status)
            #expect(answer.code == code)
        }
    }

    @Test func `says where a body does not fit`() async throws {
        try await withThings { door in
            let body = "{\"name\":\"a\",\"state\":\"on\",\"tags\":[\"ok\",\"far too long\"]}"
            let answer = try await door.send(.post, "/api/things", key: door.admin, body: body)
            #expect(answer.json?["pointer"] == "/tags/1")
        }
    }

    @Test(arguments: [
        ("application/json", 201), ("application/json; charset=utf-8", 201),
        ("Application/JSON;charset=UTF-8", 201),
        ("text/plain", 415), ("application/x-www-form-urlencoded", 415),
        ("application/json; charset=latin1", 415),
        ("application/jsonp", 415), ("", 415),
    ])
    func `reads JSON only`(_ type: String, _ status: Int) async throws {
        try await withThings { door in
            let body =
                "{\"name\":\"a\",\"state\":\"on\",\"weight\":null,\"tags\":[\"x\"],\"labels\":{\"k\":\"v\"}}"
            let answer = try await door.send(
                .post,
                "/api/things",
                key: door.admin,
                body: body,
                contentType: type
            )
            #expect(answer.status == status)
        }
    }

    @Test func `streams the bodies of routes that say so, and of no others`() async throws {
        let route = Route(
            .post,
            "/api/content/{name}",
            id: "putContent",
            tag: "content",
            summary: "Takes bytes.",
            streamedBytesMax: 5_000,
            replies: [.empty(204, "They are kept.")],
            action: .open { call in
                var bytes = 0
                while let piece = try await call.request.stream?.next() { bytes += piece.count }
                return .json(.integer(Int64(bytes)))
            }
        )
        try await Doorkeeper.with(ThingRoutes.all + [route], schemas: ThingRoutes.schemas) { door in
            func policy(_ method: String, _ target: String) throws -> RequestPolicy? {
                let head = RequestHead(method: method, target: target, headers: Headers([("host", "h")]))
                return door.router.streamPolicy(try RequestGuard.check(head))
            }
            let streaming = try #require(try policy("POST", "/api/content/a"))
            #expect(streaming.bodyBytesMax == 5_000 && streaming.streamsBody)
            for (method, target) in [
                ("GET", "/api/content/a"), ("POST", "/api/things"), ("POST", "/api/content"),
            ] {
                let other = try policy(method, target)
                #expect(other == nil)
            }
            let response = await door.router.respond(
                to: APIRequest(
                    method: .post,
                    path: "/api/content/a",
                    stream: RequestBody(Array("hello".utf8)),
                    clientAddress: "192.0.2.1",
                    id: RequestID(milliseconds: 1, 2, 3)
                )
            )
            #expect(response.json == 5)
        }
    }

    @Test func `takes no body where none is documented`() async throws {
        try await withThings { door in
            let answer = try await door.send(.get, "/api/things", key: door.read, body: "{}")
            #expect(answer.code == "unexpected-body")
        }
    }

    @Test func `tells nothing about an error it does not know`() async throws {
        try await withThings { door in
            let answer = try await door.send(.get, "/api/broken", key: door.read)
            #expect(answer.status == 500)
            #expect(answer.headers.first("content-type") == "application/problem+json")
            #expect(answer.json?["instance"]?.string?.hasPrefix("req_") == true)
            #expect(!String(decoding: answer.body, as: UTF8.self).contains("Unforeseen"))
        }
        let known: @Sendable (any Error) -> Problem? = { $0 is ThingRoutes.Unforeseen ? .notFound : nil }
        try await withThings(problem: known) { door in
            let answer = try await door.send(.get, "/api/broken", key: door.read)
            #expect(answer.status == 404)
        }
    }

    @Test func `refuses a table in which two routes share a place or an id`() async {
        await #expect(processExitsWith: .failure) {
            let ports = Router.Ports(
                authenticate: { _ throws(AccessError) in throw .unauthenticated },
                problem: { _ in nil },
                keyLeaked: { _ in }
            )
            _ = Router(
                ThingRoutes.all + ThingRoutes.all,
                schemas: ThingRoutes.schemas,
                ports: ports,
                logger: Logger(label: "test")
            )
        }
    }
}
