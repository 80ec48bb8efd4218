/// What a stream of bytes must keep up, so that nobody holds it open with drips.
///
/// | limit | beyond it |
/// |---|---|
/// | `bytesPerWindowMin` in each `window` in which something is waited for | too slow |
/// | `timeMax` in all, waiting or not | too long |
package struct ProgressRule: Hashable, Sendable {
    /// How long a stream is looked at before it is judged.
    package let window: Duration
    /// The least number of bytes that must move in a window.
    package let bytesPerWindowMin: Int
    /// How long the stream may take in all.
    package let timeMax: Duration

    /// Makes a rule; traps unless the times are positive and the bytes not negative.
    package init(window: Duration, bytesPerWindowMin: Int, timeMax: Duration) {
        precondition(window > .zero && timeMax > .zero, "a stream has some time")
        precondition(bytesPerWindowMin >= 0, "a number of bytes is not negative")
        self.window = window
        self.bytesPerWindowMin = bytesPerWindowMin
        self.timeMax = timeMax
    }
}

/// Measures one stream against a `ProgressRule`; time in which nobody waits for the other side does not count.
///
///     paused -resumed-> running -late?-> running (next window) or too slow
///        ^----paused-----'
package struct ProgressMeter: Sendable {
    /// What is wrong with a stream.
    package enum Fault: Hashable, Sendable {
        /// Too few bytes moved in a window.
        case tooSlow
        /// It took more than `timeMax`.
        case tooLong
    }

    private let rule: ProgressRule
    private let end: Duration
    /// When the window ends; while paused what is left of it.
    private var windowEnd: Duration
    private var windowLeft: Duration?
    private var bytes = 0

    /// Starts at `now`; waiting for the other side unless `isPaused`.
    package init(_ rule: ProgressRule, now: Duration, isPaused: Bool = false) {
        self.rule = rule
        end = now + rule.timeMax
        windowEnd = now + rule.window
        windowLeft = isPaused ? rule.window : nil
    }

    /// Whether nobody waits for the other side.
    package var isPaused: Bool { windowLeft != nil }

    /// When `fault` must be asked next.
    package var deadline: Duration { isPaused ? end : min(end, windowEnd) }

    /// Bytes moved.
    package mutating func moved(_ count: Int) {
        bytes += count
    }

    /// From now on nobody waits for the other side.
    package mutating func pause(at now: Duration) {
        guard windowLeft == nil else { return }
        windowLeft = max(windowEnd - now, .zero)
    }

    /// From now on the other side is waited for again.
    package mutating func resume(at now: Duration) {
        guard let left = windowLeft else { return }
        windowLeft = nil
        windowEnd = now + left
    }

    /// What is wrong at `now`; nil when all is well, with a fresh window when the last one is over.
    package mutating func fault(at now: Duration) -> Fault? {
        if now >= end { return .tooLong }
        guard !isPaused, now >= windowEnd else { return nil }
        guard bytes >= rule.bytesPerWindowMin else { return .tooSlow }
        bytes = 0
        windowEnd = now + rule.window
        return nil
    }
}
