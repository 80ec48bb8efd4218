import Domain
import Gateway
import HTTPAPI
import Providers
import Registry
import Testing
import UsherTesting

struct ResourceTests {
    /// One request of the tour.
    struct Step {
        let method: RequestMethod
        let template: String
        let status: Int
        var target: String?
        var body: JSONValue?
    }

    private static let source: JSONValue = [
        "name": "extra", "provider": "generic", "settings": ["auth": "hmac-sha512"],
        "secrets": [.string(GatewayBench.secret)], "body_bytes_max": 2_048, "rate_per_second": 5,
    ]
    private static let destination: JSONValue = [
        "name": "extra-app", "url": "https://extra.example.com", "secret": .string(GatewayBench.secret),
        "events": ["charge.*"], "timeout_seconds": .number("2.5"),
        "standby_url": "https://standby.example.com",
    ]
    private static let configuration: JSONValue = [
        "sources": [["name": "filed", "provider": "stripe", "secrets": [.string(GatewayBench.secret)]]],
        "destinations": [
            ["name": "filed-app", "url": "https://f.example.com", "secret": .string(GatewayBench.secret)]
        ],
    ]

    private static let webhooks: [Step] = [
        Step(
            method: .post,
            template: "/api/integrations/webhooks/{source}",
            status: 401,
            target: "/api/integrations/webhooks/shop",
            body: ["id": "evt_unsigned"]
        ),
        Step(
            method: .get,
            template: "/api/integrations/webhooks/{source}",
            status: 405,
            target: "/api/integrations/webhooks/shop"
        ),
    ]

    private static let open: [Step] = [
        Step(method: .get, template: "/healthz", status: 200),
        Step(method: .get, template: "/readyz", status: 200),
        Step(method: .get, template: "/metrics", status: 200),
        Step(method: .get, template: "/api/openapi.json", status: 200),
        Step(method: .get, template: "/api/integrations/health-check", status: 200),
        Step(method: .get, template: "/api/stream", status: 200),
        Step(method: .get, template: "/api/stream", status: 400, target: "/api/stream?kinds=no"),
        Step(method: .get, template: "/api/ws", status: 426),
        Step(method: .get, template: "/api/export", status: 200),
        Step(method: .get, template: "/api/export", status: 400, target: "/api/export?after=x"),
    ]

    private static let registry: [Step] = [
        Step(method: .get, template: "/api/sources", status: 200),
        Step(method: .get, template: "/api/retention", status: 200),
        Step(method: .post, template: "/api/sources", status: 201, body: source),
        Step(method: .post, template: "/api/sources", status: 409, body: source),
        Step(method: .get, template: "/api/sources/{name}", status: 200, target: "/api/sources/extra"),
        Step(
            method: .patch,
            template: "/api/sources/{name}",
            status: 200,
            target: "/api/sources/extra",
            body: ["rate_per_second": .null, "enabled": false, "vendor": "anna"]
        ),
        Step(method: .delete, template: "/api/sources/{name}", status: 204, target: "/api/sources/extra"),
        Step(method: .get, template: "/api/destinations", status: 200),
        Step(method: .post, template: "/api/destinations", status: 201, body: destination),
        Step(
            method: .get,
            template: "/api/destinations/{name}",
            status: 200,
            target: "/api/destinations/extra-app"
        ),
        Step(
            method: .patch,
            template: "/api/destinations/{name}",
            status: 200,
            target: "/api/destinations/extra-app",
            body: ["standby_url": .null, "attempts_max": 3]
        ),
        Step(
            method: .post,
            template: "/api/destinations/{name}/enable",
            status: 200,
            target: "/api/destinations/extra-app/enable"
        ),
        Step(
            method: .delete,
            template: "/api/destinations/{name}",
            status: 204,
            target: "/api/destinations/extra-app"
        ),
    ]

