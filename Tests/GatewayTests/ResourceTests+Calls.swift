import Domain
import Gateway
import HTTPAPI
import Providers
import Registry
import Testing
import UsherTesting

/// The part of the tour that is about calls out.
extension ResourceTests {
    static let integrations: [Step] = {
        let definition: JSONValue = [
            "name": "google", "provider": "google-calendar",
            "credential": ["client_id": "client", "client_secret": "hidden"],
        ]
        let named = "/api/integrations/{name}"
        let routed = "/api/routes/{capability}"
        return [
            Step(method: .post, template: "/api/integrations", status: 201, body: definition),
            Step(method: .post, template: "/api/integrations", status: 409, body: definition),
            Step(method: .get, template: "/api/integrations", status: 200),
            Step(method: .get, template: named, status: 200, target: "/api/integrations/google"),
            Step(
                method: .patch,
                template: named,
                status: 200,
                target: "/api/integrations/google",
                body: ["enabled": true]
            ),
            Step(
                method: .put,
                template: named,
                status: 200,
                target: "/api/integrations/twilio",
                body: [
                    "provider": "square", "credential": ["token": "EAAA", "location": "L1"],
                ]
            ),
            Step(
                method: .post,
                template: "/api/backfill/{name}",
                status: 202,
                target: "/api/backfill/google"
            ),
            Step(method: .get, template: "/api/backfill", status: 200),
            Step(method: .get, template: "/api/routes", status: 200),
            Step(
                method: .put,
                template: routed,
                status: 200,
                target: "/api/routes/payments",
                body: ["order": ["twilio"], "strategy": "gradual"]
            ),
            Step(method: .get, template: routed, status: 200, target: "/api/routes/payments"),
            Step(method: .delete, template: named, status: 409, target: "/api/integrations/twilio"),
            Step(method: .delete, template: routed, status: 204, target: "/api/routes/payments"),
            Step(method: .delete, template: named, status: 204, target: "/api/integrations/twilio"),
            Step(
                method: .post,
                template: "/api/vendors",
                status: 201,
                body: ["name": "carla"]
            ),
            Step(
                method: .post,
                template: "/api/vendors/{name}/connect/{provider}",
                status: 200,
                target: "/api/vendors/carla/connect/google-calendar",
                body: [:]
            ),
            Step(
                method: .get,
                template: "/api/connect/callback",
                status: 410,
                target: "/api/connect/callback?state=x&code=y"
            ),
            Step(method: .delete, template: named, status: 204, target: "/api/integrations/google"),
        ]
    }()

    // Nothing is configured to call: what is asked for is refused in words.
    static let calls: [Step] = {
        let id = "call_01j9zzzzzzfzzvzzzzzzzzzzzz"
        return [
            Step(
                method: .post,
                template: "/api/calls",
                status: 422,
                body: [
                    "capability": "weather", "operation": "current",
                    "input": ["latitude": .number("40.4"), "longitude": .number("-3.7")],
                ]
            ),
            // A body that is there at once, where a stream belongs.
            Step(method: .post, template: "/api/content", status: 400, body: [:]),
            Step(
                method: .get,
                template: "/api/content/{id}",
                status: 404,
                target: "/api/content/cnt_01j9zzzzzzfzzvzzzzzzzzzzzz"
            ),
            Step(method: .get, template: "/api/calls", status: 200, target: "/api/calls?state=in_doubt"),
            Step(method: .get, template: "/api/calls/{id}", status: 404, target: "/api/calls/\(id)"),
            Step(
                method: .post,
                template: "/api/calls/{id}/settle",
                status: 404,
                target: "/api/calls/\(id)/settle",
                body: ["outcome": "not_applied", "reason": "seen in the dashboard"]
            ),
            Step(
                method: .get,
                template: "/api/proxy-calls",
                status: 200,
                target: "/api/proxy-calls?state=sent"
            ),
            Step(
                method: .get,
                template: "/api/objects/{integration}",
                status: 404,
                target: "/api/objects/nobody?key=garcia%2F0001.jpg"
            ),
            Step(
                method: .get,
                template: "/api/content-debts",
                status: 200,
                target: "/api/content-debts?state=owed"
            ),
        ]
            + [RequestMethod.get, .post, .put, .patch, .delete].map { method in
                Step(
                    method: method,
                    template: "/api/proxy/{integration}/{path}",
                    status: 404,
                    target: "/api/proxy/nobody/v1/charges"
                )
            }
    }()
}
