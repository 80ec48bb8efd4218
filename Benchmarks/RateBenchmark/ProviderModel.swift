import Resilience

/// A provider's limit, as the provider counts.
struct ProviderModel: Sendable {
    enum Limit: Sendable {
        case bucket(rate: Double, burst: Double)
        case window(count: Int, length: Double)
        /// A bucket; over it, everything is refused for `block` seconds.
        case punishing(rate: Double, burst: Double, block: Double)
    }

    let limit: Limit
    private var tokens: Double
    private var latest = 0.0
    private var blockedUntil = -1.0
    private var window = -1
    private var used = 0
    private var served = 0.0

    init(_ limit: Limit) {
        self.limit = limit
        switch limit {
        case .bucket(_, let burst), .punishing(_, let burst, _): tokens = burst
        case .window: tokens = 0
        }
    }

    /// Reads `bucket:25:25`, `window:1500:60` or `punishing:25:25:2`.
    init(_ text: String) throws {
        let parts = text.split(separator: ":")
        let numbers = parts.dropFirst().compactMap { Double($0) }
        switch (parts.first, numbers.count) {
        case ("bucket", 2) where numbers[0] > 0:
            self.init(.bucket(rate: numbers[0], burst: max(numbers[1], 1)))
        case ("window", 2) where numbers[0] >= 1 && numbers[1] > 0:
            self.init(.window(count: Int(numbers[0]), length: numbers[1]))
        case ("punishing", 3) where numbers[0] > 0:
            self.init(.punishing(rate: numbers[0], burst: max(numbers[1], 1), block: numbers[2]))
        default: throw TraceError.limit(text)
        }
    }

    /// What the queue is told of it.
    var described: BudgetLimit {
        switch limit {
        case .bucket(let rate, let burst):
            BudgetLimit("limit", .tokenBucket(ratePerSecond: rate, burst: Int(burst)))
        case .window(let count, let length):
            BudgetLimit("limit", .fixedWindow(count: count, length: .microseconds(Int64(length * 1_000_000))))
        case .punishing(let rate, let burst, _):
            BudgetLimit(
                "limit",
                .tokenBucket(ratePerSecond: rate, burst: Int(burst)),
                policy: Budget.Policy(punishes: true)
            )
        }
    }

    /// Counts a call that arrives at `time`; nil is accepted, else the seconds until one could be.
    mutating func receive(at time: Double) -> Double? {
        switch limit {
        case .window(let count, let length):
            let current = Int(time / length)
            if current != window { (window, used) = (current, 0) }
            guard used < count else { return Double(current + 1) * length - time }
            used += 1
            return nil
        case .bucket(let rate, let burst):
            return take(rate, burst, at: time)
        case .punishing(let rate, let burst, let block):
            guard time >= blockedUntil else { return blockedUntil - time }
            guard take(rate, burst, at: time) != nil else { return nil }
            blockedUntil = time + block
            return block
        }
    }

    /// The earliest time from `time` on, and after the calls before, at which a call is accepted; counts it.
    mutating func earliest(from time: Double) -> Double {
        var time = max(time, served)
        defer { served = time }
        while let wait = ideal(at: time) { time += max(wait, 1e-9) }
        return time
    }

    /// Like `receive`, for one who never asks in vain and so is never shut out.
    private mutating func ideal(at time: Double) -> Double? {
        guard case .punishing(let rate, let burst, _) = limit else { return receive(at: time) }
        return take(rate, burst, at: time)
    }

    private mutating func take(_ rate: Double, _ burst: Double, at time: Double) -> Double? {
        tokens = min(burst, tokens + max(time - latest, 0) * rate)
        latest = max(latest, time)
        guard tokens >= 1 - 1e-9 else { return (1 - tokens) / rate }
        tokens -= 1
        return nil
    }
}
