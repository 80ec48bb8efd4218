import Domain
import Resilience
import Testing

/// Traffic of one integration on virtual time, with its guard: calls at chance times, lognormal latency, 0.5 % errors.
private struct VirtualTraffic {
    private struct Answer {
        let at: Duration
        let since: Duration
        let ticket: IntegrationGuard.Ticket
        let failed: Bool
    }

    var subject = IntegrationGuard(limits: .init(inFlightMax: 500), now: .zero)
    var now = Duration.zero
    /// What the median latency and the share of errors are multiplied by at a time.
    var drift: (Duration) -> (latency: Double, errors: Double) = { _ in (1, 1) }
    private(set) var warnings = 0
    private(set) var probes = 0
    private(set) var left: [Duration] = []
    private let gap: Duration
    private var random: SeededRandom
    /// The latest first.
    private var answers: [Answer] = []
    private var tickAt = Duration.zero
    private var wasWarned = false

    init(perSecond: Double, seed: UInt64) {
        gap = Duration(fractionalSeconds: 1 / perSecond)
        random = SeededRandom(seed: seed)
    }

    var inFlight: Int { answers.count }

    mutating func run(until end: Duration) {
        while now < end {
            // The next of calls that come at chance: their gaps are exponential.
            let arrival = now + gap * -log(1 - fraction())
            answerAndTick(until: arrival)
            now = arrival
            call()
        }
    }

    /// Nobody does anything until then; answers come when it is over.
    mutating func standStill(until end: Duration) {
        now = end
        tickAt = max(tickAt, end)
        answerAndTick(until: end)
    }

    private mutating func call() {
        guard case .allowed(let ticket) = subject.admit(priority: .critical, now: now, chance: fraction())
        else {
            return
        }
        subject.began(ticket, now: now)
        left.append(now)
        let latency = latency()
        let failed = fraction() < 0.005 * drift(now).errors
        let place = answers.firstIndex { $0.at < now + latency } ?? answers.count
        answers.insert(Answer(at: now + latency, since: now, ticket: ticket, failed: failed), at: place)
    }

    private mutating func answerAndTick(until time: Duration) {
        while true {
            let next = answers.last?.at ?? time
            if tickAt <= min(next, time) {
                subject.tick(now: tickAt, jitter: fraction())
                probe(at: tickAt)
                tickAt += .milliseconds(250)
            } else if next <= time, let answer = answers.popLast() {
                let at = max(answer.at, min(now, time))
                subject.finished(
                    answer.ticket,
                    outcome: answer.failed ? .fail : .ok,
                    latency: at - answer.since,
                    now: at,
                    jitter: fraction()
                )
                probe(at: at)
            } else {
                return
            }
            if subject.isWarned, !wasWarned { warnings += 1 }
            wasWarned = subject.isWarned
        }
    }

    /// A probe is answered at once, and fails as often as a call.
    private mutating func probe(at time: Duration) {
        guard let ticket = subject.takeProbe(now: time) else { return }
        probes += 1
        let failed = fraction() < 0.005 * drift(time).errors
        subject.probed(failed ? .fail : .ok, ticket: ticket, now: time, jitter: fraction())
    }

    private mutating func fraction() -> Double { Double(random.next() >> 11) * 0x1p-53 }

    /// A median of 250 ms, 99 % below 710 ms.
    private mutating func latency() -> Duration {
        // The sum of twelve uniform numbers less six is as good as normal.
        let normal = (0..<12).reduce(-6.0) { sum, _ in sum + fraction() }
        // exp(0.449 z) by its own rule: (1 + x/64)^64.
        var power = 1 + 0.449 * normal / 64
        for _ in 1...6 { power *= power }
        return Duration(fractionalSeconds: 0.25 * power * drift(now).latency)
    }

    /// The natural logarithm of a number in 0...1, as the sum of its series.
    private func log(_ value: Double) -> Double {
        var mantissa = max(value, 1e-12)
        var halvings = 0.0
        while mantissa < 0.7 {
            mantissa *= 2
            halvings += 1
        }
        let s = (mantissa - 1) / (mantissa + 1)
        var term = s
        var sum = 0.0
        for odd in stride(from: 1.0, through: 15, by: 2) {
            sum += term / odd
            term *= s * s
        }
        return 2 * sum - halvings * 0.693_147_180_559_945_3
    }
}

