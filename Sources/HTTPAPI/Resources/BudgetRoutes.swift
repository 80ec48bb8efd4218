import Access
import Calls
import Domain
import Providers
import Registry
import Resilience

/// Rate budgets: how much of every limit is used, shares held for weddings, and how far limits will reach.
struct BudgetRoutes: Sendable {
    /// The farthest forecast, in hours: a week.
    static let hoursMax: Int64 = 168

    let context: ResourceContext
    let calls: CallEngine

    var all: [Route] { [list, reserve, reservations, release, forecast] }

    private var list: Route {
        Route(
            .get,
            "/api/budgets",
            id: "listBudgets",
            tag: "budgets",
            summary: "Shows every integration's limits: what is documented, believed, used and held.",
            replies: [.json(200, .list(of: "Budget"), "The budgets, by integration.")],
            action: .guarded(.read) { _, scope in
                try scope.requirePlatform()
                let standings = try await calls.standings()
                return .page(standings.map(json), nextCursor: nil)
            }
        )
    }

    private var reserve: Route {
        Route(
            .post,
            "/api/budgets/{integration}/reservations",
            id: "reserveBudget",
            tag: "budgets",
            summary: "Holds a share of a limit for a wedding; 409 says what is left.",
            body: .object([
                .required("wedding", .string(length: 1...128), "Whose calls may use it."),
                .optional("limit", .name, "Which limit; the only one there is unless given."),
                .required("quota", .integer(1...1_000_000_000), "How many calls."),
                .required("from", .string(length: 1...40, format: "date-time"), "When it begins."),
                .required("to", .string(length: 1...40, format: "date-time"), "When it is over."),
            ]),
            replies: [.json(201, .named("Reservation"), "The reservation.")],
            problems: [409, 422],
            action: .guarded(.write) { call, scope in
                try scope.requirePlatform()
                let integration = try context.integration(call.path["integration"], scope)
                let body = call.body ?? .null
                guard let wedding = body["wedding"]?.string.flatMap({ WeddingID($0) }),
                    context.weddings.snapshot.weddings[wedding] != nil
                else { throw Problem(CallError.unknownOwner("wedding")) }
                let share = Reservation(
                    wedding: wedding,
                    quota: Int(clamping: body["quota"]?.int64 ?? 0),
                    from: try instant(body, "from"),
                    to: try instant(body, "to")
                )
                do {
                    let record = try await calls.reserve(
                        share,
                        of: body["limit"]?.string,
                        at: integration.name,
                        by: scope.principal.description
                    )
                    return .json(json(record, integration.name), status: 201)
                } catch let error as ReservationError {
                    throw Problem(error)
                }
            }
        )
    }

    private var reservations: Route {
        Route(
            .get,
            "/api/budgets/{integration}/reservations",
            id: "listReservations",
            tag: "budgets",
            summary: "Lists what is held of an integration's limits and not over.",
            replies: [.json(200, .list(of: "Reservation"), "The reservations, oldest first.")],
            action: .guarded(.read) { call, scope in
                try scope.requirePlatform()
                let integration = try context.integration(call.path["integration"], scope)
                let records = calls.desk.reservations(at: integration.id)
                return .page(records.map { json($0, integration.name) }, nextCursor: nil)
            }
        )
    }

    private var release: Route {
        Route(
            .delete,
            "/api/budgets/{integration}/reservations/{id}",
            id: "releaseReservation",
            tag: "budgets",
            summary: "Gives a share back.",
            replies: [.empty(204, "It is everybody's again.")],
            action: .guarded(.write) { call, scope in
                try scope.requirePlatform()
                let integration = try context.integration(call.path["integration"], scope)
                guard let id = ReservationID(call.path["id"]),
                    try await calls.release(id, at: integration.name)
                else { throw Problem.notFound }
                return APIResponse(status: 204)
            }
        )
    }

    private var forecast: Route {
        Route(
            .get,
            "/api/budgets/{integration}/forecast",
            id: "forecastBudget",
            tag: "budgets",
            summary: "Says how far an integration's limits reach, by what is usual at this time of the week.",
            parameters: [.init("hours", .integer(1...Self.hoursMax), "How far ahead; 24 unless given.")],
            replies: [.json(200, .named("BudgetForecast"), "The forecast.")],
            action: .guarded(.read) { call, scope in
                try scope.requirePlatform()
                let integration = try context.integration(call.path["integration"], scope)
                guard let called = calls.integration(integration.name) else { throw Problem.notFound }
                let hours = call.integer("hours") ?? 24
                let limits = calls.desk.outlook(of: called, for: .seconds(hours * 3_600))
                return .json([
                    "integration": .string(integration.name.text),
                    "hours": .integer(hours),
                    "limits": .array(limits.map { json($0.limit, $0.outlook, $0.usualPerHour) }),
                ])
            }
        )
    }

    // MARK: Showing

