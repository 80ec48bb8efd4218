import Domain

/// How long answers take: the median, p95 and p99 of the latest minutes.
///
/// A histogram with eight buckets for each doubling from 1 ms to 131 s, so a quantile is off by at most 6 %. Counts
/// are halved once they are 1024 and again with every further 512, so the latest few hundred answers weigh most;
/// after 300 s without an answer the next one halves them too. Quantiles are refreshed every 32 answers (every one
/// of the first 32).
///
/// | latency | 0.4 ms | 1 ms | 250 ms | 1 s | 10 s | 200 s |
/// |---|---|---|---|---|---|---|
/// | read back as | 1.06 ms | 1.06 ms | 247 ms | 1.04 s | 10.0 s | 127 s |
package struct LatencyProfile: Hashable, Sendable {
    /// Answers after which all count half.
    static let countMax: Float = 1024
    /// Quiet time after which all count half.
    static let quiet = 300.0
    /// Buckets for each doubling.
    static let perDoubling = 8
    /// Doublings from 1 ms (1 024 µs) on.
    static let doublings = 17
    /// Answers between two refreshes.
    static let refreshAfter = 32

    private var buckets = [Float](repeating: 0, count: perDoubling * doublings)
    private var total: Float = 0
    private var answers = 0
    private var latest = 0.0
    /// Half of the answers came within this; nil before the first one.
    package private(set) var p50: Duration?
    /// 95 % of the answers came within this.
    package private(set) var p95: Duration?
    /// 99 % of the answers came within this.
    package private(set) var p99: Duration?

    /// Starts empty.
    package init() {}

    /// Takes in one answer.
    package mutating func record(_ latency: Duration, now: Duration) {
        _ = record(microseconds: latency.microseconds, seconds: now.inSeconds)
    }

    /// Takes in one answer; tells whether the quantiles were refreshed.
    mutating func record(microseconds: Int64, seconds: Double) -> Bool {
        if total >= Self.countMax || seconds - latest > Self.quiet { halve() }
        latest = max(latest, seconds)
        buckets[Self.bucket(microseconds)] += 1
        total += 1
        answers += 1
        guard answers <= Self.refreshAfter || answers % Self.refreshAfter == 0 else { return false }
        refresh()
        return true
    }

    /// The latency below which the given share of the answers lies; nil before the first answer.
    package func quantile(_ share: Double) -> Duration? {
        precondition(share > 0 && share <= 1, "a quantile's share lies in 0...1")
        guard total > 0 else { return nil }
        var left = Float(share) * total
        for index in buckets.indices {
            left -= buckets[index]
            if left <= 0, buckets[index] > 0 { return .microseconds(Self.middle(index)) }
        }
        return .microseconds(Self.middle(buckets.count - 1))
    }

    private mutating func refresh() {
        p50 = quantile(0.5)
        p95 = quantile(0.95)
        p99 = quantile(0.99)
    }

    private mutating func halve() {
        total = 0
        for index in buckets.indices {
            // What is left of a single old answer is forgotten in the end.
            buckets[index] = buckets[index] < 0.05 ? 0 : buckets[index] / 2
            total += buckets[index]
        }
    }

    /// The bucket: the doubling above 1 024 µs, then the three bits behind the leading one.
    static func bucket(_ microseconds: Int64) -> Int {
        let value = UInt64(max(microseconds, 1024))
        let doubling = 63 - value.leadingZeroBitCount - 10
        guard doubling < doublings else { return perDoubling * doublings - 1 }
        return doubling * perDoubling + Int(value >> UInt64(doubling + 7)) & 7
    }

    /// The middle of a bucket in microseconds.
    static func middle(_ bucket: Int) -> Int64 {
        let doubling = bucket / perDoubling
        return (Int64(2 * (perDoubling + bucket % perDoubling) + 1) << Int64(doubling + 7)) / 2
    }
}