struct VirtualDayTests {
    /// A wave between -1 and 1, near enough a sine: 0 at 0, with this period.
    private static func wave(_ time: Duration, period: Duration) -> Double {
        let turns = time / period
        let phase = 2 * (turns - turns.rounded(.down)) - 1
        return -4 * phase * (1 - abs(phase))
    }

    private static func day(perSecond: Double, seed: UInt64) -> VirtualTraffic {
        var traffic = VirtualTraffic(perSecond: perSecond, seed: seed)
        traffic.drift = { time in
            (
                latency: 1 + 0.3 * wave(time, period: .seconds(21_600)),
                errors: 1 + 0.5 * wave(time, period: .seconds(86_400))
            )
        }
        traffic.run(until: .seconds(86_400))
        return traffic
    }

    /// 5 and 50 calls a second, and more days: `call-bench warning`.
    @Test(arguments: [(0.5, 1), (0.5, 2), (1.0, 3)])
    func `T21: a day of healthy traffic that drifts has no trip and at most one warning`(
        _ perSecond: Double,
        _ seed: UInt64
    ) {
        let traffic = Self.day(perSecond: perSecond, seed: seed)
        #expect(traffic.subject.trips == 0)
        #expect(traffic.warnings <= 1)
        // Suspicions are few: their probes are less than one in thirty calls.
        #expect(Double(traffic.probes) < 0.033 * 86_400 * perSecond, "\(traffic.probes)")
        #expect(traffic.left.count > Int(80_000 * perSecond))
    }

    /// The guard knows one clock only, which no NTP step and no leap second moves; what is left is a machine that
    /// stands still.
    @Test(arguments: 1...10)
    func `T17: thirty seconds of standing still are no trip, no burst, no warning`(_ seed: Int) {
        var traffic = VirtualTraffic(perSecond: 20, seed: UInt64(seed))
        traffic.run(until: .seconds(120))
        #expect(traffic.inFlight > 0)
        let before = traffic.left.count
        traffic.standStill(until: traffic.now + .seconds(30))
        let resumed = traffic.now
        traffic.run(until: resumed + .seconds(60))
        #expect(traffic.subject.trips == 0)
        #expect(traffic.warnings == 0)
        #expect(traffic.subject.health(now: traffic.now).state == .healthy)
        let firstSecond = traffic.left[before...].count { $0 < resumed + .seconds(1) }
        #expect(firstSecond < 45)
    }

    @Test func `T17: a pause of the breaker is not cut short by a clock that goes back or stands still`() {
        var subject = IntegrationGuard(now: .seconds(7200))
        subject.hold(until: .seconds(7260), now: .seconds(7200))
        for second in [7200, 3600, 0, 7230, 7259] {
            let now = Duration.seconds(second)
            subject.tick(now: now, jitter: 0.5)
            let admission = subject.admit(priority: .critical, now: now, chance: 0)
            #expect(admission == .notBefore(.seconds(7260), .breaker(.held)))
        }
        guard case .allowed = subject.admit(priority: .critical, now: .seconds(7260), chance: 0) else {
            Issue.record("the hold is over")
            return
        }
    }

    @Test func `calls in flight while the machine stood still say nothing, later ones do`() throws {
        var subject = IntegrationGuard(now: .zero)
        var old: [IntegrationGuard.Ticket] = []
        for _ in 1...10 {
            guard case .allowed(let ticket) = subject.admit(priority: .critical, now: .zero, chance: 0) else {
                continue
            }
            subject.began(ticket, now: .zero)
            old.append(ticket)
        }
        subject.tick(now: .seconds(30), jitter: 0.5)
        for ticket in old {
            subject.finished(ticket, outcome: .fail, latency: .seconds(30), now: .seconds(30), jitter: 0.5)
        }
        #expect(old.count == 10 && subject.trips == 0)
        #expect(subject.health(now: .seconds(30)).inFlight == 0)
        for _ in 1...4 {
            guard case .allowed(let ticket) = subject.admit(priority: .critical, now: .seconds(31), chance: 0)
            else {
                continue
            }
            subject.began(ticket, now: .seconds(31))
            subject.finished(ticket, outcome: .fail, latency: .zero, now: .seconds(31), jitter: 0.5)
        }
        #expect(subject.trips == 1)
    }
}
