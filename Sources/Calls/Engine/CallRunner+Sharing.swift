import Domain
import Providers

/// Answering a read with what another one brought.
extension CallRunner {
    /// The most flights a read waits for before it asks by itself.
    static let followsMax = 2
    /// What is left of a lease when the waiting for another one's answer ends.
    static let followMargin = Duration.seconds(5)

    /// Takes part in the sharing of reads; nil when the provider is to be asked.
    func share(_ work: inout CallWork, _ candidates: [CallIntegration]) async throws -> Progress? {
        guard work.flight == nil, work.attempts.isEmpty, work.follows < Self.followsMax,
            let key = ReadKey(work, candidates)
        else { return nil }
        var freshness: [Int64: Duration] = [:]
        for candidate in candidates { freshness[candidate.id] = Self.freshness(of: work, at: candidate) }
        let turn = reads.ask(
            key,
            work.call.priority,
            freshness: freshness,
            isFresh: work.call.isFresh,
            now: ports.time.elapsed()
        )
        switch turn {
        case .lead(let flight):
            work.flight = flight
            return nil
        case .answer(let answer): return try await finish(&work, with: answer)
        case .follow(let seat):
            work.follows += 1
            let now = ports.time.now()
            let lease = (work.call.dueAt ?? now) - now - Self.followMargin
            let patience = max(.zero, min(work.call.deadline - now, lease))
            let answer = await reads.follow(seat, atMost: patience, ports.time)
            guard !Task.isCancelled else { throw LeaseLost() }
            guard let answer else { return .further }
            return try await finish(&work, with: answer)
        }
    }

    private static func freshness(of work: CallWork, at integration: CallIntegration) -> Duration? {
        integration.dialect.facts.freshness[work.call.operation]
    }

    /// Ends a call with what another one brought.
    private func finish(_ work: inout CallWork, with answer: SharedAnswer) async throws -> Progress {
        // Whose call it was is nobody else's business.
        work.call.answeredFrom = work.call.owner == answer.owner ? answer.call : nil
        work.call.answeredAt = answer.answeredAt
        series.shared(work.call.operation)
        return try await finish(&work, .succeeded, answer.outcome, nil, at: answer.integration)
    }

    /// Tells those who wait for the same answer.
    func land(_ work: inout CallWork, _ outcome: CallOutcome?) {
        guard let flight = work.flight else { return }
        work.flight = nil
        guard let outcome, let place = work.call.integration,
            let integration = ports.directory().integrations[place]
        else { return reads.land(flight, nil) }
        let answer = SharedAnswer(
            call: work.call.id,
            owner: work.call.owner,
            outcome: outcome,
            integration: place,
            answeredAt: work.call.finishedAt ?? ports.time.now(),
            at: ports.time.elapsed()
        )
        reads.land(flight, answer, freshness: Self.freshness(of: work, at: integration))
    }
}
