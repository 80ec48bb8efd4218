package import Domain
package import Providers

/// The course of one call: which attempts there were, what each came to, and so what is to be done next.
///
///     queued -begin-> working -verdict-> succeeded | refused | failed
///        ^               |  '-in doubt-> inDoubt -settled-> succeeded | refused
///        |               |                  |  '-nothing to be found out-> held -settled by a person-> …
///        '--not applied--+------------------'
///
/// A value: the same attempts and verdicts lead to the same decision, after a crash as before it. A second attempt
/// begins only when every older one is known not to have taken effect; an attempt in doubt is never guessed to have
/// failed.
package struct CallCourse: Sendable {
    /// The most attempts of one call, over all integrations.
    package static let attemptsMax = 8
    /// The most attempts of one call at one integration.
    package static let attemptsAtOneMax = 3
    /// How long an attempt may stay in doubt before a person is asked.
    package static let doubtMax = Duration.seconds(86_400)

    /// What is to be done after a verdict.
    package enum Decision: Hashable, Sendable {
        /// The call is over.
        case finish(CallState)
        /// Another attempt is to begin, not before this long.
        case again(after: Duration)
        /// The attempt's end is to be found out, not before this long.
        case settle(after: Duration)
        /// A person is to look.
        case hold
    }

    /// One attempt, as far as decisions need it.
    package struct Attempt: Hashable, Sendable {
        /// Where it went.
        package let integration: Int64
        /// Where it stands.
        package var state: AttemptState
        /// Why it did not succeed; nil while it may.
        package var failure: ProviderFailure.Kind?

        /// Describes an attempt.
        package init(integration: Int64, state: AttemptState, failure: ProviderFailure.Kind? = nil) {
            self.integration = integration
            self.state = state
            self.failure = failure
        }
    }

    /// The attempts, oldest first.
    package private(set) var attempts: [Attempt]
    /// When the call is given up if nothing has taken effect.
    package let deadline: Instant

    /// Takes the course up where it stands.
    package init(attempts: [Attempt] = [], deadline: Instant) {
        self.attempts = attempts
        self.deadline = deadline
    }

    /// The attempt that holds the call; nil when none does.
    package var live: Attempt? { attempts.last { $0.state.isLive } }

    /// Whether an attempt at `integration` makes sense: its credential was not refused, and it was not tried too often.
    package func mayTry(_ integration: Int64) -> Bool {
        let there = attempts.filter { $0.integration == integration }
        return there.count < Self.attemptsAtOneMax && !there.contains { $0.failure == .unauthorized }
    }

    /// How often `integration` failed this call: those with fewer failures come first.
    package func failures(at integration: Int64) -> Int {
        attempts.count { $0.integration == integration }
    }

    /// Takes in that an attempt begins; no other may be live.
    package mutating func began(at integration: Int64) {
        precondition(live == nil, "at most one attempt of a call is live")
        attempts.append(Attempt(integration: integration, state: .sending))
    }

    /// Takes in what the last attempt came to.
    ///
    /// - Parameters:
    ///   - elsewhere: whether another integration could be tried.
    ///   - jitter: 0..<1.
    package mutating func ended(
        _ verdict: CallVerdict,
        elsewhere: Bool,
        now: Instant,
        jitter: Double
    ) -> Decision {
        guard let last = attempts.indices.last, attempts[last].state.isLive else { return .finish(.failed) }
        switch verdict {
        case .succeeded:
            attempts[last].state = .succeeded
            return .finish(.succeeded)
        case .refused(let failure):
            attempts[last].state = .refused
            attempts[last].failure = failure.kind
            return .finish(.refused)
        case .notApplied(let failure):
            attempts[last].state = .notApplied
            attempts[last].failure = failure.kind
            return afterNothing(failure, elsewhere: elsewhere, now: now, jitter: jitter)
        case .inDoubt(let failure):
            attempts[last].state = .inDoubt
            attempts[last].failure = failure.kind
            return .settle(after: SettleSchedule.wait(round: 0, jitter: jitter))
        case .goOn, .wait:
            return .settle(after: .zero)  // The conversation goes on; the caller does not ask.
        }
    }

    /// Takes in what was found out about the last attempt; `round` counts the tries so far.
    package mutating func settled(
        _ verdict: SettleVerdict,
        round: Int,
        age: Duration,
        elsewhere: Bool,
        now: Instant,
        jitter: Double
    ) -> Decision {
        guard let last = attempts.indices.last, attempts[last].state == .inDoubt else {
            return .finish(.failed)
        }
        switch verdict {
        case .succeeded:
            attempts[last].state = .succeeded
            return .finish(.succeeded)
        case .refused(let failure):
            attempts[last].state = .refused
            attempts[last].failure = failure.kind
            return .finish(.refused)
        case .dead(let failure):
            attempts[last].state = .dead
            attempts[last].failure = failure.kind
            return afterNothing(failure, elsewhere: elsewhere, now: now, jitter: jitter)
        case .unknown:
            guard age < Self.doubtMax else { return .hold }
            return .settle(after: SettleSchedule.wait(round: round + 1, jitter: jitter))
        }
    }

    /// What follows when nothing has taken effect.
    private func afterNothing(
        _ failure: ProviderFailure,
        elsewhere: Bool,
        now: Instant,
        jitter: Double
    ) -> Decision {
        switch failure.kind {
        case .rejected, .notFound, .declined: return .finish(.failed)
        case .unavailable, .limited, .unauthorized, .conflict: break
        }
        guard attempts.count < Self.attemptsMax else { return .finish(.failed) }
        let isPossible = elsewhere || attempts.last.map { mayTry($0.integration) } ?? false
        guard isPossible else { return .finish(.failed) }
        let pause = pause(failure, elsewhere: elsewhere, jitter: jitter)
        return now + pause < deadline ? .again(after: pause) : .finish(.failed)
    }

    /// At once elsewhere; after a growing wait at the same integration: full jitter under 0.2, 0.4, 0.8 … 5 s, and
    /// never before the provider wants to be asked again.
    private func pause(_ failure: ProviderFailure, elsewhere: Bool, jitter: Double) -> Duration {
        guard !elsewhere || failure.kind == .conflict else { return .zero }
        let limit = min(Duration.milliseconds(200) * (1 << min(attempts.count - 1, 5)), .seconds(5))
        return max(failure.wait ?? .zero, limit * jitter)
    }
}

/// When to look again after an attempt whose end is not known.
///
/// | round | 0 | 1 | 2 | 3 | 4 | 5 | 6 to 8 | 9 and more |
/// |---|---|---|---|---|---|---|---|---|
/// | wait | 1 s | 5 s | 15 s | 45 s | 2 min | 3 min | 4 min | 10 min |
///
/// Up to a quarter more by jitter: those in doubt since the same outage do not come back together.
package enum SettleSchedule {
    private static let seconds: [Int64] = [1, 5, 15, 45, 120, 180, 240, 240, 240, 600]

    /// The wait before a round.
    package static func wait(round: Int, jitter: Double) -> Duration {
        let wait = Duration.seconds(seconds[min(max(round, 0), seconds.count - 1)])
        return wait + wait * (jitter / 4)
    }
}
