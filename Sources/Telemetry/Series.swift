import Synchronization

/// A number that only grows.
package final class Counter: Sendable {
    private let count = Atomic<UInt64>(0)

    /// Adds `amount`; wraps after 2⁶⁴.
    package func increment(by amount: UInt64 = 1) {
        count.wrappingAdd(amount, ordering: .relaxed)
    }

    /// The sum so far.
    package var value: UInt64 { count.load(ordering: .relaxed) }
}

/// A number that goes up and down.
package final class Gauge: Sendable {
    private let bits = Atomic<UInt64>(0)

    /// Sets the number.
    package func set(_ value: Double) {
        bits.store(value.bitPattern, ordering: .relaxed)
    }

    /// Adds `amount`, which may be negative.
    package func add(_ amount: Double) {
        addDouble(amount, to: bits)
    }

    /// The number.
    package var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
}

/// How often values fell below each of some bounds.
package final class Histogram: Sendable {
    /// From 1 ms to 30 s, about 2.5 apart: fit for waits and request times in seconds.
    package static let secondsBuckets: [Double] = [
        0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
    ]

    /// The upper bounds, ascending; the last bucket goes on for ever.
    package let bounds: [Double]
    private let counts: [Count]
    private let sum = Atomic<UInt64>(0)

    /// An atomic that can stand in an array.
    private final class Count: Sendable {
        let value = Atomic<UInt64>(0)
    }

    init(_ bounds: [Double]) {
        precondition(!bounds.isEmpty && bounds.allSatisfy(\.isFinite), "a histogram has finite bounds")
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy(<), "a histogram's bounds ascend")
        self.bounds = bounds
        counts = (0...bounds.count).map { _ in Count() }
    }

    /// Takes in one value.
    ///
    /// A bound belongs to the bucket below it. Not a number is left out.
    package func observe(_ value: Double) {
        guard !value.isNaN else { return }
        let index = bounds.firstIndex { value <= $0 } ?? bounds.count
        counts[index].value.wrappingAdd(1, ordering: .relaxed)
        addDouble(value, to: sum)
    }

    /// Takes in one duration, in seconds.
    package func observe(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        observe(Double(seconds) + Double(attoseconds) / 1e18)
    }

    /// How many values were taken in.
    package var count: UInt64 { counts.reduce(0) { $0 &+ $1.value.load(ordering: .relaxed) } }

    /// The sum of all values.
    package var total: Double { Double(bitPattern: sum.load(ordering: .relaxed)) }

    func write(_ name: String, _ labels: [String], to text: inout String) {
        var below: UInt64 = 0
        for (index, count) in counts.enumerated() {
            below &+= count.value.load(ordering: .relaxed)
            let bound = index < bounds.count ? "\(bounds[index])" : "+Inf"
            text += line("\(name)_bucket", labels + ["le=\"\(bound)\""], "\(below)")
        }
        text += line("\(name)_sum", labels, number(total))
        text += line("\(name)_count", labels, "\(below)")
    }
}

private func addDouble(_ amount: Double, to bits: borrowing Atomic<UInt64>) {
    var old = bits.load(ordering: .relaxed)
    while true {
        let new = (Double(bitPattern: old) + amount).bitPattern
        let (exchanged, current) = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
        if exchanged { return }
        old = current
    }
}
