/// When a delivery that failed is tried again, and when it is given up.
///
/// The table of the default schedule (base 10 s, ceiling 12 h, floor 1 s, 16 attempts):
///
/// | after attempt | wait, at most | wait, mean | since the first attempt, mean | at most |
/// |---|---|---|---|---|
/// | 1 | 10 s | 5 s | 5 s | 10 s |
/// | 2 | 20 s | 10 s | 15 s | 30 s |
/// | 3 | 40 s | 20 s | 35 s | 1 min 10 s |
/// | 4 | 1 min 20 s | 40 s | 1 min 15 s | 2 min 30 s |
/// | 5 | 2 min 40 s | 1 min 20 s | 2 min 35 s | 5 min 10 s |
/// | 6 | 5 min 20 s | 2 min 40 s | 5 min 15 s | 10 min 30 s |
/// | 7 | 10 min 40 s | 5 min 20 s | 10 min 35 s | 21 min 10 s |
/// | 8 | 21 min 20 s | 10 min 40 s | 21 min 15 s | 42 min 30 s |
/// | 9 | 42 min 40 s | 21 min 20 s | 42 min 35 s | 1 h 25 min |
/// | 10 | 1 h 25 min | 42 min 40 s | 1 h 25 min | 2 h 51 min |
/// | 11 | 2 h 51 min | 1 h 25 min | 2 h 51 min | 5 h 41 min |
/// | 12 | 5 h 41 min | 2 h 51 min | 5 h 41 min | 11 h 22 min |
/// | 13 | 11 h 23 min | 5 h 41 min | 11 h 23 min | 22 h 45 min |
/// | 14 | 12 h | 6 h | 17 h 23 min | 34 h 45 min |
/// | 15 | 12 h | 6 h | 23 h 23 min | 46 h 45 min |
/// | 16 | given up: a dead letter | | | |
///
/// The means leave out the floor, which adds less than 0.2 s in all. A peer may ask for a longer wait
/// (`Retry-After`); a shorter one changes nothing.
package struct DeliverySchedule: Hashable, Sendable {
    /// The longest wait a peer may ask for.
    ///
    /// A day outlasts every maintenance window and daily quota. Longer requests are mistakes (a date in the wrong
    /// year, milliseconds for seconds) or a way to make us hold work for ever.
    package static let serverWaitMax = Duration.seconds(86_400)
    /// The part of a peer's wait that is added at random, at most.
    ///
    /// What was told one time must not come back at one time. Only ever added: coming early wastes the attempt.
    package static let serverWaitSpread = 0.1
    /// The default waits: 10 s doubling to 12 h, at least 1 s.
    package static let backoffDefault = FullJitterBackoff(
        base: .seconds(10),
        ceiling: .seconds(43_200),
        floor: .seconds(1)
    )

    /// The waits between attempts.
    package let backoff: FullJitterBackoff
    /// The attempts after which a delivery is given up; at least 1.
    package let attemptsMax: Int

    /// Makes a schedule of `attemptsMax` attempts.
    package init(attemptsMax: Int, backoff: FullJitterBackoff = DeliverySchedule.backoffDefault) {
        precondition(attemptsMax >= 1, "a schedule has at least one attempt")
        self.attemptsMax = attemptsMax
        self.backoff = backoff
    }

    /// The wait after failed attempt `attempt` (counted from 1); nil when it was the last one.
    ///
    /// - Parameters:
    ///   - serverWait: what the peer asked for, as `RetryAfter` read it.
    ///   - jitter: 0..<1, drawn by the caller.
    package func delay(afterAttempt attempt: Int, serverWait: Duration? = nil, jitter: Double) -> Duration? {
        guard attempt < attemptsMax else { return nil }
        let own = backoff.delay(afterAttempt: attempt, jitter: jitter)
        guard let serverWait, serverWait > .zero else { return own }
        let asked = min(serverWait, Self.serverWaitMax)
        return max(own, asked + asked * (Self.serverWaitSpread * jitter))
    }

    /// The wait while emergency mode hurries: a quarter of the own wait, at least the floor, in the first half of the
    /// attempts; later, and where a peer asked for a wait, as always.
    ///
    /// The second half keeps its waits, so that hurrying uses up attempts and never all of them:
    ///
    /// | after attempt | wait, mean | hurried |
    /// |---|---|---|
    /// | 1 | 5 s | 1.25 s |
    /// | 4 | 40 s | 10 s |
    /// | 8 | 10 min 40 s | 2 min 40 s |
    /// | 9 | 21 min 20 s | 21 min 20 s |
    package func hurriedDelay(
        afterAttempt attempt: Int,
        serverWait: Duration? = nil,
        jitter: Double
    ) -> Duration? {
        let usual = delay(afterAttempt: attempt, serverWait: serverWait, jitter: jitter)
        guard let usual, serverWait ?? .zero <= .zero, attempt <= attemptsMax / 2 else { return usual }
        return max(min(usual, backoff.floor), usual / Self.hurry)
    }

    /// By how much emergency mode divides the waits.
    package static let hurry = 4
}
