import Domain
import Providers
import Resilience

extension CallVerdict {
    /// What it brought; nil unless it succeeded.
    var succeededOutcome: CallOutcome? {
        guard case .succeeded(let outcome) = self else { return nil }
        return outcome
    }

    /// What it says about the provider's health: limits, refusals and callers' faults say nothing.
    var health: ExchangeOutcome {
        switch self {
        case .succeeded, .goOn, .wait: .ok
        case .refused: .caller
        case .notApplied(let failure), .inDoubt(let failure): failure.health
        }
    }
}

extension ProviderFailure {
    /// What it says about the provider's health.
    var health: ExchangeOutcome {
        switch kind {
        case .unavailable: .fail
        case .limited: .rejected
        case .unauthorized, .rejected, .declined, .notFound, .conflict: .caller
        }
    }
}

extension StoredAttempt {
    /// Takes in what the attempt came to.
    mutating func take(_ verdict: CallVerdict, now: Instant) {
        switch verdict {
        case .succeeded(let outcome): end(.succeeded, nil, now, reference: outcome.reference)
        case .refused(let failure): end(.refused, failure, now)
        case .notApplied(let failure): end(.notApplied, failure, now)
        case .inDoubt(let failure):
            state = .inDoubt
            self.failure = failure
        case .goOn, .wait: break
        }
    }

    /// Takes in what was found out about it.
    mutating func take(_ verdict: SettleVerdict, now: Instant) {
        switch verdict {
        case .succeeded(let outcome): end(.succeeded, nil, now, reference: outcome.reference)
        case .refused(let failure): end(.refused, failure, now)
        case .dead(let failure): end(.dead, failure, now)
        case .unknown: break
        }
    }

    private mutating func end(
        _ state: AttemptState,
        _ failure: ProviderFailure?,
        _ now: Instant,
        reference: String? = nil
    ) {
        self.state = state
        self.failure = failure
        self.reference = reference
        endedAt = now
    }
}
