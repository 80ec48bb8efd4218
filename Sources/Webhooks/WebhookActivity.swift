package import Domain
import Providers
package import Registry
import Signatures
import Synchronization
package import Telemetry
import Transport

/// What has happened lately, per source and destination, for health pages and metrics; kept in memory only.
package final class WebhookActivity: Sendable {
    private struct State {
        var sources: [Int64: SourceActivity] = [:]
        var destinations: [Int64: DestinationActivity] = [:]
        var sourceSeries: [Int64: SourceSeries] = [:]
        var destinationSeries: [Int64: DestinationSeries] = [:]
    }

    private let state = Mutex(State())
    private let metrics: Metrics
    let registry: ResourceRegistry
    /// Told what happens; nil tells nobody.
    let signals: SignalHub?

    /// Remembers what happens to the sources and destinations of `registry`.
    package init(metrics: Metrics, registry: ResourceRegistry, signals: SignalHub? = nil) {
        self.metrics = metrics
        self.registry = registry
        self.signals = signals
    }

    /// The metrics of a source: asked for once, then kept.
    private func series(ofSource id: Int64) -> SourceSeries {
        if let known = state.withLock({ $0.sourceSeries[id] }) { return known }
        let name = registry.snapshot.source(id: id)?.name.text
        let series = SourceSeries(metrics, source: name ?? "removed")
        if name != nil { state.withLock { $0.sourceSeries[id] = series } }
        return series
    }

    /// The metrics of a destination: asked for once, then kept.
    private func series(ofDestination id: Int64) -> DestinationSeries {
        if let known = state.withLock({ $0.destinationSeries[id] }) { return known }
        let name = registry.snapshot.destination(id: id)?.name.text
        let series = DestinationSeries(metrics, destination: name ?? "removed")
        if name != nil { state.withLock { $0.destinationSeries[id] = series } }
        return series
    }

    /// The activity of a source; empty when there was none.
    package func source(_ id: Int64) -> SourceActivity {
        state.withLock { $0.sources[id] ?? SourceActivity() }
    }

    /// The activity of a destination; empty when there was none.
    package func destination(_ id: Int64) -> DestinationActivity {
        state.withLock { $0.destinations[id] ?? DestinationActivity() }
    }

    func stored(_ source: Int64, _ outcome: AppendOutcome, at now: Instant) {
        let isNew = if case .stored = outcome { true } else { false }
        let series = series(ofSource: source)
        (isNew ? series.stored : series.duplicates).increment()
        state.withLock { state in
            if isNew {
                state.sources[source, default: SourceActivity()].stored.add(at: now)
            } else {
                state.sources[source, default: SourceActivity()].duplicates.add(at: now)
            }
            state.sources[source, default: SourceActivity()].lastAt = now
        }
    }

    func refused(_ source: Int64, _ code: String, at now: Instant) {
        series(ofSource: source).refused.increment()
        state.withLock { state in
            state.sources[source, default: SourceActivity()].refused.add(at: now)
            state.sources[source, default: SourceActivity()].lastError = LastError(code: code, at: now)
        }
    }

    func blocked(_ source: Int64, _ code: String, at now: Instant) {
        series(ofSource: source).blocked.increment()
        state.withLock { state in
            state.sources[source, default: SourceActivity()].blocked.add(at: now)
            state.sources[source, default: SourceActivity()].lastError = LastError(code: code, at: now)
        }
    }

    func busy(_ source: Int64, _ code: String, at now: Instant) {
        series(ofSource: source).busy.increment()
        state.withLock { state in
            state.sources[source, default: SourceActivity()].busy.add(at: now)
            state.sources[source, default: SourceActivity()].lastError = LastError(code: code, at: now)
        }
    }

    func tried(_ delivery: ClaimedDelivery, _ answer: DeliveryAnswer, duration: Duration, at now: Instant) {
        let series = series(ofDestination: delivery.destinationID)
        series.attemptSeconds.observe(duration.inSeconds)
        guard answer.meaning != .accepted else { return }
        series.failed.increment()
        let code = answer.error ?? "status_\(answer.status ?? 0)"
        state.withLock { state in
            state.destinations[delivery.destinationID, default: DestinationActivity()].failed.add(at: now)
            state.destinations[delivery.destinationID, default: DestinationActivity()].lastError =
                LastError(code: code, at: now)
        }
    }

    func finished(_ finished: FinishedDelivery, _ outcome: FinishOutcome, at now: Instant) {
        let series = series(ofDestination: finished.destinationID)
        guard outcome != .fenced else { return series.fenced.increment() }
        switch finished.verdict {
        case .delivered:
            series.delivered.increment()
            state.withLock { state in
                state.destinations[finished.destinationID, default: DestinationActivity()].delivered.add(
                    at: now
                )
                state.destinations[finished.destinationID, default: DestinationActivity()].lastDeliveredAt =
                    now
            }
        case .dead:
            series.dead.increment()
            state.withLock { state in
                state.destinations[finished.destinationID, default: DestinationActivity()].dead.add(at: now)
            }
        case .retry:
            break
        }
    }
}

/// The latest thing that went wrong.
package struct LastError: Hashable, Sendable {
    /// A stable code.
    package let code: String
    /// When.
    package let at: Instant
}

/// What a source has seen since the start of the process.
package struct SourceActivity: Sendable {
    /// New events.
    package var stored = RateMeter()
    /// Repeats.
    package var duplicates = RateMeter()
    /// Refused by verification or unreadable.
    package var refused = RateMeter()
    /// Refused for the address they came from.
    package var blocked = RateMeter()
    /// Answered 503.
    package var busy = RateMeter()
    /// When the last verified webhook came.
    package var lastAt: Instant?
    /// The latest refusal.
    package var lastError: LastError?
}

/// What a destination has seen since the start of the process.
package struct DestinationActivity: Sendable {
    /// Deliveries that arrived.
    package var delivered = RateMeter()
    /// Tries that failed.
    package var failed = RateMeter()
    /// Deliveries given up.
    package var dead = RateMeter()
    /// When the last delivery arrived.
    package var lastDeliveredAt: Instant?
    /// The latest failure.
    package var lastError: LastError?
}
