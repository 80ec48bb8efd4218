import Domain
import Resilience
import Testing

struct CallBreakerTests {
    private struct NotAllowed: Error {}

    private func ticket(
        _ breaker: inout CallBreaker,
        at now: Duration,
        chance: Double = 0
    ) throws -> CallBreaker.Ticket {
        guard case .allowed(let ticket) = breaker.admit(now: now, chance: chance) else { throw NotAllowed() }
        return ticket
    }

    /// Lets one call through and tells how it ended.
    private func run(_ breaker: inout CallBreaker, _ outcome: ExchangeOutcome, at now: Duration) throws {
        let ticket = try ticket(&breaker, at: now)
        breaker.finished(ticket, outcome, now: now, jitter: 0.5)
    }

    /// A breaker that opened at `now` for exactly one second.
    private func opened(at now: Duration = .zero) -> CallBreaker {
        var breaker = CallBreaker()
        breaker.trip(.errorRate, now: now, jitter: 0.5)
        return breaker
    }

    /// A breaker that ramps since `now`.
    private func ramping(since now: Duration) throws -> CallBreaker {
        var breaker = opened(at: now - .seconds(1))
        for _ in 1...3 { try run(&breaker, .ok, at: now) }
        return breaker
    }

    @Test(arguments: [ExchangeOutcome.fail, .slow])
    func `opens when half of ten calls were bad, and not with nine`(_ bad: ExchangeOutcome) throws {
        var breaker = CallBreaker()
        for _ in 1...5 { try run(&breaker, .ok, at: .zero) }
        for _ in 1...4 { try run(&breaker, bad, at: .zero) }
        #expect(breaker.state == .closed)
        try run(&breaker, bad, at: .zero)
        #expect(breaker.state == .open(until: .seconds(1)))
        #expect(breaker.reason == (bad == .fail ? .failures : .slowness))
        #expect(breaker.admit(now: .milliseconds(999), chance: 0) == .notBefore(.seconds(1), .open))
    }

    @Test func `failures and slow answers are not added up`() throws {
        var breaker = CallBreaker()
        for _ in 1...8 { try run(&breaker, .ok, at: .zero) }
        for _ in 1...6 { try run(&breaker, .fail, at: .zero) }
        for _ in 1...6 { try run(&breaker, .slow, at: .zero) }
        #expect(breaker.state == .closed)
    }

    @Test func `the latest fifty calls open it though the latest thirty seconds are mostly good`() throws {
        var breaker = CallBreaker()
        for _ in 1...1000 { try run(&breaker, .ok, at: .zero) }
        for _ in 1...24 { try run(&breaker, .fail, at: .seconds(1)) }
        #expect(breaker.state == .closed)
        try run(&breaker, .fail, at: .seconds(1))
        #expect(breaker.reason == .failures)
    }

    @Test func `thirty quiet seconds are forgotten`() throws {
        var breaker = CallBreaker()
        for _ in 1...9 { try run(&breaker, .fail, at: .zero) }
        try run(&breaker, .fail, at: .seconds(30))
        #expect(breaker.state == .closed)
        for _ in 1...9 { try run(&breaker, .fail, at: .seconds(31)) }
        #expect(breaker.state != .closed)
    }

    @Test func `a failure leaves the window by time after thirty seconds`() throws {
        var breaker = CallBreaker()
        for _ in 1...9 { try run(&breaker, .fail, at: .zero) }
        // Few calls keep the window alive; the old failures must not meet ten calls.
        try run(&breaker, .caller, at: .seconds(29))
        for second in 31...33 { try run(&breaker, .fail, at: .seconds(second)) }
        #expect(breaker.state == .closed)
    }

