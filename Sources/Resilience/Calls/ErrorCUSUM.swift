/// Notices that more calls fail than when all is well, within a few calls and with a known rate of false alarms.
///
/// Page's cumulative sum for a share of failures that goes from p0 to p1:
/// S = max(0, S + ln(p1/p0)) for a failure, S = max(0, S + ln((1-p1)/(1-p0))) for a success. There are two of them,
/// for p1 = 15 % (some calls fail) and p1 = 50 % (an outage). p0 is learned while S is small, as the mean of a beta
/// posterior held within 0.1 % and 2 %.
///
/// | p0 | 0.1 % | 0.5 % | 1 % | 2 % |
/// |---|---|---|---|---|
/// | for a failure, p1 = 15 % | +5.011 | +3.401 | +2.708 | +2.015 |
/// | for a success, p1 = 15 % | -0.1615 | -0.1575 | -0.1525 | -0.1423 |
/// | for a failure, p1 = 50 % | +6.215 | +4.605 | +3.912 | +3.219 |
/// | for a success, p1 = 50 % | -0.6921 | -0.6881 | -0.6831 | -0.6729 |
///
/// Calls until S reaches a limit on average, from 0, p0 = 0.5 % (`call-bench arl`, solved as Brook and Evans do,
/// Biometrika 59, 1972; Page, Biometrika 41, 1954):
///
/// | limit | when 0.5 % fail | 1 % | 5 % | 10 % | 20 % | 50 % | 100 % |
/// |---|---|---|---|---|---|---|---|
/// | 5, `watch` | 3 570 | 955 | 61 | 24 | 10 | 4 | 2 |
/// | 13, `warn` | 12 million | 400 000 | 271 | 65 | 25 | 8.7 | 4 |
/// | 18, `act`, p1 = 15 % | 1 617 million | 13 million | 446 | 90 | 34 | 12 | 6 |
/// | 18, `act`, p1 = 50 % | 602 million | 22 million | 7 209 | 307 | 41 | 10 | 4 |
/// | either `act` | 438 million or more | 8.1 million or more | 436 | 88 | 33 | 10 | 4 |
///
/// So both together act falsely at most once in 438 million calls, at five a second once in three years. Run lengths
/// grow as e^limit, so at other rates ln(rate / 5) on top keeps it at years (`CallRate`): 15.7 at 0.5 a second, 20.3
/// at 50. When 1 % fail instead and it is learned, the first column holds, not the second.
///
/// Calls alone cannot do both, be that sure and see 20 % failing within 8.5 s in 19 of 20 cases at five a second: of
/// some 41 calls whose answers are there by then 4 or fewer have failed in one of eleven cases, so 4 would have to be
/// enough; but 4 of 41 fail by chance about once a day. The best design with p1 from 8 to 20 % needs 9.0 s at one
/// false act in a million calls, 12.3 s at one in 450 million. To be faster is to look more often while in doubt:
/// `ConfirmingProbes`.
package struct ErrorCUSUM: Hashable, Sendable {
    /// How far it is from what is normal.
    package enum Level: Int, Comparable, Hashable, Sendable {
        case quiet
        /// Look closer: probe now. False once in 3 600 calls.
        case watch
        /// Say so. False once in 12 million calls, 27 days at five a second.
        case warn
        /// Stop calling. False once in 438 million calls, three years at five a second.
        case act

        package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// The sum at which to look closer.
    package static let watchLimit = 5.0
    /// The sum at which to say so, at five calls a second.
    package static let warnLimit = 13.0
    /// The sum at which to act, at five calls a second.
    package static let actLimit = 18.0
    /// The share of failures it is to find.
    package static let badShare = 0.15
    /// The share of failures of an outage.
    package static let outageShare = 0.5
    /// What the learned share is held within.
    package static let usualShareRange = 0.001...0.02
    /// How many calls the first guess of the usual share weighs.
    static let priorCalls = 1000.0
    /// Calls after which older ones weigh half.
    static let memoryCalls = 20_000.0
    /// Calls between two looks at the usual share.
    static let relearnCalls = 64

    /// The share of failures that is normal here.
    package private(set) var usualShare: Double
    /// The sum.
    package private(set) var sum = 0.0
    /// The sum for outages.
    package private(set) var outageSum = 0.0
    /// What the limits for `warn` and `act` are higher by: ln(calls a second / 5).
    private var excess = 0.0
    private let range: ClosedRange<Double>
    private let learns: Bool
    private var failures: Double
    private var calls = Self.priorCalls
    private var untilRelearned = Self.relearnCalls
    private var failureStep = 0.0
    private var successStep = 0.0
    private var outageFailureStep = 0.0
    private var outageSuccessStep = 0.0

    /// Starts with a guess of the usual share, inside the range that it is held within.
    package init(
        usualShare: Double = 0.005,
        within range: ClosedRange<Double> = usualShareRange,
        learns: Bool = true
    ) {
        precondition(
            range.lowerBound > 0 && range.upperBound < Self.badShare,
            "the usual share is a small one"
        )
        precondition(range.contains(usualShare), "the usual share lies in its range")
        self.usualShare = usualShare
        self.range = range
        self.learns = learns
        failures = usualShare * Self.priorCalls
        setSteps()
    }

    /// How far it is from what is normal.
    package var level: Level {
        if sum >= Self.actLimit + excess || outageSum >= Self.actLimit + excess { return .act }
        return sum >= Self.warnLimit + excess ? .warn : sum >= Self.watchLimit ? .watch : .quiet
    }

    /// Takes in one call.
    @discardableResult
    package mutating func record(failed: Bool) -> Level {
        sum = max(0, sum + (failed ? failureStep : successStep))
        outageSum = max(0, outageSum + (failed ? outageFailureStep : outageSuccessStep))
        if learns, sum < Self.watchLimit { learn(failed: failed) }
        return level
    }

    /// Takes in how often calls are made: false alarms stay as rare in a day.
    mutating func expect(excess: Double) {
        self.excess = excess
    }

    /// Begins the sum anew, after acting; what it learned stays.
    package mutating func restart() {
        sum = 0
        outageSum = 0
    }

    private mutating func learn(failed: Bool) {
        failures += failed ? 1 : 0
        calls += 1
        untilRelearned -= 1
        guard untilRelearned == 0 else { return }
        untilRelearned = Self.relearnCalls
        if calls > Self.memoryCalls {
            calls /= 2
            failures /= 2
        }
        usualShare = min(max(failures / calls, range.lowerBound), range.upperBound)
        setSteps()
    }

    private mutating func setSteps() {
        failureStep = (Self.badShare / usualShare).naturalLogarithm
        successStep = ((1 - Self.badShare) / (1 - usualShare)).naturalLogarithm
        outageFailureStep = (Self.outageShare / usualShare).naturalLogarithm
        outageSuccessStep = ((1 - Self.outageShare) / (1 - usualShare)).naturalLogarithm
    }
}
