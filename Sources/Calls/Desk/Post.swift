import Domain
import Providers
import Resilience

/// One integration at the desk: its guard, and the queue before its budget.
struct Post: Sendable {
    /// Limits with windows at least this long are saved, so that a restart does not forget what was used.
    static let durableWindow = Duration.seconds(60)

    /// Integrations that are probed this often may be probed more often in doubt.
    static let confirmedProbeInterval = Duration.seconds(60)

    private(set) var health: IntegrationGuard
    var queue: BudgetQueue<UInt64>
    let limits: [ProviderLimit]
    /// Whether probes may confirm a suspicion: not where every request counts against a day or an hour.
    private let isConfirmed: Bool
    private var needs: [Operation?: BudgetNeed] = [:]

    /// - Parameter saved: the budget's state when it was last saved; nil when it never was.
    init(_ integration: CallIntegration, saved: JSONValue?, _ now: ClockReading) {
        limits = integration.limits
        isConfirmed = integration.dialect.facts.probeInterval <= Self.confirmedProbeInterval
        let own = limits.map { limit in
            BudgetLimit(
                limit.name,
                limit.kind,
                policy: Budget.Policy(
                    punishes: integration.dialect.facts.provider.punishes,
                    isDurable: limit.kind.isLong
                )
            )
        }
        queue = BudgetQueue(IntegrationBudget(own, state: saved, now: now))
        health = IntegrationGuard(
            limits: IntegrationGuard.Limits(inFlightMax: 256),
            now: now.elapsed
        )
    }

    /// Whether it was made for these limits.
    func keeps(_ limits: [ProviderLimit]) -> Bool { self.limits == limits }

    /// The limits a call of this operation counts against; of an unknown one those of every operation.
    mutating func need(_ operation: Operation?) -> BudgetNeed {
        if let need = needs[operation] { return need }
        let names = limits.filter { limit in
            limit.operations.map { $0.contains { $0 == operation } } ?? true
        }.map(\.name)
        let need = BudgetNeed(queue.budget.limits(named: Set(names)))
        needs[operation] = need
        return need
    }

    mutating func admit(_ priority: Priority, now: Duration, chance: Double) -> IntegrationGuard.Admission {
        let admission = health.admit(priority: priority, now: now, chance: chance)
        if case .allowed(let ticket) = admission { health.began(ticket, now: now) }
        return admission
    }

    mutating func candidate(
        _ question: CallDesk.Question,
        _ now: ClockReading,
        chance: Double
    ) -> FailoverChoice.Candidate {
        let shown = health.health(now: now.elapsed)
        let outlook = health.outlook(priority: question.priority, now: now.elapsed, chance: chance)
        let budgetClass = BudgetClass(question.priority)
        let wait = queue.estimate(
            budgetClass,
            wedding: question.wedding,
            need: need(question.operation),
            now: now
        )
        return FailoverChoice.Candidate(
            outlook: outlook,
            budgetWait: wait,
            state: shown.state,
            p95: shown.p95,
            isWarned: shown.isWarned
        )
    }

    /// What the guard would say now to a request of an unknown operation, and how long its budget would make it wait.
    mutating func prospects(
        _ priority: Priority,
        _ wedding: WeddingID?,
        _ now: ClockReading,
        chance: Double
    ) -> (IntegrationGuard.Outlook, wait: Duration) {
        let outlook = health.outlook(priority: priority, now: now.elapsed, chance: chance)
        let wait = queue.estimate(BudgetClass(priority), wedding: wedding, need: need(nil), now: now)
        return (outlook, wait)
    }

    mutating func add(
        _ number: UInt64,
        _ operation: Operation?,
        _ budgetClass: BudgetClass,
        _ wedding: WeddingID?,
        _ deadline: Duration,
        _ now: ClockReading
    ) -> Bool {
        let call = WaitingCall(
            number,
            budgetClass,
            wedding: wedding,
            need: need(operation),
            deadline: max(deadline, now.elapsed)
        )
        guard case .waiting = queue.add(call, now: now) else { return false }
        return true
    }

    mutating func cancel(_ number: UInt64) -> Bool { queue.cancel(number) }

