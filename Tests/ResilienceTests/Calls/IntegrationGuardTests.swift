import Domain
import Resilience
import Testing

struct IntegrationGuardTests {
    private struct NotAllowed: Error {}

    private func ticket(
        _ subject: inout IntegrationGuard,
        at now: Duration,
        priority: Priority = .critical,
        chance: Double = 0
    ) throws -> IntegrationGuard.Ticket {
        guard case .allowed(let ticket) = subject.admit(priority: priority, now: now, chance: chance) else {
            throw NotAllowed()
        }
        subject.began(ticket, now: now)
        return ticket
    }

    private func run(
        _ subject: inout IntegrationGuard,
        _ outcome: ExchangeOutcome,
        at now: Duration,
        latency: Duration = .milliseconds(250)
    ) throws {
        let ticket = try ticket(&subject, at: now)
        subject.finished(ticket, outcome: outcome, latency: latency, now: now + latency, jitter: 0.5)
    }

    /// A guard that has seen `calls` good answers, five a second, until 0 s.
    private func seasoned(
        _ calls: Int = 300,
        limits: IntegrationGuard.Limits = .init()
    ) throws -> IntegrationGuard {
        var subject = IntegrationGuard(limits: limits, now: .seconds(-3600))
        for number in 0..<calls {
            // Between 200 and 300 ms, so that the spread is known.
            let latency = Duration.milliseconds(200 + number * 37 % 100)
            try run(&subject, .ok, at: .milliseconds(200 * (number - calls)) - .seconds(1), latency: latency)
        }
        return subject
    }

    @Test func `a provider that fails at once is given up after four calls`() throws {
        var subject = try seasoned()
        for number in 0..<4 {
            #expect(subject.trips == 0)
            try run(&subject, .fail, at: .milliseconds(200 * number), latency: .milliseconds(20))
        }
        #expect(subject.trips == 1)
        #expect(subject.health(now: .seconds(1)).state == .down)
        #expect(subject.health(now: .seconds(1)).reason == .errorRate)
    }

    @Test func `a black hole is seen by the age of its calls, before any times out`() throws {
        var subject = try seasoned()
        var now = Duration.zero
        while subject.trips == 0, now < .seconds(9) {
            _ = try ticket(&subject, at: now)
            now += .milliseconds(200)
            subject.tick(now: now, jitter: 0.5)
        }
        #expect(subject.health(now: now).reason == .silence)
        #expect(now > .seconds(2) && now <= .seconds(3))
    }

    @Test(arguments: [true, false])
    func `calls from before the trip do not trip it again after recovery`(_ failTheirWay: Bool) throws {
        var subject = try seasoned()
        let old = try (1...10).map { _ in try ticket(&subject, at: .zero) }
        for _ in 1...4 { try run(&subject, .fail, at: .zero, latency: .zero) }
        for _ in 1...3 { try run(&subject, .ok, at: .milliseconds(1300)) }
        #expect(subject.health(now: .seconds(2)).breaker == .ramping(share: 0.1))
        if failTheirWay {
            for ticket in old {
                subject.finished(ticket, outcome: .fail, latency: .seconds(2), now: .seconds(2), jitter: 0.5)
            }
        }
        subject.tick(now: .seconds(3), jitter: 0.5)
        #expect(subject.trips == 1)
        #expect(subject.health(now: .seconds(3)).breaker == .ramping(share: 0.1))
    }

