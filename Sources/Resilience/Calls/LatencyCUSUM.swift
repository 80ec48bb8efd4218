import Domain

/// Notices that answers take longer than they used to, long before they time out, by summing small delays.
///
/// z = (ln latency - mean) / deviation, held within -3 and 3; S = max(0, S + z - 0.75), alarm from 12, over again
/// below 6. Mean and deviation follow the traffic with a half-life of 600 s (a slow day is not an alarm) and stand
/// still while S > 6 (an alarm does not become normal); after 15 minutes of standing still they follow again, since
/// what lasts that long is the new normal.
///
/// With a deviation of 0.45 (median 250 ms, 99 % below 710 ms):
///
/// | answers take | 1.5 times | 2 times | 3 times | 4 times and more |
/// |---|---|---|---|---|
/// | z on average | 0.9 | 1.5 | 2.4 | about 2.9 |
/// | calls until the alarm | about 80 | 16 | 8 | 6 |
package struct LatencyCUSUM: Hashable, Sendable {
    /// What is taken off each z.
    package static let slack = 0.75
    /// The sum that is an alarm.
    package static let alarmLimit = 12.0
    /// The sum stops here, so that an alarm ends soon after its cause.
    static let sumMax = 24.0
    /// z is held within ± this.
    static let deviationMax = 3.0
    /// The least variance of the logarithm.
    static let varianceMin = 0.04
    /// ln 2 over the half-life of 600 s.
    static let forgetPerSecond = 0.693_147 / 600
    /// Answers before it judges.
    package static let answersMin = 30
    /// How long mean and deviation stand still at most.
    package static let frozenMax = Duration.seconds(900)

    /// The sum.
    package private(set) var sum = 0.0
    /// Whether answers take longer than they used to.
    package private(set) var isAlarmed = false
    /// The mean of the logarithm of the latency in microseconds.
    private(set) var mean = 0.0
    private var variance = 0.25
    private var deviation = 0.5
    private var answers = 0
    private var latest = 0.0
    private var frozenSince: Double?

    /// Starts without knowing anything.
    package init() {}

    /// Whether it has seen enough answers to judge.
    package var isReady: Bool { answers >= Self.answersMin }

    /// Takes in one answer; gives z, which is 0 until it has seen `answersMin` of them.
    @discardableResult
    package mutating func record(_ latency: Duration, now: Duration) -> Double {
        record(logarithm: Double(max(latency.microseconds, 1)).naturalLogarithm, seconds: now.inSeconds)
    }

    /// Takes in one answer whose latency in microseconds has this logarithm.
    mutating func record(logarithm: Double, seconds: Double) -> Double {
        guard isReady else {
            learn(logarithm, weight: 1 / Double(answers + 1))
            answers += 1
            latest = seconds
            return 0
        }
        let z = min(max((logarithm - mean) / deviation, -Self.deviationMax), Self.deviationMax)
        sum = min(max(0, sum + z - Self.slack), Self.sumMax)
        isAlarmed = sum >= Self.alarmLimit || isAlarmed && sum > Self.alarmLimit / 2
        follow(mean + z * deviation, seconds: seconds)
        return z
    }

    private mutating func follow(_ logarithm: Double, seconds: Double) {
        let elapsed = max(seconds - latest, 0)
        latest = max(seconds, latest)
        if sum > Self.alarmLimit / 2 {
            let since = frozenSince ?? seconds
            frozenSince = since
            guard seconds - since > Self.frozenMax.inSeconds else { return }
        } else {
            frozenSince = nil
        }
        // 1 - exp(-d) without the exponential: d / (1 + d) is near enough for the small d between two answers.
        let forgotten = elapsed * Self.forgetPerSecond
        learn(logarithm, weight: max(forgotten / (1 + forgotten), 1e-6))
    }

    private mutating func learn(_ logarithm: Double, weight: Double) {
        let difference = logarithm - mean
        mean += weight * difference
        variance = answers == 0 ? 0.25 : (1 - weight) * (variance + weight * difference * difference)
        deviation = max(variance, Self.varianceMin).squareRoot()
    }
}
