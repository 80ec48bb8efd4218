import Domain
import HTTPAPI

extension ResourceTests {
    /// The part of the tour about incidents and the report of health.
    static let incidents: [Step] = {
        let unknown = "/api/incidents/inc_01j9zzzzzzfzzvzzzzzzzzzzzz"
        return [
            Step(method: .get, template: "/api/incidents", status: 200),
            Step(
                method: .get,
                template: "/api/incidents",
                status: 200,
                target: "/api/incidents?open=true&about=integration&name=till&limit=1"
            ),
            Step(
                method: .get,
                template: "/api/incidents",
                status: 400,
                target: "/api/incidents?about=source"
            ),
            Step(method: .get, template: "/api/incidents/{id}", status: 404, target: unknown),
            Step(
                method: .post,
                template: "/api/incidents/{id}/notes",
                status: 404,
                target: unknown + "/notes",
                body: ["text": "called them"]
            ),
            Step(method: .get, template: "/api/health/report", status: 200),
            Step(
                method: .get,
                template: "/api/health/report",
                status: 400,
                target: "/api/health/report?since=2026-06-20T16:00:00Z&until=2026-06-20T15:00:00Z"
            ),
        ]
    }()
}