    @Test func `a late call that is answered after all counts once, as late`() throws {
        var subject = try seasoned()
        let late = try ticket(&subject, at: .zero)
        subject.tick(now: .milliseconds(2001), jitter: 0.5)
        subject.tick(now: .milliseconds(2500), jitter: 0.5)
        #expect(
            subject.health(now: .seconds(3)).errorRate * Double(subject.health(now: .seconds(3)).recentCalls)
                == 1
        )
        let before = subject.health(now: .seconds(3)).recentCalls
        subject.finished(late, outcome: .ok, latency: .seconds(3), now: .seconds(3), jitter: 0.5)
        subject.finished(late, outcome: .fail, latency: .seconds(3), now: .seconds(3), jitter: 0.5)
        #expect(subject.health(now: .seconds(3)).recentCalls == before)
        #expect(subject.health(now: .seconds(3)).inFlight == 0)
    }

    @Test func `age counts from the sending, not from the admission`() throws {
        var subject = try seasoned()
        guard case .allowed(let ticket) = subject.admit(priority: .low, now: .zero, chance: 0) else {
            throw NotAllowed()
        }
        subject.tick(now: .seconds(5), jitter: 0.5)
        subject.began(ticket, now: .seconds(5))
        subject.tick(now: .seconds(7), jitter: 0.5)
        #expect(subject.health(now: .seconds(7)).errorRate == 0)
        subject.tick(now: .milliseconds(7001), jitter: 0.5)
        #expect(subject.health(now: .seconds(8)).errorRate > 0)
    }

    @Test func `the age limit follows slow providers`() throws {
        var subject = IntegrationGuard(now: .zero)
        for number in 0..<100 { try run(&subject, .ok, at: .seconds(number), latency: .seconds(1)) }
        _ = try ticket(&subject, at: .seconds(200))
        subject.tick(now: .milliseconds(202_900), jitter: 0.5)
        #expect(subject.health(now: .seconds(203)).errorRate == 0)
        subject.tick(now: .milliseconds(203_400), jitter: 0.5)
        #expect(subject.health(now: .seconds(203)).errorRate > 0)
    }

    @Test func `lower priorities leave room for higher ones`() throws {
        var subject = IntegrationGuard(limits: .init(inFlightMax: 4), now: .zero)
        _ = try ticket(&subject, at: .zero, priority: .low)
        let second = try ticket(&subject, at: .zero, priority: .low)
        #expect(
            subject.admit(priority: .low, now: .zero, chance: 0) == .notBefore(.milliseconds(100), .full)
        )
        _ = try ticket(&subject, at: .zero, priority: .high)
        _ = try ticket(&subject, at: .zero, priority: .critical)
        #expect(
            subject.admit(priority: .critical, now: .zero, chance: 0) == .notBefore(.milliseconds(100), .full)
        )
        subject.abandoned(second, now: .zero)
        subject.abandoned(second, now: .zero)
        #expect(subject.health(now: .zero).inFlight == 3)
    }

    @Test func `a ticket that never comes back is taken back after its lease`() throws {
        var subject = IntegrationGuard(limits: .init(inFlightMax: 2), now: .zero)
        let lost = try ticket(&subject, at: .zero)
        guard case .allowed = subject.admit(priority: .critical, now: .zero, chance: 0) else {
            throw NotAllowed()
        }
        subject.tick(now: .seconds(120), jitter: 0)
        #expect(subject.health(now: .seconds(120)).inFlight == 2)
        subject.tick(now: .milliseconds(120_001), jitter: 0)
        #expect(subject.health(now: .seconds(121)).inFlight == 0)
        // Its place has a new owner by now: the old ticket is worth nothing.
        _ = try ticket(&subject, at: .seconds(121))
        subject.finished(lost, outcome: .ok, latency: .seconds(121), now: .seconds(121), jitter: 0)
        #expect(subject.health(now: .seconds(121)).inFlight == 1)
    }

    @Test func `answers over the limit are slow only when they are unusual too`() throws {
        var subject = try seasoned()
        for number in 0..<60 { try run(&subject, .ok, at: .seconds(number), latency: .milliseconds(1900)) }
        #expect(subject.trips == 0)
        var usual = IntegrationGuard(now: .zero)
        for number in 0..<60 { try run(&usual, .ok, at: .seconds(number), latency: .seconds(3)) }
        #expect(usual.trips == 0)
        subject = try seasoned()
        var number = 0
        while subject.trips == 0, number < 60 {
            try run(&subject, .ok, at: .milliseconds(number * 200), latency: .seconds(2) - .microseconds(1))
            number += 1
        }
        #expect(subject.trips == 0)
    }

    @Test func `T7: a blip of three seconds is one trip, and calls flow again within five seconds`() throws {
        for seed in 1...100 {
            var subject = try seasoned()
            var random = SeededRandom(seed: UInt64(seed))
            var now = Duration.zero
            var recovered: Duration?
            var mostInASecond = 0
            var sent: [Int64: Int] = [:]
            while now < .seconds(30) {
                now += .milliseconds(Int.random(in: 100...300, using: &random))
                subject.tick(now: now, jitter: Double.random(in: 0..<1, using: &random))
                guard
                    case .allowed(let ticket) = subject.admit(
                        priority: .normal,
                        now: now,
                        chance: Double.random(in: 0..<1, using: &random)
                    )
                else { continue }
                subject.began(ticket, now: now)
                sent[now.components.seconds, default: 0] += 1
                mostInASecond = max(mostInASecond, sent[now.components.seconds] ?? 0)
                let outcome: ExchangeOutcome = now < .seconds(3) ? .fail : .ok
                let jitter = Double.random(in: 0..<1, using: &random)
                subject.finished(
                    ticket,
                    outcome: outcome,
                    latency: .milliseconds(20),
                    now: now,
                    jitter: jitter
                )
                if now >= .seconds(3), recovered == nil {
                    switch subject.health(now: now).breaker {
                    case .closed, .ramping: recovered = now
                    case .open, .halfOpen, .held: break
                    }
                }
            }
            #expect(subject.trips == 1, "seed \(seed)")
            #expect(try #require(recovered) <= .seconds(8), "seed \(seed)")
            // Five calls a second are asked for on average, ten at most: no herd comes after the pause.
            #expect(mostInASecond <= 10)
            #expect(subject.health(now: now).breaker == .closed)
        }
    }

    @Test func `T18: a flood of refused callers changes nothing`() throws {
        var subject = try seasoned()
        for number in 0..<5000 {
            let outcome: ExchangeOutcome = number.isMultiple(of: 3) ? .rejected : .caller
            try run(&subject, outcome, at: .milliseconds(number * 10), latency: .milliseconds(5))
        }
        let health = subject.health(now: .seconds(50))
        #expect(health.breaker == .closed)
        #expect(health.state == .healthy)
        #expect(!health.isWarned)
    }

    @Test func `T19: hanging probes are never more than three at once`() throws {
        var subject = try seasoned()
        for number in 0..<4 { try run(&subject, .fail, at: .milliseconds(number), latency: .zero) }
        var now = Duration.seconds(1)
        var pending: [(Duration, IntegrationGuard.Ticket)] = []
        for _ in 0..<20_000 {
            now += .milliseconds(20)
            // They hang until the provider's time-out of ten seconds.
            while let (since, ticket) = pending.first, now - since >= .seconds(10) {
                subject.finished(ticket, outcome: .fail, latency: .seconds(10), now: now, jitter: 0.5)
                pending.removeFirst()
            }
            subject.tick(now: now, jitter: 0.5)
            if case .allowed(let ticket) = subject.admit(priority: .critical, now: now, chance: 0.5) {
                subject.began(ticket, now: now)
                pending.append((now, ticket))
            }
            #expect(pending.count <= 3)
        }
        #expect(subject.trips == 1)
    }

    @Test func `T17: a clock that stands still or goes back does no harm`() throws {
        var subject = try seasoned()
        var random = SeededRandom(seed: 17)
        for _ in 0..<2000 {
            let now = Duration.seconds(Int.random(in: -3600...3600, using: &random))
            subject.tick(now: now, jitter: 0.5)
            try run(&subject, .ok, at: now, latency: .milliseconds(250))
        }
        #expect(subject.trips == 0)
        #expect(subject.health(now: .seconds(3600)).inFlight == 0)
    }

    @Test func `a suspended machine is no outage`() throws {
        var subject = try seasoned()
        try run(&subject, .ok, at: .seconds(30))
        subject.tick(now: .seconds(31), jitter: 0.5)
        try run(&subject, .ok, at: .seconds(31))
        #expect(subject.trips == 0)
        #expect(subject.health(now: .seconds(32)).state == .healthy)
    }

    @Test func `slower answers are a warning, degraded, not a trip`() throws {
        var subject = try seasoned()
        for number in 0..<15 { try run(&subject, .ok, at: .milliseconds(number * 200), latency: .seconds(1)) }
        let health = subject.health(now: .seconds(3))
        #expect(health.isWarned)
        #expect(health.state == .degraded)
        #expect(subject.trips == 0)
        #expect(health.sentence(name: "Stripe", now: .seconds(3)) == "Stripe answers slower than usual.")
    }

    @Test func `states and sentences follow what happens`() throws {
        var subject = IntegrationGuard(now: .zero)
        #expect(subject.health(now: .zero).state == .unknown)
        #expect(
            subject.health(now: .zero).sentence(name: "Zoom", now: .zero) == "Zoom was not called lately."
        )
        try run(&subject, .ok, at: .seconds(1))
        #expect(subject.health(now: .seconds(1)).state == .healthy)
        #expect(subject.health(now: .seconds(1)).since == .milliseconds(1250))
        for _ in 1...4 { try run(&subject, .fail, at: .seconds(2), latency: .zero) }
        var health = subject.health(now: .seconds(2))
        #expect(health.state == .down && health.since == .seconds(2))
        #expect(
            health.sentence(name: "Zoom", now: .seconds(2))
                == "Zoom is not called: more calls failed than usual; next try in 1 s."
        )
        for _ in 1...3 { try run(&subject, .ok, at: .seconds(3)) }
        health = subject.health(now: .seconds(4))
        #expect(health.state == .unhealthy)
        #expect(
            health.sentence(name: "Zoom", now: .seconds(4))
                == "Zoom is coming back: 10 % of the calls go to it."
        )
        subject.hold(until: nil, now: .seconds(5))
        health = subject.health(now: .seconds(5))
        #expect(
            health.sentence(name: "Zoom", now: .seconds(5))
                == "Zoom is not called: an operator switched it off."
        )
        subject.release(now: .seconds(6))
        for _ in 1...3 { try run(&subject, .ok, at: .seconds(6)) }
        #expect(subject.health(now: .seconds(6)).state == .unhealthy)
    }

    @Test func `after ten minutes without news nothing is known`() throws {
        var subject = try seasoned()
        subject.tick(now: .seconds(599), jitter: 0)
        #expect(subject.health(now: .seconds(599)).state == .healthy)
        subject.tick(now: .seconds(602), jitter: 0)
        #expect(subject.health(now: .seconds(602)).state == .unknown)
    }

    @Test(arguments: 1...20)
    func `random walks keep the counts, and the outlook is what admission says`(_ seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let inFlightMax = Int.random(in: 1...20, using: &random)
        var subject = IntegrationGuard(limits: .init(inFlightMax: inFlightMax), now: .zero)
        var out: [(IntegrationGuard.Ticket, Duration)] = []
        var now = Duration.zero
        let failing = Double.random(in: 0..<0.5, using: &random)
        for _ in 1...5000 {
            now += .milliseconds(Int.random(in: 0...300, using: &random))
            let chance = Double.random(in: 0..<1, using: &random)
            let priority = Priority.allCases.randomElement(using: &random) ?? .low
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let outlook = subject.outlook(priority: priority, now: now, chance: chance)
                switch subject.admit(priority: priority, now: now, chance: chance) {
                case .allowed(let ticket):
                    #expect(outlook == .ready, "seed \(seed)")
                    subject.began(ticket, now: now)
                    out.append((ticket, now))
                case .notBefore(let time, let refusal):
                    #expect(outlook == .notBefore(time, refusal), "seed \(seed)")
                    #expect(time > now, "seed \(seed)")
                }
            case 5..<9:
                guard !out.isEmpty else { break }
                let (ticket, since) = out.remove(at: Int.random(in: 0..<out.count, using: &random))
                let outcome: ExchangeOutcome = chance < failing ? .fail : .ok
                subject.finished(ticket, outcome: outcome, latency: now - since, now: now, jitter: chance)
                subject.finished(ticket, outcome: .fail, latency: now - since, now: now, jitter: chance)
            default:
                subject.tick(now: now, jitter: chance)
                // What is not given back for two minutes is taken back.
                out.removeAll { now - $0.1 > .seconds(120) }
            }
            #expect(subject.health(now: now).inFlight <= inFlightMax)
        }
        subject.tick(now: now, jitter: 0)
        subject.tick(now: now, jitter: 0)
        subject.tick(now: now, jitter: 0)
        #expect(
            subject.health(now: now).inFlight == out.count { now - $0.1 <= .seconds(120) },
            "seed \(seed)"
        )
    }
}
