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
    /// The name of the source it came to: where an integration of the provider has the same name, it is about that
    /// one's account.
    package let source: ResourceName?
    /// The key that the attempt showed its provider; nil where the provider does not give it back.
    package let attempt: String?
    /// What it is about at the provider, in the dialect's words; nil when that is not known.
    package let reference: String?
    /// What it proves.
    package let verdict: SettleVerdict

    /// Describes news.
    package init(
        call: CallID,
        provider: APIProvider?,
        source: ResourceName? = nil,
        attempt: String? = nil,
        reference: String? = nil,
        verdict: SettleVerdict
    ) {
        self.call = call
        self.provider = provider
        self.source = source
        self.attempt = attempt
        self.reference = reference
        self.verdict = verdict
    }

    /// Which of a call's attempts it can be about: the one whose key it names; else the one that brought `reference` or
    /// names it in its progress; else all of the provider's that have brought nothing, of those the ones at the account
    /// whose source it came to, if there are any.
    ///
    /// - Parameter progress: the opened progress of attempts, by their place.
    func candidates(
        in attempts: [StoredAttempt],
        progress: [Int: JSONValue],
        _ directory: CallDirectory
    ) -> [Int] {
        guard let provider else { return attempts.lastIndex { $0.state.isLive }.map { [$0] } ?? [] }
        let itsOwn = attempts.indices.filter {
            directory.integrations[attempts[$0].integration]?.account.provider == provider
        }
        if let attempt {
            return itsOwn.filter { index in
                AttemptKey.make(attempts[index].id, of: call).utf8.elementsEqual(attempt.utf8)
            }
        }
        if let reference {
            let known = itsOwn.first { attempts[$0].reference == reference }
            let named = itsOwn.first { index in
                progress[index]?.object?.contains { $0.value.string == reference } ?? false
            }
            if let known = known ?? named { return [known] }
        }
        let unknown = itsOwn.filter { attempts[$0].reference == nil }
        let there = unknown.filter { directory.integrations[attempts[$0].integration]?.name == source }
        return there.isEmpty ? unknown : there
    }
}

/// It cannot be told yet which attempt news is about: it must come again.
package struct NewsTooEarly: Error {}

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
    /// Takes in what a webhook says, before the webhook is acknowledged: what it proves is stored when this returns.
    ///
    /// - Throws: `NewsTooEarly` and the storage's errors: then the webhook must come again.
    package func hear(_ news: CallNews) async throws {
        guard try await learn(news) == .doubled else { return }
        ports.logger.critical(
            "a call took effect twice and cannot be undone by Usher: a person must look",
            metadata: ["call": "\(news.call)"]
        )
    }

    /// Takes in news; the same news may come any number of times.
    ///
    /// News of what may belong to one of two attempts at a provider waits until neither is on its way any more: taken
    /// for the wrong one's, it would hide a charge. News that something did not happen must name its attempt.
    package func learn(_ news: CallNews) async throws -> CallNewsEffect {
        if case .unknown = news.verdict { return .nothing }
        guard let call = try await find(news.call) else { return .nothing }
        let attempts = try await attempts(of: call.id)
        let found = news.candidates(
            in: attempts,
            progress: try await progress(of: attempts),
            ports.directory()
        )
        guard let index = found.last else { return .nothing }
        if found.count > 1 {
            guard case .succeeded = news.verdict else { return .nothing }
            guard !found.contains(where: { attempts[$0].state.isLive }) else { throw NewsTooEarly() }
        }
        switch attempts[index].state {
        case .inDoubt: return try await settle(call, attempts[index].id, news.verdict)
        case .notApplied, .dead:
            guard case .succeeded(let outcome) = news.verdict else { return .nothing }
            return try await undo(attempts[index], of: call, outcome)
        case .sending, .succeeded, .refused, .compensating, .compensated: return .nothing
        }
    }

    /// The progress of attempts that have brought nothing yet, opened.
    private func progress(of attempts: [StoredAttempt]) async throws -> [Int: JSONValue] {
        var opened: [Int: JSONValue] = [:]
        for (index, attempt) in attempts.enumerated() where attempt.reference == nil {
            guard let sealed = attempt.progress else { continue }
            opened[index] = try await seal.open(sealed, .progress, of: attempt.id.bytes)
        }
        return opened
    }

    /// Settles an attempt in doubt; whoever is at it finds that it is theirs no more.
    private func settle(
        _ call: StoredCall,
        _ attempt: CallAttemptID,
        _ verdict: SettleVerdict
    ) async throws -> CallNewsEffect {
        guard call.state == .inDoubt || call.state == .held else { throw NewsTooEarly() }
        let now = ports.time.now()
        let taken = try await database.write { transaction -> (StoredCall, [StoredAttempt])? in
            let lease = now + CallRunner.leaseMargin
            guard let claimed = try CallTable.reopen(call.id, until: lease, now: now, transaction) else {
                return nil
            }
            return (claimed, try AttemptTable.load(of: call.id, transaction))
        }
        guard let (claimed, attempts) = taken, let live = attempts.last, live.id == attempt,
            live.state == .inDoubt
        else { throw NewsTooEarly() }
        let input = try CallInput(call.operation, try await seal.open(call.input, .input, of: call.id.bytes))
        let work = CallWork(
            call: claimed,
            input: input,
            attempts: attempts,
            progress: .null,
            content: try await content(of: input, owner: call.owner),
            isTakenOver: true
        )
        if let rest = try await runner.settle(work, by: verdict) { carryOn(rest) }
        return .settled
    }

    /// Stores the call that undoes an attempt, with the attempt's new state, in one transaction.
    private func undo(
        _ attempt: StoredAttempt,
        of call: StoredCall,
        _ outcome: CallOutcome
    ) async throws -> CallNewsEffect {
        guard !call.operation.isRead, Compensation.stands(call.operation, outcome.reply) else {
            return .nothing
        }
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
