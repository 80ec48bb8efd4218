package import Domain
package import Resilience

/// A vendor's own rate limit: says whether a request is within it, and what is left.
package struct VendorLimiter: Hashable, Sendable {
    /// Whether one request is within the limit.
    package enum Outcome: Hashable, Sendable {
        /// It is, and was counted; this many are left before the next refusal.
        case within(remaining: Int)
        /// It is not: the next one is after this long.
        case over(wait: Duration)

        /// Whether it is within the limit.
        package var isWithin: Bool {
            guard case .within = self else { return false }
            return true
        }
    }

    private enum State: Hashable, Sendable {
        case bucket(TokenBucket, ratePerSecond: Double, burst: Int)
        case window(count: Int, length: Duration, index: Int64, used: Int)
    }

    private var state: State

    /// Makes a limiter with everything left.
    /// - Parameter kind: a rate or a window; a vendor whose answers take no time has no concurrency.
    package init(_ kind: LimitKind) {
        switch kind {
        case .tokenBucket(let rate, let burst):
            state = .bucket(
                TokenBucket(ratePerSecond: rate, burst: burst, now: .zero),
                ratePerSecond: rate,
                burst: burst
            )
        case .fixedWindow(let count, let length):
            precondition(length >= .seconds(1), "a window is at least a second long")
            state = .window(count: count, length: length, index: 0, used: 0)
        case .concurrency:
            preconditionFailure("a vendor's limiter counts requests over time")
        }
    }

    /// Counts one request at `now`.
    /// - Parameter share: how much of the limit is granted, above 0; more than 1 grants more than the limit.
    package mutating func take(now: Instant, share: Double = 1) -> Outcome {
        precondition(share > 0 && share.isFinite, "a share is above 0")
        switch state {
        case .bucket(var bucket, let rate, let burst):
            let time = Duration.microseconds(now.microseconds)
            let granted = max(Int(Double(burst) * share), 1)
            if bucket.ratePerSecond != rate * share || bucket.burst != granted {
                bucket.change(ratePerSecond: rate * share, burst: granted, now: time)
            }
            let outcome = bucket.take(now: time)
            state = .bucket(bucket, ratePerSecond: rate, burst: burst)
            switch outcome {
            case .taken: return .within(remaining: bucket.left(now: time))
            case .wait(let wait): return .over(wait: wait)
            }
        case .window(let count, let length, var index, var used):
            let position = now.microseconds / length.microseconds
            if position != index {
                index = position
                used = 0
            }
            let granted = max(Int(Double(count) * share), 1)
            defer { state = .window(count: count, length: length, index: index, used: used) }
            guard used < granted else {
                let end = Instant(microseconds: (position + 1) * length.microseconds)
                return .over(wait: end - now)
            }
            used += 1
            return .within(remaining: granted - used)
        }
    }
}
