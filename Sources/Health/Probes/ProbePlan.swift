import Domain
package import Resilience

/// Tells when the next probe of one integration is due.
///
/// | it is | probed every |
/// |---|---|
/// | healthy, and calls say so | not at all |
/// | healthy and idle, or nothing known | 60 s |
/// | degraded, or a little more errors than usual | 5 s |
/// | unhealthy | 5 s |
/// | down | 2 s, then 4, 8, at last 10 s |
///
/// Each within a fifth more or less, so that many integrations of one provider are not probed at once; never more
/// often than `floor`, which is what a small share of its limits allows.
package struct ProbePlan: Hashable, Sendable {
    /// The time between two probes of one that is healthy and idle.
    package static let idleInterval = Duration.seconds(60)
    /// The time between two probes of one that is suspected.
    package static let suspectedInterval = Duration.seconds(5)
    /// The time between the first two probes of one that is down.
    package static let downBase = Duration.seconds(2)
    /// The longest time between two probes of one that is down.
    package static let downMax = Duration.seconds(10)
    /// The time between two probes of one that calls may soon go to: shorter than an unused connection is kept.
    package static let warmInterval = Duration.seconds(3)
    /// How many ended calls of the latest 30 s say enough.
    package static let callsEnough = 5
    /// The part of an interval by which it may be shorter or longer.
    static let spread = 0.2

    private var next: Duration
    private var state = IntegrationHealth.State.unknown
    private var probesWhileDown = 0
    private var latest: Duration?

    /// Begins at the monotonic time `now`; the first probe comes within the first ten seconds.
    ///
    /// - Parameter jitter: 0..<1, drawn by the caller.
    package init(now: Duration, jitter: Double) {
        next = now + .seconds(10) * jitter
    }

    /// Takes in how it does: a change for the worse brings the next probe forward.
    package mutating func saw(
        _ state: IntegrationHealth.State,
        floor: Duration,
        now: Duration,
        jitter: Double
    ) {
        guard state != self.state else { return }
        self.state = state
        if state != .down { probesWhileDown = 0 }
        bring(now + interval(isSuspected: false, jitter: jitter), floor: floor)
    }

    /// Whether a probe is due at the monotonic time `now`; if so, the next one is planned.
    ///
    /// - Parameter floor: the least time between two probes.
    package mutating func due(
        _ health: IntegrationHealth,
        floor: Duration,
        now: Duration,
        jitter: Double
    ) -> Bool {
        let isSuspected = health.isWatched || health.isWarned
        if isSuspected { bring(now + Self.suspectedInterval, floor: floor) }
        guard now >= next else { return false }
        next = now + max(interval(isSuspected: isSuspected, jitter: jitter), floor)
        // What flows says more than a probe, and costs nothing.
        let isCovered = state == .healthy && !isSuspected && health.recentCalls >= Self.callsEnough
        guard !isCovered else { return false }
        if state == .down { probesWhileDown = min(probesWhileDown + 1, 8) }
        latest = now
        return true
    }

    /// Takes in that calls may soon come here: keeps a connection warm, and finds out before they come.
    package mutating func expectCalls(floor: Duration, now: Duration) {
        bring(latest.map { $0 + Self.warmInterval } ?? now, floor: floor)
    }

    private mutating func bring(_ time: Duration, floor: Duration) {
        next = min(next, latest.map { max(time, $0 + floor) } ?? time)
    }

    private func interval(isSuspected: Bool, jitter: Double) -> Duration {
        let plain: Duration =
            switch state {
            case .down: min(Self.downBase * (1 << probesWhileDown), Self.downMax)
            case .unhealthy, .degraded: Self.suspectedInterval
            case .healthy, .unknown: isSuspected ? Self.suspectedInterval : Self.idleInterval
            }
        return plain * (1 - Self.spread + 2 * Self.spread * jitter)
    }
}
