package import Domain
import Providers
import Registry
import Signatures
import Synchronization
package import Telemetry
import Transport

/// What has happened lately, per source and destination, for health pages and metrics; kept in memory only.
package final class WebhookActivity: Sendable {
    private struct State {
        var sources: [Int64: SourceActivity] = [:]
        var destinations: [Int64: DestinationActivity] = [:]
    }

    private let state = Mutex(State())
    private let received: Counter
    private let duplicates: Counter
    private let refused: Counter
    private let blocked: Counter
    private let busy: Counter
    private let delivered: Counter
    private let failed: Counter
    private let dead: Counter
    private let fenced: Counter
    private let attemptSeconds: Histogram

    /// Registers the metrics.
    package init(metrics: Metrics) {
        received = metrics.counter("usher_webhooks_stored_total", help: "Webhooks stored and acknowledged.")
        duplicates = metrics.counter(
            "usher_webhooks_duplicate_total",
            help: "Webhooks that were there already."
        )
        refused = metrics.counter("usher_webhooks_refused_total", help: "Webhooks refused by verification.")
        blocked = metrics.counter(
            "usher_webhooks_blocked_total",
            help: "Webhooks from addresses that are not allowed."
        )
        busy = metrics.counter("usher_webhooks_busy_total", help: "Webhooks answered 503: come back later.")
        delivered = metrics.counter("usher_deliveries_delivered_total", help: "Deliveries answered 2xx.")
        failed = metrics.counter("usher_deliveries_failed_total", help: "Tries that failed.")
        dead = metrics.counter("usher_deliveries_dead_total", help: "Deliveries given up.")
        fenced = metrics.counter("usher_deliveries_fenced_total", help: "Results of overtaken claims.")
        attemptSeconds = metrics.histogram(
            "usher_delivery_attempt_seconds",
            help: "Duration of one try.",
            buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
        )
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
        (isNew ? received : duplicates).increment()
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
        refused.increment()
        state.withLock { state in
            state.sources[source, default: SourceActivity()].refused.add(at: now)
            state.sources[source, default: SourceActivity()].lastError = LastError(code: code, at: now)
        }
    }

    func blocked(_ source: Int64, _ code: String, at now: Instant) {
        blocked.increment()
        state.withLock { state in
            state.sources[source, default: SourceActivity()].blocked.add(at: now)
            state.sources[source, default: SourceActivity()].lastError = LastError(code: code, at: now)
        }
    }

    func busy(_ source: Int64, _ code: String, at now: Instant) {
        busy.increment()
        state.withLock { state in
            state.sources[source, default: SourceActivity()].busy.add(at: now)
            state.sources[source, default: SourceActivity()].lastError = LastError(code: code, at: now)
        }
    }

    func tried(_ delivery: ClaimedDelivery, _ answer: DeliveryAnswer, duration: Duration, at now: Instant) {
        attemptSeconds.observe(duration.inSeconds)
        guard answer.meaning != .accepted else { return }
        failed.increment()
        let code = answer.error ?? "status_\(answer.status ?? 0)"
        state.withLock { state in
            state.destinations[delivery.destinationID, default: DestinationActivity()].failed.add(at: now)
            state.destinations[delivery.destinationID, default: DestinationActivity()].lastError =
                LastError(code: code, at: now)
        }
    }

    func finished(_ finished: FinishedDelivery, _ outcome: FinishOutcome, at now: Instant) {
        guard outcome != .fenced else { return fenced.increment() }
        switch finished.verdict {
        case .delivered:
            delivered.increment()
            state.withLock { state in
                state.destinations[finished.destinationID, default: DestinationActivity()].delivered.add(
                    at: now
                )
                state.destinations[finished.destinationID, default: DestinationActivity()].lastDeliveredAt =
                    now
            }
        case .dead:
            dead.increment()
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
