import Domain
import Foundation

/// Chance for the benchmark, from a seed.
struct Dice {
    private var random: SeededRandom

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
    }

    /// 0..<1.
    mutating func fraction() -> Double {
        Double(random.next() >> 11) * 0x1p-53
    }

    /// Exponential with this mean.
    mutating func exponential(mean: Double) -> Double {
        -mean * log(1 - fraction())
    }

    /// Standard normal.
    mutating func normal() -> Double {
        (-2 * log(1 - fraction())).squareRoot() * cos(2 * .pi * fraction())
    }
}

/// The value below which `share` of the sorted values lie; infinity when there are none.
func quantile(_ sorted: [Double], _ share: Double) -> Double {
    guard !sorted.isEmpty else { return .infinity }
    return sorted[min(Int(share * Double(sorted.count)), sorted.count - 1)]
}
