import Domain
import Logging
import Providers
import Resilience
import Storage

/// Speaking with a provider.
extension CallRunner {
    func converse(_ work: inout CallWork, _ live: StoredAttempt) async throws -> Progress {
        guard let integration = ports.directory().integrations[live.integration],
            let request = work.request(live, at: integration)
        else {
            return try await conclude(
                &work,
                live.sentAt == nil ? .notApplied(Self.gone) : .inDoubt(Self.gone),
                status: nil
            )
        }
        if work.isTakenOver, live.sentAt != nil {
            return try await conclude(&work, .inDoubt(Self.interrupted), status: nil)
        }
        var isTokenFresh = false
        for _ in 0..<Self.requestsMax {
            let (verdict, status, isRefusedToken) = try await exchange(&work, request, integration)
            if isRefusedToken, !isTokenFresh {
                isTokenFresh = true
                continue
            }
            switch verdict {
            case .goOn(let progress): try await advance(&work, progress, request, integration, pause: .zero)
            case .wait(let progress, let pause):
                try await advance(&work, progress, request, integration, pause: min(pause, Self.pauseMax))
            default: return try await conclude(&work, verdict, status: status)
            }
        }
        return try await conclude(&work, .inDoubt(Self.endless), status: nil)
    }

    /// One request and what its answer means; it leaves when the integration's budget lets it.
    func exchange(
        _ work: inout CallWork,
        _ request: CallRequest,
        _ integration: CallIntegration
    ) async throws -> (CallVerdict, status: Int?, isRefusedToken: Bool) {
        let passage: CallDesk.Passage
        if let given = work.passage {
            passage = given
            work.passage = nil
        } else {
            passage = await desk.carryOn(integration, request.operation, wedding: work.call.wedding)
        }
        let account: IntegrationAccount
        let outgoing: ProviderRequest
        do {
            account = try await self.account(integration)
            outgoing = try integration.dialect.next(
                request,
                account,
                progress: work.progress,
                now: ports.time.now()
            )
        } catch let error as CallInputError {
            desk.abandoned(passage)
            throw error
        } catch {
            desk.abandoned(passage)
            return (.notApplied(Self.tokenFailure(error)), nil, false)
        }
        let began = ports.time.elapsed()
        let exchange = await line.send(outgoing, to: integration)
        let latency = ports.time.elapsed() - began
        series.exchanged(integration.name, latency)
        switch exchange {
        case .answer(let answer):
            let verdict = integration.dialect.read(answer, request, account, progress: work.progress)
            desk.ended(
                passage,
                verdict.health,
                latency: latency,
                news: integration.dialect.limits(in: answer)
            )
            guard answer.status == 401, let token = account.accessToken else {
                return (verdict, answer.status, false)
            }
            await ports.tokenRefused(integration, token)
            return (verdict, answer.status, true)
        case .nothing(let failure, let maybeSent):
            desk.ended(passage, failure.health, latency: latency, news: [])
            let isHarmless = !maybeSent || outgoing.effect == .none
            return (isHarmless ? .notApplied(failure) : .inDoubt(failure), nil, false)
        }
    }

    /// Stores how far the conversation has come, before the next request leaves.
    func advance(
        _ work: inout CallWork,
        _ progress: JSONValue,
        _ request: CallRequest,
        _ integration: CallIntegration,
        pause: Duration
    ) async throws {
        guard var attempt = work.attempts.popLast() else { return }
        let now = ports.time.now()
        let next = try integration.dialect.next(request, integration.account, progress: progress, now: now)
        if next.effect == .takesEffect { attempt.sentAt = now }
        attempt.progress = try await seal.seal(progress, .progress, of: attempt.id.bytes, now: now)
        work.attempts.append(attempt)
        work.progress = progress
        let lease = now + leaseTime(integration) + pause
        let call = work.call
        try await database.write { [attempt] transaction in
            guard try CallTable.move(call, to: .working, dueAt: lease, transaction) else { throw LeaseLost() }
            try AttemptTable.progress(attempt, transaction)
        }
        if pause > .zero { try await ports.time.sleep(pause) }
    }
}
