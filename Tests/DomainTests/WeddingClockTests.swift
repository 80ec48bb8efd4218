import Domain
import Testing

@Suite struct WeddingClockTests {
    @Test(arguments: [
        ("2026-06-12T21:59:59.999999Z", Phase.planning), ("2026-06-12T22:00:00Z", .finalWeek),
        ("2026-06-18T21:59:59.999999Z", .finalWeek), ("2026-06-18T22:00:00Z", .eve),
        ("2026-06-19T21:59:59.999999Z", .eve), ("2026-06-19T22:00:00Z", .day),
        ("2026-06-21T01:59:59.999999Z", .day), ("2026-06-21T02:00:00Z", .after),
    ])
    func `phases turn at the wedding's own midnights`(text: String, phase: Phase) {
        let clock = WeddingClock(date: date("2026-06-20"), zone: zone("Europe/Berlin"))
        #expect(clock.phase(at: instant(text)) == phase)
        #expect(clock.moment(at: instant(text)).phase == phase)
    }

    @Test(arguments: [
        // The night clocks are set forward: the day before has 24 hours, the day's night is an hour short.
        ("Europe/Berlin", "2026-03-28", "2026-03-27T23:00:00Z", "2026-03-29T02:00:00Z"),
        // The night clocks are set back: the party is an hour longer.
        ("Europe/Berlin", "2026-10-24", "2026-10-23T22:00:00Z", "2026-10-25T03:00:00Z"),
        ("America/New_York", "2026-03-07", "2026-03-07T05:00:00Z", "2026-03-08T08:00:00Z"),
        ("America/New_York", "2026-10-31", "2026-10-31T04:00:00Z", "2026-11-01T09:00:00Z"),
        // Half an hour forward, in its spring.
        ("Australia/Lord_Howe", "2026-10-03", "2026-10-02T13:30:00Z", "2026-10-03T17:00:00Z"),
        // Midnight does not exist: the day begins with the jump.
        ("America/Havana", "2026-03-08", "2026-03-08T05:00:00Z", "2026-03-09T08:00:00Z"),
        // Midnight comes twice: the day begins with the first.
        ("America/Havana", "2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T09:00:00Z"),
        // The next date is skipped whole: its 04:00 is that of the one after.
        ("Pacific/Apia", "2011-12-29", "2011-12-29T10:00:00Z", "2011-12-30T14:00:00Z"),
    ])
    func `the day lasts until four, whatever clocks do`(
        name: String,
        day: String,
        begins: String,
        ends: String
    ) {
        let clock = WeddingClock(date: date(day), zone: zone(name))
        #expect(clock.day == instant(begins))
        #expect(clock.after == instant(ends))
    }

    @Test func `the final week begins seven dates before, over a change of clocks too`() {
        let clock = WeddingClock(date: date("2026-04-02"), zone: zone("Europe/Berlin"))
        #expect(clock.finalWeek == instant("2026-03-25T23:00:00Z"))
        #expect(clock.eve == instant("2026-03-31T22:00:00Z"))
    }

    @Test func `knows the next item, and counts minutes up`() {
        let starts = ["2026-06-20T14:00:00Z", "2026-06-20T12:00:00Z"].map(instant)
        let clock = WeddingClock(date: date("2026-06-20"), zone: zone("Europe/Berlin"), starts: starts)
        #expect(clock.nextStart(after: instant("2026-06-20T11:59:59Z")) == starts[1])
        #expect(clock.moment(at: instant("2026-06-20T11:59:59Z")).minutesUntilNext == 1)
        #expect(clock.moment(at: instant("2026-06-20T11:00:00Z")).minutesUntilNext == 60)
        #expect(clock.nextStart(after: starts[1]) == starts[0])
        #expect(clock.nextStart(after: starts[0]) == nil)
        #expect(clock.moment(at: starts[0]).minutesUntilNext == nil)
    }

    @Test func `an item is near within the hour`() {
        let start = instant("2026-06-20T14:00:00Z")
        let clock = WeddingClock(date: date("2026-06-20"), zone: .utc, starts: [start])
        #expect(!clock.moment(at: start - .seconds(3_600) - .microseconds(1)).isItemNear)
        #expect(clock.moment(at: start - .seconds(3_600)).isItemNear)
        #expect(!clock.moment(at: start).isItemNear)
    }

    @Test func `names each instant at which a priority can change, in order, and then none`() {
        let clock = WeddingClock(
            date: date("2026-06-20"),
            zone: .utc,
            starts: [instant("2026-06-19T18:00:00Z"), instant("2026-06-20T14:00:00Z")]
        )
        var turns: [String] = []
        var now = instant("2026-01-01T00:00:00Z")
        while let turn = clock.nextTurn(after: now) {
            turns.append(turn.description)
            now = turn
        }
        #expect(
            turns == [
                "2026-06-13T00:00:00Z", "2026-06-19T00:00:00Z", "2026-06-19T17:00:00Z",
                "2026-06-19T18:00:00Z",
                "2026-06-20T00:00:00Z", "2026-06-20T13:00:00Z", "2026-06-20T14:00:00Z",
                "2026-06-21T04:00:00Z",
            ]
        )
    }

    @Test func `a priority changes at no instant that is not named`() {
        let clock = WeddingClock(
            date: date("2026-06-20"),
            zone: zone("America/New_York"),
            starts: [instant("2026-06-20T20:00:00Z"), instant("2026-06-20T20:30:00Z")]
        )
        var now = instant("2026-06-01T00:00:00Z")
        var turn = clock.nextTurn(after: now)
        var last = PriorityRule.priority(of: .normal, clock.moment(at: now))
        while now < instant("2026-07-01T00:00:00Z") {
            now = now + .seconds(600)
            let priority = PriorityRule.priority(of: .normal, clock.moment(at: now))
            if priority != last { #expect(turn.map { $0 <= now } == true) }
            if let passed = turn, passed <= now { turn = clock.nextTurn(after: now) }
            last = priority
        }
    }

    @Test func `phases have their order and their names`() {
        #expect(Phase.allCases.sorted() == [.planning, .finalWeek, .eve, .day, .after])
        #expect(Phase.allCases.allSatisfy { Phase(name: $0.name) == $0 })
        #expect(Phase(name: "finalWeek") == nil)
    }
}