    mutating func ended(
        _ passage: CallDesk.Passage,
        _ outcome: ExchangeOutcome,
        _ latency: Duration,
        _ news: [LimitNews],
        _ now: ClockReading,
        _ jitter: Double
    ) {
        if let ticket = passage.ticket {
            health.finished(ticket, outcome: outcome, latency: latency, now: now.elapsed, jitter: jitter)
        }
        if let probe = passage.probe {
            health.probed(outcome, ticket: probe, now: now.elapsed, jitter: jitter)
        }
        guard let sent = passage.sent else { return }
        queue.finished(sent, isAccepted: outcome == .ok || outcome == .slow || outcome == .caller, now: now)
        for item in news { queue.apply(item, for: sent, now: now, chance: jitter) }
    }

    mutating func abandoned(_ passage: CallDesk.Passage, _ now: ClockReading) {
        if let ticket = passage.ticket { health.abandoned(ticket, now: now.elapsed) }
        if let probe = passage.probe { health.abandoned(probe) }
        if let sent = passage.sent { queue.finished(sent, isAccepted: false, now: now) }
    }

    /// When a probe should leave, to confirm or dismiss a suspicion; nil when none should.
    func probeDue(_ now: Duration) -> Duration? { isConfirmed ? health.probeDue(now: now) : nil }

    mutating func takeProbe(_ now: Duration) -> ConfirmingProbes.Ticket? {
        isConfirmed ? health.takeProbe(now: now) : nil
    }

    mutating func tick(_ now: Duration, jitter: Double) { health.tick(now: now, jitter: jitter) }

    mutating func hasten(now: Duration) { health.hasten(now: now) }

    /// Whether the next call would find out if it works again.
    func wantsTrial(_ now: Duration) -> Bool {
        switch health.health(now: now).breaker {
        case .open(let until): until <= now
        case .halfOpen: true
        case .closed, .ramping, .held: false
        }
    }

    mutating func obey(_ emergency: DeskEmergency?) {
        health.tighten(emergency != nil)
        queue.budget.favour(emergency?.weddings ?? [])
    }

    mutating func hold(until: Duration?, now: Duration) { health.hold(until: until, now: now) }

    mutating func release(now: Duration) { health.release(now: now) }
}

extension APIProvider {
    /// Whether a caller over the limit is shut out for longer the more it tries.
    var punishes: Bool { self == .openWeatherMap || self == .microsoftGraph }
}

extension LimitKind {
    /// Whether forgetting what was used would matter for long.
    fileprivate var isLong: Bool {
        guard case .fixedWindow(_, let length) = self else { return false }
        return length >= Post.durableWindow
    }
}

extension FailoverChoice.Decision {
    /// Whether every candidate comes back in steps, and this call is in none of them.
    var isHeldByRamp: Bool {
        if case .wait(_, .breaker(.ramping)) = self { true } else { false }
    }

    /// Whether every candidate is kept from being called.
    var isNowhere: Bool {
        switch self {
        case .wait(_, .breaker), .none(.deadline): true
        default: false
        }
    }
}

extension CallDesk.State {
    /// Makes the post of an integration that has none, or other limits than it had.
    mutating func makePost(_ integration: CallIntegration, _ now: ClockReading) {
        if let post = posts[integration.id], post.keeps(integration.limits) { return }
        let saved = posts[integration.id]?.queue.budget.state(now: now).json ?? savedBudgets[integration.id]
        var waiting = posts[integration.id]
        posts[integration.id] = Post(integration, saved: saved, now)
        settleReservations(of: integration.id, now)
        posts[integration.id]?.obey(emergency)
        guard waiting != nil else { return }
        // Those who wait at the old one ask again.
        while case .expired(let number)? = waiting?.queue.next(
            now: ClockReading(elapsed: .seconds(1 << 40), wall: now.wall)
        ) {
            tell(number, false)
        }
    }

