package import Domain
package import Providers
package import Resilience
import Synchronization

/// Decides where a call may go now and when its requests may leave, and learns from how they went.
///
/// Holds one `Post` for each integration: its guard (breaker, early warning, bulkhead) and the queue before its budget.
/// No decision touches the database; what a budget must remember across a restart is saved beside (`DeskKeeper`).
package final class CallDesk: Sendable {
    /// Where a call may go.
    package enum Choice: Sendable {
        /// Here, now.
        case use(CallIntegration, Passage, FailoverReason)
        /// Here, once its budget lets it: worth a place in the queue before it.
        case queue(Place, ProviderFailure)
        /// Nowhere before this long.
        case wait(Duration, ProviderFailure)
        /// Nowhere in time.
        case none(ProviderFailure)
    }

    /// Where a call could wait for its budget.
    package struct Place: Sendable {
        /// Which integration's.
        package let integration: CallIntegration
        /// How long it takes by estimate until it is this call's turn.
        package let estimate: Duration
        let isBound: Bool
    }

    /// The right to send one request; goes back with what came of it.
    package struct Passage: Sendable {
        /// Where it may go.
        package let integration: Int64
        let sent: SentCall<UInt64>?
        let ticket: IntegrationGuard.Ticket?
        /// The probe that the integration's guard asked for; nil for any other request.
        var probe: ConfirmingProbes.Ticket?
    }

    /// What decisions need to know of a call.
    package struct Question: Sendable {
        /// What is asked for.
        package var operation: Operation
        /// How urgent it is.
        package var priority: Priority
        /// The wedding it is for.
        package var wedding: WeddingID?
        /// When waiting is of no use any more.
        package var deadline: Instant
        /// Whether every candidate is as good as new to this call: then the route's strategy holds.
        package var isFirst: Bool
        /// When the call was taken in; nil for one that is never deferred.
        package var since: Instant?

        /// Describes a call.
        package init(
            _ operation: Operation,
            priority: Priority,
            wedding: WeddingID? = nil,
            deadline: Instant,
            isFirst: Bool = true,
            since: Instant? = nil
        ) {
            self.operation = operation
            self.priority = priority
            self.wedding = wedding
            self.deadline = deadline
            self.isFirst = isFirst
            self.since = since
        }
    }

    /// The longest a request of a conversation that has begun waits for its budget.
    package static let passagePatience = Duration.seconds(30)

    struct State {
        var posts: [Int64: Post] = [:]
        var choices: [Capability: FailoverChoice] = [:]
        var orders: [Capability: FailoverOrder] = [:]
        var waiters: [UInt64: CheckedContinuation<Bool, Never>] = [:]
        /// Those who were let go, or given up, before they could wait.
        var early: [UInt64: Bool] = [:]
        var granted: [UInt64: SentCall<UInt64>] = [:]
        /// The states of budgets as they were last saved.
        var savedBudgets: [Int64: JSONValue] = [:]
        /// What is held for weddings, by integration.
        var reservations: [Int64: [ReservationRecord]] = [:]
        /// Where probes said that it is back, and when calls had last said something.
        var recovered: [Int64: Duration] = [:]
        /// What integrations are usually used for.
        var usage: [Int64: UsageByLimit] = [:]
        /// What emergency mode asks for; nil while all is as always.
        var emergency: DeskEmergency?
        /// Raised by each change of orders and reservations made here.
        var version: UInt64 = 0
        /// The monotonic time at which `run` looks next.
        var lookAt = Duration.zero
        /// Whether it must look before.
        var isLookWanted = false
        var numbers: UInt64 = 0
    }

    let time: Time
    let random: RandomSource
    let watch: DeskWatch
    let doorbell = Doorbell()
    /// Rung when a guard asks for a probe.
    let probeBell = Doorbell()
    let state = Mutex(State())

    /// Makes a desk that knows nothing yet.
    package init(time: Time, random: RandomSource, watch: DeskWatch = .none) {
        self.time = time
        self.random = random
        self.watch = watch
    }

    /// Both clocks, now.
    var reading: ClockReading { ClockReading(elapsed: time.elapsed(), wall: time.now()) }

    /// Picks where a call goes, and waits there for its budget: for as long as its priority has patience when it may go
    /// elsewhere, and then asks again.
    ///
    /// - Parameter candidates: those that can do it, best first; not empty.
    package func choose(
        _ question: Question,
        among candidates: [CallIntegration],
        strategy: FailoverChoice.Strategy
    ) async -> Choice {
        let now = reading
        if let pause = deferral(of: question, among: candidates, now) { return .wait(pause, Self.deferred) }
        let deadline = now.elapsed + (question.deadline - now.wall)
        let chance = random.fraction()
        let (decision, able, isForced, number, queued) = state.withLock { state in
            let able = state.obeying(candidates, question.operation.capability, now)
            var decision = state.decide(question, able, strategy, deadline, now, chance)
            // Where all come back in steps, somebody waits for every call that is held back.
            let isForced = decision.isHeldByRamp && question.priority <= .high
            if isForced { decision = state.decide(question, able, strategy, deadline, now, 0) }
            if decision.isNowhere {
                for integration in able { state.posts[integration.id]?.hasten(now: now.elapsed) }
            }
            // It queues in the moment that finds room for it: others that ask at once see it there, and go elsewhere.
            var number: UInt64?
            if case .use(let position, _) = decision {
                let mayMove = able.count > 1 && !(question.isFirst && strategy == .manual)
                number = state.enter(
                    able[position],
                    question.operation,
                    BudgetClass(question.priority),
                    wedding: question.wedding,
                    deadline: mayMove
                        ? min(deadline, now.elapsed + FailoverChoice.patience(question.priority)) : deadline,
                    now
                )
            }
            let queued = state.queue(for: question, after: decision, able, now, chance)
            return (decision, able, isForced, number, queued)
        }
        switch decision {
        case .wait(let until, let reason):
            if let queued {
                let isBound = able.count == 1 && question.priority == .critical
                let estimate = until - now.elapsed
                let place = Place(integration: able[queued], estimate: estimate, isBound: isBound)
                return .queue(place, Self.failure(reason))
            }
            return .wait(max(until - now.elapsed, .milliseconds(10)), Self.failure(reason))
        case .none(let reason): return .none(Self.failure(reason))
        case .use(let position, let reason):
            let integration = able[position]
            let passage = await pass(
                number,
                integration,
                priority: question.priority,
                isBound: isForced || able.count == 1 && question.priority == .critical
            )
            guard let passage else { return .wait(.milliseconds(50), Self.failure(.full)) }
            return .use(integration, passage, reason)
        }
    }

    /// Waits in the queue for the right to one request; nil when it did not come in time.
    package func wait(_ question: Question, at place: Place, atMost patience: Duration) async -> Passage? {
        let now = reading
        let number = state.withLock {
            $0.enter(
                place.integration,
                question.operation,
                BudgetClass(question.priority),
                wedding: question.wedding,
                deadline: now.elapsed + patience,
                now
            )
        }
        return await pass(
            number,
            place.integration,
            priority: question.priority,
            isBound: place.isBound
        )
    }

    /// The right to one more request of a conversation that has begun: it waits for its budget, and no breaker stops it.
    package func carryOn(
        _ integration: CallIntegration,
        _ operation: Operation,
        wedding: WeddingID?
    ) async -> Passage {
        let deadline = time.elapsed() + Self.passagePatience
        let sent = await sent(integration, operation, .live, wedding: wedding, deadline: deadline)
        let now = time.elapsed()
        let ticket = state.withLock { state -> IntegrationGuard.Ticket? in
            guard
                case .allowed(let ticket)? = state.posts[integration.id]?.admit(
                    .critical,
                    now: now,
                    chance: 0
                )
            else { return nil }
            return ticket
        }
        return Passage(integration: integration.id, sent: sent, ticket: ticket)
    }

    /// The right to one request that can wait for any other: nil while the integration is not called, and when its budget
    /// is needed for longer than `passagePatience`.
    package func spare(_ integration: CallIntegration, _ operation: Operation) async -> Passage? {
        let now = reading
        let number = state.withLock { state in
            state.enter(
                integration,
                operation,
                .bulk,
                wedding: nil,
                deadline: now.elapsed + Self.passagePatience,
                now
            )
        }
        return await pass(number, integration, priority: .low, isBound: false)
    }

    /// Takes in what came of a request.
    package func ended(_ passage: Passage, _ outcome: ExchangeOutcome, latency: Duration, news: [LimitNews]) {
        let now = reading
        let jitter = random.fraction()
        let hasTripped = state.withLock { state in
            let trips = state.trips(passage.integration)
            state.posts[passage.integration]?.ended(passage, outcome, latency, news, now, jitter)
            state.count(passage, at: now.wall)
            state.pump(passage.integration, now)
            return state.trips(passage.integration) != trips
        }
        ringIfWanted()
        ringForProbe(of: passage.integration)
        watch.attempted(passage.integration, outcome, latency)
        if hasTripped { watch.tripped() }
    }

    /// Takes in that a request was not sent after all.
    package func abandoned(_ passage: Passage) {
        let now = reading
        state.withLock { state in
            state.posts[passage.integration]?.abandoned(passage, now)
            state.pump(passage.integration, now)
        }
        ringIfWanted()
    }

    /// Wakes `run` when it must look earlier than it means to: most requests change nothing that it waits for.
    func ringIfWanted() {
        let isWanted = state.withLock { state in
            defer { state.isLookWanted = false }
            return state.isLookWanted
        }
        if isWanted { doorbell.ring() }
    }

    // MARK: Waiting

    /// Waits for the passage of one who is in the queue; nil when it did not come in time, or the queue was full.
    private func pass(
        _ number: UInt64?,
        _ integration: CallIntegration,
        priority: Priority,
        isBound: Bool
    ) async -> Passage? {
        guard let number, let sent = await sent(number, at: integration) else { return nil }
        let now = reading
        // Who has nowhere else to go passes any ramp.
        let chance = isBound ? 0 : random.fraction()
        return state.withLock { state in
            guard
                case .allowed(let ticket)? = state.posts[integration.id]?.admit(
                    priority,
                    now: now.elapsed,
                    chance: chance
                )
            else {
                state.posts[integration.id]?.abandoned(
                    Passage(integration: integration.id, sent: sent, ticket: nil),
                    now
                )
                return nil
            }
            return Passage(integration: integration.id, sent: sent, ticket: ticket)
        }
    }

    /// Waits in the queue before an integration's budget; nil when the deadline came first or the queue is full.
    func sent(
        _ integration: CallIntegration,
        _ operation: Operation?,
        _ budgetClass: BudgetClass,
        wedding: WeddingID?,
        deadline: Duration
    ) async -> SentCall<UInt64>? {
        let now = reading
        let number = state.withLock {
            $0.enter(integration, operation, budgetClass, wedding: wedding, deadline: deadline, now)
        }
        guard let number else { return nil }
        return await sent(number, at: integration)
    }

    /// Waits for the turn of one who is in the queue; nil when the deadline came first.
    private func sent(_ number: UInt64, at integration: CallIntegration) async -> SentCall<UInt64>? {
        ringIfWanted()
        let isSent = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let early = state.withLock { state -> Bool? in
                    if let early = state.early.removeValue(forKey: number) { return early }
                    state.waiters[number] = continuation
                    return nil
                }
                if let early { continuation.resume(returning: early) }
            }
        } onCancel: {
            cancel(number, at: integration.id)
        }
        let sent = state.withLock { $0.granted.removeValue(forKey: number) }
        return isSent ? sent : nil
    }

    private func cancel(_ number: UInt64, at integration: Int64) {
        state.withLock { state in
            guard state.posts[integration]?.cancel(number) == true else { return }
            state.tell(number, false)
        }
    }

    private static func failure(_ reason: FailoverReason) -> ProviderFailure {
        let isBudget = if case .budget = reason { true } else { false }
        return ProviderFailure(
            isBudget ? .limited : .unavailable,
            code: reason.code,
            message: reason.description
        )
    }
}
