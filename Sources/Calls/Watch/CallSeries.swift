import Domain
import Providers
import Resilience
import Telemetry

/// The metrics of calls; every label comes from a list of ours or from the registry.
struct CallSeries: Sendable {
    let metrics: Metrics

    /// Counts a call that is over.
    func ended(_ operation: Operation, _ state: CallState) {
        metrics.counter(
            "usher_calls_total",
            help: "Calls that are over, by how they ended.",
            labels: [("operation", operation.rawValue), ("outcome", state.name)]
        ).increment()
    }

    /// Counts a read that was answered with what another one brought.
    func shared(_ operation: Operation) {
        metrics.counter(
            "usher_calls_shared_total",
            help: "Reads that were answered with what another one brought.",
            labels: [("operation", operation.rawValue)]
        ).increment()
    }

    /// Counts what an attempt came to.
    func attempted(_ integration: ResourceName, _ state: AttemptState, _ failure: ProviderFailure?) {
        metrics.counter(
            "usher_call_attempts_total",
            help: "Attempts, by what they came to and the kind of failure.",
            labels: [
                ("failure", failure?.kind.rawValue ?? "none"), ("integration", integration.text),
                ("outcome", state.name),
            ]
        ).increment()
    }

    /// Takes in how long a provider took to answer, or how long nobody did.
    func exchanged(_ integration: ResourceName, _ latency: Duration) {
        metrics.histogram(
            "usher_call_request_seconds",
            help: "From a request's leaving to its answer or the end of waiting.",
            labels: [("integration", integration.text)]
        ).observe(latency)
    }

    /// Counts an object that was to be copied back and is not any more.
    func copied(_ state: ContentDebtState) {
        metrics.counter(
            "usher_content_debts_total",
            help: "Objects that were to be copied back, by how that ended.",
            labels: [("outcome", state.name)]
        ).increment()
    }

    func owed(_ count: Int) {
        metrics.gauge(
            "usher_content_debts_owed",
            help: "Objects that are to be copied back to where they belong.",
            labels: []
        ).set(Double(count))
    }

    func open(_ state: CallState, _ count: Int) {
        metrics.gauge(
            "usher_calls_open",
            help: "Calls that are not over, by where they stand.",
            labels: [("state", state.name)]
        ).set(Double(count))
    }

    func stands(_ integration: ResourceName, _ view: DeskView) {
        metrics.gauge(
            "usher_call_breaker",
            help:
                "The breaker: 0 closed, 1 letting a share through, 2 trying, 3 open, 4 held by an operator.",
            labels: [("integration", integration.text)]
        ).set(view.health.breaker.level)
        for limit in view.limits {
            metrics.gauge(
                "usher_call_budget_used",
                help: "The part of a provider's limit that is in use, 0 to 1.",
                labels: [("integration", integration.text), ("limit", limit.name)]
            ).set(limit.usedPart)
        }
    }
}

extension CallBreaker.State {
    fileprivate var level: Double {
        switch self {
        case .closed: 0
        case .ramping: 1
        case .halfOpen: 2
        case .open: 3
        case .held: 4
        }
    }
}

extension CallEngine {
    /// Sets the gauges.
    func measure(_ counts: [CallState: (count: Int, oldest: Instant)]) {
        let series = CallSeries(metrics: ports.metrics)
        for state in CallState.allCases where !state.isFinal { series.open(state, counts[state]?.count ?? 0) }
        for integration in ports.directory().integrations.values {
            guard let view = desk.view(integration, onlyKnown: true) else { continue }
            series.stands(integration.name, view)
        }
    }
}
