import Domain
import Resilience
import Testing

struct DetectorTests {
    /// Calls until the level on average, over `alarms` alarms.
    private func runLength(
        _ level: ErrorCUSUM.Level,
        failing share: Double,
        alarms: Int,
        seed: UInt64 = 7
    ) -> Double {
        var random = SeededRandom(seed: seed)
        let limit = UInt64(share * 0x1p53)
        var calls = 0
        for _ in 0..<alarms {
            var subject = ErrorCUSUM(learns: false)
            repeat { calls += 1 } while subject.record(failed: random.next() >> 11 < limit) < level
        }
        return Double(calls) / Double(alarms)
    }

    /// The number of alarms is what the tolerance needs: the mean of n run lengths is off by 1/sqrt(n).
    @Test(arguments: [
        (ErrorCUSUM.Level.watch, 0.005, 3570.0, 400), (.watch, 0.01, 955, 1000), (.watch, 0.05, 61.3, 3000),
        (.watch, 0.2, 10.4, 3000), (.watch, 1, 2, 10), (.warn, 0.05, 270, 1000), (.warn, 0.2, 25.3, 3000),
        (.act, 0.05, 436, 1000), (.act, 0.1, 88, 3000), (.act, 0.2, 33, 3000), (.act, 0.5, 10, 3000),
        (.act, 1, 4, 10),
    ])
    func `alarms come as often as the table of run lengths says`(
        _ level: ErrorCUSUM.Level,
        _ share: Double,
        _ calls: Double,
        _ alarms: Int
    ) {
        let measured = runLength(level, failing: share, alarms: alarms)
        let tolerance = max(0.05, 3 / Double(alarms).squareRoot()) * (share == 1 ? 0 : 1)
        #expect(abs(measured - calls) <= tolerance * calls, "\(measured)")
    }

    @Test func `four failures in a row are enough to act, two to watch`() {
        var subject = ErrorCUSUM()
        let levels = (1...4).map { _ in subject.record(failed: true) }
        #expect(levels == [.quiet, .watch, .watch, .act])
        subject.restart()
        #expect(subject.level == .quiet)
    }

    @Test(arguments: [(0.000, 0.001), (0.003, 0.003), (0.01, 0.01), (0.3, 0.02)])
    func `the usual share is learned and held within its range`(_ share: Double, _ learned: Double) {
        var random = SeededRandom(seed: 3)
        var subject = ErrorCUSUM()
        for _ in 0..<60_000
        where subject.record(failed: Double(random.next() >> 11) * 0x1p-53 < share) == .act {
            subject.restart()
        }
        #expect(ErrorCUSUM.usualShareRange.contains(subject.usualShare))
        #expect(abs(subject.usualShare - learned) <= 0.3 * learned, "\(subject.usualShare)")
    }

    /// Counted at `warn`: at `act` there are none in a million calls, learned or not.
    @Test func `at three times the guessed share of failures, learning makes false alarms rare`() {
        var random = SeededRandom(seed: 11)
        var learning = ErrorCUSUM()
        var fixed = ErrorCUSUM(learns: false)
        var learnedAlarms = 0
        var fixedAlarms = 0
        for _ in 0..<1_000_000 {
            let failed = Double(random.next() >> 11) * 0x1p-53 < 0.015
            if learning.record(failed: failed) >= .warn {
                learnedAlarms += 1
                learning.restart()
            }
            if fixed.record(failed: failed) >= .warn {
                fixedAlarms += 1
                fixed.restart()
            }
        }
        #expect(fixedAlarms >= 12)
        #expect(learnedAlarms * 3 <= fixedAlarms, "\(learnedAlarms) against \(fixedAlarms)")
    }

    /// A lognormal latency with a median of 250 ms times `factor`, five answers a second.
    private struct Answers {
        var random = SeededRandom(seed: 5)
        var now = Duration.zero

