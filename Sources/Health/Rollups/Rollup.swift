package import Domain
package import Resilience

/// How long a row of figures reaches; raw values are stored, in seconds.
package enum RollupWindow: Int64, CaseIterable, Sendable {
    case minute = 60
    case hour = 3_600
    case day = 86_400

    /// How long its rows are kept: 2 days, 100 days, 400 days.
    package var kept: Duration {
        switch self {
        case .minute: .seconds(2 * 86_400)
        case .hour: .seconds(100 * 86_400)
        case .day: .seconds(400 * 86_400)
        }
    }

    /// Its name in documents.
    package var name: String {
        switch self {
        case .minute: "minute"
        case .hour: "hour"
        case .day: "day"
        }
    }

    /// The beginning of the window that an instant lies in.
    package func start(of instant: Instant) -> Instant {
        let length = rawValue * 1_000_000
        let remainder = instant.microseconds % length
        return Instant(microseconds: instant.microseconds - (remainder < 0 ? remainder + length : remainder))
    }
}

/// What happened at one integration in some time.
package struct Rollup: Hashable, Sendable {
    /// Requests that were sent.
    package var attempts: Int64 = 0
    /// Those that failed by the provider's fault.
    package var failures: Int64 = 0
    /// Those that were answered later than callers can use.
    package var slow: Int64 = 0
    /// Those that were refused because too much was asked.
    package var limited: Int64 = 0
    /// How long the answers took.
    package var latency = LatencyHistogram()
    /// For how long it was in which state.
    package var times: [IntegrationHealth.State: Duration] = [:]

    /// Nothing happened.
    package init() {}

    /// Whether there is nothing in it.
    package var isEmpty: Bool { attempts == 0 && times.isEmpty }

    /// Takes in one request.
    package mutating func record(_ outcome: ExchangeOutcome, latency: Duration) {
        attempts += 1
        switch outcome {
        case .fail: failures += 1
        case .rejected: limited += 1
        case .slow:
            slow += 1
            self.latency.record(latency)
        case .ok, .caller: self.latency.record(latency)
        }
    }

    /// Takes in what happened at another time or on another node.
    package mutating func add(_ other: Rollup) {
        attempts += other.attempts
        failures += other.failures
        slow += other.slow
        limited += other.limited
        latency.add(other.latency)
        times.merge(other.times, uniquingKeysWith: +)
    }

    /// The share of the requests that failed, 0 to 1; nil without requests.
    package var errorRate: Double? { attempts > 0 ? Double(failures) / Double(attempts) : nil }

    /// The part of the time in which it was not down, of the time in which it was known how it does; nil when that
    /// was never.
    package var uptime: Double? {
        let known = times.filter { $0.key != .unknown }
        let all = known.values.reduce(.zero, +)
        guard all > .zero else { return nil }
        return 1 - (known[.down] ?? .zero) / all
    }
}
