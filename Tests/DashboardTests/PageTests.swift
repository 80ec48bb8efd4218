import Access
import Dashboard
import Domain
import HTTPAPI
import Testing

@Suite struct PageTests {
    @Test(arguments: ["/", "/integrations", "/events", "/calls", "/dead-letters", "/incidents", "/settings"])
    func `shows every page when there is nothing to show`(_ path: String) async throws {
        try await Visitor.with { visitor in
            try await visitor.signIn(.admin)
            let page = try await visitor.get(path)
            #expect(page.status == 200)
            #expect(page.text.contains("<h1"))
            #expect(!page.text.contains("{{"))
            #expect(page.text.contains("class=\"empty\"") || path == "/settings")
            let fragment = try await visitor.get(path, "fragment=1")
            #expect(!fragment.text.contains("<html"))
            #expect(page.text.contains(fragment.text))
        }
    }

    @Test func `escapes whatever comes from outside`() async throws {
        let hostile = "<script>alert(1)</script>\"'&"
        let event: JSONValue = [
            "id": "evt_1", "type": .string(hostile), "source": .string(hostile), "priority": .string(hostile),
            "received_at": "2026-06-20T16:00:00Z", "wedding": .string(hostile),
        ]
        try await Visitor.with(["GET /api/events": ["data": [event]]]) { visitor in
            try await visitor.signIn()
            let page = try await visitor.get("/events", "q=%3Cscript%3E%22")
            #expect(page.text.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"))
            #expect(!page.text.contains("<script>"))
        }
    }

    @Test func `tells the time on the clocks of the wedding`() async throws {
        let wedding: JSONValue = [
            "id": "w1", "title": "Amara & Jonas", "zone": "Europe/Lisbon", "date": "2026-06-20",
            "phase": "day",
        ]
        let event: JSONValue = [
            "id": "evt_1", "type": "charge.refunded", "received_at": "2026-06-20T16:00:00Z", "wedding": "w1",
        ]
        let answers: [String: JSONValue] = [
            "GET /api/weddings": ["data": [wedding]], "GET /api/events": ["data": [event]],
        ]
        try await Visitor.with(answers) { visitor in
            try await visitor.signIn()
            let page = try await visitor.get("/events").text
            #expect(page.contains("17:00:00</time> <span class=\"zone\">Lisbon</span>"))
            #expect(page.contains("Amara &amp; Jonas"))
        }
    }

    @Test func `says in plain words that payments go elsewhere`() async throws {
        let answers: [String: JSONValue] = [
            "GET /api/routes": ["data": [["capability": "payments", "serving": ["stripe-main", "square"]]]],
            "GET /api/integrations": [
                "data": [
                    ["name": "stripe-main", "title": "Stripe"], ["name": "square", "title": "Square"],
                ]
            ],
            "GET /api/integrations/health-check": [
                "integrations": [
                    ["name": "stripe-main", "state": "down"], ["name": "square", "state": "healthy"],
                ]
            ],
            "GET /api/failovers": [
                "data": [["capability": "payments", "to": "square", "why": "down", "automatic": true]]
            ],
        ]
        try await Visitor.with(answers) { visitor in
            try await visitor.signIn()
            let page = try await visitor.get("/").text
            #expect(page.contains("Payments go through Square because Stripe is down. Nothing is lost."))
        }
    }

    @Test func `offers nobody what their key may not do`() async throws {
        let letter: JSONValue = ["id": "dlv_1", "event": "evt_1", "event_type": "x", "destination": "app"]
        try await Visitor.with(["GET /api/dead-letters": ["data": [letter]]]) { visitor in
            try await visitor.signIn(.read)
            let page = try await visitor.get("/dead-letters").text
            #expect(page.contains("dlv_1"))
            #expect(!page.contains("replay-one"))
        }
    }

    @Test func `changes nothing without the token of the session`() async throws {
        try await Visitor.with { visitor in
            try await visitor.signIn()
            let token = try await visitor.token()
            let wrong = String(token.dropLast()) + (token.hasSuffix("A") ? "B" : "A")
            let path = "/dead-letters/replay"
            #expect(await visitor.post(path, [:]).status == 403)
            #expect(await visitor.post(path, ["form_token": wrong]).status == 403)
            #expect(await visitor.post(path, ["form_token": token], site: "cross-site").status == 403)
            #expect(await visitor.post(path, ["form_token": token], site: "same-site").status == 403)
            #expect(visitor.orders.isEmpty)
            #expect(await visitor.post(path, ["form_token": token]).status == 303)
            #expect(visitor.orders.last == "POST /api/dead-letters/replay {\"dry_run\":false}")
        }
    }

    @Test func `counts in a dry run and does no more`() async throws {
        let preview: JSONValue = ["matched": 3, "deliveries": 4, "dry_run": true]
        try await Visitor.with(["POST /api/dead-letters/replay": preview]) { visitor in
            try await visitor.signIn()
            let fields = ["form_token": try await visitor.token(), "destination": "app"]
            let page = await visitor.post("/dead-letters/try", fields)
            #expect(page.text.contains("4 deliveries to app would be queued again, for 3 dead letters."))
            #expect(
                visitor.orders == ["POST /api/dead-letters/replay {\"dry_run\":true,\"destination\":\"app\"}"]
            )
        }
    }

    @Test func `says above the page why something was refused`() async throws {
        let call: JSONValue = ["id": "call_1", "state": "succeeded", "operation": "payments.charge"]
        try await Visitor.with(["GET /api/calls/call_1": call]) { visitor in
            try await visitor.signIn()
            let problem = Problem(
                status: 409,
                code: "not-in-doubt",
                title: "Nobody doubts it.",
                detail: "See <it>."
            )
            visitor.refuse("POST /api/calls/call_1/settle", problem)
            let fields = [
                "form_token": try await visitor.token(), "outcome": "succeeded", "reason": "seen by Ana",
            ]
            let page = await visitor.post("/calls/call_1/settle", fields)
            #expect(page.status == 409)
            #expect(page.text.contains("role=\"alert\""))
            #expect(page.text.contains("Nobody doubts it."))
            #expect(page.text.contains("See &lt;it&gt;."))
            #expect(page.text.contains("payments.charge"))
        }
    }

    @Test(arguments: ["/events/evt_1/x/y/z", "/settings/x", "/dead-letters/x"])
    func `has a page for what is not there`(_ path: String) async throws {
        try await Visitor.with { visitor in
            try await visitor.signIn()
            #expect(try await visitor.get(path).status == 404)
        }
    }

    @Test(arguments: ["/api/events", "/healthz", "/metrics", "/nothing", "/sign-inn"])
    func `leaves the paths of others alone`(_ path: String) {
        #expect(!DashboardSite.serves(path))
    }
}