    /// Puts one into the queue before an integration's budget; nil when that is full.
    mutating func enter(
        _ integration: CallIntegration,
        _ operation: Operation?,
        _ budgetClass: BudgetClass,
        wedding: WeddingID?,
        deadline: Duration,
        _ now: ClockReading
    ) -> UInt64? {
        makePost(integration, now)
        numbers += 1
        let number = numbers
        guard posts[integration.id]?.add(number, operation, budgetClass, wedding, deadline, now) == true
        else { return nil }
        pump(integration.id, now)
        return number
    }

    /// The candidates an operator's order leaves: the one it names, if it can do it; all without an order.
    mutating func obeying(
        _ candidates: [CallIntegration],
        _ capability: Capability,
        _ now: ClockReading
    ) -> [CallIntegration] {
        guard let order = orders[capability] else { return candidates }
        guard order.isActive(now.wall) else {
            orders[capability] = nil
            return candidates
        }
        let named = candidates.filter { $0.id == order.integration }
        return named.isEmpty ? candidates : named
    }

    mutating func decide(
        _ question: CallDesk.Question,
        _ candidates: [CallIntegration],
        _ strategy: FailoverChoice.Strategy,
        _ deadline: Duration,
        _ now: ClockReading,
        _ chance: Double
    ) -> FailoverChoice.Decision {
        var shown: [FailoverChoice.Candidate] = []
        for candidate in candidates {
            makePost(candidate, now)
            if let seen = posts[candidate.id]?.candidate(question, now, chance: chance) { shown.append(seen) }
        }
        let asked = FailoverChoice.Question(priority: question.priority, deadline: deadline)
        let capability = question.operation.capability
        guard question.isFirst, candidates.count > 1 else {
            var plain = FailoverChoice(strategy: .immediate)
            return plain.choose(asked, among: shown, now: now.elapsed, chance: chance)
        }
        var choice =
            choices[capability].flatMap { $0.strategy == strategy ? $0 : nil }
            ?? FailoverChoice(strategy: strategy)
        let decision = choice.choose(asked, among: shown, now: now.elapsed, chance: chance)
        choices[capability] = choice
        return decision
    }

    /// The candidate in whose queue a call waits that has nothing to wait for but its budget.
    mutating func queue(
        for question: CallDesk.Question,
        after decision: FailoverChoice.Decision,
        _ candidates: [CallIntegration],
        _ now: ClockReading,
        _ chance: Double
    ) -> Int? {
        guard case .wait(_, .budget(let wait)) = decision else { return nil }
        return candidates.indices.first { index in
            let shown = posts[candidates[index].id]?.candidate(question, now, chance: chance)
            return shown?.outlook == .ready && shown?.budgetWait == wait
        }
    }

    /// Lets go who may go at an integration; gives how long until somebody else may, nil when nobody waits.
    ///
    /// Notes whether `CallDesk.run` must look earlier than it means to.
    @discardableResult
    mutating func pump(_ integration: Int64, _ now: ClockReading) -> (wait: Duration?, isUnsaved: Bool) {
        var next = CallDesk.restEvery
        let (wait, isUnsaved) = letGo(integration, now, &next)
        next = min(next, wait ?? next)
        let wantsSave = posts[integration]?.queue.budget.wantsSave(now: now) ?? false
        if isUnsaved || wantsSave || now.elapsed + next < lookAt { isLookWanted = true }
        return (wait, isUnsaved)
    }

    private mutating func letGo(
        _ integration: Int64,
        _ now: ClockReading,
        _ next: inout Duration
    ) -> (wait: Duration?, isUnsaved: Bool) {
        while let step = posts[integration]?.queue.next(now: now) {
            switch step {
            case .send(let sent):
                granted[sent.call.id] = sent
                tell(sent.call.id, true)
                // What is in flight is looked at.
                next = CallDesk.tickEvery
            case .expired(let number): tell(number, false)
            case .wait(let wait): return (wait, false)
            case .unsaved: return (nil, true)
            case .idle: return (nil, false)
            }
        }
        return (nil, false)
    }

    /// Tells a waiter, or leaves word for one that is about to wait.
    mutating func tell(_ number: UInt64, _ isSent: Bool) {
        guard let waiter = waiters.removeValue(forKey: number) else {
            early[number] = isSent
            return
        }
        waiter.resume(returning: isSent)
    }
}
