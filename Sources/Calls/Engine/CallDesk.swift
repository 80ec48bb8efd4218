import Domain
package import Providers
import Resilience
import Synchronization

/// Decides where a call may go now, and learns from how it went: one guard for each integration.
package final class CallDesk: Sendable {
    /// Where a call may go.
    package enum Choice: Sendable {
        /// Here, now.
        case use(CallIntegration, Ticket)
        /// Nowhere before this long.
        case wait(Duration, ProviderFailure)
    }

    /// The right to one attempt; goes back with its outcome.
    package struct Ticket: Sendable {
        let integration: Int64
        let breaker: Breaker.Ticket
    }

    /// What an exchange says about the provider.
    package enum Outcome: Hashable, Sendable {
        /// It answered as it should, whatever it said.
        case answered
        /// Its own fault: no connection, a time-out, 5xx.
        case failed
        /// Nothing: it was over a limit, the caller's fault, or never sent.
        case silent
    }

    private let guards = Mutex<[Int64: Breaker]>([:])

    /// Makes a desk that knows nothing yet.
    package init() {}

    /// The first of `candidates` that may be used now, or how long none may; `candidates` are not empty.
    package func choose(_ candidates: [CallIntegration], now: Duration) -> Choice {
        guards.withLock { guards in
            var earliest: Duration?
            for candidate in candidates {
                var breaker = guards[candidate.id] ?? Breaker()
                let admission = breaker.admit(now: now)
                guards[candidate.id] = breaker
                switch admission {
                case .allowed(let ticket):
                    return .use(candidate, Ticket(integration: candidate.id, breaker: ticket))
                case .notBefore(let instant):
                    earliest = min(earliest ?? instant, instant)
                }
            }
            let wait = max((earliest ?? now) - now, .milliseconds(10))
            return .wait(
                wait,
                ProviderFailure(
                    .unavailable,
                    code: "paused",
                    message: "every integration that could do it is paused"
                )
            )
        }
    }

    /// Takes in how an attempt went.
    package func ended(_ ticket: Ticket, _ outcome: Outcome, now: Duration, jitter: Double) {
        guards.withLock { guards in
            guard var breaker = guards[ticket.integration] else { return }
            switch outcome {
            case .answered: breaker.succeeded(ticket.breaker, now: now)
            case .failed: breaker.failed(ticket.breaker, now: now, jitter: jitter)
            case .silent: breaker.abandoned(ticket.breaker)
            }
            guards[ticket.integration] = breaker
        }
    }
}
