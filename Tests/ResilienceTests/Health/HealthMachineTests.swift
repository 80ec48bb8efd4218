import Domain
import Resilience
import Testing

struct HealthMachineTests {
    /// Calls as of `age` before 1000 s.
    private static func calls(
        _ state: HealthState = .healthy,
        age: Int? = 1,
        warned: Bool = false,
        watched: Bool = false,
        breaker: CallBreaker.State = .closed,
        reason: CallBreaker.Reason? = nil
    ) -> IntegrationHealth {
        IntegrationHealth(
            state: state,
            isWarned: warned,
            isWatched: watched,
            newsAt: age.map { now - .seconds($0) },
            breaker: breaker,
            reason: reason
        )
    }

    private static let now = Duration.seconds(1000)
    private static let open = CallBreaker.State.open(until: now - .seconds(1))
    private static let paused = CallBreaker.State.open(until: now + .seconds(5))

    /// What is heard, and what it makes of a machine that knew nothing.
    struct Row: Sendable, CustomTestStringConvertible {
        var calls: IntegrationHealth?
        var probes: [ProbeResult] = []
        var page: StatusPageStatement?
        let state: HealthState
        var reasons: [HealthReason] = []

        var testDescription: String { "\(state) \(reasons)" }
    }

    static let calls: [Row] = [
        Row(calls: calls(), state: .healthy),
        Row(calls: calls(.unknown, age: nil), state: .unknown, reasons: [.noNews]),
        Row(calls: calls(.degraded, warned: true), state: .degraded, reasons: [.latencyRises]),
        Row(calls: calls(.degraded, watched: true), state: .degraded, reasons: [.errorsRise]),
        Row(
            calls: calls(.degraded, warned: true, watched: true),
            state: .degraded,
            reasons: [.errorsRise, .latencyRises]
        ),
        Row(calls: calls(.unhealthy, watched: true), state: .unhealthy, reasons: [.callsFail]),
        Row(
            calls: calls(.unhealthy, breaker: .ramping(share: 0.1)),
            state: .unhealthy,
            reasons: [.comingBack]
        ),
        Row(calls: calls(.down, breaker: .held(until: nil)), state: .down, reasons: [.held]),
    ]

    static let breakers: [Row] = zip(
        CallBreaker.Reason.allCases,
        [
            HealthReason.breakerFailures, .breakerSlowness, .breakerErrorRate, .breakerSilence, .breakerTrial,
            .held,
        ]
    ).map { Row(calls: calls(.down, breaker: paused, reason: $0), state: .down, reasons: [$1]) }

    static let green = [ProbeResult](repeating: .answered, count: 3)
    static let broken = calls(.down, breaker: open, reason: .silence)
    static let idleBroken = calls(.down, age: 90, breaker: open, reason: .silence)
    static let idle = calls(age: 90)

    static let probes: [Row] = [
        Row(probes: [.answered], state: .healthy),
        Row(probes: [.slow], state: .degraded, reasons: [.probesSlow]),
        Row(probes: [.inconclusive], state: .unknown, reasons: [.noNews]),
        Row(probes: [.failed], state: .unknown, reasons: [.noNews]),
        Row(probes: [.failed, .failed], state: .unhealthy, reasons: [.probesFail]),
        Row(probes: [.failed, .answered, .failed], state: .healthy),
        Row(probes: [.failed, .failed, .failed, .failed], state: .down, reasons: [.probesFail]),
        Row(probes: [.denied, .denied, .denied, .denied], state: .down, reasons: [.probesDenied]),
    ]

    static let both: [Row] = [
        // Green probes and a breaker that calls opened.
        Row(calls: broken, probes: green, state: .down, reasons: [.breakerSilence]),
        Row(
            calls: calls(.down, age: 90, breaker: paused, reason: .silence),
            probes: green,
            state: .down,
            reasons: [.breakerSilence]
        ),
        Row(
            calls: calls(.down, age: 90, breaker: .halfOpen(probes: 1), reason: .silence),
            probes: green,
            state: .down,
            reasons: [.breakerSilence]
        ),
        Row(calls: idleBroken, probes: [.answered, .answered], state: .down, reasons: [.breakerSilence]),
        Row(calls: idleBroken, state: .down, reasons: [.breakerSilence]),
        Row(
            calls: idleBroken,
            probes: [.failed, .failed],
            state: .down,
            reasons: [.breakerSilence, .probesFail]
        ),
        Row(
            calls: calls(.down, age: 90, breaker: .held(until: nil)),
            probes: green,
            state: .down,
            reasons: [.held]
        ),
        // Idle.
        Row(calls: idle, probes: [.failed], state: .healthy),
        Row(calls: idle, probes: [.failed, .failed], state: .unhealthy, reasons: [.probesFail]),
        Row(calls: calls(.unknown, age: 900), probes: [.answered], state: .healthy),
        Row(calls: calls(.unknown, age: 900), state: .unknown, reasons: [.noNews]),
        // Calls go on: probes alone make degraded of it.
        Row(
            calls: calls(),
            probes: [.failed, .failed, .failed, .failed],
            state: .degraded,
            reasons: [.probesFail]
        ),
        Row(calls: calls(.unhealthy), probes: green, state: .unhealthy, reasons: [.callsFail]),
        Row(
            calls: calls(.unhealthy),
            probes: [.failed, .failed],
            state: .unhealthy,
            reasons: [.callsFail, .probesFail]
        ),
    ]

