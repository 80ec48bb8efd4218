extension IntegrationGuard {
    /// Takes the right to send one probe now, when a suspicion is to be confirmed or dismissed; nil when none should.
    ///
    /// A probe is a cheap request that touches what calls touch and changes nothing; it needs no call's ticket and no
    /// room among them. To be asked after every `finished`, and again at `probeDue`. A probe that the budget does not
    /// allow goes back by `abandoned`.
    package mutating func takeProbe(now: Duration) -> ConfirmingProbes.Ticket? {
        probes.take(question, now: now)
    }

    /// When a probe should leave, `now` at the earliest; nil when there is nothing to find out or enough are on their
    /// way.
    package func probeDue(now: Duration) -> Duration? {
        probes.due(question, now: now)
    }

    private var question: ConfirmingProbes.Question {
        switch breaker.state {
        case .closed, .ramping: errors.level >= .watch ? .suspicion : .nothing
        case .open, .halfOpen: .recovery
        case .held: .nothing
        }
    }

    /// Takes in how a probe ended, one that was taken here or, without a ticket, another one.
    ///
    /// A green probe closes no breaker. While it is open, two of them after a red one end its pause: calls try.
    package mutating func probed(
        _ outcome: ExchangeOutcome,
        ticket: ConfirmingProbes.Ticket? = nil,
        now: Duration,
        jitter: Double
    ) {
        if let ticket {
            guard let wasLate = probes.end(ticket), !wasLate else { return }  // Counted when it became late.
        }
        guard outcome.counts else { return }
        takeIn(probeFailed: outcome == .fail, now: now, jitter: jitter)
        refresh(now: now)
    }

    /// Takes in that a probe was not sent after all.
    package mutating func abandoned(_ ticket: ConfirmingProbes.Ticket) {
        _ = probes.end(ticket)
    }

    mutating func takeIn(probeFailed failed: Bool, now: Duration, jitter: Double) {
        guard breaker.isLettingThrough else {
            if probes.endedWhileOpen(failed: failed) { breaker.endPause(now: now) }
            return
        }
        probes.ended(failed: failed, isQuiet: errors.level == .quiet)
        guard probes.areTrusted else { return }
        weigh(errors.recordProbe(failed: failed), .errorRate, now: now, jitter: jitter)
    }

    mutating func weigh(
        _ level: ErrorCUSUM.Level,
        _ reason: CallBreaker.Reason,
        now: Duration,
        jitter: Double
    ) {
        switch level {
        case .quiet: probes.calmed()
        case .watch, .warn: break
        case .act: trip(reason, now: now, jitter: jitter)
        }
    }

    private mutating func trip(_ reason: CallBreaker.Reason, now: Duration, jitter: Double) {
        breaker.trip(reason, now: now, jitter: jitter)
        errors.restart()
        probes.tripped()
    }
}
