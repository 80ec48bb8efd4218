/// How one integration does, as of one moment.
package struct IntegrationHealth: Hashable, Sendable {
    /// The short of it.
    package typealias State = HealthState

    /// The short of it.
    package let state: State
    /// The monotonic time since when the state holds.
    package let since: Duration
    /// Whether trouble is near: open connections to the next integration now.
    package let isWarned: Bool
    /// Whether a probe should be sent now: a few more errors than usual.
    package let isWatched: Bool
    /// Calls of the latest 30 s whose outcome tells something.
    package let recentCalls: Int
    /// The share of them that failed, 0 to 1.
    package let errorRate: Double
    /// The median latency; nil before the first answer.
    package let p50: Duration?
    /// 95 % of the answers come within this.
    package let p95: Duration?
    /// 99 % of the answers come within this.
    package let p99: Duration?
    /// Calls in flight.
    package let inFlight: Int
    /// The monotonic time at which a call last ended or was given up as late; nil before the first.
    package let newsAt: Duration?
    /// What its breaker does.
    package let breaker: CallBreaker.State
    /// Why its breaker opened last.
    package let reason: CallBreaker.Reason?

    /// Makes a picture of an integration; without arguments, of one nothing is known of.
    package init(
        state: State = .unknown,
        since: Duration = .zero,
        isWarned: Bool = false,
        isWatched: Bool = false,
        recentCalls: Int = 0,
        errorRate: Double = 0,
        p50: Duration? = nil,
        p95: Duration? = nil,
        p99: Duration? = nil,
        inFlight: Int = 0,
        newsAt: Duration? = nil,
        breaker: CallBreaker.State = .closed,
        reason: CallBreaker.Reason? = nil
    ) {
        self.state = state
        self.since = since
        self.isWarned = isWarned
        self.isWatched = isWatched
        self.recentCalls = recentCalls
        self.errorRate = errorRate
        self.p50 = p50
        self.p95 = p95
        self.p99 = p99
        self.inFlight = inFlight
        self.newsAt = newsAt
        self.breaker = breaker
        self.reason = reason
    }

    /// One sentence for people, such as `Stripe is not called: calls got no answer; next try in 4 s`.
    package func sentence(name: String, now: Duration) -> String {
        switch breaker {
        case .held(nil): "\(name) is not called: an operator switched it off."
        case .held(let until?):
            "\(name) is not called: an operator switched it off; next try\(left(until, now))."
        case .open(let until): "\(name) is not called: \(cause); next try\(left(until, now))."
        case .halfOpen: "\(name) is being tried: \(cause)."
        case .ramping(let share):
            "\(name) is coming back: \(Int((share * 100).rounded())) % of the calls go to it."
        case .closed: closedSentence(name)
        }
    }

    private func closedSentence(_ name: String) -> String {
        switch state {
        case .unknown: "\(name) was not called lately."
        case .healthy: "\(name) works."
        case .degraded where isWarned: "\(name) answers slower than usual."
        case .degraded: "\(name) fails a little more often than usual."
        case .unhealthy, .down: "\(name) fails for \(Int((errorRate * 100).rounded())) % of the calls."
        }
    }

    private var cause: String {
        switch reason {
        case .failures: "half of the calls failed"
        case .slowness: "half of the calls took too long"
        case .errorRate: "more calls failed than usual"
        case .silence: "calls got no answer"
        case .probe: "a trial call failed"
        case .operatorOrder: "an operator switched it off"
        case nil: "it failed"
        }
    }

    private func left(_ until: Duration, _ now: Duration) -> String {
        until <= now ? " with the next call" : " in \(max((until - now).components.seconds, 1)) s"
    }
}