    private static let weddings: [Step] = [
        Step(method: .get, template: "/api/vendors", status: 200),
        Step(method: .post, template: "/api/vendors", status: 201, body: ["name": "anna", "title": "Anna"]),
        Step(method: .post, template: "/api/vendors", status: 409, body: ["name": "anna"]),
        Step(
            method: .put,
            template: "/api/vendors/{name}",
            status: 200,
            target: "/api/vendors/anna",
            body: ["title": "Anna", "email": "anna@example.com"]
        ),
        Step(
            method: .post,
            template: "/api/weddings",
            status: 201,
            body: [
                "id": "w:1", "title": "Ana & Ben", "date": "2026-06-20", "zone": "Europe/Berlin",
                "vendors": [["vendor": "anna", "role": "photographer"]],
            ]
        ),
        Step(method: .get, template: "/api/weddings", status: 200, target: "/api/weddings?from=2026-06-20"),
        Step(method: .get, template: "/api/weddings/{id}", status: 200, target: "/api/weddings/w%3A1"),
        Step(
            method: .patch,
            template: "/api/weddings/{id}",
            status: 200,
            target: "/api/weddings/w%3A1",
            body: ["date": "2026-06-21"]
        ),
        Step(
            method: .put,
            template: "/api/weddings/{id}/timeline",
            status: 200,
            target: "/api/weddings/w%3A1/timeline",
            body: [
                "timeline": [
                    ["id": "c", "name": "Ceremony", "starts_at": "2026-06-21T16:00", "vendor": "anna"]
                ]
            ]
        ),
        Step(
            method: .put,
            template: "/api/weddings/{id}/timeline",
            status: 422,
            target: "/api/weddings/w%3A1/timeline",
            body: [
                "timeline": [
                    ["id": "c", "name": "Ceremony", "starts_at": "2026-06-21T16:00", "vendor": "eve"]
                ]
            ]
        ),
        Step(
            method: .post,
            template: "/api/weddings/{id}/references",
            status: 200,
            target: "/api/weddings/w%3A1/references",
            body: ["provider": "zoom", "kind": "meeting", "object_id": "8574", "vendor": "anna"]
        ),
        Step(
            method: .get,
            template: "/api/weddings/{id}/references",
            status: 200,
            target: "/api/weddings/w%3A1/references"
        ),
        Step(
            method: .post,
            template: "/api/weddings/{id}/references/release",
            status: 204,
            target: "/api/weddings/w%3A1/references/release",
            body: ["provider": "zoom", "kind": "meeting", "object_id": "8574"]
        ),
        Step(
            method: .post,
            template: "/api/weddings/import",
            status: 200,
            target: "/api/weddings/import?dry_run=true&zone=UTC",
            body: [["id": "w2", "title": "Two", "date": "2026-06-20"]]
        ),
        Step(
            method: .post,
            template: "/api/weddings/import",
            status: 422,
            body: [["id": "w2", "title": "Two", "date": "2026-06-20"]]
        ),
        Step(method: .delete, template: "/api/vendors/{name}", status: 409, target: "/api/vendors/anna"),
        Step(method: .delete, template: "/api/weddings/{id}", status: 204, target: "/api/weddings/w%3A1"),
        Step(method: .delete, template: "/api/vendors/{name}", status: 204, target: "/api/vendors/anna"),
    ]

    private static func history(event: String, delivery: String, dead: String) -> [Step] {
        [
            Step(method: .get, template: "/api/events", status: 200, target: "/api/events?limit=1"),
            Step(method: .get, template: "/api/events", status: 200, target: "/api/events?q=charge.*"),
            Step(method: .get, template: "/api/events/{id}", status: 200, target: "/api/events/\(event)"),
            Step(
                method: .get,
                template: "/api/events/{id}/explain",
                status: 200,
                target: "/api/events/\(event)/explain"
            ),
            Step(
                method: .post,
                template: "/api/events/{id}/replay",
                status: 200,
                target: "/api/events/\(event)/replay",
                body: [:]
            ),
            Step(method: .get, template: "/api/deliveries", status: 200),
            Step(
                method: .get,
                template: "/api/deliveries/{id}",
                status: 200,
                target: "/api/deliveries/\(delivery)"
            ),
            Step(method: .get, template: "/api/dead-letters", status: 200),
            Step(
                method: .post,
                template: "/api/dead-letters/replay",
                status: 200,
                body: ["dry_run": true]
            ),
            Step(
                method: .post,
                template: "/api/dead-letters/{id}/replay",
                status: 200,
                target: "/api/dead-letters/\(dead)/replay"
            ),
            Step(
                method: .post,
                template: "/api/dead-letters/{id}/replay",
                status: 409,
                target: "/api/dead-letters/\(dead)/replay"
            ),
            Step(method: .post, template: "/api/dead-letters/replay", status: 202, body: [:]),
        ]
    }