    private func instant(_ body: JSONValue, _ name: String) throws -> Instant {
        guard let instant = body[name]?.string.flatMap({ Instant($0) }) else {
            throw Problem.badRequest(
                "invalid-instant",
                "Write '\(name)' as RFC 3339, such as 2026-06-20T16:00:00Z."
            )
        }
        return instant
    }

    private func json(_ standing: IntegrationStanding) -> JSONValue {
        let held = calls.desk.reservations(at: standing.integration.id)
        return [
            "integration": .string(standing.integration.name.text),
            "provider": .string(standing.integration.account.provider.rawValue),
            "waiting": .integer(standing.view.waiting),
            "limits": .array(
                standing.view.limits.map { limit in
                    let own = held.filter { $0.limit.utf8.elementsEqual(limit.name.utf8) }
                    return limit.json(reserved: own.reduce(0) { $0 + $1.share.quota })
                }
            ),
        ]
    }

    private func json(_ record: ReservationRecord, _ integration: ResourceName) -> JSONValue {
        [
            "id": .string(record.id.description),
            "integration": .string(integration.text),
            "limit": .string(record.limit),
            "wedding": .string(record.share.wedding.text),
            "quota": .integer(record.share.quota),
            "from": .instant(record.share.from),
            "to": .instant(record.share.to),
            "by": .string(record.by),
            "created_at": .instant(record.createdAt),
        ]
    }

    private func json(
        _ limit: String,
        _ outlook: UsageForecast.Outlook?,
        _ usual: Double?
    ) -> JSONValue {
        let text: String
        if let outlook {
            let unknown = usual == nil ? " What is usual is not known yet." : ""
            text =
                (outlook.runsOutAt.map { "It runs out at \(Instant(seconds: $0.seconds))." }
                    ?? "It reaches: about \(Int(outlook.left.rounded(.down))) calls are left over.") + unknown
        } else {
            text = "It counts requests in flight, which do not run out."
        }
        return [
            "limit": .string(limit),
            "usual_per_hour": usual.map { .fraction($0) } ?? .null,
            "usual": outlook.map { .fraction($0.usual) } ?? .null,
            "reserved": outlook.map { .fraction($0.reserved) } ?? .null,
            "capacity": outlook.map { .fraction($0.capacity) } ?? .null,
            "left": outlook.map { .fraction($0.left) } ?? .null,
            "runs_out_at": .instant(outlook?.runsOutAt),
            "text": .string(text),
        ]
    }
}

extension DeskView.LimitView {
    /// The limit as the API shows it.
    func json(reserved: Int) -> JSONValue {
        [
            "name": .string(name),
            "kind": kind?.json ?? .null,
            "believed": believed.json,
            "learned": .bool(kind.map { $0 != believed } ?? true),
            "used": .integer(used),
            "of": .integer(of),
            "used_part": .fraction(usedPart),
            "reserved": .integer(reserved),
            "wait_seconds": .fraction(wait.inSeconds),
        ]
    }
}

extension LimitKind {
    /// The limit as the API shows it.
    var json: JSONValue {
        switch self {
        case .tokenBucket(let rate, let burst):
            ["kind": "bucket", "per_second": .fraction(rate), "burst": .integer(burst)]
        case .fixedWindow(let count, let length):
            ["kind": "window", "count": .integer(count), "window_seconds": .fraction(length.inSeconds)]
        case .concurrency(let count): ["kind": "in_flight", "in_flight": .integer(count)]
        }
    }
}

extension Problem {
    /// What a caller is told whose share is not held.
    init(_ error: ReservationError) {
        func invalid(_ detail: String) -> Problem {
            Problem(
                status: 422,
                code: "reservation-invalid",
                title: "The share cannot be held.",
                detail: detail
            )
        }
        func full(_ detail: String, _ extensions: [JSONMember] = []) -> Problem {
            Problem(
                status: 409,
                code: "budget-exceeded",
                title: "The limit has not that much left.",
                detail: detail,
                extensions: extensions
            )
        }
        switch error {
        case .unknownIntegration: self = .notFound
        case .unknownLimit(let names):
            self = invalid(
                names.isEmpty ? "It has no limits." : "Its limits are \(names.joined(separator: ", "))."
            )
        case .ambiguousLimit(let names):
            self = invalid("Say which limit: \(names.joined(separator: ", ")).")
        case .badTime: self = invalid("It must end in the future, within 400 days.")
        case .refused(.isEmpty): self = invalid("It must end after it begins.")
        case .refused(.notCounted):
            self = invalid("This limit counts requests in flight, and those are not held.")
        case .refused(.tooMany(let most)):
            self = full("There are \(most) reservations already: give one back first.")
        case .refused(.tooMuch(let left)):
            self = full(
                "With those there are it is more than the limit: at most \(left) can be held in that time.",
                [JSONMember("left", .integer(left))]
            )
        }
    }
}
