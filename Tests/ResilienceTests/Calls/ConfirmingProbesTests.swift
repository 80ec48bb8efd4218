import Domain
import Resilience
import Testing

struct ConfirmingProbesTests {
    private struct NotAllowed: Error {}

    /// Lets one call through and tells how it ended.
    private func run(_ subject: inout IntegrationGuard, _ outcome: ExchangeOutcome, at now: Duration) throws {
        guard case .allowed(let ticket) = subject.admit(priority: .critical, now: now, chance: 0) else {
            throw NotAllowed()
        }
        subject.began(ticket, now: now)
        subject.finished(ticket, outcome: outcome, latency: .milliseconds(20), now: now, jitter: 0.5)
    }

    private func takeProbe(
        _ subject: inout IntegrationGuard,
        at now: Duration
    ) throws -> ConfirmingProbes.Ticket {
        guard let probe = subject.takeProbe(now: now) else { throw NotAllowed() }
        return probe
    }

    private func noProbe(_ subject: inout IntegrationGuard, at now: Duration) -> Bool {
        subject.takeProbe(now: now) == nil
    }

    /// A guard that has seen 300 good calls until 0 s.
    private func seasoned() throws -> IntegrationGuard {
        var subject = IntegrationGuard(now: .seconds(-60))
        for number in 1...300 {
            try run(&subject, .ok, at: .milliseconds(200 * (number - 300)) - .seconds(1))
        }
        return subject
    }

    /// A guard in which two calls in a row have failed at 0 s.
    private func doubtful() throws -> IntegrationGuard {
        var subject = try seasoned()
        for _ in 1...2 { try run(&subject, .fail, at: .zero) }
        return subject
    }

    /// A guard that two calls and two probes have tripped at 0.1 s; it may try again from 1.1 s on.
    private func tripped() throws -> IntegrationGuard {
        var subject = try doubtful()
        for number in 0..<2 {
            let probe = try takeProbe(&subject, at: .milliseconds(100 * number))
            subject.probed(.fail, ticket: probe, now: .milliseconds(100 * number), jitter: 0.5)
        }
        #expect(subject.trips == 1)
        return subject
    }

    @Test func `nothing is probed while all is well, nor after one failure`() throws {
        var subject = try seasoned()
        #expect(subject.probeDue(now: .zero) == nil)
        try run(&subject, .fail, at: .zero)
        #expect(subject.probeDue(now: .zero) == nil)
    }

    @Test func `a suspicion is probed every 100 ms, three at a time and forty at most`() throws {
        var subject = try doubtful()
        var taken: [ConfirmingProbes.Ticket] = []
        for tenth in 0..<3 {
            #expect(subject.probeDue(now: .milliseconds(100 * tenth)) == .milliseconds(100 * tenth))
            taken.append(try takeProbe(&subject, at: .milliseconds(100 * tenth)))
            #expect(noProbe(&subject, at: .milliseconds(100 * tenth + 99)))
        }
        #expect(noProbe(&subject, at: .milliseconds(400)))
        #expect(subject.probeDue(now: .milliseconds(400)) == nil)
        // Answers that say nothing: the suspicion stays.
        var total = 3
        for tenth in 4..<200 {
            if !taken.isEmpty {
                subject.probed(
                    .rejected,
                    ticket: taken.removeFirst(),
                    now: .milliseconds(100 * tenth),
                    jitter: 0.5
                )
            }
            guard let probe = subject.takeProbe(now: .milliseconds(100 * tenth)) else { continue }
            taken.append(probe)
            total += 1
        }
        #expect(total == ConfirmingProbes.perSuspicionMax)
        #expect(subject.trips == 0)
    }

    @Test func `two failed calls and two failed probes are enough to trip`() throws {
        let subject = try tripped()
        #expect(subject.health(now: .milliseconds(100)).reason == .errorRate)
    }

    @Test func `green probes end a suspicion`() throws {
        var subject = try doubtful()
        var probes = 0
        while let due = subject.probeDue(now: .zero), probes < 100 {
            let probe = try takeProbe(&subject, at: due)
            subject.probed(.ok, ticket: probe, now: due, jitter: 0.5)
            probes += 1
        }
        #expect(probes > 0 && probes <= ConfirmingProbes.perSuspicionMax)
        #expect(subject.trips == 0)
    }

    @Test func `green probes do not put off a trip that calls alone justify`() throws {
        var subject = try doubtful()
        for number in 0..<2 {
            for _ in 1...20 { subject.probed(.ok, now: .milliseconds(number), jitter: 0.5) }
            try run(&subject, .fail, at: .milliseconds(number))
        }
        #expect(subject.trips == 1)
    }

