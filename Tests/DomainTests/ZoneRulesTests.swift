import Domain
import Testing

@Suite struct ZoneRulesTests {
    @Test(arguments: [
        ("Europe/Berlin", "2026-06-20T16:00", "2026-06-20T14:00:00Z"),
        ("Europe/Berlin", "2026-01-20T16:00", "2026-01-20T15:00:00Z"),
        ("America/New_York", "2026-06-20T16:00", "2026-06-20T20:00:00Z"),
        ("Australia/Lord_Howe", "2026-01-20T16:00", "2026-01-20T05:00:00Z"),
        ("Asia/Kathmandu", "2026-06-20T16:00", "2026-06-20T10:15:00Z"),
        ("Pacific/Kiritimati", "2026-06-20T00:00", "2026-06-19T10:00:00Z"),
    ])
    func `a time that clocks show once is one instant`(name: String, local: String, utc: String) throws {
        let time = try #require(LocalTime(local))
        #expect(zone(name).instants(time) == [instant(utc)])
        #expect(zone(name).instant(time) == instant(utc))
        #expect(zone(name).local(instant(utc)) == time)
    }

    @Test(arguments: [
        // Clocks are set back from 03:00 to 02:00.
        ("Europe/Berlin", "2026-10-25T02:30", ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"]),
        ("America/New_York", "2026-11-01T01:30", ["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"]),
        // Half an hour only.
        ("Australia/Lord_Howe", "2026-04-05T01:45", ["2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z"]),
        // Midnight itself, twice.
        ("America/Havana", "2026-11-01T00:00", ["2026-11-01T04:00:00Z", "2026-11-01T05:00:00Z"]),
    ])
    func `of a time that clocks show twice, the earlier is meant`(
        name: String,
        local: String,
        utc: [String]
    ) throws {
        let time = try #require(LocalTime(local))
        #expect(zone(name).instants(time) == utc.map(instant))
        #expect(zone(name).instant(time) == instant(utc[0]))
    }

    @Test(arguments: [
        ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T03:30"),
        ("America/New_York", "2026-03-08T02:00", "2026-03-08T03:00"),
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-04T02:45"),
        ("America/Havana", "2026-03-08T00:00", "2026-03-08T01:00"),
        ("Pacific/Apia", "2011-12-30T00:00", "2011-12-31T00:00"),
        ("Pacific/Apia", "2011-12-30T04:00", "2011-12-31T04:00"),
    ])
    func `a time that clocks skip lies as far after the jump`(
        name: String,
        local: String,
        shown: String
    ) throws {
        let time = try #require(LocalTime(local))
        #expect(zone(name).instants(time).isEmpty)
        #expect(zone(name).local(zone(name).instant(time)) == LocalTime(shown))
    }

    @Test func `knows which dates a calendar skipped`() {
        #expect(!zone("Pacific/Apia").has(date("2011-12-30")))
        #expect(zone("Pacific/Apia").has(date("2011-12-31")))
        #expect(zone("Pacific/Apia").has(date("2026-12-30")))
        // No midnight on this date, but a date.
        #expect(zone("America/Havana").has(date("2026-03-08")))
    }

    @Test func `a directory is not asked for what cannot be a name`() {
        let all = ZoneDirectory { ZoneRules(name: $0) { _ in 0 } }
        #expect(all("Europe/Berlin")?.name == "Europe/Berlin")
        #expect(all(String(repeating: "a", count: 64)) != nil)
        #expect(all(String(repeating: "a", count: 65)) == nil)
        #expect(all("") == nil)
        #expect(all("Europe/Berlin\n") == nil)
        #expect(all("Europe Berlin") == nil)
    }

    @Test(arguments: [
        "2026-06-20", "2026-06-20T16", "2026-06-20T16:00Z", "2026-06-31T16:00", "2026-06-20T24:00",
    ])
    func `refuses what is no local time`(text: String) {
        #expect(LocalTime(text) == nil)
    }

    @Test func `reads and writes dates and local times`() {
        #expect(LocalTime("2026-06-20T16:00")?.description == "2026-06-20T16:00:00")
        #expect(LocalTime("2026-06-20T16:00:30")?.date == date("2026-06-20"))
        #expect(CivilDate("2026-02-29") == nil)
        #expect(CivilDate("2028-02-29")?.adding(days: 1).description == "2028-03-01")
        #expect(CivilDate("20280229") == nil)
    }
}
