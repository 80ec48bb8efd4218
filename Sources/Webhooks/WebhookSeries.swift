import Telemetry

/// The metrics of one source.
struct SourceSeries: Sendable {
    let stored: Counter
    let duplicates: Counter
    let refused: Counter
    let blocked: Counter
    let busy: Counter

    init(_ metrics: Metrics, source: String) {
        let labels = [("source", source)]
        stored = metrics.counter(
            "usher_webhooks_stored_total",
            help: "Events stored and acknowledged.",
            labels: labels
        )
        duplicates = metrics.counter(
            "usher_webhooks_duplicate_total",
            help: "Events that were there already.",
            labels: labels
        )
        refused = metrics.counter(
            "usher_webhooks_refused_total",
            help: "Webhooks refused by verification.",
            labels: labels
        )
        blocked = metrics.counter(
            "usher_webhooks_blocked_total",
            help: "Webhooks from addresses that are not allowed.",
            labels: labels
        )
        busy = metrics.counter(
            "usher_webhooks_busy_total",
            help: "Webhooks answered 503: come back later.",
            labels: labels
        )
    }
}

/// The metrics of one destination.
struct DestinationSeries: Sendable {
    let delivered: Counter
    let failed: Counter
    let dead: Counter
    let fenced: Counter
    let attemptSeconds: Histogram

    init(_ metrics: Metrics, destination: String) {
        let labels = [("destination", destination)]
        delivered = metrics.counter(
            "usher_deliveries_delivered_total",
            help: "Deliveries answered 2xx.",
            labels: labels
        )
        failed = metrics.counter("usher_deliveries_failed_total", help: "Tries that failed.", labels: labels)
        dead = metrics.counter("usher_deliveries_dead_total", help: "Deliveries given up.", labels: labels)
        fenced = metrics.counter(
            "usher_deliveries_fenced_total",
            help: "Results of overtaken claims.",
            labels: labels
        )
        attemptSeconds = metrics.histogram(
            "usher_delivery_attempt_seconds",
            help: "Duration of one try.",
            buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
            labels: labels
        )
    }
}
