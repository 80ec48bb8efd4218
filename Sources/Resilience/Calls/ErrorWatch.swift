/// Whether too many calls fail, from calls, from probes that confirm a suspicion, and from answers that stay away.
///
/// | sum | takes in | usual share of failures, at first | acts by itself |
/// |---|---|---|---|
/// | calls | calls | 0.5 % | yes: green probes cannot put it off |
/// | together | calls and probes | 0.5 % | yes: more news in the same time |
/// | silence | calls: late or not | 0.05 %, held within 0.01 % and 2 % | yes: three late ones in a row |
///
/// A healthy provider fails now and then, but hardly ever takes three times as long as its p95: that is why a late
/// call says more than a failed one (+6.91 in place of +4.61 for an outage), and has a sum of its own.
struct ErrorWatch: Sendable {
    private var calls = ErrorCUSUM()
    private var together = ErrorCUSUM()
    private var silence = ErrorCUSUM(usualShare: 0.0005, within: 0.0001...0.02)

    /// How far they are from what is normal, the farthest of them.
    var level: ErrorCUSUM.Level { max(calls.level, max(together.level, silence.level)) }

    /// Takes in one call.
    mutating func record(failed: Bool, late: Bool) -> ErrorCUSUM.Level {
        calls.record(failed: failed)
        together.record(failed: failed)
        silence.record(failed: late)
        return level
    }

    /// Takes in one probe.
    mutating func recordProbe(failed: Bool) -> ErrorCUSUM.Level {
        together.record(failed: failed)
        return level
    }

    /// Takes in how often calls are made: see `CallRate`.
    mutating func expect(excess: Double) {
        calls.expect(excess: excess)
        together.expect(excess: excess)
        silence.expect(excess: excess)
    }

    /// Begins the sums anew, after acting.
    mutating func restart() {
        calls.restart()
        together.restart()
        silence.restart()
    }
}
