import Domain

/// Lets a steady rate through, with a burst after quiet times.
///
/// Rate 2 a second, burst 3, asked again and again from time 0: taken at 0, 0, 0, 0.5, 1.0, 1.5 s and so on; after
/// 1.5 s of quiet the burst is full again.
///
/// Kept as one number, the time at which the bucket would be full (GCRA: ITU-T I.371, annex A), so there is
/// nothing to refill and no drift. A clock that goes back is read as one that stands still.
package struct TokenBucket: Hashable, Sendable {
    /// Whether one token could be had.
    package enum Outcome: Hashable, Sendable {
        /// One token was taken.
        case taken
        /// None is left; the next one comes after this long, which is more than zero.
        case wait(Duration)
    }

    /// The rates a bucket can keep, in tokens a second.
    package static let rateRange = 0.000_1...1_000_000.0

    /// Tokens a second.
    package private(set) var ratePerSecond: Double
    /// The most tokens at a time; at least 1.
    package private(set) var burst: Int
    private var latest: Duration
    private var fullAt: Duration

    /// Makes a full bucket at the monotonic time `now`.
    package init(ratePerSecond: Double, burst: Int, now: Duration) {
        precondition(Self.rateRange.contains(ratePerSecond), "a rate lies in its range")
        precondition(burst >= 1, "a bucket holds at least one token")
        self.ratePerSecond = ratePerSecond
        self.burst = burst
        latest = now
        fullAt = now
    }

    /// Takes one token at the monotonic time `now`, or tells how long to wait for one.
    package mutating func take(now: Duration) -> Outcome {
        advance(to: now)
        let deepest = interval * (burst - 1)
        let missing = fullAt - latest - deepest
        guard missing <= .zero else { return .wait(missing + (latest - now)) }
        fullAt += interval
        return .taken
    }

    /// How many tokens could be taken at once at the monotonic time `now`.
    package func left(now: Duration) -> Int {
        let time = max(latest, now)
        let missing = max(fullAt - time, .zero)
        guard interval > .zero else { return burst }
        let depth = interval * burst - missing
        return max(0, min(burst, Int((depth.inSeconds / interval.inSeconds + 1e-9).rounded(.down))))
    }

    /// Changes rate and burst; the tokens that are missing stay missing.
    package mutating func change(ratePerSecond: Double, burst: Int, now: Duration) {
        precondition(Self.rateRange.contains(ratePerSecond), "a rate lies in its range")
        precondition(burst >= 1, "a bucket holds at least one token")
        advance(to: now)
        let missing = min((fullAt - latest).inSeconds * self.ratePerSecond, Double(burst))
        self.ratePerSecond = ratePerSecond
        self.burst = burst
        fullAt = latest + interval * missing
    }

    private var interval: Duration { .nanoseconds(Int64((1_000_000_000 / ratePerSecond).rounded())) }

    private mutating func advance(to now: Duration) {
        latest = max(latest, now)
        fullAt = max(fullAt, latest)
    }
}
