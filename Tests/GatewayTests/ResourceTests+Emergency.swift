import Domain
import HTTPAPI

extension ResourceTests {
    /// The part of the tour about readiness and emergency mode.
    static let emergency: [Step] = {
        let wedding: JSONValue = ["id": "w:9", "title": "Nine", "date": "2026-06-20", "zone": "UTC"]
        let readiness = "/api/weddings/{id}/readiness"
        return [
            Step(method: .post, template: "/api/weddings", status: 201, body: wedding),
            Step(method: .get, template: readiness, status: 200, target: "/api/weddings/w%3A9/readiness"),
            Step(method: .get, template: readiness, status: 404, target: "/api/weddings/none/readiness"),
            Step(method: .get, template: "/api/emergency", status: 200),
            Step(
                method: .post,
                template: "/api/emergency",
                status: 200,
                body: ["reason": "drill", "for_seconds": 600]
            ),
            Step(method: .post, template: "/api/emergency", status: 422, body: ["reason": ""]),
            Step(method: .get, template: "/api/emergency", status: 200),
            Step(method: .delete, template: "/api/emergency", status: 204),
            Step(method: .delete, template: "/api/emergency", status: 404),
            Step(method: .delete, template: "/api/weddings/{id}", status: 204, target: "/api/weddings/w%3A9"),
        ]
    }()
}
