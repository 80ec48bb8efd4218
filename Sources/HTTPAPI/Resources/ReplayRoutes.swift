import Access
import Domain
import Registry
import Webhooks

/// Replays of many events: start, follow, cancel.
struct ReplayRoutes: Sendable {
    let context: ResourceContext

    var all: [Route] { [start, list, show, cancel] }

    private var start: Route {
        Route(
            .post,
            "/api/replays",
            id: "startReplay",
            tag: "replays",
            summary: "Delivers past events again, at low priority, or says how many there are.",
            body: .object([
                .optional("source", .string(length: 1...63), "Only events of this source."),
                .optional("type", .string(length: 1...128), "Only events of this type, or `charge.*`."),
                .optional(
                    "since",
                    .string(length: 1...40, format: "date-time"),
                    "Only those received at or after it."
                ),
                .optional(
                    "until",
                    .string(length: 1...40, format: "date-time"),
                    "Only those received before it."
                ),
                .optional("destination", .string(length: 1...63), "Only to this destination."),
                .optional("dry_run", .boolean, "`true` only counts."),
            ]),
            replies: [
                .json(200, .named("ReplayPreview"), "What a replay would do."),
                .json(202, .named("Replay"), "The replay has begun."),
            ],
            action: .guarded(.write) { call, scope in
                let filter = EventFilter(
                    sourceID: try context.sourceID(call.body?["source"]?.string, scope),
                    visibleSources: context.visibleSources(scope),
                    type: try EventPattern(parameter: call.body?["type"]?.string),
                    since: try instant(call, "since"),
                    until: try instant(call, "until")
                )
                let destination = try context.destinationID(call.body?["destination"]?.string, scope)
                return try await context.replay(.events(filter, destinationID: destination), call, scope)
            }
        )
    }

    private var list: Route {
        Route(
            .get,
            "/api/replays",
            id: "listReplays",
            tag: "replays",
            summary: "Lists replays, newest first.",
            parameters: [Parameters.limit, Parameters.cursor],
            replies: [.json(200, .page(of: "Replay"), "One page of replays.")],
            action: .guarded(.read) { call, scope in
                try scope.requirePlatform()
                let listing = call.listing("replays", scope)
                var before: ReplayID?
                if let text = call.text("cursor") {
                    before = ReplayID(bytes: try context.cursors.decode(text, listing: listing))
                }
                let found = try await context.replayer.list(before: before, limit: call.limit + 1)
                let page = found.prefix(call.limit)
                let next = found.count > call.limit ? page.last?.id.bytes : nil
                return .page(
                    page.map(\.json),
                    nextCursor: next.map { context.cursors.encode($0, listing: listing) }
                )
            }
        )
    }

    private var show: Route {
        Route(
            .get,
            "/api/replays/{id}",
            id: "getReplay",
            tag: "replays",
            summary: "Says how far a replay has come.",
            replies: [.json(200, .named("Replay"), "The replay.")],
            action: .guarded(.read) { call, scope in
                try scope.requirePlatform()
                guard let id = ReplayID(call.path["id"]), let status = try await context.replayer.status(id)
                else { throw Problem.notFound }
                return .json(status.json)
            }
        )
    }

    private var cancel: Route {
        Route(
            .post,
            "/api/replays/{id}/cancel",
            id: "cancelReplay",
            tag: "replays",
            summary: "Stops a replay; what it has queued stays queued.",
            replies: [.json(200, .named("Replay"), "The replay.")],
            action: .guarded(.write) { call, scope in
                try scope.requirePlatform()
                guard let id = ReplayID(call.path["id"]), let status = try await context.replayer.cancel(id)
                else { throw Problem.notFound }
                return .json(status.json)
            }
        )
    }

    private func instant(_ call: RouteCall, _ name: String) throws -> Instant? {
        guard let text = call.body?[name]?.string else { return nil }
        guard let instant = Instant(text) else {
            throw Problem.badRequest(
                "invalid-instant",
                "Write '\(name)' as RFC 3339, such as 2026-06-20T16:00:00Z."
            )
        }
        return instant
    }
}

extension ResourceContext {
    /// Starts a replay, or only counts when the body says `dry_run`.
    func replay(
        _ subject: ReplayRequest.Subject,
        _ call: RouteCall,
        _ scope: AccessScope
    ) async throws -> APIResponse {
        if call.body?["dry_run"]?.bool == true {
            return .json(try await replayer.preview(subject).json)
        }
        let status = try await replayer.start(ReplayRequest(subject, requestedBy: scope.requester))
        return .json(status.json, status: 202)
    }
}
