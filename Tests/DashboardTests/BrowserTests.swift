import Access
import Domain
import HTTPAPI
import Testing

@Suite("Browser")
struct BrowserTests {
    private static let answers: [String: JSONValue] = [
        "GET /api/push/key": ["key": "BKey-_1"],
        "GET /api/push/subscriptions": [
            "data": [["id": "psh_1", "label": "Maria's <phone>", "created_at": "2026-02-27T10:00:00Z"]]
        ],
        "GET /api/alerts/channels": ["data": [["name": "browsers", "type": "push"]]],
    ]

    @Test func `a browser is offered to be told, with the key it subscribes for`() async throws {
        try await Visitor.with(Self.answers) { visitor in
            try await visitor.signIn()
            let page = try await visitor.get("/settings").text
            #expect(page.contains("data-key=\"BKey-_1\""))
            #expect(page.contains("Maria&#39;s &lt;phone&gt;") && page.contains("value=\"psh_1\""))
        }
    }

    @Test func `without a channel it is said what to configure, and nothing is offered`() async throws {
        var answers = Self.answers
        answers["GET /api/alerts/channels"] = ["data": []]
        try await Visitor.with(answers) { visitor in
            try await visitor.signIn()
            let page = try await visitor.get("/settings").text
            #expect(page.contains("browsers: {type: push}") && !page.contains("browser-form"))
        }
    }

    @Test func `who may only read sees the browsers and no buttons`() async throws {
        try await Visitor.with(Self.answers) { visitor in
            try await visitor.signIn(.read)
            let page = try await visitor.get("/settings").text
            #expect(page.contains("browsers-title") && !page.contains("forget-browser"))
            #expect(!page.contains("browser-form"))
        }
    }

    @Test func `the form's subscription goes to the API, and a browser is removed by its id`() async throws {
        try await Visitor.with(Self.answers) { visitor in
            try await visitor.signIn()
            let token = try await visitor.token()
            let fields = [
                "endpoint": "https://push.example/1", "p256dh": "BA", "auth": "cc", "label": "desk",
            ]
            let added = await visitor.post("/settings/browser", fields.merging(["form_token": token]) { $1 })
            #expect(added.headers.first("location") == "/settings?done=told")
            let gone = await visitor.post("/settings/forget-browser", ["id": "psh_1", "form_token": token])
            #expect(gone.headers.first("location") == "/settings?done=untold")
            #expect(
                visitor.orders == [
                    "POST /api/push/subscriptions {\"endpoint\":\"https://push.example/1\","
                        + "\"keys\":{\"p256dh\":\"BA\",\"auth\":\"cc\"},\"label\":\"desk\"}",
                    "DELETE /api/push/subscriptions/psh_1",
                ]
            )
        }
    }

    @Test func `the worker lies beside the pages and is asked for anew each time`() async throws {
        try await Visitor.with { visitor in
            let worker = try await visitor.get("/push-worker.js")
            #expect(worker.status == 200 && worker.headers.first("cache-control") == "no-cache")
            #expect(worker.headers.first("content-type") == "text/javascript; charset=utf-8")
        }
    }
}
