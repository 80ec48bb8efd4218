import Domain
import Resilience
import Testing

struct FailoverChoiceTests {
    private typealias Candidate = FailoverChoice.Candidate

    private func candidate(
        open until: Duration? = nil,
        refusal: IntegrationGuard.Refusal = .breaker(.open),
        budget: Duration = .zero,
        able: Bool = true,
        state: IntegrationHealth.State = .healthy,
        p95: Duration? = nil,
        warned: Bool = false
    ) -> Candidate {
        Candidate(
            isAble: able,
            outlook: until.map { .notBefore($0, refusal) } ?? .ready,
            budgetWait: budget,
            state: state,
            p95: p95,
            isWarned: warned
        )
    }

    private func choose(
        _ candidates: [Candidate],
        strategy: FailoverChoice.Strategy = .immediate,
        priority: Priority = .critical,
        target: Int? = nil,
        deadline: Duration = .seconds(30),
        chance: Double = 0.5
    ) -> FailoverChoice.Decision {
        var choice = FailoverChoice(strategy: strategy)
        let question = FailoverChoice.Question(priority: priority, target: target, deadline: deadline)
        return choice.choose(question, among: candidates, now: .zero, chance: chance)
    }

    @Test func `the first that works serves`() {
        #expect(choose([candidate(), candidate()]) == .use(0, .first))
        #expect(choose([candidate(open: .seconds(60)), candidate()]) == .use(1, .breaker(.open)))
        #expect(choose([candidate(able: false), candidate()]) == .use(1, .unable))
        #expect(choose([candidate(open: .seconds(60), refusal: .full), candidate()]) == .use(1, .full))
        #expect(
            choose([candidate(open: .seconds(60)), candidate(open: .seconds(60)), candidate()])
                == .use(2, .breaker(.open))
        )
        #expect(choose([candidate(budget: .seconds(7)), candidate()]) == .use(1, .budget(.seconds(7))))
    }

    @Test func `one call in a hundred of one that is warned of tries the next that does well`() {
        let slow = candidate(state: .degraded, warned: true)
        let share = FailoverChoice.canaryShare
        for priority in [Priority.high, .normal, .low] {
            #expect(choose([slow, candidate()], priority: priority, chance: 0.009) == .use(1, .canary))
            #expect(choose([slow, candidate()], priority: priority, chance: share) == .use(0, .first))
        }
        #expect(choose([slow, candidate()], priority: .critical, chance: 0) == .use(0, .first))
        #expect(choose([candidate(), candidate()], priority: .low, chance: 0) == .use(0, .first))
        let others = [
            candidate(warned: true), candidate(state: .degraded), candidate(open: .seconds(60)),
            candidate(able: false), candidate(budget: .seconds(1)),
        ]
        #expect(choose([slow] + others, priority: .low, chance: 0) == .use(0, .first))
        #expect(choose([slow] + others + [candidate()], priority: .low, chance: 0) == .use(6, .canary))
        #expect(choose([slow], priority: .low, chance: 0) == .use(0, .first))
        #expect(
            choose([slow, candidate()], strategy: .manual, priority: .low, chance: 0) == .use(0, .first)
        )
        #expect(choose([slow, candidate()], priority: .low, target: 0, chance: 0) == .use(0, .target))
    }

    @Test(arguments: [(Priority.critical, 250), (.high, 1000), (.normal, 5000), (.low, 30_000)])
    func `waits for an earlier one within the patience of its priority`(
        _ priority: Priority,
        _ milliseconds: Int
    ) {
        let patience = Duration.milliseconds(milliseconds)
        #expect(FailoverChoice.patience(priority) == patience)
        #expect(
            choose([candidate(budget: patience), candidate()], priority: priority)
                == .wait(until: patience, .budget(patience))
        )
        let longer = patience + .milliseconds(1)
        #expect(
            choose([candidate(budget: longer), candidate()], priority: priority) == .use(1, .budget(longer))
        )
    }

    @Test(arguments: [IntegrationGuard.Refusal.breaker(.ramping), .breaker(.probing), .breaker(.open)])
    func `nobody waits for a breaker while a later one is ready`(_ refusal: IntegrationGuard.Refusal) {
        let first = candidate(open: .milliseconds(250), refusal: refusal)
        for priority in Priority.allCases {
            guard case .use(1, .breaker) = choose([first, candidate()], priority: priority) else {
                Issue.record("\(priority) waits")
                continue
            }
        }
        guard case .wait = choose([first, candidate(open: .seconds(9))]) else {
            Issue.record("with nothing ready the soonest is waited for")
            return
        }
    }

    @Test func `patience ends at the deadline`() {
        #expect(
            choose([candidate(budget: .seconds(3)), candidate()], priority: .low, deadline: .seconds(2))
                == .use(1, .budget(.seconds(3)))
        )
    }

    @Test func `without one that works it waits for the soonest, but not beyond the deadline`() {
        let candidates = [
            candidate(open: .seconds(9)), candidate(open: .seconds(4), refusal: .breaker(.probing)),
        ]
        #expect(choose(candidates) == .wait(until: .seconds(4), .breaker(.probing)))
        #expect(choose(candidates, deadline: .seconds(4)) == .wait(until: .seconds(4), .breaker(.probing)))
        #expect(choose(candidates, deadline: .milliseconds(3999)) == .none(.deadline))
        #expect(choose([]) == .none(.nothing))
        #expect(choose([candidate(able: false)]) == .none(.nothing))
    }

    @Test(arguments: FailoverChoice.Strategy.allCases)
    func `an operation with a target never goes elsewhere`(_ strategy: FailoverChoice.Strategy) {
        let candidates = [candidate(), candidate(open: .seconds(5)), candidate()]
        #expect(
            choose(candidates, strategy: strategy, target: 1) == .wait(until: .seconds(5), .breaker(.open))
        )
        #expect(choose(candidates, strategy: strategy, target: 2) == .use(2, .target))
        #expect(choose(candidates, strategy: strategy, target: 1, deadline: .seconds(1)) == .none(.deadline))
        #expect(choose(candidates, strategy: strategy, target: 3) == .none(.nothing))
        let bad = [candidate(state: .unhealthy), candidate()]
        #expect(choose(bad, strategy: strategy, target: 0) == .use(0, .target))
    }

    @Test func `an operator's order stands above the target's others and the breaker, until it ends`() {
        var choice = FailoverChoice(strategy: .immediate)
        choice.ordered(.init(to: 1, until: .seconds(60), reason: "dispute"))
        let question = FailoverChoice.Question(priority: .high, deadline: .seconds(300))
        let candidates = [candidate(), candidate()]
        #expect(
            choice.choose(question, among: candidates, now: .seconds(59), chance: 0)
                == .use(1, .operatorOrder("dispute"))
        )
        let targeted = FailoverChoice.Question(priority: .high, target: 0, deadline: .seconds(300))
        #expect(choice.choose(targeted, among: candidates, now: .seconds(59), chance: 0) == .use(0, .target))
        let down = [candidate(), candidate(open: .seconds(70))]
        #expect(
            choice.choose(question, among: down, now: .seconds(59), chance: 0)
                == .wait(until: .seconds(70), .breaker(.open))
        )
        #expect(choice.choose(question, among: candidates, now: .seconds(60), chance: 0) == .use(0, .first))
        #expect(choice.order == nil)
    }

    @Test func `manual never fails over by itself`() {
        var choice = FailoverChoice(strategy: .manual)
        let question = FailoverChoice.Question(priority: .critical, deadline: .seconds(30))
        let candidates = [candidate(open: .seconds(8)), candidate()]
        #expect(
            choice.choose(question, among: candidates, now: .zero, chance: 0)
                == .wait(until: .seconds(8), .breaker(.open))
        )
        choice.ordered(.init(to: 1, until: nil, reason: "Stripe is down"))
        #expect(
            choice.choose(question, among: candidates, now: .zero, chance: 0)
                == .use(1, .operatorOrder("Stripe is down"))
        )
    }

    /// The share taken away at each whole second.
    private func shares(
        _ states: [(IntegrationHealth.State, seconds: Int)],
        slow: Duration? = nil,
        other: Candidate? = nil
    ) -> [Double] {
        var choice = FailoverChoice(strategy: .gradual)
        let question = FailoverChoice.Question(priority: .normal, deadline: .seconds(1000))
        var now = Duration.zero
        var shares: [Double] = []
        for (state, seconds) in states {
            for _ in 0..<seconds {
                let candidates = [candidate(state: state, p95: slow), other ?? candidate()]
                let decision = choice.choose(question, among: candidates, now: now, chance: 0.2)
                #expect(
                    decision
                        == (choice.share > 0.2 ? .use(1, .shifted(share: choice.share)) : .use(0, .first))
                )
                shares.append(choice.share)
                now += .seconds(1)
            }
        }
        return shares
    }

    private func repeated(_ values: [(Double, Int)]) -> [Double] {
        values.flatMap { value, count in Array(repeating: value, count: count) }
    }

    @Test func `gradual takes calls away in steps and gives them back in steps, as the table says`() {
        #expect(
            shares([(.healthy, 2), (.unhealthy, 20), (.healthy, 22)])
                == repeated([
                    (0, 2), (0.1, 5), (0.25, 5), (0.5, 5), (1, 5), (1, 5), (0.5, 5), (0.25, 5), (0.1, 5),
                    (0, 2),
                ])
        )
    }

    @Test func `gradual does not go from bad to as bad, nor to slower for slowness`() {
        #expect(shares([(.unhealthy, 10)], other: candidate(state: .unhealthy)) == repeated([(0, 10)]))
        #expect(
            shares([(.degraded, 10)], slow: .seconds(2), other: candidate(p95: .seconds(3)))
                == repeated([(0, 10)])
        )
        #expect(
            shares([(.degraded, 6)], slow: .seconds(2), other: candidate(p95: .seconds(1)))
                == repeated([(0.1, 5), (0.25, 1)])
        )
    }

    @Test func `immediate never shifts`() {
        #expect(choose([candidate(state: .unhealthy), candidate()]) == .use(0, .first))
    }

    @Test func `every reason has its own word`() {
        let reasons: [FailoverReason] = [
            .first, .target, .operatorOrder("x"), .breaker(.open), .breaker(.probing), .breaker(.ramping),
            .breaker(.held), .full, .budget(.seconds(1)), .unable, .shifted(share: 0.1), .deadline, .nothing,
        ]
        #expect(Set(reasons.map(\.code)).count == reasons.count)
        #expect(Set(reasons.map(\.description)).count == reasons.count)
    }

    @Test(arguments: 1...10)
    func `random walks: what is used is able and ready, what is waited for is the truth`(_ seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        for _ in 1...2000 {
            let candidates = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                candidate(
                    open: Bool.random(using: &random)
                        ? .seconds(Int.random(in: -2...20, using: &random)) : nil,
                    budget: Bool.random(using: &random)
                        ? .seconds(Int.random(in: 0...20, using: &random)) : .zero,
                    able: Int.random(in: 0..<4, using: &random) > 0
                )
            }
            let deadline = Duration.seconds(Int.random(in: 0...25, using: &random))
            let priority = Priority.allCases.randomElement(using: &random) ?? .low
            let starts = candidates.filter(\.isAble).map { candidate in
                if case .notBefore(let time, _) = candidate.outlook { return max(time, candidate.budgetWait) }
                return candidate.budgetWait
            }
            switch choose(candidates, priority: priority, deadline: deadline) {
            case .use(let position, _):
                #expect(candidates[position].isAble && candidates[position].budgetWait == .zero)
                if case .notBefore(let time, _) = candidates[position].outlook { #expect(time <= .zero) }
            case .wait(let until, _):
                #expect(until > .zero && until <= deadline && starts.contains(until), "seed \(seed)")
            case .none:
                #expect(starts.allSatisfy { $0 > deadline }, "seed \(seed)")
            }
        }
    }
}
