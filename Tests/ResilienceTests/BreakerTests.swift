import Domain
import Resilience
import Testing

struct BreakerTests {
    /// Lets one request through and tells how it ended.
    private func run(_ breaker: inout Breaker, at now: Duration, fails: Bool) throws {
        guard case .allowed(let ticket) = breaker.admit(now: now) else { throw NotAllowed() }
        if fails {
            breaker.failed(ticket, now: now, jitter: 0)
        } else {
            breaker.succeeded(ticket, now: now)
        }
    }

    private struct NotAllowed: Error {}

    private func ticket(_ breaker: inout Breaker, at now: Duration) throws -> Breaker.Ticket {
        guard case .allowed(let ticket) = breaker.admit(now: now) else { throw NotAllowed() }
        return ticket
    }

    @Test
    func `opens at the limit of failures in a row and not before`() throws {
        var breaker = Breaker()
        for _ in 1...4 { try run(&breaker, at: .zero, fails: true) }
        #expect(breaker.state == .closed)
        try run(&breaker, at: .zero, fails: true)
        #expect(breaker.state == .open(until: .seconds(1)))
        #expect(breaker.admit(now: .milliseconds(999)) == .notBefore(.seconds(1)))
    }

    @Test
    func `opens at the limit of the ratio and not before`() throws {
        var breaker = Breaker(limits: .init(failuresInARowMax: 100))
        for _ in 1...5 { try run(&breaker, at: .zero, fails: false) }
        for _ in 1...4 { try run(&breaker, at: .zero, fails: true) }
        #expect(breaker.state == .closed)
        try run(&breaker, at: .zero, fails: true)
        #expect(breaker.state == .open(until: .seconds(1)))
    }

    @Test
    func `the window forgets`() throws {
        var breaker = Breaker(limits: .init(failuresInARowMax: 100, window: 10, outcomesMin: 10))
        for _ in 1...30 { try run(&breaker, at: .zero, fails: false) }
        for _ in 1...4 { try run(&breaker, at: .zero, fails: true) }
        #expect(breaker.state == .closed)
        try run(&breaker, at: .zero, fails: true)
        #expect(breaker.state != .closed)
    }

    @Test
    func `pauses double up to the limit, as its table says`() throws {
        var breaker = Breaker()
        var now = Duration.zero
        for _ in 1...4 { try run(&breaker, at: now, fails: true) }
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            try run(&breaker, at: now, fails: true)
            #expect(breaker.state == .open(until: now + .seconds(seconds)))
            now += .seconds(seconds)
        }
    }

    @Test
    func `jitter adds at most a fifth`() throws {
        var breaker = Breaker(limits: .init(failuresInARowMax: 1))
        let first = try ticket(&breaker, at: .zero)
        breaker.failed(first, now: .zero, jitter: 0.5)
        #expect(breaker.state == .open(until: .milliseconds(1_100)))
    }

    @Test
    func `half open lets the limit of probes through and one success closes it`() throws {
        var breaker = Breaker(limits: .init(failuresInARowMax: 1))
        try run(&breaker, at: .zero, fails: true)
        let first = try ticket(&breaker, at: .seconds(1))
        _ = try ticket(&breaker, at: .seconds(2))
        #expect(breaker.state == .halfOpen(probes: 2))
        #expect(breaker.admit(now: .seconds(3)) == .notBefore(.seconds(61)))
        breaker.succeeded(first, now: .seconds(3))
        #expect(breaker.state == .closed)
    }

    @Test
    func `a probe that nobody ends frees its place when its lease is over`() throws {
        var breaker = Breaker(limits: .init(failuresInARowMax: 1, probesMax: 1))
        try run(&breaker, at: .zero, fails: true)
        _ = try ticket(&breaker, at: .seconds(1))
        #expect(breaker.admit(now: .seconds(60)) == .notBefore(.seconds(61)))
        _ = try ticket(&breaker, at: .seconds(61))
    }

    @Test
    func `an abandoned probe frees its place and says nothing`() throws {
        var breaker = Breaker(limits: .init(failuresInARowMax: 1, probesMax: 1))
        try run(&breaker, at: .zero, fails: true)
        let probe = try ticket(&breaker, at: .seconds(1))
        breaker.abandoned(probe)
        #expect(breaker.state == .halfOpen(probes: 0))
        _ = try ticket(&breaker, at: .seconds(1))
    }

    @Test
    func `late news from an older epoch changes nothing`() throws {
        var breaker = Breaker(limits: .init(failuresInARowMax: 1))
        let slow = try ticket(&breaker, at: .zero)
        try run(&breaker, at: .zero, fails: true)
        breaker.succeeded(slow, now: .milliseconds(500))
        #expect(breaker.state == .open(until: .seconds(1)))
        try run(&breaker, at: .seconds(1), fails: false)
        breaker.failed(slow, now: .seconds(2), jitter: 0)
        #expect(breaker.state == .closed)
    }

    @Test
    func `a flapping peer keeps its longer pause until it has proved itself`() throws {
        var breaker = Breaker(limits: .init(failuresInARowMax: 1, successesToForget: 3))
        try run(&breaker, at: .zero, fails: true)
        try run(&breaker, at: .seconds(1), fails: false)
        try run(&breaker, at: .seconds(1), fails: true)
        #expect(breaker.state == .open(until: .seconds(3)))
        for _ in 1...4 { try run(&breaker, at: .seconds(3), fails: false) }
        try run(&breaker, at: .seconds(3), fails: true)
        #expect(breaker.state == .open(until: .seconds(4)))
    }

    /// Whatever happens: probes stay within their limit, pauses within theirs, and a healthy peer is found again.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `random walks never lock a peer out`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let limits = Breaker.Limits(failuresInARowMax: 3, probesMax: 2, probeLease: .seconds(5))
        var breaker = Breaker(limits: limits)
        var now = Duration.zero
        var held: [Breaker.Ticket] = []
        for _ in 0..<2_000 {
            now += .milliseconds(Int.random(in: 0..<400, using: &random))
            switch Int.random(in: 0..<6, using: &random) {
            case 0...2:
                switch breaker.admit(now: now) {
                case .allowed(let ticket): held.append(ticket)
                case .notBefore(let time): #expect(now < time && time - now <= .seconds(72))
                }
            case 3:
                if let ticket = held.popLast() { breaker.failed(ticket, now: now, jitter: 0.99) }
            case 4:
                if let ticket = held.popLast() { breaker.succeeded(ticket, now: now) }
            default:
                if let ticket = held.popLast() { breaker.abandoned(ticket) }
            }
            if case .halfOpen(let probes) = breaker.state {
                #expect(probes <= limits.probesMax, "seed \(seed)")
            }
        }
        now += .seconds(80)
        try run(&breaker, at: now, fails: false)
        #expect(breaker.state == .closed, "seed \(seed)")
    }
}
