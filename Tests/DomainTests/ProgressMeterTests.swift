import Domain
import Testing

struct ProgressMeterTests {
    static let rule = ProgressRule(window: .seconds(10), bytesPerWindowMin: 100, timeMax: .seconds(60))

    @Test
    func `drips end after one window`() {
        var meter = ProgressMeter(Self.rule, now: .seconds(1))
        meter.moved(99)
        #expect(meter.deadline == .seconds(11))
        #expect(meter.fault(at: .seconds(10)) == nil)
        #expect(meter.fault(at: .seconds(11)) == .tooSlow)
    }

    @Test
    func `a fast start does not buy a slow end`() {
        var meter = ProgressMeter(Self.rule, now: .zero)
        meter.moved(1_000_000)
        #expect(meter.fault(at: .seconds(10)) == nil)
        #expect(meter.deadline == .seconds(20))
        meter.moved(99)
        #expect(meter.fault(at: .seconds(20)) == .tooSlow)
    }

    @Test
    func `exactly the least number of bytes is enough`() {
        var meter = ProgressMeter(Self.rule, now: .zero)
        meter.moved(100)
        #expect(meter.fault(at: .seconds(10)) == nil)
    }

    @Test
    func `time in which nobody waits does not count, but for the whole`() {
        var meter = ProgressMeter(Self.rule, now: .zero)
        meter.pause(at: .seconds(4))
        #expect(meter.deadline == .seconds(60))
        #expect(meter.fault(at: .seconds(40)) == nil)
        meter.resume(at: .seconds(40))
        #expect(meter.deadline == .seconds(46))
        #expect(meter.fault(at: .seconds(45)) == nil)
        #expect(meter.fault(at: .seconds(46)) == .tooSlow)
    }

    @Test(arguments: [true, false])
    func `no stream outlives its whole time`(paused: Bool) {
        var meter = ProgressMeter(Self.rule, now: .zero, isPaused: paused)
        meter.moved(1_000)
        #expect(meter.fault(at: .seconds(59)) == nil)
        meter.moved(1_000)
        #expect(meter.fault(at: .seconds(60)) == .tooLong)
    }
}
