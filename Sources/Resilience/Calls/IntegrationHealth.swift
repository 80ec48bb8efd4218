/// How one integration does, as of one moment.
package struct IntegrationHealth: Hashable, Sendable {
    /// The short of it; raw values are for documents and metric labels.
    package enum State: String, CaseIterable, Hashable, Sendable {
        /// Nothing was heard of it lately.
        case unknown
        case healthy
        /// It works, slower than usual or with a few more errors.
        case degraded
        /// It fails often, or comes back in steps.
        case unhealthy
        /// It is not called.
        case down

        /// How bad it is, 0 to 3; nothing known is as good as healthy.
        var badness: Int {
            switch self {
            case .unknown, .healthy: 0
            case .degraded: 1
            case .unhealthy: 2
            case .down: 3
            }
        }
    }

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
    /// What its breaker does.
    package let breaker: CallBreaker.State
    /// Why its breaker opened last.
    package let reason: CallBreaker.Reason?

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