    @Test func `a probe without an answer is a failed one from two seconds on, once`() throws {
        var subject = try doubtful()
        let probes = [
            try takeProbe(&subject, at: .zero), try takeProbe(&subject, at: .milliseconds(100)),
        ]
        subject.tick(now: .milliseconds(2000), jitter: 0.5)
        #expect(subject.trips == 0)
        subject.tick(now: .milliseconds(2101), jitter: 0.5)
        #expect(subject.trips == 1)
        for probe in probes { subject.probed(.fail, ticket: probe, now: .seconds(3), jitter: 0.5) }
        #expect(subject.trips == 1)
    }

    @Test func `probes that only ever fail trip it once, not with each suspicion`() throws {
        var subject = try tripped()
        var now = Duration.seconds(10)
        for _ in 1...3 { try run(&subject, .ok, at: now) }
        for _ in 1...40 {
            now += .seconds(10)
            for _ in 1...25 { try run(&subject, .ok, at: now) }
            while let probe = subject.takeProbe(now: now) {
                subject.probed(.fail, ticket: probe, now: now, jitter: 0.5)
            }
        }
        #expect(subject.health(now: now).breaker == .closed)
        for _ in 1...2 { try run(&subject, .fail, at: now) }
        #expect(noProbe(&subject, at: now))
        for _ in 1...10 { subject.probed(.fail, now: now, jitter: 0.5) }
        #expect(subject.trips == 1)
    }

    @Test func `a green probe while all is quiet makes them believed again`() throws {
        var subject = try tripped()
        var now = Duration.seconds(10)
        for _ in 1...3 { try run(&subject, .ok, at: now) }
        now += .seconds(61)
        let trial = try takeProbe(&subject, at: now)
        subject.probed(.ok, ticket: trial, now: now, jitter: 0.5)
        for _ in 1...2 { try run(&subject, .fail, at: now) }
        for _ in 1...2 {
            now += .milliseconds(100)
            let probe = try takeProbe(&subject, at: now)
            subject.probed(.fail, ticket: probe, now: now, jitter: 0.5)
        }
        #expect(subject.trips == 2)
    }

    @Test func `a green probe closes no breaker, two after a red one let calls try`() throws {
        var subject = try tripped()
        // A trial that fails makes the pause longer: until 1.2 s + 2 s.
        try run(&subject, .fail, at: .milliseconds(1200))
        let open = CallBreaker.State.open(until: .milliseconds(3200))
        #expect(subject.breakerState == open)
        subject.probed(.ok, now: .milliseconds(1300), jitter: 0.5)
        #expect(subject.breakerState == open)
        subject.probed(.ok, now: .milliseconds(1400), jitter: 0.5)
        #expect(subject.breakerState == .open(until: .milliseconds(1400)))
        for _ in 1...50 { subject.probed(.ok, now: .milliseconds(1400), jitter: 0.5) }
        #expect(subject.breakerState == .open(until: .milliseconds(1400)))
        #expect(!subject.health(now: .milliseconds(1400)).state.isUsable)
    }

    @Test func `probes that never saw the outage do not hasten its end`() throws {
        var subject = try seasoned()
        for _ in 1...4 { try run(&subject, .fail, at: .zero) }
        let open = subject.breakerState
        for _ in 1...50 { subject.probed(.ok, now: .milliseconds(500), jitter: 0.5) }
        #expect(subject.breakerState == open)
        #expect(open == .open(until: .seconds(1)))
    }

    @Test func `calls that tried in vain are not sent again before a probe was red once more`() throws {
        var subject = try tripped()
        for _ in 1...2 { subject.probed(.ok, now: .milliseconds(200), jitter: 0.5) }
        try run(&subject, .fail, at: .milliseconds(300))
        let open = CallBreaker.State.open(until: .milliseconds(2300))
        #expect(subject.breakerState == open)
        for _ in 1...10 { subject.probed(.ok, now: .milliseconds(400), jitter: 0.5) }
        #expect(subject.breakerState == open)
        subject.probed(.fail, now: .milliseconds(500), jitter: 0.5)
        for _ in 1...2 { subject.probed(.ok, now: .milliseconds(600), jitter: 0.5) }
        #expect(subject.breakerState == .open(until: .milliseconds(600)))
    }

    @Test func `while the breaker is open one probe leaves every three seconds, while it is held none`()
        throws
    {
        var subject = try tripped()
        #expect(subject.probeDue(now: .milliseconds(200)) == .milliseconds(3100))
        #expect(noProbe(&subject, at: .milliseconds(3099)))
        let probe = try takeProbe(&subject, at: .milliseconds(3100))
        subject.abandoned(probe)
        subject.probed(.ok, ticket: probe, now: .milliseconds(3200), jitter: 0.5)
        #expect(noProbe(&subject, at: .milliseconds(3200)))
        subject.hold(until: nil, now: .seconds(4))
        #expect(noProbe(&subject, at: .seconds(30)))
    }
}

extension HealthState {
    fileprivate var isUsable: Bool { self < .down }
}
