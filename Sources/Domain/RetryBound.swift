/// How long a retry may wait while a wedding's timeline item draws near: a quarter of the time that is left.
///
/// | the next item begins in | the wait is at most |
/// |---|---|
/// | never, or no wedding is known | as the schedule says |
/// | 2 days | 12 h |
/// | 4 h | 1 h |
/// | 1 h | 15 min |
/// | 10 min | 2 min 30 s |
/// | 2 min or less | 30 s: the floor, so that nothing spins |
///
/// A quarter leaves three quarters of the time for what follows, so more tries always fall before the item. What a
/// destination asked for with `Retry-After` is bounded in the same way; its breaker and throttle still hold.
package enum RetryBound {
    /// No wait is made shorter than this.
    package static let floor = Duration.seconds(30)
    /// The part of the time left that one wait may take.
    package static let divisor = 4

    /// The longest wait at a moment of a wedding; nil is no bound.
    package static func longest(_ moment: WeddingMoment?) -> Duration? {
        moment?.untilNext.map { max(floor, .microseconds($0.microseconds / Int64(divisor))) }
    }

    /// `wait`, or the longest wait when that is shorter.
    package static func bounded(_ wait: Duration, _ moment: WeddingMoment?) -> Duration {
        longest(moment).map { min(wait, $0) } ?? wait
    }
}
