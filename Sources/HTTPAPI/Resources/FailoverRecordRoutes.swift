import Access
import Calls
import Domain
import Providers
import Registry

/// Failovers: order one, list what there was, take one back.
struct FailoverRecordRoutes: Sendable {
    /// The longest time an order is given for: 30 days.
    static let secondsMax: Int64 = 30 * 86_400

    let context: ResourceContext
    let calls: CallEngine

    var all: [Route] { [create, list, remove] }

    private var create: Route {
        Route(
            .post,
            "/api/failovers",
            id: "orderFailover",
            tag: "failovers",
            summary: "Sends all new calls of a capability to one integration, in place of an earlier order.",
            body: .object([
                .required("capability", .choice(Capability.allCases.map(\.rawValue)), "Whose calls."),
                .required("to", .name, "The integration they go to."),
                .optional(
                    "for_seconds",
                    .integer(1...Self.secondsMax),
                    "For how long; until it is taken back unless given."
                ),
                .required("reason", .string(length: 3...FailoverOrder.reasonBytesMax), "Why."),
            ]),
            replies: [.json(201, .named("Failover"), "The failover.")],
            problems: [422],
            action: .guarded(.write) { call, scope in
                try scope.requirePlatform()
                let body = call.body ?? .null
                guard let capability = body["capability"]?.string.flatMap({ Capability(name: $0) }),
                    let name = body["to"]?.string.flatMap({ ResourceName($0) })
                else { throw Problem.cannotFailOver(to: body["to"]?.string ?? "") }
                do {
                    let record = try await calls.failOver(
                        capability,
                        to: name,
                        for: body["for_seconds"]?.int64.map { .seconds($0) },
                        reason: body["reason"]?.string ?? "",
                        by: scope.principal.description
                    )
                    return .json(try await json(record), status: 201)
                } catch is CallError {
                    throw Problem.cannotFailOver(to: name.text)
                }
            }
        )
    }

    private var list: Route {
        Route(
            .get,
            "/api/failovers",
            id: "listFailovers",
            tag: "failovers",
            summary: "Lists the latest failovers, ordered ones and Usher's own, newest first.",
            parameters: [
                .init("limit", .integer(1...200), "How many, at most; 50 unless given."),
                .init("open", .boolean, "Only those that hold now."),
            ],
            replies: [.json(200, .list(of: "Failover"), "The failovers.")],
            action: .guarded(.read) { call, scope in
                try scope.requirePlatform()
                let isOpen = call.text("open") == "true"
                let records =
                    isOpen
                    ? try await calls.openFailovers().reversed()
                    : try await calls.failovers(limit: call.limit)
                var shown: [JSONValue] = []
                for record in records.prefix(call.limit) { shown.append(try await json(record)) }
                return .page(shown, nextCursor: nil)
            }
        )
    }

    private var remove: Route {
        Route(
            .delete,
            "/api/failovers/{capability}",
            id: "takeBackFailover",
            tag: "failovers",
            summary: "Takes an order back: the route holds again.",
            replies: [.empty(204, "The route holds again.")],
            action: .guarded(.write) { call, scope in
                try scope.requirePlatform()
                guard let capability = Capability(name: call.path["capability"]),
                    try await calls.failBack(capability)
                else { throw Problem.notFound }
                return APIResponse(status: 204)
            }
        )
    }

    private func json(_ record: FailoverRecord) async throws -> JSONValue {
        let called = try await calls.weddings(of: record)
        let end = record.endedAt ?? context.time.now()
        let near = context.weddings.snapshot.weddings.values.filter { wedding in
            [record.since, end].contains { instant in
                let phase = wedding.clock.phase(at: instant)
                return phase == .eve || phase == .day
            }
        }
        let affected = Set(called).union(near.map(\.id)).map(\.text).sorted()
        return [
            "id": .string(record.id.description),
            "capability": .string(record.capability.rawValue),
            "from": name(record.from),
            "to": name(record.to),
            "why": .string(record.reason),
            "by": .string(record.by),
            "automatic": .bool(!record.isOrder),
            "since": .instant(record.since),
            "until": .instant(record.until),
            "ended_at": .instant(record.endedAt),
            "affected_weddings": .array(
                affected.prefix(CallEngine.affectedMax).map { .string($0) }
            ),
            "way_back": .string(calls.wayBack(of: record)),
        ]
    }

    private func name(_ integration: Int64?) -> JSONValue {
        .text(integration.flatMap { context.registry.snapshot.integration(id: $0)?.name.text })
    }
}

extension Problem {
    /// 422: calls cannot be sent there.
    static func cannotFailOver(to name: String) -> Problem {
        Problem(
            status: 422,
            code: "failover-target-invalid",
            title: "Calls cannot be sent there.",
            detail: "There is no enabled integration '\(name)' that serves this capability."
        )
    }
}
