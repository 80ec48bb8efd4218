import Domain
import HTTPAPI

extension ResourceTests {
    /// The part of the tour about failovers, budgets and tests of integrations.
    static let failovers: [Step] = {
        let order: JSONValue = ["capability": "payments", "to": "till", "for_seconds": 60, "reason": "drill"]
        let held = "/api/budgets/{integration}/reservations"
        let share: JSONValue = [
            "wedding": "w:7", "limit": "charges", "quota": 100, "from": "2026-06-20T08:00:00Z",
            "to": "2026-06-20T20:00:00Z",
        ]
        let id = "rsv_01j9zzzzzzfzzvzzzzzzzzzzzz"
        return [
            Step(
                method: .post,
                template: "/api/integrations",
                status: 201,
                body: ["name": "till", "provider": "stripe", "credential": ["key": "sk_test_x"]]
            ),
            Step(
                method: .post,
                template: "/api/weddings",
                status: 201,
                body: ["id": "w:7", "title": "Seven", "date": "2026-06-20", "zone": "UTC"]
            ),
            Step(method: .post, template: "/api/failovers", status: 201, body: order),
            Step(
                method: .post,
                template: "/api/failovers",
                status: 422,
                body: ["capability": "sms", "to": "till", "reason": "drill"]
            ),
            Step(method: .get, template: "/api/failovers", status: 200, target: "/api/failovers?open=true"),
            Step(method: .get, template: "/api/failovers", status: 200),
            Step(
                method: .delete,
                template: "/api/failovers/{capability}",
                status: 204,
                target: "/api/failovers/payments"
            ),
            Step(
                method: .delete,
                template: "/api/failovers/{capability}",
                status: 404,
                target: "/api/failovers/payments"
            ),
            Step(method: .get, template: "/api/budgets", status: 200),
            Step(
                method: .post,
                template: held,
                status: 201,
                target: "/api/budgets/till/reservations",
                body: share
            ),
            Step(method: .get, template: held, status: 200, target: "/api/budgets/till/reservations"),
            Step(
                method: .delete,
                template: held + "/{id}",
                status: 404,
                target: "/api/budgets/till/reservations/" + id
            ),
            Step(
                method: .get,
                template: "/api/budgets/{integration}/forecast",
                status: 200,
                target: "/api/budgets/till/forecast?hours=12"
            ),
            Step(
                method: .post,
                template: "/api/integrations/{name}/test",
                status: 200,
                target: "/api/integrations/till/test"
            ),
            Step(method: .get, template: "/api/integrations/health-check", status: 200),
            Step(method: .delete, template: "/api/weddings/{id}", status: 204, target: "/api/weddings/w%3A7"),
            Step(
                method: .delete,
                template: "/api/integrations/{name}",
                status: 204,
                target: "/api/integrations/till"
            ),
        ]
    }()
}
