package import Domain

/// Picks the integration of a route that serves one call now, or says how long to wait.
///
/// In order: a target binds the call to its integration; an operator's order to its; else the first integration that
/// can serve within the patience of the call's priority; else the one that can serve soonest, if before the deadline.
///
/// | priority | critical | high | normal | low |
/// |---|---|---|---|---|
/// | patience: waits this long for an earlier one rather than take a later one | 0.25 s | 1 s | 5 s | 30 s |
///
/// Nobody waits for a breaker while a later one is ready: asking again during a ramp is a draw, not a promise.
///
/// Strategies: *immediate* as above; *manual* knows the first integration alone until an operator says otherwise;
/// *gradual* also takes calls from a first one that works but does badly, in steps, and gives them back in steps:
///
/// | for | 0 s | 5 s | 10 s | 15 s | 20 s |
/// |---|---|---|---|---|---|
/// | share taken while it does badly | 10 % | 25 % | 50 % | 100 % | 100 % |
/// | share taken once it does well again | 100 % | 50 % | 25 % | 10 % | 0 % |
///
/// Calls are not taken to one that does as badly, nor to a slower one for mere slowness. A first one that was down
/// needs no such steps: its breaker's ramp gives its calls back in any strategy.
///
/// While the first one is warned of (its answers take longer than they used to, `IntegrationGuard.isWarned`), one in a
/// hundred of its calls, none of them critical, is a *canary*: it goes to the next one that does well. Whether that one
/// takes real calls is known then before all of them need it.
package struct FailoverChoice: Hashable, Sendable {
    /// How calls leave an integration that does badly.
    package enum Strategy: String, CaseIterable, Hashable, Sendable {
        case immediate
        case gradual
        case manual
    }

    /// An operator's order to send all calls to one integration.
    package struct Order: Hashable, Sendable {
        /// The position in the route.
        package let position: Int
        /// The monotonic time at which it ends; nil until it is taken back.
        package let until: Duration?
        /// Why, as the operator wrote it.
        package let reason: String

        /// Makes an order.
        package init(to position: Int, until: Duration?, reason: String) {
            self.position = position
            self.until = until
            self.reason = reason
        }
    }

    /// One integration of the route as seen by this call.
    package struct Candidate: Hashable, Sendable {
        /// Whether it can serve the call at all: operation, payment source, configuration.
        package var isAble: Bool
        /// What its guard says.
        package var outlook: IntegrationGuard.Outlook
        /// How long its rate budget makes the call wait.
        package var budgetWait: Duration
        /// How it does.
        package var state: IntegrationHealth.State
        /// 95 % of its answers come within this; nil when unknown.
        package var p95: Duration?
        /// Whether its answers take longer than they used to.
        package var isWarned: Bool

        /// Describes an integration.
        package init(
            isAble: Bool = true,
            outlook: IntegrationGuard.Outlook = .ready,
            budgetWait: Duration = .zero,
            state: IntegrationHealth.State = .healthy,
            p95: Duration? = nil,
            isWarned: Bool = false
        ) {
            self.isWarned = isWarned
            self.isAble = isAble
            self.outlook = outlook
            self.budgetWait = budgetWait
            self.state = state
            self.p95 = p95
        }

        /// When it can serve, and what it has to wait for.
        func start(now: Duration) -> (time: Duration, reason: FailoverReason?) {
            let budgetTime = now + max(budgetWait, .zero)
            let budgetReason: FailoverReason? = budgetWait > .zero ? .budget(budgetWait) : nil
            guard case .notBefore(let time, let refusal) = outlook, time > now else {
                return (budgetTime, budgetReason)
            }
            guard time >= budgetTime else { return (budgetTime, budgetReason) }
            switch refusal {
            case .breaker(let refusal): return (time, .breaker(refusal))
            case .full: return (time, .full)
            }
        }
    }

    /// What one call asks for.
    package struct Question: Hashable, Sendable {
        /// How urgent it is.
        package var priority: Priority
        /// The position the operation is bound to; nil when any may serve.
        package var target: Int?
        /// The monotonic time after which starting is of no use.
        package var deadline: Duration

        /// Describes a call.
        package init(priority: Priority, target: Int? = nil, deadline: Duration) {
            self.priority = priority
            self.target = target
            self.deadline = deadline
        }
    }

    /// Where the call goes.
    package enum Decision: Hashable, Sendable {
        /// To the integration at this position, now.
        case use(Int, FailoverReason)
        /// Nowhere before this monotonic time; ask again then.
        case wait(until: Duration, FailoverReason)
        /// Nowhere at all.
        case none(FailoverReason)
    }

    /// The steps in which calls are taken from the first integration.
    package static let shares = [0, 0.1, 0.25, 0.5, 1]
    /// The share of the calls of one that is warned of that goes to the next.
    package static let canaryShare = 0.01
    /// How long a step holds.
    package static let stepTime = Duration.seconds(5)

    /// How calls leave an integration that does badly.
    package let strategy: Strategy
    /// The operator's order; nil without one.
    package private(set) var order: Order?
    private var step = 0
    private var stepSince: Duration?

    /// Makes the choice of a route.
    package init(strategy: Strategy) {
        self.strategy = strategy
    }

    /// The share of the calls that is taken from the first integration.
    package var share: Double { Self.shares[step] }

    /// Takes an operator's order; nil takes it back.
    package mutating func ordered(_ order: Order?) {
        self.order = order
    }

    /// How long a call of this priority waits for an earlier integration rather than take a later one.
    package static func patience(_ priority: Priority) -> Duration {
        switch priority {
        case .critical: .milliseconds(250)
        case .high: .seconds(1)
        case .normal: .seconds(5)
        case .low: .seconds(30)
        }
    }

    /// Picks where the call goes.
    ///
    /// - Parameters:
    ///   - candidates: the integrations of the route, best first.
    ///   - chance: 0..<1, drawn by the caller; decides whether this call is in the share that is taken away.
    package mutating func choose(
        _ question: Question,
        among candidates: [Candidate],
        now: Duration,
        chance: Double
    ) -> Decision {
        precondition((0..<1).contains(chance), "chance lies in 0..<1")
        if let until = order?.until, now >= until { order = nil }
        if strategy == .gradual { shift(candidates, now: now) }
        if let target = question.target {
            return only(target, .target, question, candidates, now: now)
        }
        if let order {
            return only(order.position, .operatorOrder(order.reason), question, candidates, now: now)
        }
        if strategy == .manual { return only(0, .first, question, candidates, now: now) }
        if chance < share, let position = refuge(question, candidates, now: now) {
            return .use(position, .shifted(share: share))
        }
        if let position = canary(question, candidates, now: now, chance: chance) {
            return .use(position, .canary)
        }
        return firstOrSoonest(question, candidates, now: now)
    }

    /// The next integration that does well, for one call in a hundred of a first one that is warned of.
    private func canary(
        _ question: Question,
        _ candidates: [Candidate],
        now: Duration,
        chance: Double
    ) -> Int? {
        guard let first = candidates.first, first.isAble, first.isWarned, chance < Self.canaryShare,
            question.priority != .critical
        else { return nil }
        return candidates.indices.dropFirst().first { position in
            let other = candidates[position]
            return other.isAble && !other.isWarned && other.state.badness == 0
                && other.start(now: now).time <= now
        }
    }

    private func only(
        _ position: Int,
        _ reason: FailoverReason,
        _ question: Question,
        _ candidates: [Candidate],
        now: Duration
    ) -> Decision {
        guard candidates.indices.contains(position), candidates[position].isAble else {
            return .none(.nothing)
        }
        let (time, obstacle) = candidates[position].start(now: now)
        guard time > now else { return .use(position, reason) }
        return time > question.deadline ? .none(.deadline) : .wait(until: time, obstacle ?? reason)
    }

    private func firstOrSoonest(_ question: Question, _ candidates: [Candidate], now: Duration) -> Decision {
        var why = FailoverReason.first
        var soonest: (time: Duration, reason: FailoverReason)?
        var isWorthWaiting = false
        for position in candidates.indices {
            guard candidates[position].isAble else {
                if position == 0 { why = .unable }
                continue
            }
            let (time, obstacle) = candidates[position].start(now: now)
            // An earlier integration that is ready within the call's patience is worth the wait.
            let patient = min(now + Self.patience(question.priority), question.deadline)
            if let soonest, isWorthWaiting, soonest.time <= patient { break }
            if time <= now { return .use(position, why) }
            if soonest.map({ time < $0.time }) ?? true {
                soonest = (time, obstacle ?? .first)
                isWorthWaiting = obstacle?.isCertain ?? true
            }
            if why == .first { why = obstacle ?? .first }
        }
        guard let soonest else { return .none(.nothing) }
        return soonest.time > question.deadline
            ? .none(.deadline) : .wait(until: soonest.time, soonest.reason)
    }

    /// The first later integration that is ready and does better than the first one, or both do well.
    private func refuge(_ question: Question, _ candidates: [Candidate], now: Duration) -> Int? {
        candidates.indices.dropFirst().first { position in
            candidates[position].isAble && candidates[position].start(now: now).time <= now
                && Self.isRefuge(candidates[position], from: candidates[0])
        }
    }

    private static func isRefuge(_ other: Candidate, from first: Candidate) -> Bool {
        first.state.badness == 0 ? other.state.badness == 0 : isBetter(other, than: first)
    }

    private static func isBetter(_ other: Candidate, than first: Candidate) -> Bool {
        guard other.state.badness < first.state.badness else { return false }
        guard first.state == .degraded, let slow = first.p95, let fast = other.p95 else { return true }
        return fast < slow
    }

    /// Moves the share by one step when the latest one held long enough.
    private mutating func shift(_ candidates: [Candidate], now: Duration) {
        guard let first = candidates.first, first.state != .down else { return }
        let isBad =
            first.state.badness > 0 && candidates.dropFirst().contains { Self.isBetter($0, than: first) }
        let next = min(max(step + (isBad ? 1 : -1), 0), Self.shares.count - 1)
        guard next != step else {
            stepSince = nil
            return
        }
        // The first step of taking is immediate; every other one waits for the one before to show its effect.
        if step > 0 || !isBad {
            let since = stepSince ?? now
            stepSince = since
            guard now - since >= Self.stepTime else { return }
        }
        step = next
        stepSince = now
    }
}
