package import Domain
import Providers
package import Resilience
import Synchronization

extension CallDesk {
    /// Whether a request through the proxy may leave.
    package enum Entry: Sendable {
        /// It may, now.
        case granted(Passage)
        /// Not before this long: the budget is used up.
        case limited(Duration)
        /// Not before this long: the integration is not called.
        case refused(Duration, IntegrationGuard.Refusal)
    }

    /// Waits for the right to send a request whose operation is not known: it counts against the limits of every
    /// operation, and no others.
    ///
    /// - Parameter patience: how long it waits for its budget.
    package func enter(
        _ integration: CallIntegration,
        priority: Priority,
        wedding: WeddingID?,
        patience: Duration
    ) async -> Entry {
        let now = reading
        // Who has nowhere else to go passes any ramp when it is critical.
        let chance = priority == .critical ? 0 : random.fraction()
        let budgetClass = BudgetClass(priority)
        let (outlook, wait) = state.withLock { state in
            state.makePost(integration, now)
            return state.posts[integration.id]?.prospects(priority, wedding, now, chance: chance)
                ?? (.ready, .zero)
        }
        if case .notBefore(let time, let refusal) = outlook { return .refused(time - now.elapsed, refusal) }
        if wait > patience { return .limited(wait) }
        let deadline = now.elapsed + patience
        guard let sent = await sent(integration, nil, budgetClass, wedding: wedding, deadline: deadline)
        else { return .limited(max(wait, .seconds(1))) }
        let later = reading
        return state.withLock { state in
            switch state.posts[integration.id]?.admit(priority, now: later.elapsed, chance: chance) {
            case .allowed(let ticket):
                return .granted(Passage(integration: integration.id, sent: sent, ticket: ticket))
            case .notBefore(let time, let refusal):
                let unsent = Passage(integration: integration.id, sent: sent, ticket: nil)
                state.posts[integration.id]?.abandoned(unsent, later)
                return .refused(time - later.elapsed, refusal)
            case nil: return .limited(.seconds(1))
            }
        }
    }

    /// Takes in how a request went as soon as its answer's head is there; its place in the budget stays taken.
    package func answered(_ passage: Passage, _ outcome: ExchangeOutcome, latency: Duration) {
        ended(passage.withoutPlace, outcome, latency: latency, news: [])
    }

    /// Gives back only the place in the budget, with what the answer said about limits.
    package func left(_ passage: Passage, _ outcome: ExchangeOutcome, news: [LimitNews]) {
        ended(passage.withoutTicket, outcome, latency: .zero, news: news)
    }

    /// Leaves the health of the integration out of it: for requests that take long by themselves.
    package func unwatched(_ passage: Passage) {
        abandoned(passage.withoutPlace)
    }
}

extension CallDesk.Passage {
    fileprivate var withoutPlace: CallDesk.Passage {
        CallDesk.Passage(integration: integration, sent: nil, ticket: ticket)
    }

    fileprivate var withoutTicket: CallDesk.Passage {
        CallDesk.Passage(integration: integration, sent: sent, ticket: nil)
    }
}
