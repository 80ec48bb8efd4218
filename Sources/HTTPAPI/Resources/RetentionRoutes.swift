import Access
import Domain
import Registry
import Webhooks

/// What each source keeps.
struct RetentionRoutes: Sendable {
    let context: ResourceContext

    var all: [Route] { [list] }

    private var list: Route {
        Route(
            .get,
            "/api/retention",
            id: "listRetention",
            tag: "sources",
            summary: "Says what each source keeps: its oldest body and event, and what is dropped next.",
            replies: [.json(200, .list(of: "Retention"), "All sources.")],
            action: .guarded(.read) { _, scope in
                let reports = try await context.retention.report().filter {
                    context.mayRead($0.source.definition.vendor, scope)
                }
                return .page(reports.map(\.json), nextCursor: nil)
            }
        )
    }
}

extension SourceRetention {
    /// The retention as the API shows it.
    var json: JSONValue {
        ["bodies_days": .integer(bodiesDays), "fields_days": .integer(fieldsDays)]
    }
}

extension RetentionReport {
    fileprivate var json: JSONValue {
        [
            "source": .string(source.name.text),
            "retention": source.definition.retention.json,
            "oldest_body_on": .text(
                oldestBodyDay.map {
                    String(Instant(seconds: Int64($0) * 86_400).description.prefix(10))
                }
            ),
            "oldest_event_at": .instant(oldestEventAt),
            "next_drop_at": .instant(nextDropAt),
        ]
    }
}