    static let pages: [Row] = [
        Row(page: .operational, state: .unknown, reasons: [.noNews]),
        Row(page: .unreadable, state: .unknown, reasons: [.noNews]),
        Row(page: .degraded, state: .degraded, reasons: [.statusPage]),
        Row(page: .outage, state: .degraded, reasons: [.statusPage]),
        Row(page: .maintenance, state: .degraded, reasons: [.maintenance]),
        Row(calls: calls(), page: .outage, state: .degraded, reasons: [.statusPage]),
        Row(calls: calls(.unhealthy), page: .outage, state: .unhealthy, reasons: [.callsFail, .statusPage]),
        Row(calls: broken, page: .operational, state: .down, reasons: [.breakerSilence]),
        Row(probes: green, page: .outage, state: .degraded, reasons: [.statusPage]),
    ]

    @Test(arguments: calls + breakers + probes + both + pages)
    func `the state is what the table says`(_ row: Row) {
        // Nothing is kept: what was worse on the way to the row's end is not asked for here.
        let limits = HealthMachine.Limits(keepsDown: .zero, keepsUnhealthy: .zero, keepsDegraded: .zero)
        var subject = HealthMachine(limits: limits, now: .zero)
        if let calls = row.calls { _ = subject.observe(traffic: calls, now: Self.now) }
        for probe in row.probes { _ = subject.observe(probe: probe, now: Self.now) }
        if let page = row.page { _ = subject.observe(statusPage: page, now: Self.now) }
        #expect(subject.state == row.state)
        #expect(subject.reasons == row.reasons)
    }

    @Test func `three green probes confirm the recovery of an idle integration`() throws {
        var subject = HealthMachine(now: .zero)
        let first = subject.observe(traffic: Self.idleBroken, now: Self.now)
        #expect(first?.to == .down)
        for second in 1...3 { _ = subject.observe(probe: .answered, now: Self.now + .seconds(second)) }
        #expect(subject.state == .down && subject.reasons == [.settling, .probesRecovered])
        let change = subject.tick(now: Self.now + .seconds(70))
        let last = try #require(change)
        #expect(last.isBetter && last.to < .unhealthy)
        _ = subject.tick(now: Self.now + .seconds(140))
        #expect(subject.state == .healthy && subject.reasons == [.probesRecovered])
        // The breaker is the guard's: the machine knows it as it was told.
        #expect(Self.idleBroken.breaker == Self.open)
    }

    @Test func `green probes from before the last call confirm nothing`() {
        var subject = HealthMachine(now: .zero)
        _ = subject.observe(traffic: Self.calls(age: 900), now: Self.now)
        for _ in 1...10 { _ = subject.observe(probe: .answered, now: Self.now) }
        _ = subject.observe(traffic: Self.idleBroken, now: Self.now)
        #expect(subject.state == .down && subject.reasons == [.breakerSilence])
        // The same news again is no news.
        for _ in 1...3 {
            _ = subject.observe(probe: .answered, now: Self.now)
            _ = subject.observe(traffic: Self.idleBroken, now: Self.now)
        }
        #expect(subject.reasons == [.settling, .probesRecovered])
    }

