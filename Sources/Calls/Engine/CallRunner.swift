import Domain
import Logging
package import Providers
import Resilience
import Storage

/// Carries one call as far as it comes now: begins attempts, speaks with providers, finds out what is in doubt.
///
/// Everything that must survive a crash is committed before what follows from it is done. Whoever takes the call on
/// later raises its epoch, and then nothing of ours is written any more.
struct CallRunner: Sendable {
    /// The most requests of one attempt's conversation: S3's 10,000 parts, and what belongs to them.
    static let requestsMax = 10_010
    /// How long a step may take before the call is taken for abandoned, beyond the provider's own time limit.
    static let leaseMargin = Duration.seconds(15)
    /// The longest wait that is spent holding the call; a longer one gives it back.
    static let waitHeldMax = Duration.seconds(2)
    /// The farthest turn before a budget that a call waits for in the queue.
    static let queuedMax = Duration.seconds(30)
    /// The longest pause that a provider may put into a conversation.
    static let pauseMax = Duration.seconds(30)

    /// How far a step came.
    enum Progress: Sendable {
        /// There is more to do at once.
        case further
        /// Nothing more can be done now, or the call is over.
        case stop
    }

    let ports: CallPorts
    let database: Database
    let seal: CallSeal
    let desk: CallDesk
    let line: ProviderLine
    let board: CallBoard
    let reads: SharedReads

    var series: CallSeries { CallSeries(metrics: ports.metrics) }

    /// Works until the call is over or has to wait.
    func run(_ start: CallWork) async {
        var work = start
        do {
            while case .further = try await step(&work) {}
        } catch is LeaseLost {
            // Another one has taken it on, or will when the lease ends, and knows more.
        } catch {
            ports.logger.error(
                "a call could not be carried on; it is taken up again when its lease ends",
                metadata: ["call": "\(work.call.id)", "error": "\(error)"]
            )
        }
        if let passage = work.passage { desk.abandoned(passage) }
        land(&work, nil)
    }

    func step(_ work: inout CallWork) async throws -> Progress {
        guard let live = work.live else { return try await begin(&work) }
        switch live.state {
        case .sending: return try await converse(&work, live)
        case .inDoubt: return try await settle(&work, live)
        default: return .stop
        }
    }

    // MARK: Beginning

    func begin(_ work: inout CallWork) async throws -> Progress {
        let now = ports.time.now()
        guard now < work.call.deadline else {
            return try await finish(&work, .failed, nil, lastFailure(work) ?? Self.late)
        }
        let candidates = candidates(work)
        guard !candidates.isEmpty else {
            return try await finish(&work, .failed, nil, lastFailure(work) ?? Self.nobody)
        }
        if let shared = try await share(&work, candidates) { return shared }
        let capability = work.call.operation.capability
        let question = CallDesk.Question(
            work.call.operation,
            priority: work.call.priority,
            wedding: work.call.wedding,
            deadline: work.call.deadline,
            isFirst: work.attempts.isEmpty && work.call.target == nil,
            since: work.call.createdAt
        )
        let choice = await desk.choose(
            question,
            among: candidates,
            strategy: ports.directory().strategies[capability] ?? .immediate
        )
        switch choice {
        case .use(let integration, let passage, _):
            work.passage = passage
            return try await begin(&work, at: integration)
        case .queue(let place, let failure):
            guard ports.time.now() + place.estimate < work.call.deadline else {
                return try await finish(&work, .failed, nil, failure)
            }
            return try await queue(&work, question, at: place)
        case .wait(let pause, let failure):
            guard ports.time.now() + pause < work.call.deadline else {
                return try await finish(&work, .failed, nil, failure)
            }
            return try await wait(&work, spread(pause, failure, &work))
        case .none(let failure): return try await finish(&work, .failed, nil, failure)
        }
    }

    /// How long a call waits before it asks again: where all places are taken, longer each time, so that thousands who
    /// wait do not keep the machine busy by asking.
    ///
    /// | asked so often | 0 | 1 | 2 | 3 | 4 and more |
    /// |---|---|---|---|---|---|
    /// | critical | 0.1 s | 0.1 s | 0.1 s | 0.1 s | 0.1 s |
    /// | high | 0.1 s | 0.2 s | 0.25 s | 0.25 s | 0.25 s |
    /// | normal, low | 0.1 s | 0.2 s | 0.4 s | 0.8 s | 1 s |
    ///
    /// Up to a quarter more by chance.
    private func spread(_ pause: Duration, _ failure: ProviderFailure, _ work: inout CallWork) -> Duration {
        guard failure.code == FailoverReason.full.code else { return pause }
        let longest: Duration =
            switch work.call.priority {
            case .critical: pause
            case .high: .milliseconds(250)
            case .normal, .low: .seconds(1)
            }
        let spread = min(pause * (1 << min(work.waits, 4)), max(longest, pause))
        work.waits += 1
        return spread * (1 + ports.random.fraction() / 4)
    }

