import Access
import Domain
import Registry
import Webhooks

/// Deliveries and dead letters: list, show, replay.
struct DeliveryRoutes: Sendable {
    let context: ResourceContext

    var all: [Route] { [list, show, deadLetters, replayOne, replayMany] }

    private var list: Route {
        Route(
            .get,
            "/api/deliveries",
            id: "listDeliveries",
            tag: "deliveries",
            summary: "Lists deliveries, newest first.",
            parameters: [
                Parameters.destination,
                .init("state", .choice(DeliveryState.allCases.map(\.name)), "Only those in this state."),
                Parameters.limit, Parameters.cursor,
            ],
            replies: [.json(200, .page(of: "Delivery"), "One page of deliveries.")],
            action: .guarded(.read) { call, scope in
                try await page(
                    call,
                    scope,
                    "deliveries",
                    call.text("state").flatMap(DeliveryState.init(name:))
                )
            }
        )
    }

    private var show: Route {
        Route(
            .get,
            "/api/deliveries/{id}",
            id: "getDelivery",
            tag: "deliveries",
            summary: "Shows a delivery with its tries.",
            replies: [.json(200, .named("DeliveryDetail"), "The delivery.")],
            action: .guarded(.read) { call, scope in
                let delivery = try await delivery(call, scope)
                return .json(delivery.json(tries: try await context.queries.attempts(of: delivery.id)))
            }
        )
    }

    private var deadLetters: Route {
        Route(
            .get,
            "/api/dead-letters",
            id: "listDeadLetters",
            tag: "dead letters",
            summary: "Lists deliveries that were given up, newest first.",
            parameters: [Parameters.destination, Parameters.limit, Parameters.cursor],
            replies: [.json(200, .page(of: "Delivery"), "One page of dead letters.")],
            action: .guarded(.read) { call, scope in try await page(call, scope, "dead-letters", .dead) }
        )
    }

    private var replayOne: Route {
        Route(
            .post,
            "/api/dead-letters/{id}/replay",
            id: "replayDeadLetter",
            tag: "dead letters",
            summary: "Queues a dead letter anew.",
            replies: [.json(200, .named("Replay"), "What was queued.")],
            problems: [409],
            action: .guarded(.write) { call, scope in
                let delivery = try await delivery(call, scope)
                guard delivery.state == .dead else {
                    throw Problem(
                        status: 409,
                        code: "not-dead",
                        title: "The delivery is not a dead letter.",
                        detail: "It is \(delivery.state.name); replay its event to send it again."
                    )
                }
                if let event = try await context.queries.event(delivery.eventID),
                    try await context.queries.body(of: event) == nil
                {
                    throw Problem.payloadGone(context.registry.snapshot.retention(of: event.sourceID))
                }
                let request = ReplayRequest(.deadLetter(delivery.id), requestedBy: scope.requester)
                return .json(try await context.replayer.start(request).json)
            }
        )
    }

    private var replayMany: Route {
        Route(
            .post,
            "/api/dead-letters/replay",
            id: "replayDeadLetters",
            tag: "dead letters",
            summary: "Queues dead letters anew, or says how many there are.",
            body: .object([
                .optional("destination", .string(length: 1...63), "Only those to this destination."),
                .optional("dry_run", .boolean, "`true` only counts."),
            ]),
            replies: [
                .json(200, .named("ReplayPreview"), "What a replay would do."),
                .json(202, .named("Replay"), "The replay has begun."),
            ],
            action: .guarded(.write) { call, scope in
                let filter = DeliveryFilter(
                    destinationID: try context.destinationID(call.body?["destination"]?.string, scope),
                    state: .dead,
                    visibleSources: context.visibleSources(scope)
                )
                return try await context.replay(.deadLetters(filter), call, scope)
            }
        )
    }

    private func page(
        _ call: RouteCall,
        _ scope: AccessScope,
        _ name: String,
        _ state: DeliveryState?
    ) async throws -> APIResponse {
        let listing = call.listing(name, scope)
        let filter = DeliveryFilter(
            destinationID: try context.destinationID(call.text("destination"), scope),
            state: state,
            visibleSources: context.visibleSources(scope)
        )
        let page = try await context.queries.deliveries(
            filter,
            next: try context.position(call, listing: listing),
            limit: call.limit
        )
        return .page(page.elements.map(\.json), nextCursor: context.cursor(page.next, listing: listing))
    }

    private func delivery(_ call: RouteCall, _ scope: AccessScope) async throws -> StoredDelivery {
        guard let id = DeliveryID(call.path["id"]),
            let delivery = try await context.queries.delivery(
                id,
                visibleSources: context.visibleSources(scope)
            )
        else { throw Problem.notFound }
        return delivery
    }
}
