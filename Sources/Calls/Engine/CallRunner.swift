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

    /// Works until the call is over or has to wait.
    func run(_ start: CallWork) async {
        var work = start
        do {
            while case .further = try await step(&work) {}
        } catch is LeaseLost {
            return  // Another one has taken it on, and knows more.
        } catch {
            ports.logger.error(
                "a call could not be carried on; it is taken up again when its lease ends",
                metadata: ["call": "\(work.call.id)", "error": "\(error)"]
            )
        }
        if let passage = work.passage { desk.abandoned(passage) }
    }

    private func step(_ work: inout CallWork) async throws -> Progress {
        guard let live = work.live else { return try await begin(&work) }
        switch live.state {
        case .sending: return try await converse(&work, live)
        case .inDoubt: return try await settle(&work, live)
        default: return .stop
        }
    }

    // MARK: Beginning

    private func begin(_ work: inout CallWork) async throws -> Progress {
        let now = ports.time.now()
        guard now < work.call.deadline else {
            return try await finish(&work, .failed, nil, lastFailure(work) ?? Self.late)
        }
        let candidates = candidates(work)
        guard !candidates.isEmpty else {
            return try await finish(&work, .failed, nil, lastFailure(work) ?? Self.nobody)
        }
        let capability = work.call.operation.capability
        let choice = await desk.choose(
            CallDesk.Question(
                work.call.operation,
                priority: work.call.priority,
                wedding: work.call.wedding,
                deadline: work.call.deadline,
                isFirst: work.attempts.isEmpty && work.call.target == nil
            ),
            among: candidates,
            strategy: ports.directory().strategies[capability] ?? .immediate
        )
        switch choice {
        case .use(let integration, let passage, _):
            work.passage = passage
            return try await begin(&work, at: integration)
        case .wait(let pause, let failure):
            guard ports.time.now() + pause < work.call.deadline else {
                return try await finish(&work, .failed, nil, failure)
            }
            return try await wait(&work, pause)
        case .none(let failure): return try await finish(&work, .failed, nil, failure)
        }
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

    private func begin(_ work: inout CallWork, at integration: CallIntegration) async throws -> Progress {
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
        try await database.write { [attempt] transaction in
            guard try CallTable.move(call, to: .working, dueAt: lease, transaction) else { throw LeaseLost() }
            try AttemptTable.insert(attempt, of: call.id, transaction)
            if attempt.sentAt != nil { try AttemptTable.progress(attempt, transaction) }
        }
        work.call.state = .working
        work.call.dueAt = lease
        work.attempts.append(attempt)
        work.progress = .null
        work.isTakenOver = false
        return .further
    }

    /// The instant to store as the one at which the effect may have begun; nil when the first request has none.
    private func firstEffect(
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

    // MARK: Speaking

    private func converse(_ work: inout CallWork, _ live: StoredAttempt) async throws -> Progress {
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
                await ports.tokenRefused(integration)
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
    private func exchange(
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
        switch exchange {
        case .answer(let answer):
            let verdict = integration.dialect.read(answer, request, account, progress: work.progress)
            desk.ended(
                passage,
                verdict.health,
                latency: latency,
                news: integration.dialect.limits(in: answer)
            )
            let isRefused = answer.status == 401 && account.accessToken != nil
            return (verdict, answer.status, isRefused)
        case .nothing(let failure, let maybeSent):
            desk.ended(passage, failure.health, latency: latency, news: [])
            let isHarmless = !maybeSent || outgoing.effect == .none
            return (isHarmless ? .notApplied(failure) : .inDoubt(failure), nil, false)
        }
    }

    /// Stores how far the conversation has come, before the next request leaves.
    private func advance(
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

    // MARK: Concluding

    /// Stores what an attempt came to, and what follows.
    private func conclude(
        _ work: inout CallWork,
        _ verdict: CallVerdict,
        status: Int?
    ) async throws -> Progress {
        guard var attempt = work.attempts.popLast() else { return .stop }
        if let passage = work.passage {
            work.passage = nil
            desk.abandoned(passage)
        }
        var course = work.course
        course = CallCourse(
            attempts: course.attempts + [
                CallCourse.Attempt(integration: attempt.integration, state: attempt.state)
            ],
            deadline: work.call.deadline
        )
        let now = ports.time.now()
        attempt.status = status
        attempt.take(verdict, now: now)
        work.attempts.append(attempt)
        let decision = course.ended(
            verdict,
            elsewhere: candidates(work).contains { $0.id != attempt.integration },
            now: now,
            jitter: ports.random.fraction()
        )
        return try await follow(decision, &work, outcome: verdict.succeededOutcome)
    }

    private func follow(
        _ decision: CallCourse.Decision,
        _ work: inout CallWork,
        outcome: Providers.CallOutcome?
    ) async throws -> Progress {
        switch decision {
        case .finish(let state):
            return try await finish(&work, state, outcome, work.attempts.last?.failure)
        case .again(let pause): return try await wait(&work, pause, storing: true)
        case .settle(let pause): return try await wait(&work, pause, storing: true, state: .inDoubt)
        case .hold:
            ports.logger.critical(
                "a call is in doubt and cannot be settled by itself: a person must look",
                metadata: ["call": "\(work.call.id)", "operation": "\(work.call.operation)"]
            )
            return try await park(&work)
        }
    }

    /// Ends the call, with its last attempt, in one transaction; tells those who wait.
    private func finish(
        _ work: inout CallWork,
        _ state: CallState,
        _ outcome: Providers.CallOutcome?,
        _ failure: ProviderFailure?
    ) async throws -> Progress {
        let now = ports.time.now()
        work.call.state = state
        work.call.finishedAt = now
        work.call.dueAt = nil
        if let outcome, let attempt = work.attempts.last {
            work.call.integration = attempt.integration
            work.call.reference = outcome.reference
            work.call.reply = try await seal.seal(outcome.reply, .reply, of: work.call.id.bytes, now: now)
        } else {
            work.call.failure = failure
        }
        let result = CallResult(
            call: work.call,
            reply: outcome?.reply,
            integration: work.attempts.last.flatMap { ports.directory().integrations[$0.integration]?.name }
        )
        let attempt = work.attempts.last
        let publish = result.call.isAsync ? try await ports.publish(result) : nil
        let destinations = try await database.write { transaction in
            guard try CallTable.finish(result.call, transaction) else { throw LeaseLost() }
            if let attempt { try AttemptTable.update(attempt, transaction) }
            try Compensation.finished(result.call, transaction)
            return try publish?(transaction) ?? []
        }
        ports.published(destinations)
        board.post(result)
        return .stop
    }

    /// Waits while holding the call when that is short; gives it back otherwise.
    private func wait(
        _ work: inout CallWork,
        _ pause: Duration,
        storing: Bool = false,
        state: CallState = .queued
    ) async throws -> Progress {
        let now = ports.time.now()
        let isHeld = pause <= Self.waitHeldMax
        let due = isHeld ? now + pause + Self.leaseMargin : now + pause
        let call = work.call
        let attempt = storing ? work.attempts.last : nil
        try await database.write { transaction in
            guard try CallTable.move(call, to: state, dueAt: due, transaction) else { throw LeaseLost() }
            if let attempt { try AttemptTable.update(attempt, transaction) }
        }
        work.call.state = state
        work.call.dueAt = due
        guard isHeld else {
            board.parked(work.call, reply: nil)
            return .stop
        }
        if pause > .zero { try await ports.time.sleep(pause) }
        return .further
    }

    /// Leaves the call to a person: nothing looks at it until somebody, or a webhook, says what became of it.
    private func park(_ work: inout CallWork) async throws -> Progress {
        let call = work.call
        let attempt = work.attempts.last
        try await database.write { transaction in
            guard try CallTable.move(call, to: .held, dueAt: nil, transaction) else { throw LeaseLost() }
            if let attempt { try AttemptTable.update(attempt, transaction) }
        }
        work.call.state = .held
        work.call.dueAt = nil
        board.parked(work.call, reply: nil)
        return .stop
    }

    // MARK: Finding out

    private func settle(_ work: inout CallWork, _ live: StoredAttempt) async throws -> Progress {
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
        case .replay: return try await replay(&work, request, integration)
        case .ask(let question):
            guard let answer = await ask(question, request.operation, work, integration) else {
                return try await settled(&work, .unknown)
            }
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

    /// Asks a question about an attempt in doubt; nil without an answer.
    private func ask(
        _ question: ProviderRequest,
        _ operation: Operation,
        _ work: CallWork,
        _ integration: CallIntegration
    ) async -> ProviderAnswer? {
        let passage = await desk.carryOn(integration, operation, wedding: work.call.wedding)
        let began = ports.time.elapsed()
        let exchange = await line.send(question, to: integration)
        let latency = ports.time.elapsed() - began
        switch exchange {
        case .answer(let answer):
            let isFault = answer.status >= 500
            let outcome: Resilience.CallOutcome = isFault ? .fail : answer.status == 429 ? .rejected : .ok
            desk.ended(passage, outcome, latency: latency, news: integration.dialect.limits(in: answer))
            return answer
        case .nothing(let failure, _):
            desk.ended(passage, failure.health, latency: latency, news: [])
            return nil
        }
    }

    /// Sends the last request once more: its answer is the first one's answer.
    private func replay(
        _ work: inout CallWork,
        _ request: CallRequest,
        _ integration: CallIntegration
    ) async throws -> Progress {
        let (verdict, _, isRefusedToken) = try await exchange(&work, request, integration)
        if isRefusedToken { await ports.tokenRefused(integration) }
        switch verdict {
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
            // Only a verdict on the request itself proves anything: being turned away today says nothing of then.
            let isVerdict = failure.kind == .rejected || failure.kind == .notFound
            return try await settled(&work, isVerdict ? .dead(failure) : .unknown)
        case .inDoubt: return try await settled(&work, .unknown)
        }
    }

    private func restate(_ work: CallWork) async throws {
        guard let attempt = work.attempts.last else { return }
        try await database.write { try AttemptTable.update(attempt, $0) }
    }

    private func settled(_ work: inout CallWork, _ verdict: SettleVerdict) async throws -> Progress {
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
        var outcome: Providers.CallOutcome?
        if case .succeeded(let found) = verdict { outcome = found }
        return try await follow(decision, &work, outcome: outcome)
    }

    /// Ends the doubt by what somebody else found out, and carries the call on from there.
    func settle(_ start: CallWork, by verdict: SettleVerdict) async {
        var work = start
        do {
            guard case .further = try await settled(&work, verdict) else { return }
            await run(work)
        } catch is LeaseLost {
            return
        } catch {
            ports.logger.error(
                "what was found out could not be stored; it is found out again",
                metadata: ["call": "\(work.call.id)", "error": "\(error)"]
            )
        }
    }

    // MARK: Odds and ends

    private func account(_ integration: CallIntegration) async throws -> IntegrationAccount {
        guard case .oauth = integration.dialect.facts.authentication else { return integration.account }
        return IntegrationAccount(
            provider: integration.account.provider,
            baseURL: integration.account.baseURL,
            credential: integration.account.credential,
            accessToken: try await ports.token(integration)
        )
    }

    private func leaseTime(_ integration: CallIntegration) -> Duration {
        integration.dialect.facts.timeout * 2 + Self.leaseMargin
    }

    private func lastFailure(_ work: CallWork) -> ProviderFailure? { work.attempts.last?.failure }

    private static func tokenFailure(_ error: any Error) -> ProviderFailure {
        (error as? ProviderFailureError)?.failure
            ?? ProviderFailure(.unavailable, code: "token", message: "no access token could be had")
    }

    private static let late = ProviderFailure(
        .unavailable,
        code: "deadline",
        message: "the deadline has passed"
    )
    private static let nobody = ProviderFailure(
        .rejected,
        code: "no_integration",
        message: "no integration that is left can do it"
    )
    private static let gone = ProviderFailure(
        .unauthorized,
        code: "integration_removed",
        message: "the integration does not exist any more"
    )
    private static let interrupted = ProviderFailure(
        .unavailable,
        code: "interrupted",
        message: "Usher was interrupted while the request was on its way"
    )
    private static let endless = ProviderFailure(
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
