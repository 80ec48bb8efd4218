package import Domain
import Logging
package import Providers
import Storage

/// What somebody learned about an attempt outside of its conversation: a webhook, a reconciliation, a person.
package struct CallNews: Sendable {
    /// The call.
    package let call: CallID
    /// The provider the news is of; nil when a person speaks of the live attempt.
    package let provider: APIProvider?
    /// What it is about at the provider, in the dialect's words; nil when that is not known.
    package let reference: String?
    /// What it proves.
    package let verdict: SettleVerdict

    /// Describes news.
    package init(call: CallID, provider: APIProvider?, reference: String? = nil, verdict: SettleVerdict) {
        self.call = call
        self.provider = provider
        self.reference = reference
        self.verdict = verdict
    }

    /// Which of a call's attempts it is about: the one that brought `reference`, or else the provider's latest that
    /// has brought nothing.
    func index(in attempts: [StoredAttempt], _ directory: CallDirectory) -> Int? {
        guard let provider else { return attempts.lastIndex { $0.state.isLive } }
        let itsOwn = attempts.indices.filter {
            directory.integrations[attempts[$0].integration]?.account.provider == provider
        }
        let known = itsOwn.first { attempts[$0].reference != nil && attempts[$0].reference == reference }
        return known ?? itsOwn.last { attempts[$0].reference == nil }
    }
}

/// What news changed.
package enum CallNewsEffect: String, Hashable, Sendable {
    /// Nothing: it was known, or proves nothing.
    case nothing
    /// The call, which was in doubt, is settled.
    case settled
    /// An attempt took effect that was taken for dead: it is being undone.
    case undoing
    /// An attempt took effect that was taken for dead, and cannot be undone.
    case doubled
}

extension CallEngine {
    /// Has news taken in soon; beyond `Limits.newsMax` it is dropped, and found out later by looking.
    package func hear(_ news: CallNews) {
        if keep(news) {
            look()
        } else {
            ports.logger.warning("too much news of calls at a time: some is dropped")
        }
    }

    /// Takes in news that waited; never throws.
    func takeIn(_ news: CallNews) async {
        do {
            let effect = try await learn(news)
            guard effect == .doubled else { return }
            ports.logger.critical(
                "a call took effect twice and cannot be undone by Usher: a person must look",
                metadata: ["call": "\(news.call)"]
            )
        } catch {
            ports.logger.warning(
                "news of a call could not be taken in; it is found out by looking",
                metadata: ["call": "\(news.call)", "error": "\(error)"]
            )
        }
    }

    /// Takes in news; the same news may come any number of times.
    package func learn(_ news: CallNews) async throws -> CallNewsEffect {
        guard let call = try await find(news.call) else { return .nothing }
        let attempts = try await attempts(of: call.id)
        guard let index = news.index(in: attempts, ports.directory()) else { return .nothing }
        switch attempts[index].state {
        case .inDoubt: return try await settle(call, attempts[index].id, news.verdict)
        case .notApplied, .dead:
            guard case .succeeded(let outcome) = news.verdict else { return .nothing }
            return try await undo(attempts[index], of: call, outcome)
        case .sending, .succeeded, .refused, .compensating, .compensated: return .nothing
        }
    }

    /// Settles an attempt in doubt; a call that somebody is working on at this moment finds out by itself.
    private func settle(
        _ call: StoredCall,
        _ attempt: CallAttemptID,
        _ verdict: SettleVerdict
    ) async throws -> CallNewsEffect {
        if case .unknown = verdict { return .nothing }
        guard call.state == .inDoubt || call.state == .held else { return .nothing }
        let lease = ports.time.now() + CallRunner.leaseMargin
        let taken = try await database.write { transaction -> (StoredCall, [StoredAttempt])? in
            guard let claimed = try CallTable.reopen(call.id, until: lease, transaction) else { return nil }
            return (claimed, try AttemptTable.load(of: call.id, transaction))
        }
        guard let (claimed, attempts) = taken, let live = attempts.last, live.id == attempt,
            live.state == .inDoubt
        else { return .nothing }
        let input = try CallInput(call.operation, try await seal.open(call.input, .input, of: call.id.bytes))
        let work = CallWork(
            call: claimed,
            input: input,
            attempts: attempts,
            progress: .null,
            content: nil,
            isTakenOver: true
        )
        await runner.settle(work, by: verdict)
        return .settled
    }

    /// Stores the call that undoes an attempt, with the attempt's new state, in one transaction.
    private func undo(
        _ attempt: StoredAttempt,
        of call: StoredCall,
        _ outcome: CallOutcome
    ) async throws -> CallNewsEffect {
        guard !call.operation.isRead else { return .nothing }
        ports.logger.critical(
            "an attempt took effect after the call had moved on",
            metadata: ["call": "\(call.id)", "attempt": "\(attempt.id)", "state": "\(attempt.state.name)"]
        )
        guard let operation = Compensation.undoing(call.operation, reply: outcome.reply),
            let reference = outcome.reference
        else { return .doubled }
        let target = CallTarget(integration: attempt.integration, reference: reference)
        let new = try await Compensation.call(
            operation,
            undoing: attempt.id,
            of: call,
            at: target,
            seal,
            ports
        )
        let isNew = try await database.write { transaction -> Bool in
            guard try AttemptTable.move(attempt.id, from: attempt.state, to: .compensating, transaction)
            else {
                return false
            }
            return try CallTable.insert(new, transaction)
        }
        if isNew { look() }
        return isNew ? .undoing : .nothing
    }
}
