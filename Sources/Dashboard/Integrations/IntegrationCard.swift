import Domain

/// One integration: how it does, how it did, what is left of its limits.
struct IntegrationCard: Sendable {
    /// The most limits that are shown.
    static let gaugesMax = 6

    let name: String
    let title: String
    let badge: Standing
    let sentence: String
    let breaker: String
    let facts: String
    let latency: Sparkline
    let errors: Sparkline
    let gauges: [Gauge]
    let hasGauges: Bool
    let doubts: String?
    let consent: String?
    let operations: String
    let isOff: Bool
    let isTrouble: Bool

    init(_ integration: JSONValue, standing: JSONValue?, samples: [FigureHistory.Sample]) {
        name = integration.text("name") ?? ""
        title = integration.text("title") ?? name
        let state = standing?.text("state") ?? "unknown"
        badge = Standing(health: state)
        sentence = standing?.text("text") ?? "Nothing is known of it yet."
        breaker = Self.breaker(standing?.text("breaker") ?? "closed")
        isOff = state == "off"
        isTrouble = ["degraded", "unhealthy", "down"].contains(state)
        let calls = Words.counted(standing?.count("recent_calls") ?? 0, "call", "calls")
        let flight = Words.counted(standing?.count("in_flight") ?? 0, "call", "calls")
        facts = "\(calls) lately, \(flight) on the way, \(standing?.count("waiting") ?? 0) waiting"
        let span = "10 minutes"
        latency = Sparkline(
            "Response time (95th percentile)",
            samples.map(\.latency),
            floor: 50,
            span: span,
            text: Words.milliseconds
        )
        errors = Sparkline(
            "Errors",
            samples.map(\.errorRate),
            floor: 0.1,
            span: span,
            text: Words.percent
        )
        gauges = (standing?["budget_left"]?.object ?? []).prefix(Self.gaugesMax).map {
            Gauge(Words.spaced($0.name), left: $0.value.double ?? 1)
        }
        hasGauges = !gauges.isEmpty
        let inDoubt = (standing?.count("in_doubt") ?? 0) + (standing?.count("held") ?? 0)
        doubts = inDoubt == 0 ? nil : Words.counted(inDoubt, "call is in doubt", "calls are in doubt")
        consent = integration["needs_consent"]?.text("reason")
        operations = Words.list(integration.list("operations").compactMap(\.string))
    }

    private static func breaker(_ state: String) -> String {
        switch state {
        case "closed": "Closed: calls pass"
        case "open": "Open: no call passes, it is tried again soon"
        case "half_open": "Half open: a few calls try whether it works again"
        case "ramping": "Ramping: calls come back in steps"
        case "held": "Held: nothing passes until somebody lets it"
        default: Words.capitalised(state)
        }
    }
}
