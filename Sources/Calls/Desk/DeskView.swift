import Domain
package import Providers
package import Resilience
import Synchronization

/// How one integration stands at the desk.
package struct DeskView: Sendable {
    /// Its health.
    package let health: IntegrationHealth
    /// Its health in a sentence.
    package let sentence: String
    /// Its limits, as its budget believes them now.
    package let limits: [LimitView]
    /// How many calls wait for it.
    package let waiting: Int

    /// Whether calls can be sent to it, or at least be tried.
    package var isUsable: Bool {
        switch health.breaker {
        case .closed, .ramping, .halfOpen: true
        case .open, .held: false
        }
    }

    /// One limit.
    package struct LimitView: Sendable {
        /// Its name.
        package let name: String
        /// What is documented, or told.
        package let kind: LimitKind?
        /// What is believed, with what was told and learned.
        package let believed: LimitKind
        /// What is in use now.
        package let used: Int
        /// Of how much.
        package let of: Int
        /// How long a normal call would wait for it now.
        package let wait: Duration

        /// The part that is used now, 0 to 1.
        package var usedPart: Double { of > 0 ? min(1, Double(used) / Double(of)) : 0 }
    }
}

extension CallDesk {
    /// How an integration stands; one that was never called stands as a new one does.
    ///
    /// - Parameter onlyKnown: nil for one that was never called.
    package func view(_ integration: CallIntegration, onlyKnown: Bool = false) -> DeskView? {
        let now = reading
        return state.withLock { state in
            if !onlyKnown { state.makePost(integration, now) }
            guard let post = state.posts[integration.id] else { return nil }
            let health = post.health.health(now: now.elapsed)
            return DeskView(
                health: health,
                sentence: health.sentence(name: integration.name.text, now: now.elapsed),
                limits: post.queue.budget.limits.compactMap { limit in
                    guard var budget = post.queue.budget.budget(limit.name) else { return nil }
                    let usage = budget.usage(now: now)
                    let wait = budget.estimate(.normal, calls: 1, now: now)
                    return DeskView.LimitView(
                        name: limit.name,
                        kind: limit.kind,
                        believed: budget.kind,
                        used: usage.used,
                        of: usage.of,
                        wait: .microseconds(Int64(min(wait, 1e9) * 1_000_000))
                    )
                },
                waiting: post.queue.count
            )
        }
    }

    /// Where a new call of normal priority would go by the route alone, without any order; nil when it would wait.
    ///
    /// Changes nothing: nobody is counted and nothing is learned.
    package func preview(
        _ operation: Operation,
        among candidates: [CallIntegration],
        strategy: FailoverChoice.Strategy
    ) -> (integration: CallIntegration, reason: FailoverReason)? {
        let now = reading
        let decision = state.withLock { state -> FailoverChoice.Decision in
            let question = Question(operation, priority: .normal, deadline: now.wall + .seconds(30))
            // Half of the chances lie below: what is decided is what happens to most calls.
            let shown = candidates.map { candidate in
                guard var post = state.posts[candidate.id] else { return FailoverChoice.Candidate() }
                return post.candidate(question, now, chance: 0.5)
            }
            var choice =
                state.choices[operation.capability].flatMap { $0.strategy == strategy ? $0 : nil }
                ?? FailoverChoice(strategy: strategy)
            let asked = FailoverChoice.Question(priority: .normal, deadline: now.elapsed + .seconds(30))
            return choice.choose(asked, among: shown, now: now.elapsed, chance: 0.5)
        }
        guard case .use(let position, let reason) = decision, candidates.indices.contains(position) else {
            return nil
        }
        return (candidates[position], reason)
    }
}
