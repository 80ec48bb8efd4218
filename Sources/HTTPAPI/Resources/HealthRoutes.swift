import Access
import Calls
import Domain
import Health
import Registry
import Storage
import Telemetry
import Webhooks

/// Whether the process lives, is ready, and how everything does.
struct HealthRoutes: Sendable {
    let context: ResourceContext
    let calls: CallEngine
    let monitor: HealthMonitor

    var all: [Route] { [alive, ready, health, metrics] }

    private var alive: Route {
        Route(
            .get,
            "/healthz",
            id: "isAlive",
            tag: "health",
            summary: "Says that the process answers.",
            replies: [.json(200, .named("Status"), "It does.")],
            action: .open { _ in .json(["status": "ok"]) }
        )
    }

    private var ready: Route {
        Route(
            .get,
            "/readyz",
            id: "isReady",
            tag: "health",
            summary: "Says whether webhooks can be stored: the database is written to and read from.",
            replies: [
                .json(200, .named("Status"), "They can."), .json(503, .named("Status"), "They cannot."),
            ],
            action: .open { _ in
                do {
                    try await context.database.write { try $0.execute(Statement("SELECT 1")) }
                    try await context.database.read { _ = try $0.first(Statement("SELECT 1")) }
                    return .json(["status": "ready"])
                } catch {
                    let code = (error as? StorageError)?.code ?? "internal"
                    return .json(["status": "failing", "reason": .string(code)], status: 503)
                }
            }
        )
    }

    private var health: Route {
        Route(
            .get,
            "/api/integrations/health-check",
            id: "checkHealth",
            tag: "health",
            summary:
                "Says how every source, destination and integration does; 503 when nothing gets through somewhere.",
            replies: [
                .json(200, .named("Health"), "Nothing is down."),
                .json(
                    503,
                    .named("Health"),
                    "A source or destination that is on is down, or a capability has none left to serve it."
                ),
            ],
            action: .guarded(.read) { _, scope in
                let report = try await context.health.report().visible {
                    context.mayRead($0, scope)
                }
                let standings = try await calls.standings().filter {
                    context.mayRead($0.integration.vendor, scope)
                }
                let unserved = scope.principal == .platform ? calls.unserved() : []
                let json = report.json(
                    integrations: standings,
                    unserved: unserved,
                    watched: monitor.standing
                ) { id in .text(id.flatMap { context.registry.snapshot.integration(id: $0)?.name.text }) }
                return .json(json, status: report.isDown || !unserved.isEmpty ? 503 : 200)
            }
        )
    }

    private var metrics: Route {
        Route(
            .get,
            "/metrics",
            id: "getMetrics",
            tag: "health",
            summary: "Gives the metrics in Prometheus' text format.",
            replies: [.other(200, "text/plain; version=0.0.4; charset=utf-8", "The metrics.")],
            action: .guarded(.read) { _, scope in
                try scope.requirePlatform()
                return APIResponse(
                    status: 200,
                    contentType: "text/plain; version=0.0.4; charset=utf-8",
                    body: Array(context.metrics.exposition().utf8)
                )
            }
        )
    }
}
