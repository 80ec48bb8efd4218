import Domain
import Logging
import Providers
import Resilience
import Storage

/// Finding out what became of an attempt in doubt.
extension CallRunner {
    func settle(_ work: inout CallWork, _ live: StoredAttempt) async throws -> Progress {
        guard let integration = ports.directory().integrations[live.integration],
            let request = work.request(live, at: integration)
        else { return try await park(&work) }
        let account: IntegrationAccount
        do {
            account = try await self.account(integration)
        } catch {
            return try await settled(&work, .unknown)
        }
        let now = ports.time.now()
        let age = now - (live.sentAt ?? live.startedAt)
        let step = integration.dialect.settle(
            request,
            account,
            progress: work.progress,
            age: age,
            round: live.rounds,
            now: now
        )
        switch step {
        case .replay:
            try await keep(&work, as: .inDoubt, integration)
            return try await replay(&work, request, integration)
        case .ask(let question):
            try await keep(&work, as: .inDoubt, integration)
            guard let answer = try await ask(question, request.operation, work, integration) else {
                return try await settled(&work, .unknown)
            }
            work.lastAnswer = LastAnswer(answer: answer, account: account)
            let verdict = integration.dialect.readSettled(
                answer,
                request,
                account,
                progress: work.progress,
                age: age,
                round: live.rounds
            )
            return try await settled(&work, verdict)
        case .wait: return try await settled(&work, .unknown)
        case .hold(let why):
            ports.logger.error(
                "a call waits for a person",
                metadata: ["call": "\(work.call.id)", "why": "\(why)"]
            )
            return try await follow(.hold, &work, outcome: nil)
        }
    }

    /// Keeps the call for as long as a request may take.
    func keep(_ work: inout CallWork, as state: CallState, _ integration: CallIntegration) async throws {
        let now = ports.time.now()
        let lease = now + leaseTime(integration)
        let call = work.call
        try await database.write { transaction in
            guard try CallTable.move(call, to: state, dueAt: lease, now: now, transaction) else {
                throw LeaseLost()
            }
        }
        work.call.state = state
        work.call.dueAt = lease
    }

    /// Asks a question about an attempt in doubt; nil without an answer.
    func ask(
        _ question: ProviderRequest,
        _ operation: Operation,
        _ work: CallWork,
        _ integration: CallIntegration
    ) async throws -> ProviderAnswer? {
        let passage = await desk.carryOn(integration, operation, wedding: work.call.wedding)
        let began = ports.time.elapsed()
        let exchange = await line.send(question, to: integration)
        let latency = ports.time.elapsed() - began
        switch exchange {
        case .answer(let answer):
            let isFault = answer.status >= 500
            let outcome: ExchangeOutcome = isFault ? .fail : answer.status == 429 ? .rejected : .ok
            desk.ended(passage, outcome, latency: latency, news: integration.dialect.limits(in: answer))
            return answer
        case .nothing(let failure, _):
            desk.ended(passage, failure.health, latency: latency, news: [])
            guard !Task.isCancelled else { throw LeaseLost() }
            return nil
        }
    }

    /// Sends the last request once more: its answer is the first one's answer.
    func replay(
        _ work: inout CallWork,
        _ request: CallRequest,
        _ integration: CallIntegration
    ) async throws -> Progress {
        let exchanged = try await exchange(&work, request, integration)
        switch exchanged.verdict {
        case .succeeded(let outcome): return try await settled(&work, .succeeded(outcome))
        case .refused(let failure): return try await settled(&work, .refused(failure))
        case .goOn(let progress), .wait(let progress, _):
            // The step that was in doubt is done: the conversation goes on where it was.
            guard var attempt = work.attempts.popLast() else { return .stop }
            attempt.state = .sending
            attempt.failure = nil
            work.attempts.append(attempt)
            try await advance(&work, progress, request, integration, pause: .zero)
            work.isTakenOver = false
            try await restate(work)
            return .further
        case .notApplied(let failure):
            // Only the provider's verdict on the request itself proves anything: being turned away today, or not
            // being able to send, says nothing of then.
            let isAnswered = exchanged.status != nil
            let isVerdict = isAnswered && (failure.kind == .rejected || failure.kind == .notFound)
            return try await settled(&work, isVerdict ? .dead(failure) : .unknown)
        case .inDoubt: return try await settled(&work, .unknown)
        }
    }

    func restate(_ work: CallWork) async throws {
        guard let attempt = work.attempts.last else { return }
        try await database.write { try AttemptTable.update(attempt, $0) }
    }

    func settled(_ work: inout CallWork, _ verdict: SettleVerdict) async throws -> Progress {
        guard var attempt = work.attempts.last else { return .stop }
        var course = work.course
        let now = ports.time.now()
        let age = now - (attempt.sentAt ?? attempt.startedAt)
        let round = attempt.rounds
        attempt.rounds += 1
        attempt.take(verdict, now: now)
        work.attempts[work.attempts.count - 1] = attempt
        let decision = course.settled(
            verdict,
            round: round,
            age: age,
            elsewhere: candidates(work).contains { $0.id != attempt.integration },
            now: now,
            jitter: ports.random.fraction()
        )
        var outcome: CallOutcome?
        if case .succeeded(let found) = verdict { outcome = found }
        return try await follow(decision, &work, outcome: outcome)
    }

    /// Ends the doubt by what somebody else found out; gives what is to be carried on at once.
    func settle(_ start: CallWork, by verdict: SettleVerdict) async throws -> CallWork? {
        var work = start
        guard case .further = try await settled(&work, verdict) else { return nil }
        return work
    }
}