        mutating func next(_ factor: Double = 1) -> (Duration, Duration) {
            now += .milliseconds(200)
            // The sum of twelve uniform numbers less six is as good as normal.
            let normal = (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &random) }
            // exp(0.45 z) by its own rule: (1 + x/64)^64.
            var power = 1 + 0.45 * normal / 64
            for _ in 1...6 { power *= power }
            return (Duration(fractionalSeconds: 0.25 * factor * power), now)
        }
    }

    @Test(arguments: [(2.0, 40), (4, 12)])
    func `answers that take longer are noticed soon`(_ factor: Double, _ within: Int) {
        var answers = Answers()
        var subject = LatencyCUSUM()
        for _ in 0..<3000 {
            let (latency, now) = answers.next()
            subject.record(latency, now: now)
        }
        #expect(!subject.isAlarmed)
        var count = 0
        while !subject.isAlarmed, count < 1000 {
            let (latency, now) = answers.next(factor)
            subject.record(latency, now: now)
            count += 1
        }
        #expect(count <= within)
        for _ in 0..<60 {
            let (latency, now) = answers.next()
            subject.record(latency, now: now)
        }
        #expect(!subject.isAlarmed)
    }

    @Test func `an alarm does not become normal for fifteen minutes, and then it does`() {
        var answers = Answers()
        var subject = LatencyCUSUM()
        for _ in 0..<1000 {
            let (latency, now) = answers.next()
            subject.record(latency, now: now)
        }
        for _ in 0..<(5 * 890) {
            let (latency, now) = answers.next(4)
            subject.record(latency, now: now)
        }
        #expect(subject.isAlarmed)
        for _ in 0..<(5 * 3600) {
            let (latency, now) = answers.next(4)
            subject.record(latency, now: now)
        }
        #expect(!subject.isAlarmed)
    }

    @Test func `nothing is judged before thirty answers`() {
        var subject = LatencyCUSUM()
        for number in 1...30 {
            #expect(!subject.isReady)
            let z = subject.record(.seconds(number), now: .seconds(number))
            #expect(z == 0)
        }
        #expect(subject.isReady)
    }

    @Test(arguments: [(1.5, nil), (2.0, 10), (2.5, 6), (3.0, 4)] as [(Double, Int?)])
    func `a jump is noticed after as many answers as its table says`(_ z: Double, _ count: Int?) {
        var subject = LatencyEWMA()
        var needed: Int?
        for number in 1...1000 where needed == nil {
            subject.record(z)
            if subject.isAlarmed { needed = number }
        }
        #expect(needed == count)
        for _ in 1...20 { subject.record(0) }
        #expect(!subject.isAlarmed)
    }

    @Test func `quantiles are right to six percent`() throws {
        var subject = LatencyProfile()
        #expect(subject.p50 == nil)
        for milliseconds in 1...1000 { subject.record(.milliseconds(milliseconds), now: .zero) }
        for (share, exact) in [(0.5, 0.5), (0.95, 0.95), (0.99, 0.99), (0.1, 0.1)] {
            let value = try #require(subject.quantile(share)).inSeconds
            #expect(abs(value - exact) <= 0.065 * exact, "\(share): \(value)")
        }
        #expect(try abs(#require(subject.p95).inSeconds - 0.95) < 0.07)
    }

    @Test(arguments: [(0, 1088), (400, 1088), (1000, 1088), (250_000, 253_952), (10_000_000, 9_961_472)])
    func `latencies are read back as the table says`(_ microseconds: Int, _ shown: Int) {
        var subject = LatencyProfile()
        subject.record(.microseconds(microseconds), now: .zero)
        #expect(subject.p50 == .microseconds(shown))
    }

    @Test func `latencies beyond the last bucket are held in it`() {
        var subject = LatencyProfile()
        subject.record(.seconds(Int64.max / 2_000_000), now: .zero)
        #expect(subject.p50 == .microseconds(130_023_424))
    }

    @Test func `old latencies fade`() throws {
        var subject = LatencyProfile()
        for number in 0..<2000 { subject.record(.milliseconds(100), now: .milliseconds(number)) }
        for number in 2000..<4100 { subject.record(.seconds(1), now: .milliseconds(number)) }
        #expect(try #require(subject.p50).inSeconds > 0.9)
        #expect(try #require(subject.quantile(0.1)).inSeconds > 0.05)
    }
}