    /// The integrations a new attempt may go to: those that failed this call least first, then by the route's order.
    func candidates(_ work: CallWork) -> [CallIntegration] {
        let directory = ports.directory()
        let course = work.course
        var all: [CallIntegration]
        if let target = work.call.target {
            all = [directory.integrations[target.integration]].compactMap { $0 }.filter(\.isEnabled)
        } else {
            all = directory.candidates(for: work.call.operation.capability)
            if case .sms(let sms) = work.input, sms.fallbackEmail != nil {
                all += directory.candidates(for: .email)
            }
        }
        let id = CallAttemptID(now: ports.time.now(), random: ports.random)
        return all.enumerated().filter { _, integration in
            guard course.mayTry(integration.id),
                let request = work.request(id: id, startedAt: ports.time.now(), at: integration)
            else { return false }
            return (try? integration.dialect.check(request)) != nil
        }
        .sorted { left, right in
            (course.failures(at: left.element.id), left.offset) < (
                course.failures(at: right.element.id), right.offset
            )
        }
        .map(\.element)
    }

    func begin(_ work: inout CallWork, at integration: CallIntegration) async throws -> Progress {
        let now = ports.time.now()
        var attempt = StoredAttempt(
            id: CallAttemptID(now: now, random: ports.random),
            number: work.attempts.count + 1,
            integration: integration.id,
            state: .sending,
            progress: nil,
            rounds: 0,
            startedAt: now
        )
        attempt.sentAt = try firstEffect(work, attempt, integration)
        let lease = now + leaseTime(integration)
        let call = work.call
        let ended = work.isEndUnsaved ? work.attempts.last : nil
        work.isEndUnsaved = false
        try await database.write { [attempt] transaction in
            guard try CallTable.move(call, to: .working, dueAt: lease, now: now, transaction) else {
                throw LeaseLost()
            }
            if let ended { try AttemptTable.update(ended, transaction) }
            try AttemptTable.insert(attempt, of: call.id, transaction)
            if attempt.sentAt != nil { try AttemptTable.progress(attempt, transaction) }
        }
        work.call.state = .working
        work.call.dueAt = lease
        ports.tell(work.call, at: integration.name)
        work.attempts.append(attempt)
        work.lastAnswer = nil
        work.progress = .null
        work.isTakenOver = false
        return .further
    }

    /// The instant to store as the one at which the effect may have begun; nil when the first request has none.
    func firstEffect(
        _ work: CallWork,
        _ attempt: StoredAttempt,
        _ integration: CallIntegration
    ) throws -> Instant? {
        guard let request = work.request(attempt, at: integration) else { return nil }
        let first = try integration.dialect.next(
            request,
            integration.account,
            progress: .null,
            now: attempt.startedAt
        )
        return first.effect == .takesEffect ? attempt.startedAt : nil
    }

    func account(_ integration: CallIntegration) async throws -> IntegrationAccount {
        try await ports.account(integration)
    }

    /// Long enough for a request to wait for its budget and for its answer.
    func leaseTime(_ integration: CallIntegration) -> Duration {
        integration.dialect.facts.timeout + CallDesk.passagePatience + Self.leaseMargin
    }

    func lastFailure(_ work: CallWork) -> ProviderFailure? { work.attempts.last?.failure }

    static func tokenFailure(_ error: any Error) -> ProviderFailure {
        (error as? ProviderFailureError)?.failure
            ?? ProviderFailure(.unavailable, code: "token", message: "no access token could be had")
    }

    static let late = ProviderFailure(
        .unavailable,
        code: "deadline",
        message: "the deadline has passed"
    )
    static let nobody = ProviderFailure(
        .rejected,
        code: "no_integration",
        message: "no integration that is left can do it"
    )
    static let gone = ProviderFailure(
        .unauthorized,
        code: "integration_removed",
        message: "the integration does not exist any more"
    )
    static let interrupted = ProviderFailure(
        .unavailable,
        code: "interrupted",
        message: "Usher was interrupted while the request was on its way"
    )
    static let endless = ProviderFailure(
        .unavailable,
        code: "endless",
        message: "the conversation did not come to an end"
    )
}

/// Somebody else has taken the call on: what we know is old.
struct LeaseLost: Error {}

/// A failure of a port that says for itself what it means for the attempt.
package struct ProviderFailureError: Error {
    /// What it means.
    package let failure: ProviderFailure

    /// Wraps a failure.
    package init(_ failure: ProviderFailure) {
        self.failure = failure
    }
}
