import Domain
import Gateway
import HTTPAPI
import Health
import Resilience
import Testing
import UsherTesting

extension ResourceTests {
    /// What alerts there are for the tour.
    struct Alerted {
        let alert: String
        let silence: String
        let browser: String
    }

    /// A browser as browsers describe themselves; its key is the one of RFC 8291 section 5.
    static let browser: JSONValue = [
        "endpoint": "https://push.example.net/x", "expirationTime": .null, "label": "tablet",
        "keys": [
            "p256dh":
                "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "auth": "BTBZMqHH6r4Tts7J_aSIgg",
        ],
    ]
    static let silence: JSONValue = ["for_seconds": 60, "reason": "drill", "subject": "integration stripe"]

    /// The part of the tour about alerts.
    static func alerts(_ alerted: Alerted) -> [Step] {
        let one = "/api/alerts/{id}"
        let silences = "/api/alerts/silences"
        let browsers = "/api/push/subscriptions"
        let test = "/api/alerts/channels/{name}/test"
        return [
            Step(method: .get, template: "/api/alerts", status: 200),
            Step(method: .get, template: one, status: 200, target: "/api/alerts/\(alerted.alert)"),
            Step(method: .get, template: one, status: 404, target: "/api/alerts/none"),
            Step(
                method: .post,
                template: one + "/take",
                status: 200,
                target: "/api/alerts/\(alerted.alert)/take",
                body: ["by": "Anna"]
            ),
            Step(
                method: .post,
                template: one + "/take",
                status: 404,
                target: "/api/alerts/none/take",
                body: [:]
            ),
            Step(method: .get, template: "/api/alerts/channels", status: 200),
            Step(method: .post, template: test, status: 200, target: "/api/alerts/channels/ops/test"),
            Step(method: .post, template: test, status: 404, target: "/api/alerts/channels/none/test"),
            Step(method: .get, template: silences, status: 200),
            Step(method: .post, template: silences, status: 201, body: silence),
            Step(method: .post, template: silences, status: 422, body: ["reason": "drill"]),
            Step(
                method: .delete,
                template: silences + "/{id}",
                status: 204,
                target: "\(silences)/\(alerted.silence)"
            ),
            Step(method: .delete, template: silences + "/{id}", status: 404, target: "\(silences)/none"),
            Step(method: .get, template: "/api/push/key", status: 200),
            Step(method: .get, template: browsers, status: 200),
            Step(
                method: .delete,
                template: browsers + "/{id}",
                status: 204,
                target: "\(browsers)/\(alerted.browser)"
            ),
            Step(method: .post, template: browsers, status: 201, body: browser),
            Step(method: .post, template: browsers, status: 422, body: ["endpoint": "x"]),
            Step(method: .delete, template: browsers + "/{id}", status: 404, target: "\(browsers)/none"),
        ]
    }
}

extension GatewayBench {
    /// An incident that was told, a silence, and a browser that subscribed.
    func alert() async throws -> ResourceTests.Alerted {
        let now = clock.time.now()
        let incident = Incident(
            id: IncidentID(now: now, random: .seeded(3)),
            subject: .integration(try #require(ResourceName("stripe"))),
            state: .down,
            worst: .down,
            openedAt: now,
            summary: "Stripe does not answer"
        )
        _ = try await IncidentBook(database: services.database).open(incident)
        try await services.alerts.look()
        let alerts = try await send(.get, "/api/alerts", key: admin).json
        let silence = try await send(.post, "/api/alerts/silences", ResourceTests.silence, key: admin).json
        let browser = try await send(.post, "/api/push/subscriptions", ResourceTests.browser, key: admin).json
        return ResourceTests.Alerted(
            alert: try #require(alerts["data"]?.array?.first?["id"]?.string),
            silence: try #require(silence["id"]?.string),
            browser: try #require(browser["id"]?.string)
        )
    }
}
