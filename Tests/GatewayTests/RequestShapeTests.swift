import Domain
import Gateway
import HTTPAPI
import Registry
import Testing
import UsherTesting

struct RequestShapeTests {
    @Test func `pages follow each other without gap or repeat`() async throws {
        try await withGateway { bench in
            try await bench.addSource("shop")
            var ids: [String] = []
            for index in 0..<5 { ids.append(try await bench.take("evt_\(index)")) }
            var seen: [String] = []
            var target = "/api/events?limit=2"
            for _ in 0..<3 {
                let page = try await bench.send(.get, target, key: bench.admin).json
                seen += (page["data"]?.array ?? []).compactMap { $0["id"]?.string }
                target = "/api/events?limit=2&cursor=\(page["next"]?.string ?? "none")"
            }
            #expect(seen == Array(ids.reversed()))
            #expect(target.hasSuffix("none"))
        }
    }

    @Test func `a search is paged like a list, and a replay without a body is refused in words`() async throws
    {
        try await withGateway { bench in
            try await bench.addSource("shop")
            var ids: [String] = []
            for index in 0..<3 { ids.append(try await bench.take("evt_\(index)")) }
            let first = try await bench.send(.get, "/api/events?q=charge.*&limit=2", key: bench.admin).json
            let cursor = try #require(first["next"]?.string)
            let target = "/api/events?q=charge.*&limit=2&cursor=\(cursor)"
            let second = try await bench.send(.get, target, key: bench.admin).json
            let found = [first, second].flatMap { $0["data"]?.array ?? [] }.compactMap { $0["id"]?.string }
            #expect(found == Array(ids.reversed()) && second["next"] == .null)
            let other = "/api/events?q=charge.refunded&limit=2&cursor=\(cursor)"
            #expect(try await bench.send(.get, other, key: bench.admin).status == 400)
            let one = try await bench.send(.get, "/api/events?q=ch_evt_1", key: bench.admin).json
            #expect(one["data"]?.array?.compactMap { $0["id"]?.string } == [ids[1]])
            bench.clock.advance(by: .seconds(31 * 86_400))
            let shown = try await bench.send(.get, "/api/events/\(ids[0])", key: bench.admin).json
            #expect(shown["payload"] == .null && shown["payload_gone"]?.string?.contains("30") == true)
            let refused = try await bench.send(.post, "/api/events/\(ids[0])/replay", [:], key: bench.admin)
            #expect(refused.status == 409 && refused.code == "payload-gone")
        }
    }

    @Test func `a cursor that was changed, or is of another list, is refused`() async throws {
        try await withGateway { bench in
            try await bench.addSource("shop")
            for index in 0..<3 { try await bench.take("evt_\(index)") }
            let page = try await bench.send(.get, "/api/events?limit=1", key: bench.admin).json
            let cursor = try #require(page["next"]?.string)
            let good = try await bench.send(.get, "/api/events?limit=2&cursor=\(cursor)", key: bench.admin)
            #expect(good.status == 200)
            let changed = (cursor.hasPrefix("A") ? "B" : "A") + cursor.dropFirst()
            let targets = [
                "/api/events?cursor=\(changed)", "/api/events?cursor=\(cursor.dropLast())",
                "/api/events?cursor=AAAA", "/api/events?cursor=%27%3BDROP%20TABLE", "/api/events?cursor=",
                "/api/events?type=charge.refunded&cursor=\(cursor)", "/api/deliveries?cursor=\(cursor)",
                "/api/replays?cursor=\(cursor)", "/api/keys?cursor=\(cursor)",
            ]
            for target in targets {
                let answer = try await bench.send(.get, target, key: bench.admin)
                #expect(answer.status == 400, "\(target)")
            }
        }
    }

    @Test(arguments: [
        "limit=0", "limit=201", "limit=1.5", "limit=%2B5", "colour=red", "Limit=5", "since=yesterday",
        "since=2026-02-30T00:00:00Z", "type=a*b", "source=none", "type=",
    ])
    func `a parameter that is unknown or wrong is refused`(_ query: String) async throws {
        try await withGateway { bench in
            let answer = try await bench.send(.get, "/api/events?\(query)", key: bench.admin)
            #expect(answer.status == 400)
        }
    }

    @Test(arguments: ["limit=1", "limit=200", "type=*", "type=charge.*", "since=2026-06-20T16:00:00Z"])
    func `a parameter at its limit is taken`(_ query: String) async throws {
        try await withGateway { bench in
            let answer = try await bench.send(.get, "/api/events?\(query)", key: bench.admin)
            #expect(answer.status == 200)
        }
    }

