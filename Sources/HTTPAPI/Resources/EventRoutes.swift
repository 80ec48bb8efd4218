import Access
import Domain
import Registry
import Webhooks

/// Events: list, show, explain, replay.
struct EventRoutes: Sendable {
    let context: ResourceContext

    var all: [Route] { [list, show, explain, replay] }

    private var list: Route {
        Route(
            .get,
            "/api/events",
            id: "listEvents",
            tag: "events",
            summary: "Lists events, newest first.",
            parameters: [
                Parameters.search, Parameters.source, Parameters.type, Parameters.since, Parameters.until,
                Parameters.limit, Parameters.cursor,
            ],
            replies: [.json(200, .page(of: "Event"), "One page of events.")],
            action: .guarded(.read) { call, scope in
                let listing = call.listing("events", scope)
                let next = try context.position(call, listing: listing)
                let filter = try filter(call, scope)
                let page =
                    if let text = call.text("q") {
                        try await context.queries.search(text, filter, next: next, limit: call.limit)
                    } else {
                        try await context.queries.events(filter, next: next, limit: call.limit)
                    }
                return .page(
                    page.elements.map(\.json),
                    nextCursor: context.cursor(page.next, listing: listing)
                )
            }
        )
    }

    private var show: Route {
        Route(
            .get,
            "/api/events/{id}",
            id: "getEvent",
            tag: "events",
            summary: "Shows an event with its payload, its deliveries and their tries.",
            parameters: [
                .init(
                    "payload",
                    .choice(["true", "false", "base64"]),
                    "`false` leaves the payload out, `base64` gives its very bytes."
                )
            ],
            replies: [.json(200, .named("EventDetail"), "The event.")],
            action: .guarded(.read) { call, scope in
                let event = try await event(call, scope)
                var members = event.json.object ?? []
                let history = try await context.visibleHistory(of: event, scope)
                members.append(JSONMember("deliveries", .array(history.map { $0.0.json(tries: $0.1) })))
                if call.text("payload") != "false" {
                    members += try await payload(event, parsed: call.text("payload") != "base64")
                }
                return .json(.object(members))
            }
        )
    }

    private var explain: Route {
        Route(
            .get,
            "/api/events/{id}/explain",
            id: "explainEvent",
            tag: "events",
            summary: "Tells what happened to an event, in words.",
            replies: [.json(200, .named("Explanation"), "The story.")],
            action: .guarded(.read) { call, scope in
                let event = try await event(call, scope)
                let explanation = Explanation(
                    event,
                    history: try await context.visibleHistory(of: event, scope),
                    duplicates: try await context.queries.duplicateTimes(of: event),
                    obstacle: { context.health.obstacle(to: $0) },
                    snapshot: context.visibleSnapshot(scope),
                    now: context.time.now()
                )
                return .json(explanation.json)
            }
        )
    }

    private var replay: Route {
        Route(
            .post,
            "/api/events/{id}/replay",
            id: "replayEvent",
            tag: "events",
            summary: "Delivers an event again, to one destination or to all that want it now.",
            body: .object([
                .optional("destination", .string(length: 1...63), "Only to this destination.")
            ]),
            replies: [.json(200, .named("Replay"), "What was queued.")],
            problems: [409],
            action: .guarded(.write) { call, scope in
                let event = try await event(call, scope)
                guard try await context.queries.body(of: event) != nil else {
                    throw Problem.payloadGone(context.registry.snapshot.retention(of: event.sourceID))
                }
                let destination = try context.destinationID(call.body?["destination"]?.string, scope)
                let request = ReplayRequest(
                    .event(event.id, destinationID: destination),
                    requestedBy: scope.requester
                )
                return .json(try await context.replayer.start(request).json)
            }
        )
    }

    private func event(_ call: RouteCall, _ scope: AccessScope) async throws -> StoredEvent {
        guard let id = EventID(call.path["id"]),
            let event = try await context.queries.event(id, visibleSources: context.visibleSources(scope))
        else { throw Problem.notFound }
        return event
    }

    private func filter(_ call: RouteCall, _ scope: AccessScope) throws -> EventFilter {
        EventFilter(
            sourceID: try context.sourceID(call.text("source"), scope),
            visibleSources: context.visibleSources(scope),
            type: try EventPattern(parameter: call.text("type")),
            since: try call.instant("since"),
            until: try call.instant("until")
        )
    }

    private func payload(_ event: StoredEvent, parsed: Bool) async throws -> [JSONMember] {
        guard let body = try await context.queries.body(of: event) else {
            let retention = context.registry.snapshot.retention(of: event.sourceID)
            return [
                JSONMember("payload", .null), JSONMember("payload_gone", .string(retention.goneSentence)),
            ]
        }
        if parsed, let value = try? JSONParser.parse(body) { return [JSONMember("payload", value)] }
        return [JSONMember("payload_base64", .string(Base64.encode(body)))]
    }
}

extension Problem {
    /// 409: there is nothing left to deliver.
    static func payloadGone(_ retention: SourceRetention) -> Problem {
        Problem(
            status: 409,
            code: "payload-gone",
            title: "The event's body is gone; it cannot be delivered again.",
            detail: retention.goneSentence
        )
    }
}

extension SourceRetention {
    fileprivate var goneSentence: String {
        "The source's retention.bodies_days is \(bodiesDays)."
    }
}

extension EventPattern {
    /// Reads a pattern from a parameter or a body; 400 when it is none.
    init?(parameter text: String?) throws {
        guard let text else { return nil }
        guard let pattern = EventPattern(text) else {
            throw Problem.badRequest("invalid-type", "A type is `charge.refunded`, `charge.*` or `*`.")
        }
        self = pattern
    }
}

extension AccessScope {
    /// Who asks, for records: the id of the key.
    var requester: String { keyID?.description ?? "console" }
}
