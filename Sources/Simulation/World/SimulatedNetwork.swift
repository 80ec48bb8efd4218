import Domain
import Synchronization

/// How badly the network behaves, as chances of 0...1 for each exchange.
package struct NetworkFaults: Hashable, Sendable {
    /// The request does not arrive; the caller hears nothing until it gives up.
    package var requestLost = 0.0
    /// The request takes effect, but the caller hears nothing until it gives up.
    package var answerLost = 0.0
    /// The request takes effect twice; the caller hears the first answer.
    package var duplicated = 0.0
    /// The answer takes `lateness` longer: often longer than the caller waits.
    package var late = 0.0
    /// The connection is refused at once: the request certainly did not arrive.
    package var refused = 0.0
    /// How long a late answer takes.
    package var lateness = Duration.seconds(45)
    /// How long each way takes, at most; at least 1 ms.
    package var latencyMax = Duration.milliseconds(80)

    /// A network that only takes its time.
    package init() {}
}

/// What became of an exchange that brought no answer.
package enum NetworkError: Error, Hashable, Sendable {
    /// Nothing listened: the request certainly had no effect.
    case refused
    /// No answer came in time: the request may have taken effect, or still will.
    case timedOut
}

/// The network between simulated parties: it delays, loses, doubles and holds back.
package final class SimulatedNetwork: Sendable {
    private let executor: SimulationExecutor
    private let random: RandomSource
    private let current: Mutex<NetworkFaults>

    init(executor: SimulationExecutor, faults: NetworkFaults, seed: UInt64) {
        self.executor = executor
        random = RandomSource(seed: seed, purpose: "network")
        current = Mutex(faults)
    }

    /// How it behaves now.
    package var faults: NetworkFaults {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }

    /// Asks `peer` and waits for its answer, `timeout` at most.
    ///
    /// The request goes on its way even if the caller dies or gives up meanwhile.
    ///
    /// - Parameters:
    ///   - caller: the process that asks; nil for the world outside.
    ///   - peer: what happens where the request arrives, which may be twice; nil when nothing listens there.
    /// - Throws: `NetworkError`; `CancellationError` when the caller was cancelled or died.
    package func exchange<Answer: Sendable>(
        from caller: Incarnation? = nil,
        timeout: Duration,
        with peer: @escaping @Sendable () async -> Answer?
    ) async throws -> Answer {
        let fate = drawFate()
        if fate.isRefused { throw NetworkError.refused }
        let reply = Reply<Answer>(process: caller?.number ?? 0)
        if !fate.isRequestLost {
            // Not a child of the caller: a request under way outlives whoever sent it.
            _ = Task { await carry(fate, reply, peer) }
        }
        try await executor.sleep(timeout, through: reply.sleeper)
        guard caller?.isAlive != false else { throw CancellationError() }
        return try reply.result()
    }

    private struct Fate: Sendable {
        let isRefused: Bool
        let isRequestLost: Bool
        let isAnswerLost: Bool
        let isDuplicated: Bool
        let there: Duration
        let back: Duration
        let again: Duration
    }

    private func drawFate() -> Fate {
        let faults = faults
        return Fate(
            isRefused: random.fraction() < faults.refused,
            isRequestLost: random.fraction() < faults.requestLost,
            isAnswerLost: random.fraction() < faults.answerLost,
            isDuplicated: random.fraction() < faults.duplicated,
            there: latency(faults),
            back: latency(faults) + (random.fraction() < faults.late ? faults.lateness : .zero),
            again: latency(faults) * Int(1 + random.next() % 100)
        )
    }

    private func latency(_ faults: NetworkFaults) -> Duration {
        let spread = max(0, faults.latencyMax.microseconds - 1_000)
        return .microseconds(1_000 + Int64(random.fraction() * Double(spread)))
    }

    private func carry<Answer: Sendable>(
        _ fate: Fate,
        _ reply: Reply<Answer>,
        _ peer: @escaping @Sendable () async -> Answer?
    ) async {
        let time = executor.time
        do {
            try await time.sleep(fate.there)
            if fate.isDuplicated {
                // The second copy arrives in its own time, whatever becomes of the first.
                _ = Task {
                    try await time.sleep(fate.again)
                    _ = await peer()
                }
            }
            let answer = await peer()
            if fate.isAnswerLost { return }
            try await time.sleep(fate.back)
            reply.come(answer)
        } catch {
            return  // The simulation ended with the request under way.
        }
    }
}

/// Where an answer is waited for.
private final class Reply<Answer: Sendable>: Sendable {
    let sleeper: Sleeper
    private let answer = Mutex<Result<Answer, NetworkError>?>(nil)

    init(process: Int) {
        sleeper = Sleeper(process: process)
    }

    func come(_ answer: Answer?) {
        self.answer.withLock { $0 = answer.map { .success($0) } ?? .failure(.refused) }
        sleeper.wake()
    }

    func result() throws(NetworkError) -> Answer {
        guard let result = answer.withLock({ $0 }) else { throw .timedOut }
        return try result.get()
    }
}
