import Access
import Domain
import Health
import Providers
import Registry

/// The report of how integrations did.
struct HealthHistoryRoutes: Sendable {
    /// The longest time one report tells of: 400 days.
    static let lengthMax = Duration.seconds(400 * 86_400)
    /// The most incidents that one report names.
    static let incidentsMax = 200

    let context: ResourceContext
    let monitor: HealthMonitor

    var all: [Route] { [report] }

    private var report: Route {
        Route(
            .get,
            "/api/health/report",
            id: "reportHealth",
            tag: "health",
            summary:
                "Tells uptime, errors and latencies of integrations in some time, as JSON, CSV or a page to print.",
            parameters: [
                .init(
                    "since",
                    .string(length: 1...40, format: "date-time"),
                    "From when; a day before the end unless given."
                ),
                .init("until", .string(length: 1...40, format: "date-time"), "To when; now unless given."),
                .init("format", .choice(["json", "csv", "html"]), "In which form; JSON unless given."),
            ],
            replies: [
                .json(
                    200,
                    .named("HealthHistory"),
                    "The report, in windows of a minute, an hour or a day.",
                    orAs: ["text/csv", "text/html"]
                )
            ],
            action: .guarded(.read) { call, scope in
                let now = context.time.now()
                let until = try call.instant("until") ?? now
                let since = try call.instant("since") ?? (until - .seconds(86_400))
                guard since < until, until - since <= Self.lengthMax else {
                    throw Problem.badRequest(
                        "invalid-range",
                        "'since' lies before 'until', by 400 days at most."
                    )
                }
                let history = try await history(since, until, now, scope)
                switch call.text("format") {
                case "csv": return text(history.csv, "text/csv; charset=utf-8")
                case "html":
                    var response = text(history.page, "text/html; charset=utf-8")
                    response.headers.append(
                        lowercaseName: "content-security-policy",
                        value: "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
                    )
                    return response
                default: return .json(history.json)
                }
            }
        )
    }

    private func text(_ text: String, _ contentType: String) -> APIResponse {
        APIResponse(status: 200, contentType: contentType, body: Array(text.utf8))
    }

    private func history(
        _ since: Instant,
        _ until: Instant,
        _ now: Instant,
        _ scope: AccessScope
    ) async throws -> HealthHistory {
        let window = HealthHistory.window(since: since, until: until, now: now)
        let seen = context.visibleSnapshot(scope).integrations
        let figures = try await monitor.rollups.figures(window, from: since, to: until)
        var byID: [Int64: HealthHistory.Integration] = [:]
        for integration in seen {
            byID[integration.id] = HealthHistory.Integration(
                name: integration.name,
                provider: integration.provider.rawValue
            )
        }
        for figure in figures {
            byID[figure.integration]?.total.add(figure.rollup)
            byID[figure.integration]?.windows.append((figure.start, figure.rollup))
        }
        var filter = IncidentFilter(since: since, until: until)
        if case .vendor(let vendor) = scope.principal { filter.vendor = vendor }
        let incidents = try await monitor.book.list(filter, limit: Self.incidentsMax).map { incident in
            // The page of figures names no weddings.
            var plain = incident
            plain.impacts = []
            return plain
        }
        return HealthHistory(
            since: since,
            until: until,
            window: window,
            integrations: byID.values.sorted { $0.name < $1.name },
            incidents: incidents
        )
    }
}
