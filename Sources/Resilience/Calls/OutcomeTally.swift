/// How many of the latest outcomes were bad: of the latest 50, and of the latest 30 seconds.
///
/// Both are kept with a constant number of steps for each outcome: a bit of a word, and a bucket for each second. After
/// 30 quiet seconds both are empty.
struct OutcomeTally: Hashable, Sendable {
    /// Outcomes of one kind in one stretch.
    struct Counts: Hashable, Sendable {
        var total: UInt32 = 0
        var failed: UInt32 = 0
        var slow: UInt32 = 0

        static func += (left: inout Counts, right: Counts) {
            left.total += right.total
            left.failed += right.failed
            left.slow += right.slow
        }

        static func -= (left: inout Counts, right: Counts) {
            left.total -= right.total
            left.failed -= right.failed
            left.slow -= right.slow
        }

        /// Whether at least `share` of at least `totalMin` failed.
        func failed(share: Double, totalMin: UInt32) -> Bool {
            total >= totalMin && Double(failed) >= share * Double(total)
        }

        /// Whether at least `share` of at least `totalMin` were slow.
        func slow(share: Double, totalMin: UInt32) -> Bool {
            total >= totalMin && Double(slow) >= share * Double(total)
        }
    }

    /// Outcomes the window by count holds.
    static let countMax: UInt32 = 50
    /// Seconds the window by time holds.
    static let secondsMax = 30

    private var buckets = [Counts](repeating: Counts(), count: secondsMax)
    private var second: Int64 = .min
    private var failedBits: UInt64 = 0
    private var slowBits: UInt64 = 0
    private var held: UInt32 = 0
    /// The latest 30 seconds.
    private(set) var recent = Counts()

    /// The latest 50 outcomes.
    var latest: Counts {
        Counts(
            total: held,
            failed: UInt32(failedBits.nonzeroBitCount),
            slow: UInt32(slowBits.nonzeroBitCount)
        )
    }

    /// Takes in one outcome of the second `now`; a clock that goes back is read as one that stands still.
    mutating func record(failed: Bool, slow: Bool, second now: Int64) {
        advance(to: now)
        let kept: UInt64 = (1 << UInt64(Self.countMax)) - 1
        failedBits = (failedBits << 1 | (failed ? 1 : 0)) & kept
        slowBits = (slowBits << 1 | (slow ? 1 : 0)) & kept
        held = min(held + 1, Self.countMax)
        let one = Counts(total: 1, failed: failed ? 1 : 0, slow: slow ? 1 : 0)
        buckets[index(second)] += one
        recent += one
    }

    /// Forgets what is older than 30 seconds.
    mutating func advance(to now: Int64) {
        guard now > second else { return }
        if second == .min || now - second >= Int64(Self.secondsMax) {
            clear()
        } else {
            while second < now {
                second += 1
                recent -= buckets[index(second)]
                buckets[index(second)] = Counts()
            }
            if recent.total == 0 { forgetLatest() }
        }
        second = now
    }

    /// Forgets everything.
    mutating func clear() {
        for index in buckets.indices { buckets[index] = Counts() }
        recent = Counts()
        forgetLatest()
    }

    private mutating func forgetLatest() {
        failedBits = 0
        slowBits = 0
        held = 0
    }

    private func index(_ second: Int64) -> Int {
        let remainder = Int(second % Int64(Self.secondsMax))
        return remainder < 0 ? remainder + Self.secondsMax : remainder
    }
}
