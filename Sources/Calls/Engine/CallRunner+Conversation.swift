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
        // Who takes a call up has it for a moment only.
        if work.isTakenOver { try await keep(&work, as: .working, integration) }
        var isTokenFresh = false
        for _ in 0..<Self.requestsMax {
            let exchanged = try await exchange(&work, request, integration)
            if exchanged.isTokenRefused, !isTokenFresh {
                isTokenFresh = true
                continue
            }
            switch exchanged.verdict {
            case .goOn(let progress): try await advance(&work, progress, request, integration, pause: .zero)
            case .wait(let progress, let pause):
                try await advance(&work, progress, request, integration, pause: min(pause, Self.pauseMax))
            case let verdict: return try await conclude(&work, verdict, status: exchanged.status)
            }
        }
        return try await conclude(&work, .inDoubt(Self.endless), status: nil)
    }

    /// What one request came to.
    struct Exchanged: Sendable {
        let verdict: CallVerdict
        /// The answer's status; nil without an answer, and then the verdict is Usher's own.
        let status: Int?
        /// Whether the provider did not take the access token.
        var isTokenRefused = false
    }

    /// One request and what its answer means; it leaves when the integration's budget lets it, and while the call is
    /// surely ours: whoever stood still for too long must not send what another one may have settled.
    func exchange(
        _ work: inout CallWork,
        _ request: CallRequest,
        _ integration: CallIntegration
    ) async throws -> Exchanged {
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
            let isLook = try isLook(work, request, integration)
            let failure = Self.tokenFailure(error)
            return Exchanged(verdict: isLook ? .inDoubt(failure) : .notApplied(failure), status: nil)
        }
        guard !Task.isCancelled, isOurs(work, integration) else {
            desk.abandoned(passage)
            throw LeaseLost()
        }
        let began = ports.time.elapsed()
        let exchange = await line.send(outgoing, to: integration, content: request.content)
        let latency = ports.time.elapsed() - began
        series.exchanged(integration.name, latency)
        switch exchange {
        case .answer(let answer):
            work.lastAnswer = LastAnswer(answer: answer, account: account)
            let verdict = integration.dialect.read(answer, request, account, progress: work.progress)
            desk.ended(
                passage,
                verdict.health,
                latency: latency,
                news: integration.dialect.limits(in: answer)
            )
            guard answer.status == 401, let token = account.accessToken else {
                return Exchanged(verdict: verdict, status: answer.status)
            }
            await ports.tokenRefused(integration, token)
            return Exchanged(verdict: verdict, status: answer.status, isTokenRefused: true)
        case .nothing(let failure, let maybeSent):
            desk.ended(passage, failure.health, latency: latency, news: [])
            // Who is being ended decides nothing: whoever takes the call up finds it as it is.
            guard !Task.isCancelled else { throw LeaseLost() }
            let isHarmless = outgoing.effect == .none || (!maybeSent && !outgoing.isLook)
            return Exchanged(verdict: isHarmless ? .notApplied(failure) : .inDoubt(failure), status: nil)
        }
    }

    private func isLook(
        _ work: CallWork,
        _ request: CallRequest,
        _ integration: CallIntegration
    ) throws -> Bool {
        try integration.dialect.next(
            request,
            integration.account,
            progress: work.progress,
            now: ports.time.now()
        ).isLook
    }

    /// Whether nobody else can take the call on before a request that leaves now has an answer.
    private func isOurs(_ work: CallWork, _ integration: CallIntegration) -> Bool {
        guard let lease = work.call.dueAt else { return true }
        return ports.time.now() + integration.dialect.facts.timeout <= lease
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
        if next.effect == .takesEffect, !next.isLook || attempt.sentAt == nil { attempt.sentAt = now }
        attempt.progress = try await seal.seal(progress, .progress, of: attempt.id.bytes, now: now)
        work.attempts.append(attempt)
        work.progress = progress
        let lease = now + leaseTime(integration) + pause
        let call = work.call
        try await database.write { [attempt] transaction in
            guard try CallTable.move(call, to: .working, dueAt: lease, now: now, transaction) else {
                throw LeaseLost()
            }
            try AttemptTable.progress(attempt, transaction)
        }
        work.call.state = .working
        work.call.dueAt = lease
        if pause > .zero { try await ports.time.sleep(pause) }
    }
}
