import Calls
import Domain
import Health
import Providers
import Resilience

extension IntegrationStanding {
    /// How it does: by its calls, which tell at once, or by the monitor, which knows of probes and status pages too and
    /// believes in a recovery only once it lasts; the worse of the two.
    ///
    /// | calls | monitor | gives |
    /// |---|---|---|
    /// | `unknown`: none lately | `down`: probes fail | `down` |
    /// | `down`: the breaker has opened just now | `healthy`: it looks every second | `down` |
    /// | `healthy` | `degraded`: the status page speaks of trouble | `degraded` |
    func state(_ watched: HealthMonitor.Standing?) -> HealthState {
        max(view.health.state, watched?.state ?? .unknown)
    }

    /// Why, in a sentence.
    private func text(_ watched: HealthMonitor.Standing?) -> String {
        guard let watched, watched.state > view.health.state, watched.state > .healthy else {
            return view.sentence
        }
        return "\(integration.name) is \(watched.state.rawValue): \(watched.reasons.words)."
    }

    /// The standing as the health check shows it.
    ///
    /// - Parameter watched: how the monitor sees it; nil before its first look.
    func json(_ watched: HealthMonitor.Standing?, name: (Int64?) -> JSONValue) -> JSONValue {
        let health = view.health
        return [
            "name": .string(integration.name.text),
            "provider": .string(integration.account.provider.rawValue),
            "state": .string(integration.isEnabled ? state(watched).rawValue : "off"),
            "text": .string(integration.isEnabled ? text(watched) : "\(integration.name) is switched off."),
            "reasons": .array(watched?.reasons.map { .string($0.words) } ?? []),
            "status_page": .text(watched?.page?.level.rawValue),
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
