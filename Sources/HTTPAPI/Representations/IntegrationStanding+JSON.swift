import Calls
import Domain
import Providers
import Resilience

extension IntegrationStanding {
    /// The standing as the health check shows it.
    func json(name: (Int64?) -> JSONValue) -> JSONValue {
        let health = view.health
        return [
            "name": .string(integration.name.text),
            "provider": .string(integration.account.provider.rawValue),
            "state": .string(integration.isEnabled ? health.state.rawValue : "off"),
            "text": .string(integration.isEnabled ? view.sentence : "\(integration.name) is switched off."),
            "error_rate": .fraction(health.errorRate),
            "recent_calls": .integer(health.recentCalls),
            "p50_ms": .milliseconds(health.p50),
            "p95_ms": .milliseconds(health.p95),
            "p99_ms": .milliseconds(health.p99),
            "breaker": .string(health.breaker.name),
            "in_flight": .integer(health.inFlight),
            "waiting": .integer(view.waiting),
            "budget_left": .object(
                view.limits.map { JSONMember($0.name, .fraction(1 - $0.usedPart)) }
            ),
            "in_doubt": .integer(inDoubt),
            "held": .integer(held),
            "failovers": .array(
                failovers.map {
                    [
                        "capability": .string($0.capability.rawValue), "from": name($0.from),
                        "to": name($0.to), "since": .instant($0.since),
                    ]
                }
            ),
        ]
    }
}

extension JSONValue {
    /// A duration in milliseconds, or null.
    static func milliseconds(_ duration: Duration?) -> JSONValue {
        duration.map { .fraction($0.inSeconds * 1_000) } ?? .null
    }
}

extension CallBreaker.State {
    /// The name in the API.
    fileprivate var name: String {
        switch self {
        case .closed: "closed"
        case .ramping: "ramping"
        case .halfOpen: "half_open"
        case .open: "open"
        case .held: "held"
        }
    }
}
