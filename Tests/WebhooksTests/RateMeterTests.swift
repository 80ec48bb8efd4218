import Domain
import Testing
import UsherTesting
import Webhooks

@Suite struct RateMeterTests {
    private let start = Instant(seconds: 1_800_000_000)

    @Test func `counts by whole minutes and forgets after an hour`() {
        var meter = RateMeter()
        meter.add(at: start)
        meter.add(at: start + .seconds(59 * 60))
        #expect(meter.total == 2)
        #expect(meter.lastHour(at: start + .seconds(59 * 60)) == 2)
        #expect(meter.lastHour(at: start + .seconds(60 * 60)) == 1)
        #expect(meter.lastHour(at: start + .seconds(3 * 3_600)) == 0)
    }

    @Test func `looks at two minutes for what happens lately`() {
        var meter = RateMeter()
        meter.add(at: start)
        #expect(meter.lastTwoMinutes(at: start + .seconds(60)) == 1)
        #expect(meter.lastTwoMinutes(at: start + .seconds(180)) == 0)
    }

    @Test func `a clock set back counts for the latest minute`() {
        var meter = RateMeter()
        meter.add(at: start)
        meter.add(at: start - .seconds(7_200))
        #expect(meter.lastHour(at: start) == 2)
    }

    @Test(arguments: 0..<20)
    func `agrees with a list of instants`(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var meter = RateMeter()
        var minutes: [Int64] = []
        var now = start
        for _ in 0..<500 {
            now = now + .seconds(Int64.random(in: 0...90, using: &random))
            meter.add(at: now)
            minutes.append(now.seconds / 60)
            let oldest = now.seconds / 60 - 59
            #expect(meter.lastHour(at: now) == minutes.count { $0 >= oldest })
        }
    }
}
