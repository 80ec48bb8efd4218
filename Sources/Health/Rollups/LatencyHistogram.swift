import Domain

/// How long answers took, in 65 bands: each reaches a fifth further than the one before (2 to the power of 1/4).
///
/// | band | from | to |
/// |---|---|---|
/// | 0 | 0 | 1 ms |
/// | 4 | 1.7 ms | 2 ms |
/// | 40 | 861 ms | 1.02 s |
/// | 63 | 46.3 s | 55.1 s |
/// | 64 | 55.1 s | without end |
///
/// A percentile is read between the ends of its band, so it is wrong by a fifth at most. Two histograms add up.
package struct LatencyHistogram: Hashable, Sendable {
    /// How many bands there are.
    package static let bandCount = 65
    /// The upper ends of all bands but the last, in microseconds: 1000 · 2^(band/4), rounded.
    static let ends: [Int64] = [
        1_000, 1_189, 1_414, 1_682, 2_000, 2_378, 2_828, 3_364, 4_000, 4_757, 5_657, 6_727, 8_000, 9_514,
        11_314, 13_454, 16_000, 19_027, 22_627, 26_909, 32_000, 38_055, 45_255, 53_817, 64_000, 76_109,
        90_510,
        107_635, 128_000, 152_219, 181_019, 215_269, 256_000, 304_437, 362_039, 430_539, 512_000, 608_874,
        724_077, 861_078, 1_024_000, 1_217_748, 1_448_155, 1_722_156, 2_048_000, 2_435_496, 2_896_309,
        3_444_312, 4_096_000, 4_870_992, 5_792_619, 6_888_623, 8_192_000, 9_741_985, 11_585_238, 13_777_247,
        16_384_000, 19_483_969, 23_170_475, 27_554_494, 32_768_000, 38_967_939, 46_340_950, 55_108_987,
    ]

    private var counts: [Int64: Int64] = [:]

    /// Empty.
    package init() {}

    /// How many answers there were.
    package var total: Int64 { counts.values.reduce(0, +) }

    /// Takes in one answer.
    package mutating func record(_ latency: Duration) {
        counts[Int64(Self.band(latency.microseconds)), default: 0] += 1
    }

    /// Takes in another histogram.
    package mutating func add(_ other: LatencyHistogram) {
        counts.merge(other.counts, uniquingKeysWith: +)
    }

    /// The time within which this part of the answers came, 0 to 1; nil without answers.
    package func quantile(_ part: Double) -> Duration? {
        let total = total
        guard total > 0 else { return nil }
        let wanted = max(Double(total) * min(max(part, 0), 1), 1)
        var before = 0.0
        for (band, count) in counts.sorted(by: { $0.key < $1.key }) {
            let count = Double(count)
            guard before + count < wanted else {
                let band = Int(band)
                let low = band == 0 ? 0 : Double(Self.ends[band - 1])
                let high = band < Self.ends.count ? Double(Self.ends[band]) : low
                return .microseconds(Int64(low + (high - low) * (wanted - before) / count))
            }
            before += count
        }
        return nil
    }

    /// The band that a time in microseconds falls in.
    static func band(_ microseconds: Int64) -> Int {
        var (low, high) = (0, ends.count)
        while low < high {
            let middle = (low + high) / 2
            if ends[middle] < microseconds { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// As text: `12:5,13:40`, a band and its count, in order.
    package var text: String {
        counts.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }.joined(separator: ",")
    }

    /// Reads the text; nil when it is none.
    package init?(text: String) {
        for pair in text.split(separator: ",") {
            let parts = pair.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let band = Int64(parts[0]), let count = Int64(parts[1]),
                (0..<Int64(Self.bandCount)).contains(band), count > 0
            else { return nil }
            counts[band, default: 0] += count
        }
    }
}
