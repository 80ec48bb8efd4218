import Domain
import Providers
package import Resilience
import Synchronization

/// Who is told what happens at a desk.
package struct DeskWatch: Sendable {
    /// A request ended at an integration, so, after so long; must be quick.
    package var attempted: @Sendable (Int64, ExchangeOutcome, Duration) -> Void
    /// A breaker opened; must be quick.
    package var tripped: @Sendable () -> Void

    /// Collects the two.
    package init(
        attempted: @escaping @Sendable (Int64, ExchangeOutcome, Duration) -> Void,
        tripped: @escaping @Sendable () -> Void
    ) {
        self.attempted = attempted
        self.tripped = tripped
    }

    /// Nobody is told.
    package static let none = DeskWatch(attempted: { _, _, _ in }, tripped: {})
}

extension CallDesk {
    /// The longest a probe in the background waits for its budget.
    static let probePatience = Duration.seconds(2)

    /// The right to one probe in the background: last in the queue before the budget.
    ///
    /// - Parameter probe: the guard's ticket, when it asked for this probe; the breaker hears of no other.
    /// - Returns: nil when the budget has none to spare; the ticket went back then.
    func background(
        _ integration: CallIntegration,
        _ operation: Operation,
        _ probe: ConfirmingProbes.Ticket? = nil
    ) async -> Passage? {
        let deadline = time.elapsed() + Self.probePatience
        let sent = await sent(integration, operation, .bulk, wedding: nil, deadline: deadline)
        let passage = Passage(integration: integration.id, sent: sent, ticket: nil, probe: probe)
        guard sent == nil else { return passage }
        abandoned(passage)
        return nil
    }

    /// Takes in what came of a probe in the background: news for the budget, and for the guard that asked for it.
    func probed(_ passage: Passage, _ outcome: ExchangeOutcome, latency: Duration, news: [LimitNews]) {
        let now = reading
        let jitter = random.fraction()
        let hasTripped = state.withLock { state in
            let trips = state.trips(passage.integration)
            state.posts[passage.integration]?.ended(passage, outcome, latency, news, now, jitter)
            state.pump(passage.integration, now)
            return state.trips(passage.integration) != trips
        }
        ringIfWanted()
        ringForProbe(of: passage.integration)
        if hasTripped { watch.tripped() }
    }

    /// Takes in that probes say an integration is back while its breaker keeps calls away.
    ///
    /// The next call tries it soon; the breaker stays as it is until calls have gone well.
    package func recovered(_ integration: Int64) {
        let now = reading.elapsed
        state.withLock { state in
            guard let newsAt = state.posts[integration]?.health.health(now: now).newsAt else { return }
            state.recovered[integration] = newsAt
            state.posts[integration]?.hasten(now: now)
        }
    }

    /// Whether probes have said that it is back, and no call has said anything since.
    func isRecovered(_ integration: Int64) -> Bool {
        let now = reading.elapsed
        return state.withLock { state in
            guard let marked = state.recovered[integration] else { return false }
            return state.posts[integration]?.health.health(now: now).newsAt == marked
        }
    }
}

extension CallDesk.State {
    /// How often the breaker of an integration has opened.
    func trips(_ integration: Int64) -> Int { posts[integration]?.health.trips ?? 0 }
}
