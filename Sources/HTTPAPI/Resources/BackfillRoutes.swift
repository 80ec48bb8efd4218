import Access
import Calls
import Domain
import Providers
import Registry

/// What is known of each integration's past: list, and read now.
struct BackfillRoutes: Sendable {
    let context: ResourceContext
    let backfiller: Backfiller

    var all: [Route] { [list, run] }

    private var list: Route {
        Route(
            .get,
            "/api/backfill",
            id: "listBackfills",
            tag: "backfill",
            summary: "Says how far each integration's past events, or calendar changes, are known.",
            replies: [
                .json(200, .list(of: "Backfill"), "Every integration whose provider keeps such a list.")
            ],
            action: .guarded(.read) { _, scope in
                let found = try await backfiller.list().filter { context.mayRead($0.0.vendor, scope) }
                return .page(found.map { json($0.0, $0.1) }, nextCursor: nil)
            }
        )
    }

    private var run: Route {
        Route(
            .post,
            "/api/backfill/{name}",
            id: "runBackfill",
            tag: "backfill",
            summary: "Reads an integration's past events, or its calendar's changes, now.",
            replies: [.json(202, .named("Backfill"), "It is read within seconds.")],
            problems: [409],
            action: .guarded(.write) { call, scope in
                let integration = try context.integration(call.path["name"], scope)
                guard try await backfiller.request(integration.name),
                    let found = try await backfiller.list().first(where: { $0.0.id == integration.id })
                else {
                    throw Problem(
                        status: 409,
                        code: "no-backfill",
                        title: "There is nothing to read.",
                        detail: "The integration is disabled, or its provider keeps no list of what happened."
                    )
                }
                return .json(json(found.0, found.1), status: 202)
            }
        )
    }

    private func json(_ integration: CallIntegration, _ backfill: StoredBackfill) -> JSONValue {
        [
            "integration": .string(integration.name.text),
            "provider": .string(integration.account.provider.rawValue),
            "reads": .string(backfill.kind.rawValue),
            "running": .bool(backfill.isRunning(at: context.time.now())),
            "through": .instant(backfill.through),
            "last_run_at": .instant(backfill.lastRunAt),
            "last_error": backfill.lastError.map { .string($0) } ?? .null,
            "next_run_at": .instant(backfill.dueAt),
            "found": .integer(backfill.found),
            "injected": .integer(backfill.injected),
            "note": backfiller.obstacle(integration).map { .string($0) } ?? .null,
        ]
    }
}
