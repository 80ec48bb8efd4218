import Domain

/// Counts calls against a token bucket, with a reserve for the more urgent (GCRA: ITU-T I.371, annex A).
///
/// One number is kept, the time `fullAt` at which the bucket would be full again. With τ = 1 / rate, a call of class c
/// at time t goes when `max(fullAt, t) + τ − depth(c)·τ ≤ t`, and then `fullAt` becomes `max(fullAt, t) + τ`. Here
///
///     depth(c) = max(1, (burst − slack) · (1 − θ(c)) − held − left)
///
/// where `held` are the tokens held for other weddings' reservations, `left` those that weddings with many waiting calls
/// leave to the others of their class: a tenth of the bucket, at least one token, and never more than the next class leaves
/// beyond that, so that no crowd waits behind a less urgent call:
///
///     left(c) = min(max(1, (burst − slack) / 10), (burst − slack) · (θ(c + 1) − θ(c)))
///
/// And `slack = min(rate · jitter, (burst − 1) / 2)`
/// are tokens never touched: calls that the network pushes together by up to `jitter` still find a token at the
/// provider. That costs a little burst and no throughput; a margin on the *rate* would cost 17 % of delay for 1 %.
///
/// | rate 25/s, burst 25, jitter 50 ms | live | normal | bulk |
/// |---|---|---|---|
/// | at once after quiet times | 23 | 19 | 11 |
/// | tokens left for the more urgent | 0 | 4.75 | 11.9 |
/// | then, while nobody more urgent sends | 25/s | 25/s | 25/s |
/// | at once, where only weddings with many calls wait | 21 | 16 | 9 |
struct BucketMeter: Hashable, Sendable {
    /// Tokens a second.
    private(set) var rate: Double
    /// The most tokens at a time; at least 1.
    private(set) var burst: Double
    /// When the bucket would be full, in seconds of the monotonic clock.
    private(set) var fullAt: Double
    /// Up to which `fullAt` calls are covered by what was saved; infinite when nothing needs to be.
    private(set) var coveredTo = Double.infinity
    private let jitter: Double
    private var lastTakenAt: Double?

    init(rate: Double, burst: Double, jitter: Double, fullAt: Double) {
        self.rate = rate
        self.burst = max(burst, 1)
        self.jitter = jitter
        self.fullAt = fullAt
    }

    var interval: Double { 1 / rate }

    /// How long a call of `budgetClass` must wait at `time`; zero or less is not at all.
    func wait(_ budgetClass: BudgetClass, held: Double, leavesSome: Bool, at time: Double) -> Double {
        let usable = burst - slack
        let left = leavesSome ? min(max(1, usable / 10), usable * budgetClass.advantage) : 0
        let depth = max(1, usable * (1 - budgetClass.reserve) - held - left)
        return max(fullAt, time) + interval - depth * interval - time
    }

    /// Whether one more call at `time` is covered by what was saved.
    func isCovered(at time: Double) -> Bool {
        max(fullAt, time) + interval <= coveredTo
    }

    mutating func take(at time: Double) {
        fullAt = max(fullAt, time) + interval
        lastTakenAt = time
    }

    /// Takes in that the provider has at most `tokens` left at `time`.
    mutating func atMost(_ tokens: Double, at time: Double) {
        fullAt = max(fullAt, time + (burst - min(tokens, burst)) * interval)
    }

    /// The part of the burst that was gone at the latest call.
    var usedPart: Double { lastTakenAt.map { min(1, (fullAt - $0) / (burst * interval)) } ?? 0 }

    /// Changes rate and burst; the tokens that are missing stay missing.
    mutating func change(rate: Double, burst: Double, at time: Double) {
        guard rate != self.rate || burst != self.burst else { return }
        let missing = min(max(fullAt - time, 0) * self.rate, burst)
        self.rate = rate
        self.burst = max(burst, 1)
        fullAt = time + missing * interval
    }

    /// What to save so that calls of the next second are covered.
    func lease(at time: Double) -> Double {
        max(fullAt, time) + max(1, interval)
    }

    /// Goes on with a bucket that would be full at `time`.
    mutating func restore(fullAt time: Double) {
        fullAt = time
    }

    mutating func cover(to end: Double) {
        coveredTo = end
    }

    private var slack: Double { min(jitter * rate, (burst - 1) / 2) }
}