    private static func replays(_ replay: String) -> [Step] {
        [
            Step(method: .post, template: "/api/replays", status: 200, body: ["dry_run": true]),
            Step(method: .post, template: "/api/replays", status: 202, body: ["type": "charge.*"]),
            Step(method: .get, template: "/api/replays", status: 200, target: "/api/replays?limit=1"),
            Step(method: .get, template: "/api/replays/{id}", status: 200, target: "/api/replays/\(replay)"),
            Step(
                method: .post,
                template: "/api/replays/{id}/cancel",
                status: 200,
                target: "/api/replays/\(replay)/cancel"
            ),
        ]
    }

    private static func administration(_ key: String) -> [Step] {
        [
            Step(method: .get, template: "/api/keys", status: 200),
            Step(method: .post, template: "/api/keys", status: 201, body: ["label": "x", "level": "read"]),
            Step(method: .delete, template: "/api/keys/{id}", status: 200, target: "/api/keys/\(key)"),
            Step(
                method: .post,
                template: "/api/configuration/plan",
                status: 200,
                body: configuration
            ),
            Step(
                method: .post,
                template: "/api/configuration/apply",
                status: 200,
                body: configuration
            ),
            Step(
                method: .delete,
                template: "/api/sources/{name}",
                status: 409,
                target: "/api/sources/filed"
            ),
        ]
    }

    @Test func `every operation of the document answers as the document says, and there are no others`()
        async throws
    {
        try await withGateway { bench in
            try await bench.addSource("shop")
            try await bench.addDestination("app")
            try await bench.addDestination("broken")
            let event = try await bench.take("evt_1")
            try await bench.take("evt_2")
            try await bench.bury("broken")
            let deliveries = try await bench.send(.get, "/api/deliveries", key: bench.admin).json["data"]
            let dead = try await bench.send(.get, "/api/dead-letters", key: bench.admin).json["data"]
            let begun = try await bench.send(.post, "/api/replays", [:], key: bench.admin)
            let made = try await bench.send(
                .post,
                "/api/keys",
                ["label": "y", "level": "admin"],
                key: bench.admin
            )
            let steps =
                Self.webhooks + Self.open + Self.registry + Self.weddings + Self.integrations + Self.failovers
                + Self.emergency + Self.alerts(try await bench.alert())
                + Self.history(
                    event: event,
                    delivery: try #require(deliveries?.array?.last?["id"]?.string),
                    dead: try #require(dead?.array?.last?["id"]?.string)
                )
                + Self.replays(try #require(begun.json["id"]?.string))
                + Self.administration(try #require(made.json["id"]?.string)) + Self.calls
                + Self.incidents
            let document = try await bench.send(.get, "/api/openapi.json", key: bench.admin).json
            let check = DocumentCheck(document: document)
            for step in steps {
                let answer = try await bench.send(
                    step.method,
                    step.target ?? step.template,
                    step.body,
                    key: bench.admin
                )
                let label = "\(step.method.rawValue) \(step.target ?? step.template): \(answer.json)"
                #expect(answer.status == step.status, "\(label)")
                #expect(check.misfits(answer, step.method, step.template) == [], "\(label)")
            }
            let toured = Set(steps.map { "\($0.method.rawValue) \($0.template)" })
            #expect(toured.symmetricDifference(check.operations) == [])
            #expect(document["openapi"]?.string == "3.1.0")
            let text = String(decoding: document.serialized(), as: UTF8.self)
            #expect(ProviderName.allCases.allSatisfy { text.contains("`\($0)`") })
        }
    }

    @Test func `guarded operations need a key, and of the documented level`() async throws {
        try await withGateway { bench in
            let document = try await bench.send(.get, "/api/openapi.json", key: bench.admin).json
            let keys = [try await bench.key("read"), try await bench.key("write")]
            let open = [
                "/healthz", "/readyz", "/api/integrations/webhooks/{source}", "/api/connect/callback",
            ]
            let operations = DocumentCheck(document: document).operations
            #expect(operations.count > 30)
            for operation in operations {
                let parts = operation.split(separator: " ").map(String.init)
                guard let method = RequestMethod(rawValue: parts[0]), !open.contains(parts[1]) else {
                    continue
                }
                let target = parts[1].replacing("{id}", with: "x").replacing("{name}", with: "x")
                let body: JSONValue? = method == .post || method == .patch ? [:] : nil
                let stranger = try await bench.send(method, target, body, key: nil)
                #expect(stranger.status == 401 && stranger.code == "unauthenticated", "\(operation)")
                guard method != .get else { continue }
                #expect(
                    try await bench.send(method, target, body, key: keys[0]).status == 403,
                    "\(operation)"
                )
                // What an application does all day, not configuration: timelines move, meetings are made.
                let endings = [
                    "replay", "cancel", "enable", "replays", "/timeline", "/references",
                    "/references/release", "/calls", "/content", "/settle", "/failovers",
                    "/emergency", "/silences", "/silences/x", "/take", "/subscriptions", "/subscriptions/x",
                    "/failovers/{capability}",
                    "/reservations", "/reservations/x", "/test", "/backfill/x", "/{path}", "/notes",
                ]
                let isOperation = endings.contains { target.hasSuffix($0) }
                guard !isOperation else { continue }
                #expect(
                    try await bench.send(method, target, body, key: keys[1]).status == 403,
                    "\(operation)"
                )
            }
            #expect(try await bench.send(.get, "/api/keys", key: keys[1]).status == 403)
        }
    }

