/// Slows down whoever keeps failing to prove who they are: a few free tries, then a wait that doubles.
///
/// With the defaults:
///
/// | failures within the memory | 1 to 9 | 10 | 11 | 12 | 13 | 14 | 15 | 16 | 17 and more |
/// |---|---|---|---|---|---|---|---|---|---|
/// | next try after | at once | 1 s | 2 s | 4 s | 8 s | 16 s | 32 s | 64 s | 128 s, up to 300 s |
///
/// The table is bounded: when it is full the entry that failed longest ago makes room, so an attacker with many
/// addresses can make it forget, but never grow.
package struct AttemptLimiter<Key: Hashable & Sendable>: Sendable {
    /// The limits of a limiter.
    package struct Limits: Hashable, Sendable {
        /// Failures after which there is a wait.
        package var freeFailures: Int
        /// The first wait.
        package var waitBase: Duration
        /// The longest wait.
        package var waitMax: Duration
        /// How long after the last failure all is forgotten.
        package var memory: Duration
        /// The most keys that are remembered.
        package var keysMax: Int

        /// Makes limits; every one has a default.
        package init(
            freeFailures: Int = 10,
            waitBase: Duration = .seconds(1),
            waitMax: Duration = .seconds(300),
            memory: Duration = .seconds(900),
            keysMax: Int = 10_000
        ) {
            self.freeFailures = freeFailures
            self.waitBase = waitBase
            self.waitMax = waitMax
            self.memory = memory
            self.keysMax = keysMax
        }
    }

    private struct Entry: Sendable {
        var failures: Int
        var latest: Duration
        var order: UInt64
    }

    private struct Failure: Sendable {
        let order: UInt64
        let key: Key
    }

    /// Its limits.
    package let limits: Limits
    private let backoff: FullJitterBackoff
    private var entries: [Key: Entry] = [:]
    /// Every failure in order; those whose entry has moved on are skipped.
    private var queue: [Failure] = []
    private var queueStart = 0
    private var failures: UInt64 = 0

    /// Makes a limiter that remembers nobody; every limit must be positive.
    package init(limits: Limits = Limits()) {
        precondition(limits.freeFailures >= 1 && limits.keysMax >= 1, "a limiter counts from 1")
        precondition(limits.memory > .zero, "a limiter remembers for a while")
        self.limits = limits
        backoff = FullJitterBackoff(base: limits.waitBase, ceiling: limits.waitMax, floor: .zero)
    }

    /// How many keys are remembered.
    package var count: Int { entries.count }

    /// How long `key` has to wait before its next try; nil when it may try at once.
    package func wait(for key: Key, now: Duration) -> Duration? {
        guard let entry = entries[key], now - entry.latest < limits.memory,
            entry.failures >= limits.freeFailures
        else { return nil }
        let wait = backoff.limit(afterAttempt: entry.failures - limits.freeFailures + 1)
        let left = entry.latest + wait - now
        return left > .zero ? left : nil
    }

    /// Takes in that a try of `key` failed.
    package mutating func failed(_ key: Key, now: Duration) {
        failures += 1
        let known = entries[key].flatMap { now - $0.latest < limits.memory ? $0.failures : nil } ?? 0
        entries[key] = Entry(failures: known + 1, latest: now, order: failures)
        queue.append(Failure(order: failures, key: key))
        if entries.count > limits.keysMax { forgetOldest() }
        if queue.count > 4 * limits.keysMax { compact() }
    }

    /// Takes in that a try of `key` succeeded: its failures are forgotten.
    package mutating func succeeded(_ key: Key) {
        entries[key] = nil
    }

    private mutating func forgetOldest() {
        while queueStart < queue.count {
            let oldest = queue[queueStart]
            queueStart += 1
            if isLive(oldest) {
                entries[oldest.key] = nil
                return
            }
        }
    }

    private mutating func compact() {
        queue = queue[queueStart...].filter(isLive)
        queueStart = 0
    }

    private func isLive(_ failure: Failure) -> Bool {
        entries[failure.key]?.order == failure.order
    }
}
