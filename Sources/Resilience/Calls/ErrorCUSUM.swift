/// Notices that more calls fail than when all is well, within a few calls and with a known rate of false alarms.
///
/// Page's cumulative sum for a share of failures that goes from p0 to p1 = 10 %:
/// S = max(0, S + ln(p1/p0)) for a failure, S = max(0, S + ln((1-p1)/(1-p0))) for a success. p0 is learned while
/// S is small, as the mean of a beta posterior held within 0.1 % and 2 %.
///
/// | p0 | 0.1 % | 0.5 % | 1 % | 2 % |
/// |---|---|---|---|---|
/// | for a failure | +4.605 | +2.996 | +2.303 | +1.609 |
/// | for a success | -0.1044 | -0.1003 | -0.0953 | -0.0852 |
///
/// Calls until the alarm on average, p0 = 0.5 % (`call-bench arl`; Brook and Evans, Biometrika 59, 1972):
///
/// | S reaches | when 0.5 % fail | 1 % | 5 % | 10 % | 20 % | 50 % | 100 % |
/// |---|---|---|---|---|---|---|---|
/// | 5.81, `watch` | 10 500 | 2 050 | 76 | 30 | 13.1 | 4.4 | 2 |
/// | 10.36, `act` | 950 000 | 41 200 | 153 | 50 | 21 | 7.9 | 4 |
///
/// A second sum of the same form with p1 = 50 % and limit 12.5 finds outages sooner, and acts too: +4.605 and -0.688
/// for p0 = 0.5 %, so after three failures in a row. Both together act falsely once in 740 000 calls at p0 = 0.5 %.
package struct ErrorCUSUM: Hashable, Sendable {
    /// How far it is from what is normal.
    package enum Level: Int, Comparable, Hashable, Sendable {
        case quiet
        /// Look closer: probe now. False once in 10 500 calls.
        case watch
        /// Stop calling. False once in 740 000 calls.
        case act

        package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// The sum at which to look closer.
    package static let watchLimit = 5.81
    /// The sum at which to act.
    package static let actLimit = 10.36
    /// The share of failures it is to find.
    package static let badShare = 0.1
    /// The share of failures of an outage.
    package static let outageShare = 0.5
    /// The sum for outages at which to act.
    package static let outageLimit = 12.5
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
    private let learns: Bool
    private var failures: Double
    private var calls = Self.priorCalls
    private var untilRelearned = Self.relearnCalls
    private var failureStep = 0.0
    private var successStep = 0.0
    private var outageFailureStep = 0.0
    private var outageSuccessStep = 0.0

    /// Starts with a guess of the usual share, inside `usualShareRange`.
    package init(usualShare: Double = 0.005, learns: Bool = true) {
        precondition(Self.usualShareRange.contains(usualShare), "the usual share lies in its range")
        self.usualShare = usualShare
        self.learns = learns
        failures = usualShare * Self.priorCalls
        setSteps()
    }

    /// How far it is from what is normal.
    package var level: Level {
        sum >= Self.actLimit || outageSum >= Self.outageLimit
            ? .act : sum >= Self.watchLimit ? .watch : .quiet
    }

    /// Takes in one call.
    package mutating func record(failed: Bool) -> Level {
        sum = max(0, sum + (failed ? failureStep : successStep))
        outageSum = max(0, outageSum + (failed ? outageFailureStep : outageSuccessStep))
        if learns, sum < Self.watchLimit { learn(failed: failed) }
        return level
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
        usualShare = min(
            max(failures / calls, Self.usualShareRange.lowerBound),
            Self.usualShareRange.upperBound
        )
        setSteps()
    }

    private mutating func setSteps() {
        failureStep = (Self.badShare / usualShare).naturalLogarithm
        successStep = ((1 - Self.badShare) / (1 - usualShare)).naturalLogarithm
        outageFailureStep = (Self.outageShare / usualShare).naturalLogarithm
        outageSuccessStep = ((1 - Self.outageShare) / (1 - usualShare)).naturalLogarithm
    }
}
