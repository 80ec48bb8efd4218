/// How long to wait before the next attempt: a random part of a limit that doubles.
///
/// The limit after attempt `n` is `min(base · 2ⁿ⁻¹, ceiling)`, the wait is spread evenly over `0...limit`, and never
/// below `floor`, so that a thousand deliveries that failed together do not come back together. See
/// `DeliverySchedule` for a table of values.
///
/// Source: Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015: "full jitter" needs the least
/// work of all variants to drain a contended peer.
package struct FullJitterBackoff: Hashable, Sendable {
    /// The limit after the first attempt.
    package let base: Duration
    /// The largest limit.
    package let ceiling: Duration
    /// The shortest wait; keeps an unlucky draw from hammering a peer that has just failed.
    package let floor: Duration

    /// Makes a backoff; `0 <= floor <= base <= ceiling` and `base > 0`.
    package init(base: Duration, ceiling: Duration, floor: Duration) {
        precondition(base > .zero && base <= ceiling, "a backoff grows from a positive base to its ceiling")
        precondition(floor >= .zero && floor <= base, "a backoff's floor lies between zero and its base")
        self.base = base
        self.ceiling = ceiling
        self.floor = floor
    }

    /// The longest wait after attempt `attempt`, counted from 1.
    package func limit(afterAttempt attempt: Int) -> Duration {
        precondition(attempt >= 1, "attempts are counted from 1")
        var limit = base
        for _ in 1..<attempt {
            guard limit < ceiling else { return ceiling }
            limit *= 2
        }
        return min(limit, ceiling)
    }

    /// The wait after attempt `attempt`, counted from 1.
    ///
    /// - Parameter jitter: 0..<1, drawn by the caller so that a seed repeats the run.
    package func delay(afterAttempt attempt: Int, jitter: Double) -> Duration {
        precondition((0..<1).contains(jitter), "jitter lies in 0..<1")
        return max(floor, limit(afterAttempt: attempt) * jitter)
    }
}
