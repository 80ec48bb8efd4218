import Domain
import Logging
import Resilience
import Synchronization
import Telemetry

extension HealthMonitor {
    /// The least time between two tellings of figures.
    static let figuresEvery = Duration.seconds(2)

    /// Tells that an integration does better or worse.
    func tell(_ change: WatchedIntegration.Change) {
        let transition = change.transition
        let sighting = change.sighting
        guard case .integration(let name) = sighting.subject else { return }
        ports.metrics.gauge(
            "usher_integration_health",
            help: "How an integration does: 0 healthy or unknown, 1 degraded, 2 unhealthy, 3 down.",
            labels: [("integration", name.text)]
        ).set(transition.to.level)
        ports.logger.notice(
            "an integration's health changed",
            metadata: [
                "integration": "\(name)", "from": "\(transition.from.rawValue)",
                "to": "\(transition.to.rawValue)", "why": "\(sighting.why)",
            ]
        )
        ports.signals.tell(
            .healthChanged,
            name.text,
            vendor: sighting.vendor,
            body: [
                "kind": "integration",
                "title": .string(sighting.title),
                "from": .string(transition.from.rawValue),
                "to": .string(transition.to.rawValue),
                "reasons": .array(transition.reasons.map { .string($0.rawValue) }),
                "why": .string(sighting.why),
            ]
        )
    }

    /// Tells that a source or destination does better or worse.
    func tell(_ endpoint: ObservedEndpoint, from old: HealthState) {
        ports.signals.tell(
            .healthChanged,
            endpoint.subject.name,
            vendor: endpoint.vendor,
            body: [
                "kind": .string(endpoint.subject.kind),
                "title": .string(endpoint.subject.name),
                "from": .string(old.rawValue),
                "to": .string(endpoint.state.rawValue),
                "reasons": .array([]),
                "why": .string(endpoint.sentence),
            ]
        )
    }

    /// Tells the figures of what has changed, once in a while.
    func tellFigures(_ now: Duration) {
        let changed = state.withLock { state -> [WatchedIntegration] in
            guard state.toldFiguresAt.map({ now - $0 >= Self.figuresEvery }) ?? true else { return [] }
            state.toldFiguresAt = now
            return state.integrations.keys.sorted().compactMap { id in
                guard let watched = state.integrations[id], watched.toldFigures != watched.figures else {
                    return nil
                }
                state.integrations[id]?.toldFigures = watched.figures
                return watched
            }
        }
        for watched in changed {
            let health = watched.seen.health
            ports.signals.tell(
                .healthFigures,
                watched.seen.name.text,
                vendor: watched.seen.vendor,
                body: [
                    "state": .string(watched.machine.state.rawValue),
                    "recent_calls": .number("\(health.recentCalls)"),
                    "error_rate": .number("\((health.errorRate * 10_000).rounded() / 10_000)"),
                    "p50_ms": milliseconds(health.p50),
                    "p95_ms": milliseconds(health.p95),
                    "p99_ms": milliseconds(health.p99),
                    "in_flight": .number("\(health.inFlight)"),
                ]
            )
        }
    }

    private func milliseconds(_ duration: Duration?) -> JSONValue {
        duration.map { .number("\($0.microseconds / 1_000)") } ?? .null
    }
}

extension HealthState {
    /// For metrics.
    fileprivate var level: Double {
        switch self {
        case .healthy, .unknown: 0
        case .degraded: 1
        case .unhealthy: 2
        case .down: 3
        }
    }
}
