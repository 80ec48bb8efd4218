import Domain
import Providers
import Resilience
import Synchronization

/// A mistake built into a dialect, to see that the simulation finds it.
enum PlantedDialectBug: CaseIterable, Sendable {
    /// A request without an answer counts as one that did nothing.
    case callsTimeoutsHarmless
    /// Every repetition shows the processor a key of its own.
    case changesItsKey
    /// What is in doubt and not found at once is taken for dead.
    case buriesAtOnce

    /// The promises it breaks.
    var promises: Set<String> { ["M1", "M3"] }
}

/// A dialect with a mistake.
struct BrokenDialect: CallDialect {
    let sound: any CallDialect
    let bug: PlantedDialectBug
    private let repetitions = Counter()

    init(sound: any CallDialect, bug: PlantedDialectBug) {
        self.sound = sound
        self.bug = bug
    }

    var facts: ProviderFacts { sound.facts }

    func check(_ call: CallRequest) throws(CallInputError) { try sound.check(call) }

    func next(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        now: Instant
    ) throws(CallInputError) -> ProviderRequest {
        var call = call
        if bug == .changesItsKey {
            repetitions.add()
            call = CallRequest(
                operation: call.operation,
                input: call.input,
                target: call.target,
                key: "\(call.key.prefix(24))\(repetitions.count % 10_000)",
                tag: call.tag,
                startedAt: call.startedAt
            )
        }
        var request = try sound.next(call, account, progress: progress, now: now)
        if bug == .callsTimeoutsHarmless { request.effect = .none }
        return request
    }

    func read(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue
    ) -> CallVerdict {
        sound.read(answer, call, account, progress: progress)
    }

    func settle(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        age: Duration,
        round: Int,
        now: Instant
    ) -> SettleStep {
        // The wrong look: past the replays, which would tell.
        let round = bug == .buriesAtOnce ? round + 2 : round
        return sound.settle(call, account, progress: progress, age: age, round: round, now: now)
    }

    func readSettled(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        age: Duration,
        round: Int
    ) -> SettleVerdict {
        let verdict = sound.readSettled(answer, call, account, progress: progress, age: age, round: round)
        guard bug == .buriesAtOnce, case .unknown = verdict else { return verdict }
        return .dead(ProviderFailure(.unavailable, code: "not_found", message: "it was not found"))
    }

    func probe(_ account: IntegrationAccount, now: Instant) -> ProviderRequest {
        sound.probe(account, now: now)
    }

    func limits(in answer: ProviderAnswer) -> [LimitNews] { sound.limits(in: answer) }
}
