import Access
import Calls
import Domain
import Providers
import Registry
import Webhooks

/// Durable facts as newline-delimited JSON, for monitoring systems.
struct ExportRoutes: Sendable {
    let context: ResourceContext
    let exporter: Exporter

    var all: [Route] { [export] }

    private var export: Route {
        let names = exporter.sources.map(\.name)
        return Route(
            .get,
            "/api/export",
            id: "exportFacts",
            tag: "stream",
            summary:
                "Gives what is stored as lines of JSON in a stable order, each with the cursor behind it.",
            parameters: [
                .init(
                    "after",
                    .string(length: 1...CursorCodec.lengthMax),
                    "Go on behind this cursor: that of the last line that was taken in."
                ),
                .init(
                    "since",
                    .string(length: 1...40, format: "date-time"),
                    "Without a cursor: begin about here; else with the oldest that is kept."
                ),
                .init(
                    "kinds",
                    .string(length: 1...128),
                    "Only these kinds, separated by commas: \(names.joined(separator: ", ")). All unless given."
                ),
                .init(
                    "limit",
                    .integer(1...Int64(StreamLimits.exportLinesMax)),
                    "How many, at most; \(StreamLimits.exportLines) unless given."
                ),
            ],
            replies: [.other(200, "application/x-ndjson", "Lines of JSON; see docs/stream.md.")],
            action: .guarded(.read) { call, scope in
                let wanted = try kinds(call, known: names)
                let start =
                    if let cursor = call.text("after") {
                        try exporter.positions(cursor, scope)
                    } else if let since = try call.instant("since") {
                        try await exporter.positions(at: since)
                    } else {
                        Exporter.Positions()
                    }
                return APIResponse(
                    status: 200,
                    headers: Headers([("content-type", "application/x-ndjson")]),
                    stream: exporter.body(
                        of: wanted,
                        after: start,
                        limit: call.integer("limit") ?? StreamLimits.exportLines,
                        scope
                    )
                )
            }
        )
    }

    private func kinds(_ call: RouteCall, known: [String]) throws(Problem) -> [String] {
        guard let text = call.text("kinds") else { return known }
        let kinds = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard kinds.allSatisfy({ kind in known.contains { $0.utf8.elementsEqual(kind.utf8) } }) else {
            throw .badRequest("unknown-kind", "Known kinds are: \(known.joined(separator: ", ")).")
        }
        return kinds
    }
}

extension ExportSource {
    /// The events, by their numbers.
    static func events(_ context: ResourceContext) -> ExportSource {
        ExportSource(
            name: "event",
            code: 1,
            page: { position, scope, limit in
                guard let settled = try await context.queries.settledEventNumber() else {
                    return Page(rows: [], hasMore: true)
                }
                let found = try await context.queries.events(
                    after: PositionBytes.number(position?[...]),
                    through: settled,
                    limit: limit
                )
                let visible = context.visibleSources(scope)
                let rows = found.map { event in
                    Row(
                        position: PositionBytes.bytes(event.id.sequence),
                        json: visible?.contains(event.sourceID) ?? true ? event.json : nil
                    )
                }
                return Page(rows: rows, hasMore: rows.count == limit)
            },
            position: { PositionBytes.bytes(try await context.queries.eventNumber(before: $0)) }
        )
    }

    /// The deliveries, by when they ended.
    static func deliveries(_ context: ResourceContext) -> ExportSource {
        ExportSource(
            name: "delivery",
            code: 2,
            page: { position, scope, limit in
                let place = DeliveryPlace(
                    endedAt: Instant(microseconds: PositionBytes.number(position?.prefix(8))),
                    sequence: PositionBytes.number(position?.dropFirst(8))
                )
                let found = try await context.queries.deliveriesEnded(after: place, limit: limit)
                let visible = context.visibleSources(scope)
                let rows = found.map { delivery in
                    Row(
                        position: PositionBytes.bytes(delivery.finishedAt?.microseconds ?? 0)
                            + PositionBytes.bytes(delivery.id.sequence),
                        json: visible?.contains(delivery.sourceID) ?? true ? delivery.json : nil
                    )
                }
                return Page(rows: rows, hasMore: rows.count == limit)
            },
            position: { PositionBytes.bytes($0.microseconds) + PositionBytes.bytes(0) }
        )
    }

    /// The calls, by when they ended; without what they are about.
    static func calls(_ context: ResourceContext, _ calls: CallEngine) -> ExportSource {
        ExportSource(
            name: "call",
            code: 3,
            page: { position, scope, limit in
                let found = try await calls.ended(
                    after: Instant(microseconds: PositionBytes.number(position?.prefix(8))),
                    position.flatMap { CallID(bytes: Array($0.dropFirst(8))) },
                    limit: limit
                )
                let rows = found.map { call in
                    Row(
                        position: PositionBytes.bytes(call.finishedAt?.microseconds ?? 0) + call.id.bytes,
                        json: context.mayRead(call.vendor, scope) ? json(call, context) : nil
                    )
                }
                return Page(rows: rows, hasMore: rows.count == limit)
            },
            position: { PositionBytes.bytes($0.microseconds) }
        )
    }

    private static func json(_ call: StoredCall, _ context: ResourceContext) -> JSONValue {
        let integration = call.integration.flatMap { context.registry.snapshot.integration(id: $0)?.name }
        return [
            "id": .string(call.id.description),
            "state": .string(call.state.name),
            "operation": .string(call.operation.rawValue),
            "wedding": .text(call.wedding?.text),
            "vendor": .text(call.vendor?.text),
            "priority": .string(call.priority.name),
            "integration": .text(integration?.text),
            "failure": call.failure?.json ?? .null,
            "undoes": .text(call.undoes?.description),
            "created_at": .instant(call.createdAt),
            "finished_at": .instant(call.finishedAt),
        ]
    }
}