    @Test func `secrets are never shown, and may not be references`() async throws {
        try await withGateway { bench in
            try await bench.addSource("shop")
            try await bench.addDestination("app")
            for target in ["/api/sources", "/api/sources/shop", "/api/destinations", "/api/destinations/app"]
            {
                let answer = try await bench.send(.get, target, key: bench.admin)
                #expect(answer.status == 200)
                #expect(!String(decoding: answer.body, as: UTF8.self).contains("whsec_"))
            }
            let shown = try await bench.send(.get, "/api/sources/shop", key: bench.admin).json
            #expect(shown["url"]?.string == "https://hooks.example.com/api/integrations/webhooks/shop")
            for reference in ["env:STRIPE_WEBHOOK_SECRET", "file:/etc/passwd"] {
                let answer = try await bench.send(
                    .patch,
                    "/api/sources/shop",
                    ["secrets": [.string(reference)]],
                    key: bench.admin
                )
                #expect(answer.status == 400 && answer.code == "secret-reference")
            }
        }
    }

    @Test func `what the file owns answers 409`() async throws {
        try await withGateway { bench in
            let applied = try await bench.send(
                .post,
                "/api/configuration/apply",
                Self.configuration,
                key: bench.admin
            )
            #expect(applied.json["changes"]?.array?.count == 2)
            let again = try await bench.send(
                .post,
                "/api/configuration/plan",
                Self.configuration,
                key: bench.admin
            )
            #expect(again.json["changes"]?.array?.isEmpty == true)
            for (method, target) in [
                (RequestMethod.patch, "/api/sources/filed"), (.delete, "/api/sources/filed"),
                (.patch, "/api/destinations/filed-app"), (.delete, "/api/destinations/filed-app"),
            ] {
                let body: JSONValue? = method == .patch ? ["enabled": false] : nil
                let answer = try await bench.send(method, target, body, key: bench.admin)
                #expect(answer.status == 409 && answer.code == "owned-by-file", "\(target)")
            }
        }
    }

    @Test func `a definition that is wrong is refused with every field`() async throws {
        try await withGateway { bench in
            let answer = try await bench.send(
                .post,
                "/api/destinations",
                ["name": "app", "url": "http://127.0.0.1/", "secret": "short", "events": ["a*b"]],
                key: bench.admin
            )
            #expect(answer.status == 422 && answer.code == "invalid-definition")
            let fields = (answer.json["errors"]?.array ?? []).compactMap { $0["field"]?.string }
            #expect(fields == ["url", "secret", "events"])
            let short = try await bench.send(
                .post,
                "/api/sources",
                ["name": "shop", "provider": "stripe", "secrets": []],
                key: bench.admin
            )
            #expect(short.status == 422)
        }
    }

    @Test(arguments: ["strіpe", "Stripe", "a_b", "-a", "a-", "1a", "a b", "a/b", ""])
    func `a source has a strict name`(_ name: String) async throws {
        try await withGateway { bench in
            let body: JSONValue = [
                "name": .string(name), "provider": "stripe", "secrets": [.string(GatewayBench.secret)],
            ]
            let answer = try await bench.send(.post, "/api/sources", body, key: bench.admin)
            #expect([400, 422].contains(answer.status))
            #expect(bench.services.registry.snapshot.sources.isEmpty)
        }
    }
}
