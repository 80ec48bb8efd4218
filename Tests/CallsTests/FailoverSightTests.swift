import Calls
import Resilience
import Testing

struct FailoverSightTests {
    private func at(_ seconds: Int) -> Duration { .seconds(seconds) }

    @Test func `the first sight elsewhere opens one failover, and further ones open no other`() {
        var sight = FailoverSight()
        #expect(sight.saw(.first, now: at(0)) == .none)
        #expect(sight.saw(.elsewhere(2, .full), now: at(1)) == .open(to: 2, .full))
        #expect(sight.saw(.elsewhere(2, .full), now: at(2)) == .none)
        #expect(sight.saw(.elsewhere(2, .breaker(.open)), now: at(30)) == .none)
    }

    @Test func `it ends only when the first has served for five seconds without a break`() {
        var sight = FailoverSight(to: 2)
        #expect(sight.saw(.first, now: at(0)) == .none)
        #expect(sight.saw(.first, now: at(4)) == .none)
        #expect(sight.saw(.elsewhere(2, .full), now: at(5)) == .none)
        #expect(sight.saw(.first, now: at(6)) == .none)
        #expect(sight.saw(.unclear, now: at(8)) == .none)
        #expect(sight.saw(.first, now: at(9)) == .none)
        #expect(sight.saw(.first, now: at(13)) == .none)
        #expect(sight.saw(.first, now: at(14)) == .end)
        #expect(sight.saw(.first, now: at(15)) == .none)
    }

    @Test func `it moves to a third integration once that has served for five seconds`() {
        var sight = FailoverSight(to: 2)
        #expect(sight.saw(.elsewhere(3, .full), now: at(0)) == .none)
        #expect(sight.saw(.elsewhere(2, .full), now: at(3)) == .none)
        #expect(sight.saw(.elsewhere(3, .full), now: at(4)) == .none)
        #expect(sight.saw(.elsewhere(3, .full), now: at(9)) == .move(to: 3, .full))
        #expect(sight.saw(.elsewhere(3, .full), now: at(20)) == .none)
    }

    @Test func `an operator's order ends it at once, and opens none`() {
        var sight = FailoverSight(to: 2)
        #expect(sight.saw(.settled, now: at(0)) == .end)
        #expect(sight.saw(.settled, now: at(1)) == .none)
        #expect(sight.saw(.unclear, now: at(2)) == .none)
    }
}
