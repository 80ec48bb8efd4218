import Domain
import Resilience
import Testing

/// What emergency mode asks of pure machines, and that taking it back leaves nothing behind.
@Suite struct EmergencyTests {
    private func reservation(_ name: String, _ quota: Int) throws -> Reservation {
        Reservation(wedding: try wedding(name), quota: quota, from: at(0).wall, to: at(3_600).wall)
    }

    private func budget() throws -> IntegrationBudget {
        let day = LimitKind.fixedWindow(count: 1_000, length: .seconds(86_400))
        var budget = IntegrationBudget([BudgetLimit("day", day)], now: at(0))
        try budget.reserve(try reservation("other", 300), of: "day", now: at(0))
        try budget.reserve(try reservation("on-too", 200), of: "day", now: at(0))
        return budget
    }

    private func take(_ budget: inout IntegrationBudget, _ wedding: WeddingID?) -> Int {
        let need = BudgetNeed(budget.limits(named: ["day"]))
        var taken = 0
        while budget.admission(need, .live, wedding: wedding, now: at(1)) == .free {
            budget.take(need, .live, wedding: wedding, now: at(1))
            taken += 1
        }
        return taken
    }

    @Test
    func `a wedding that is on may use what is held for others, not what is held for one that is on too`()
        throws
    {
        let on = try wedding("on")
        var usual = try budget()
        #expect(take(&usual, on) == 500)
        var emergency = try budget()
        emergency.favour([on, try wedding("on-too")])
        #expect(take(&emergency, nil) == 500, "nobody else may")
        #expect(take(&emergency, on) == 300)
        #expect(take(&emergency, try wedding("on-too")) == 200)
    }

    @Test func `what is taken back is held again`() throws {
        var budget = try budget()
        budget.favour([try wedding("on")])
        budget.favour([])
        #expect(take(&budget, try wedding("on")) == 500)
        #expect(take(&budget, try wedding("other")) == 300)
    }

    @Test func `a call of a wedding that is on leaves the queue where others wait for what is held`() throws {
        let on = try wedding("on")
        var queue = BudgetQueue<Int>(try budget())
        let need = BudgetNeed(queue.budget.limits(named: ["day"]))
        _ = take(&queue.budget, nil)
        _ = queue.add(WaitingCall(1, .live, need: need), now: at(1))
        _ = queue.add(WaitingCall(2, .live, wedding: on, need: need), now: at(1))
        guard case .wait = queue.next(now: at(1)) else { throw Unexpected() }
        queue.budget.favour([on])
        guard case .send(let sent) = queue.next(now: at(1)) else { throw Unexpected() }
        #expect(sent.call.id == 2)
    }

    private struct Unexpected: Error {}

    /// A guard that has had four good answers for each bad one.
    private func fifthFails(tight: Bool, calls: Int) -> Int {
        // The sum of errors is not what is asked here: it acts by itself at this share.
        var breaker = CallBreaker(limits: tight ? CallBreaker.Limits().tightened : CallBreaker.Limits())
        for number in 0..<calls {
            let now = Duration.milliseconds(100 * number)
            guard case .allowed(let ticket) = breaker.admit(now: now, chance: 0) else { break }
            breaker.finished(ticket, number % 3 == 2 ? .fail : .ok, now: now, jitter: 0.5)
        }
        return breaker.trips
    }

    @Test func `a third of failures opens a tightened breaker and no other`() {
        #expect(fifthFails(tight: false, calls: 60) == 0)
        #expect(fifthFails(tight: true, calls: 60) == 1)
    }

    @Test func `a guard is tightened and let loose again without forgetting anything`() {
        var subject = IntegrationGuard(now: .zero)
        let usual = subject.limits
        subject.tighten(true)
        #expect(subject.isTightened)
        #expect(subject.limits.slow == usual.slow / 2 && subject.limits.late == usual.late / 2)
        #expect(subject.limits.breaker.failureShareMax == usual.breaker.failureShareMax / 2)
        subject.tighten(true)
        #expect(subject.limits == usual.tightened)
        subject.tighten(false)
        #expect(subject.limits == usual && !subject.isTightened)
    }

    @Test func `a call that hangs is late sooner while it is tightened`() throws {
        func tripped(tight: Bool) throws -> Duration? {
            var subject = IntegrationGuard(now: .zero)
            subject.tighten(tight)
            for _ in 0..<20 {
                guard case .allowed(let ticket) = subject.admit(priority: .critical, now: .zero, chance: 0)
                else {
                    throw Unexpected()
                }
                subject.began(ticket, now: .zero)
            }
            for tenth in 1..<100 {
                subject.tick(now: .milliseconds(100 * tenth), jitter: 0.5)
                if subject.trips > 0 { return .milliseconds(100 * tenth) }
            }
            return nil
        }
        let (usual, tight) = (try #require(try tripped(tight: false)), try #require(try tripped(tight: true)))
        #expect(tight < usual && tight > .seconds(1), "\(tight), \(usual)")
    }

    @Test func `hurried waits are a quarter in the first half of the attempts, and as always then`() {
        let schedule = DeliverySchedule(attemptsMax: 16)
        for attempt in 1...15 {
            let usual = schedule.delay(afterAttempt: attempt, jitter: 0.5)
            let hurried = schedule.hurriedDelay(afterAttempt: attempt, jitter: 0.5)
            #expect(hurried == (attempt <= 8 ? usual.map { max($0 / 4, .seconds(1)) } : usual), "\(attempt)")
        }
        #expect(schedule.hurriedDelay(afterAttempt: 16, jitter: 0.5) == nil)
        let asked = schedule.delay(afterAttempt: 1, serverWait: .seconds(60), jitter: 0.5)
        #expect(schedule.hurriedDelay(afterAttempt: 1, serverWait: .seconds(60), jitter: 0.5) == asked)
    }
}