    @Test func `a member that is not known, or of the wrong kind, is refused and changes nothing`()
        async throws
    {
        try await withGateway { bench in
            try await bench.addDestination("app")
            let bodies: [JSONValue] = [
                ["scopes": ["*"]], ["owner": "file"], ["enabled": "yes"], ["concurrency": 0],
                ["concurrency": 1_001], ["attempts_max": .number("1.5")], ["events": []],
                ["events": "charge.*"],
                ["enabled": false, "tenant": "anna"], [], .null,
            ]
            for body in bodies {
                let answer = try await bench.send(.patch, "/api/destinations/app", body, key: bench.admin)
                #expect(answer.status == 422 && answer.code == "invalid-body", "\(body)")
            }
            #expect(bench.services.registry.snapshot.destinations.first?.definition.enabled == true)
        }
    }

    @Test func `a body that is no JSON, or not said to be, is refused`() async throws {
        try await withGateway { bench in
            let headers = Headers([
                ("authorization", "Bearer \(bench.admin)"), ("content-type", "application/json"),
            ])
            let bodies = [
                "{", #"{"dry_run":true,}"#, #"{"dry_run":true,"dry_run":false}"#, "\u{FEFF}{}", "{} {}",
                #"{"type":"\ud800"}"#, String(repeating: "[", count: 65),
            ]
            for body in bodies {
                let answer = try await bench.send(.post, "/api/replays", headers, Array(body.utf8))
                #expect(answer.status == 400 && answer.code == "invalid-json", "\(body)")
            }
            let leftOut = try await bench.send(.post, "/api/replays", headers, [])
            #expect(leftOut.status == 202)
            for type in ["text/plain", "application/json; charset=latin1", "application/jsonx"] {
                let headers = Headers([
                    ("authorization", "Bearer \(bench.admin)"), ("content-type", type),
                ])
                let answer = try await bench.send(.post, "/api/replays", headers, Array("{}".utf8))
                #expect(answer.status == 415, "\(type)")
            }
            let unexpected = try await bench.send(.get, "/api/events", headers, Array("{}".utf8))
            #expect(unexpected.status == 400)
        }
    }

    @Test func `a key in the address is refused, even a right one`() async throws {
        try await withGateway { bench in
            for target in ["/api/events?api_key=\(bench.admin)", "/healthz?x=\(bench.admin)"] {
                let answer = try await bench.send(.get, target, key: bench.admin)
                #expect(answer.status == 400 && answer.code == "key-in-url")
                #expect(!String(decoding: answer.body, as: UTF8.self).contains(bench.admin))
            }
        }
    }

    @Test func `wrong, cut, revoked and expired keys get the same answer`() async throws {
        try await withGateway { bench in
            let made = try await bench.send(
                .post,
                "/api/keys",
                ["label": "a", "level": "read", "expires_at": .string("\(bench.clock.now + .seconds(60))")],
                key: bench.admin
            ).json
            let expired = try #require(made["key"]?.string)
            #expect(try await bench.send(.get, "/api/events", key: expired).status == 200)
            bench.clock.advance(by: .seconds(61))
            let revoked = try await bench.send(
                .post,
                "/api/keys",
                ["label": "b", "level": "read"],
                key: bench.admin
            ).json
            let id = try #require(revoked["id"]?.string)
            let key = try #require(revoked["key"]?.string)
            #expect(try await bench.send(.get, "/api/events", key: key).status == 200)
            #expect(try await bench.send(.delete, "/api/keys/\(id)", key: bench.admin).status == 200)
            let wrong = [expired, key, String(bench.admin.dropLast()), bench.admin + "a", "", "ushk_", "x"]
            for key in wrong {
                let answer = try await bench.send(.get, "/api/events", key: key)
                #expect(answer.status == 401 && answer.code == "unauthenticated", "\(key)")
            }
        }
    }

    @Test func `too many wrong keys are told to wait, elsewhere and the right key are not`() async throws {
        try await withGateway { bench in
            var statuses: [Int] = []
            for _ in 0..<11 {
                statuses.append(
                    try await bench.send(.get, "/api/events", key: "wrong", from: "198.51.100.7").status
                )
            }
            #expect(statuses == Array(repeating: 401, count: 10) + [429])
            #expect(
                try await bench.send(.get, "/api/events", key: "wrong", from: "203.0.113.9").status == 401
            )
            #expect(try await bench.send(.get, "/api/events", key: bench.admin).status == 200)
        }
    }

    @Test(arguments: [
        "/api", "/api/", "/api/nothing", "/api/events/", "/api/events/evt_none", "/api/events/%00",
        "/api/sources/..", "/api/sources/%2e%2e", "/api/sources/SHOP",
        "/api/deliveries/dlv_1", "/api/replays/x",
    ])
    func `what is not there is not found`(_ target: String) async throws {
        try await withGateway { bench in
            try await bench.addSource("shop")
            #expect(try await bench.send(.get, target, key: bench.admin).status == 404)
        }
    }

    @Test func `a wrong method says which are right`() async throws {
        try await withGateway { bench in
            let answer = try await bench.send(.delete, "/api/events", key: bench.admin)
            #expect(answer.status == 405 && answer.headers.first("allow") == "GET, HEAD")
        }
    }
}