    @Test func `pauses double up to the limit, as its table says`() throws {
        var breaker = opened()
        var now = Duration.zero
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            #expect(breaker.state == .open(until: now + .seconds(seconds)))
            now += .seconds(seconds)
            try run(&breaker, .fail, at: now)
        }
        #expect(breaker.trips == 1)
    }

    @Test(arguments: [(0.0, 800), (0.5, 1000), (0.999_999, 1200)])
    func `jitter moves a pause by a fifth`(_ jitter: Double, _ milliseconds: Int) {
        var breaker = CallBreaker()
        breaker.trip(.silence, now: .zero, jitter: jitter)
        guard case .open(let until) = breaker.state else {
            Issue.record("it is not open")
            return
        }
        #expect(abs((until - .milliseconds(milliseconds)).inSeconds) < 0.000_01)
    }

    @Test func `each healthy minute makes the next pause one step shorter`() throws {
        var breaker = opened()
        var now = Duration.zero
        for seconds in [1, 2, 4] {
            now += .seconds(seconds)
            try run(&breaker, .fail, at: now)
        }
        now += .seconds(8)
        for _ in 1...3 { try run(&breaker, .ok, at: now) }
        while breaker.state != .closed {
            now += .seconds(1)
            for _ in 1...20 { _ = breaker.admit(now: now, chance: 0.9) }
            breaker.tick(now: now, jitter: 0)
        }
        breaker.trip(.errorRate, now: now + .seconds(125), jitter: 0.5)
        // Four openings, two minutes: k = 4 - 2.
        #expect(breaker.state == .open(until: now + .seconds(125 + 4)))
    }

    @Test func `half open means exactly three probes, and they must all succeed`() throws {
        var breaker = opened()
        let now = Duration.seconds(1)
        let tickets = try (1...3).map { _ in try ticket(&breaker, at: now) }
        #expect(breaker.state == .halfOpen(probes: 3))
        #expect(breaker.admit(now: now, chance: 0) == .notBefore(now + .milliseconds(250), .probing))
        breaker.finished(tickets[0], .ok, now: now, jitter: 0.5)
        // One has succeeded, two are out: the three are spoken for.
        #expect(breaker.admit(now: now, chance: 0) == .notBefore(now + .milliseconds(250), .probing))
        breaker.finished(tickets[1], .ok, now: now, jitter: 0.5)
        breaker.finished(tickets[2], .ok, now: now, jitter: 0.5)
        #expect(breaker.state == .ramping(share: 0.1))
    }

    @Test func `one failed probe opens it again, and the others are late news`() throws {
        var breaker = opened()
        let now = Duration.seconds(1)
        let tickets = try (1...3).map { _ in try ticket(&breaker, at: now) }
        breaker.finished(tickets[0], .fail, now: now, jitter: 0.5)
        let again = CallBreaker.State.open(until: now + .seconds(2))
        #expect(breaker.state == again)
        breaker.finished(tickets[1], .ok, now: now, jitter: 0.5)
        breaker.finished(tickets[2], .fail, now: now, jitter: 0.5)
        #expect(breaker.state == again)
        #expect(breaker.trips == 1)
    }

    @Test func `mostly slow probes open it again, one slow probe does not`() throws {
        for (outcomes, ramps) in [
            ([ExchangeOutcome.slow, .ok, .ok], true), ([.slow, .slow, .ok], false),
            ([.ok, .slow, .slow], false),
        ] {
            var breaker = opened()
            for outcome in outcomes { try run(&breaker, outcome, at: .seconds(1)) }
            #expect((breaker.state == .ramping(share: 0.1)) == ramps, "\(outcomes)")
        }
    }

    @Test func `an abandoned probe's permit is free again`() throws {
        var breaker = opened()
        let now = Duration.seconds(1)
        for _ in 1...100 {
            let probe = try ticket(&breaker, at: now)
            breaker.abandoned(probe)
        }
        #expect(breaker.state == .halfOpen(probes: 0))
    }

    @Test func `T18: a flood of 4xx and 429 neither opens nor closes`() throws {
        var breaker = CallBreaker()
        for number in 1...10_000 {
            try run(&breaker, number.isMultiple(of: 2) ? .caller : .rejected, at: .milliseconds(number))
        }
        #expect(breaker.state == .closed)
        breaker = opened()
        for number in 1...10_000 {
            let now = Duration.seconds(1) + .milliseconds(number)
            try run(&breaker, number.isMultiple(of: 2) ? .caller : .rejected, at: now)
            #expect(breaker.state == .halfOpen(probes: 0))
        }
    }

    @Test func `T19: hanging probes are never more than three, and half open ends with their lease`() throws {
        var breaker = opened()
        var now = Duration.seconds(1)
        var halfOpenSince = now
        for _ in 1...100_000 {
            if case .allowed = breaker.admit(now: now, chance: 0.5), breaker.permitsOut == 1 {
                halfOpenSince = now
            }
            #expect(breaker.permitsOut <= 3)
            if case .halfOpen = breaker.state { #expect(now - halfOpenSince <= .seconds(10)) }
            now += .milliseconds(10)
        }
        #expect(breaker.trips == 1)
    }

    @Test func `a probe known to hang opens it at once but keeps its permit`() throws {
        var breaker = opened()
        let probe = try ticket(&breaker, at: .seconds(1))
        breaker.hung(probe, now: .seconds(3), jitter: 0.5)
        #expect(breaker.state == .open(until: .seconds(5)))
        #expect(breaker.permitsOut == 1)
        _ = try ticket(&breaker, at: .seconds(5))
        _ = try ticket(&breaker, at: .seconds(5))
        #expect(breaker.permitsOut == 3)
        #expect(breaker.admit(now: .seconds(5), chance: 0) == .notBefore(.milliseconds(5250), .probing))
        breaker.finished(probe, .ok, now: .seconds(5), jitter: 0.5)
        #expect(breaker.permitsOut == 2)
    }

    @Test func `it comes back in steps of five seconds and twenty calls`() throws {
        var breaker = try ramping(since: .seconds(10))
        for (start, share) in [(10, 0.1), (15, 0.25), (20, 0.5)] {
            let now = Duration.seconds(start)
            breaker.tick(now: now, jitter: 0)
            #expect(breaker.state == .ramping(share: share))
            #expect(breaker.admit(now: now, chance: share) == .notBefore(now + .milliseconds(250), .ramping))
            for _ in 1...19 { _ = try ticket(&breaker, at: now, chance: share - 0.000_1) }
            breaker.tick(now: now + .milliseconds(4999), jitter: 0)
            #expect(breaker.state == .ramping(share: share))
        }
        breaker.tick(now: .seconds(25), jitter: 0)
        #expect(breaker.state == .closed)
    }

    @Test func `a step without calls lasts a minute`() throws {
        var breaker = try ramping(since: .zero)
        breaker.tick(now: .milliseconds(59_999), jitter: 0)
        #expect(breaker.state == .ramping(share: 0.1))
        breaker.tick(now: .seconds(60), jitter: 0)
        #expect(breaker.state == .ramping(share: 0.25))
    }

    @Test func `a trip while ramping counts and waits longer`() throws {
        var breaker = try ramping(since: .seconds(10))
        breaker.trip(.errorRate, now: .seconds(10), jitter: 0.5)
        #expect(breaker.state == .open(until: .seconds(12)))
        #expect(breaker.trips == 2)
        breaker.trip(.errorRate, now: .seconds(10), jitter: 0.5)
        #expect(breaker.trips == 2)
    }

    @Test func `news from before the trip changes nothing`() throws {
        var breaker = CallBreaker()
        let old = try (1...50).map { _ in try ticket(&breaker, at: .zero) }
        breaker.trip(.errorRate, now: .zero, jitter: 0.5)
        for ticket in old[..<25] { breaker.finished(ticket, .ok, now: .milliseconds(1), jitter: 0.5) }
        #expect(breaker.state == .open(until: .seconds(1)))
        for _ in 1...3 { try run(&breaker, .ok, at: .seconds(1)) }
        for ticket in old[25...] { breaker.finished(ticket, .fail, now: .seconds(1), jitter: 0.5) }
        #expect(breaker.state == .ramping(share: 0.1))
    }

    @Test func `an operator's hold ends by release or by its time, and then with probes`() throws {
        var breaker = CallBreaker()
        breaker.hold(until: nil)
        #expect(breaker.admit(now: .seconds(9), chance: 0) == .notBefore(.seconds(69), .held))
        breaker.trip(.errorRate, now: .seconds(9), jitter: 0)
        #expect(breaker.state == .held(until: nil))
        breaker.release(now: .seconds(10))
        _ = try ticket(&breaker, at: .seconds(10))
        #expect(breaker.state == .halfOpen(probes: 1))
        breaker.hold(until: .seconds(20))
        #expect(breaker.admit(now: .seconds(19), chance: 0) == .notBefore(.seconds(20), .held))
        _ = try ticket(&breaker, at: .seconds(20))
        #expect(breaker.state == .halfOpen(probes: 1))
    }

    @Test func `limits that make no sense are refused`() async {
        await #expect(processExitsWith: .failure) { _ = CallBreaker(limits: .init(probesMax: 0)) }
        await #expect(processExitsWith: .failure) { _ = CallBreaker(limits: .init(outcomesMin: 51)) }
        await #expect(processExitsWith: .failure) { _ = CallBreaker(limits: .init(failureShareMax: 0)) }
        await #expect(processExitsWith: .failure) {
            _ = CallBreaker(limits: .init(pauseBase: .seconds(2), pauseMax: .seconds(1)))
        }
    }

    /// Every call's fate is drawn; a slow, obvious model keeps the same counts from a list of everything.
    @Test(arguments: 1...20)
    func `random walks agree with a model that remembers everything`(_ seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var breaker = CallBreaker(limits: .init(failureShareMax: 0.4))
        var history: [(second: Int, outcome: ExchangeOutcome)] = []
        var now = Duration.zero
        var trips = 0
        let failing = Double(seed % 10) / 20
        for _ in 1...3000 {
            now += .milliseconds(Int.random(in: 0...(seed % 3 == 0 ? 6000 : 400), using: &random))
            guard case .allowed(let ticket) = breaker.admit(now: now, chance: 0) else { continue }
            let wasFlowing = breaker.isLettingThrough
            let draw = Double.random(in: 0..<1, using: &random)
            let outcome: ExchangeOutcome = draw < failing ? .fail : draw < failing + 0.05 ? .caller : .ok
            breaker.finished(ticket, outcome, now: now, jitter: 0.5)
            guard wasFlowing else {
                history = []
                continue
            }
            if outcome != .caller { history.append((Int(now.components.seconds), outcome)) }
            let mustOpen = outcome == .fail && shouldOpen(history, second: Int(now.components.seconds))
            #expect((breaker.trips > trips) == mustOpen, "seed \(seed) at \(now)")
            if breaker.trips > trips { history = [] }
            trips = breaker.trips
        }
    }

    private func shouldOpen(_ history: [(second: Int, outcome: ExchangeOutcome)], second: Int) -> Bool {
        var kept: [(second: Int, outcome: ExchangeOutcome)] = []
        for entry in history {
            if let last = kept.last, entry.second - last.second >= 30 { kept = [] }
            kept.append(entry)
        }
        let recent = kept.filter { $0.second > second - 30 }
        let latest = kept.suffix(50)
        let isTooMuch = { (part: [(second: Int, outcome: ExchangeOutcome)]) in
            part.count >= 10 && Double(part.count { $0.outcome == .fail }) >= 0.4 * Double(part.count)
        }
        return recent.count >= 10 && (isTooMuch(recent) || isTooMuch(Array(latest)))
    }
}

struct CallBreakerHasteTests {
    @Test func `with nowhere else to go an open breaker lets probes through within seconds`() {
        var breaker = CallBreaker()
        var now = Duration.zero
        breaker.trip(.failures, now: now, jitter: 0.5)
        for _ in 0..<8 {
            breaker.hasten(now: now)
            guard case .open(let until) = breaker.state else {
                Issue.record("it is not open")
                return
            }
            #expect(until - now <= CallBreaker.pauseWithoutChoice)
            now = until
            guard case .allowed(let ticket) = breaker.admit(now: now, chance: 0) else {
                Issue.record("no probe is let through")
                return
            }
            breaker.finished(ticket, .fail, now: now, jitter: 0.5)
        }
    }
}