    @Test func `worse is told at once, better after it has lasted`() throws {
        var subject = HealthMachine(now: .zero)
        var now = Self.now
        _ = subject.observe(traffic: Self.calls(), now: now)
        let change = subject.observe(traffic: Self.broken, now: now + .seconds(1))
        let worse = try #require(change)
        #expect(
            worse.from == .healthy && worse.to == .down && worse.isWorse && worse.reasons == [.breakerSilence]
        )
        #expect(worse.lasted == .seconds(1) && worse.at == now + .seconds(1))
        now += .seconds(2)
        #expect(subject.observe(traffic: Self.calls(), now: now) == nil)
        var changes: [(HealthState, Duration)] = []
        for second in 1...100 {
            let calls = IntegrationHealth(state: .healthy, newsAt: now + .seconds(second))
            guard let change = subject.observe(traffic: calls, now: now + .seconds(second)) else { continue }
            changes.append((change.to, .seconds(second)))
        }
        // The last bad verdict was one second before: 10, 30 and 60 seconds less that second.
        #expect(changes.map(\.0) == [.unhealthy, .degraded, .healthy])
        #expect(changes.map(\.1) == [.seconds(9), .seconds(29), .seconds(59)])
        #expect(subject.reasons.isEmpty)
    }

    @Test func `a state that comes and goes is told once`() {
        var subject = HealthMachine(now: .zero)
        var changes = 0
        for second in 0..<300 {
            let now = Self.now + .seconds(second)
            let isSlow = second % 40 < 20
            let calls = IntegrationHealth(
                state: isSlow ? .degraded : .healthy,
                isWarned: isSlow,
                newsAt: now
            )
            if subject.observe(traffic: calls, now: now) != nil { changes += 1 }
        }
        #expect(changes == 1)
    }

    @Test func `what was heard too long ago counts no more`() {
        var subject = HealthMachine(now: .zero)
        _ = subject.observe(probe: .answered, now: .seconds(10))
        _ = subject.tick(now: .seconds(610))
        #expect(subject.state == .healthy)
        _ = subject.tick(now: .seconds(611))
        #expect(subject.state == .unknown)
        _ = subject.observe(statusPage: .outage, now: .seconds(700))
        _ = subject.tick(now: .seconds(2500))
        #expect(subject.state == .degraded)
        _ = subject.tick(now: .seconds(2561))
        #expect(subject.state == .unknown)
    }

    @Test func `a guard's own snapshots lead through the states`() throws {
        var subject = HealthMachine(now: .zero)
        var integration = IntegrationGuard(now: .zero)
        var now = Duration.zero
        var states: [HealthState] = []
        for number in 0..<600 {
            now += .milliseconds(200)
            integration.tick(now: now, jitter: 0.5)
            if case .allowed(let ticket) = integration.admit(priority: .critical, now: now, chance: 0) {
                integration.began(ticket, now: now)
                let outcome: ExchangeOutcome = (100..<110).contains(number) ? .fail : .ok
                integration.finished(
                    ticket,
                    outcome: outcome,
                    latency: .milliseconds(20),
                    now: now,
                    jitter: 0.5
                )
            }
            if let change = subject.observe(traffic: integration.health(now: now), now: now) {
                #expect(change.from != change.to)
                states.append(change.to)
            }
        }
        #expect(states == [.healthy, .down, .unhealthy, .degraded, .healthy])
    }

    @Test func `severity orders the states, and raw values are for documents`() {
        #expect(HealthState.allCases.sorted() == [.unknown, .healthy, .degraded, .unhealthy, .down])
        #expect(HealthState.allCases.max() == .down)
        #expect(HealthReason(rawValue: "breaker_error_rate") == .breakerErrorRate)
        let words = HealthReason.allCases.map(\.rawValue)
        #expect(
            words.allSatisfy { $0.utf8.allSatisfy { $0 == UInt8(ascii: "_") || (97...122).contains($0) } }
        )
    }

    @Test func `limits that make no sense are refused`() async {
        await #expect(processExitsWith: .failure) {
            _ = HealthMachine(limits: .init(greenMin: 0), now: .zero)
        }
        await #expect(processExitsWith: .failure) {
            _ = HealthMachine(limits: .init(redUnhealthy: 5, redDown: 4), now: .zero)
        }
        await #expect(processExitsWith: .failure) {
            _ = HealthMachine(limits: .init(idle: .zero), now: .zero)
        }
    }

    /// Whatever is heard in whatever order: the promises hold at each step.
    @Test(arguments: 1...20)
    func `random walks keep the promises`(_ seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var subject = HealthMachine(now: .zero)
        var now = Duration.zero
        var calls = IntegrationHealth()
        var state = HealthState.unknown
        for _ in 1...3000 {
            now += .milliseconds(Int.random(in: -500...20_000, using: &random))
            var change: HealthTransition?
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                let breaker: CallBreaker.State =
                    switch Int.random(in: 0..<5, using: &random) {
                    case 0: .open(until: now + .seconds(Int.random(in: -100...60, using: &random)))
                    case 1: .halfOpen(probes: Int.random(in: 0...3, using: &random))
                    case 2: .ramping(share: 0.1)
                    default: .closed
                    }
                let isFlowing = breaker == .closed
                calls = IntegrationHealth(
                    state: isFlowing ? .healthy : breaker == .ramping(share: 0.1) ? .unhealthy : .down,
                    newsAt: now - .seconds(Int.random(in: 0...90, using: &random)),
                    breaker: breaker
                )
                change = subject.observe(traffic: calls, now: now)
            case 1:
                let probe = ProbeResult.allCases.randomElement(using: &random) ?? .slow
                change = subject.observe(probe: probe, now: now)
            case 2:
                let page = StatusPageStatement.allCases.randomElement(using: &random) ?? .operational
                change = subject.observe(statusPage: page, now: now)
            default:
                change = subject.tick(now: now)
            }
            if let change {
                #expect(change.from == state && change.to != state, "seed \(seed)")
                #expect(change.to == subject.state && change.lasted >= .zero, "seed \(seed)")
                state = change.to
            }
            #expect(subject.state == state, "seed \(seed)")
            #expect(state == .healthy || !subject.reasons.isEmpty, "seed \(seed)")
            // Calls were just refused: nothing makes less than down of it.
            if case .open(let until) = calls.breaker, until > now { #expect(state == .down, "seed \(seed)") }
        }
    }
}
