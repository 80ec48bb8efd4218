package import Domain
import Providers
package import Resilience
import Telemetry

/// What a test of an integration found.
package struct ProbeResult: Sendable {
    /// Which.
    package let integration: ResourceName
    /// How it ended, as far as the integration's health is concerned.
    package let outcome: ExchangeOutcome
    /// Whether it works with its credential.
    package let isGood: Bool
    /// The status of the answer; nil without one.
    package let status: Int?
    /// From the request's leaving to the answer or the end of waiting; nil when nothing was sent.
    package let latency: Duration?
    /// What it means and what to do, in words.
    package let meaning: String
}

extension CallEngine {
    /// Sends an integration's own probe, a cheap request that changes nothing, and says what its answer means.
    ///
    /// It counts against the budget and for the breaker as any request does.
    ///
    /// - Throws: `CallError.unknownTarget` when there is no such integration.
    package func probe(_ name: ResourceName) async throws -> ProbeResult {
        guard let integration = ports.directory().integration(named: name),
            let operation = integration.firstOperation
        else { throw CallError.unknownTarget }
        let passage = await desk.carryOn(integration, operation, wedding: nil)
        return await probe(integration, passage, isBackground: false)
    }

    /// Sends an integration's own probe when its budget has a request to spare, which no breaker hears of.
    ///
    /// - Returns: nil when the budget has none to spare, and when there is no such integration.
    package func probeInBackground(_ name: ResourceName) async -> ProbeResult? {
        guard let integration = ports.directory().integration(named: name),
            let operation = integration.firstOperation,
            let passage = await desk.background(integration, operation)
        else { return nil }
        return await probe(integration, passage, isBackground: true)
    }

    /// Sends the probes that guards ask for, until cancelled.
    func confirmSuspicions() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let (probes, wait) = desk.takeProbes()
                for (id, ticket) in probes { group.addTask { await self.confirm(id, ticket) } }
                await desk.probeBell.wait(atMost: max(wait, .milliseconds(1)), ports.time)
            }
            group.cancelAll()
        }
    }

    private func confirm(_ id: Int64, _ ticket: ConfirmingProbes.Ticket) async {
        guard let integration = ports.directory().integrations[id], integration.isEnabled,
            let operation = integration.firstOperation
        else {
            return desk.abandoned(CallDesk.Passage(integration: id, sent: nil, ticket: nil, probe: ticket))
        }
        let passage = await desk.background(integration, operation, ticket)
        let result =
            if let passage {
                "\(await probe(integration, passage, isBackground: true).outcome)"
            } else {
                "skipped"
            }
        ports.metrics.counter(
            "usher_call_probes_total",
            help:
                "Probes to confirm or dismiss a suspicion, by result; `skipped` where the budget had none to spare.",
            labels: [("integration", integration.name.text), ("result", result)]
        ).increment()
    }

    private func probe(
        _ integration: CallIntegration,
        _ passage: CallDesk.Passage,
        isBackground: Bool
    ) async -> ProbeResult {
        let name = integration.name
        let runner = runner
        let request: ProviderRequest
        do {
            let account = try await runner.account(integration)
            request = integration.dialect.probe(account, now: ports.time.now())
        } catch {
            desk.abandoned(passage)
            let failure = CallRunner.tokenFailure(error)
            return ProbeResult(
                integration: name,
                outcome: failure.health,
                isGood: false,
                status: nil,
                latency: nil,
                meaning: "Nothing was sent: \(failure.message) (\(failure.code))."
            )
        }
        let began = ports.time.elapsed()
        let exchange = await runner.line.send(request, to: integration)
        let latency = ports.time.elapsed() - began
        switch exchange {
        case .answer(let answer):
            let meaning = ProbeMeaning(status: answer.status)
            let news = integration.dialect.limits(in: answer)
            isBackground
                ? desk.probed(passage, meaning.outcome, latency: latency, news: news)
                : desk.ended(passage, meaning.outcome, latency: latency, news: news)
            // One to confirm a suspicion comes ten times a second, and leaves nothing behind.
            if meaning.outcome == .ok, passage.probe == nil { await keepTrial(of: integration.id) }
            return ProbeResult(
                integration: name,
                outcome: meaning.outcome,
                isGood: meaning.outcome == .ok,
                status: answer.status,
                latency: latency,
                meaning: meaning.sentence(integration.dialect.facts.title)
            )
        case .nothing(let failure, _):
            isBackground
                ? desk.probed(passage, failure.health, latency: latency, news: [])
                : desk.ended(passage, failure.health, latency: latency, news: [])
            return ProbeResult(
                integration: name,
                outcome: failure.health,
                isGood: false,
                status: nil,
                latency: latency,
                meaning: "No answer: \(failure.message) (\(failure.code)). Check base_url and the network."
            )
        }
    }
}

extension CallIntegration {
    /// An operation whose limits a probe counts against.
    fileprivate var firstOperation: Operation? {
        Operation.allCases.first { dialect.facts.operations.contains($0) }
    }
}

/// What the status of a probe's answer means.
package struct ProbeMeaning: Hashable, Sendable {
    /// The status.
    package let status: Int

    /// Reads a status.
    package init(status: Int) {
        self.status = status
    }

    /// What it says about the provider's health.
    package var outcome: ExchangeOutcome {
        switch status {
        case 200...399: .ok
        case 429: .rejected
        case 400...499: .caller
        default: .fail
        }
    }

    /// In words, with what to do.
    package func sentence(_ title: String) -> String {
        switch status {
        case 200...399: "\(title) answers and accepts the credential."
        case 401: "\(title) answers, but does not accept the credential: set it anew."
        case 403: "\(title) answers, but the credential may not do this: check its permissions."
        case 404: "Something answers, but it does not know the probe's path: check base_url."
        case 429: "\(title) answers that too much is asked of it: its limit is used up for now."
        case 400...499:
            "\(title) answers, but refuses the probe (\(status)): check the credential and base_url."
        default:
            "\(title) answers that it is broken (\(status)): calls go elsewhere if the route has a second one."
        }
    }
}
