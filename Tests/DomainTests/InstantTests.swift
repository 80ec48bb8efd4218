import Domain
import Testing

@Suite struct InstantTests {
    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00Z"), (1, "1970-01-01T00:00:00.000001Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (250_000, "1970-01-01T00:00:00.250Z"), (250_001, "1970-01-01T00:00:00.250001Z"),
        (1_781_971_200_000_000, "2026-06-20T16:00:00Z"), (951_782_400_000_000, "2000-02-29T00:00:00Z"),
        (-62_167_219_200_000_000, "0000-01-01T00:00:00Z"),
        (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
    ])
    func `writes and reads RFC 3339 to the microsecond`(microseconds: Int64, text: String) {
        #expect(Instant(microseconds: microseconds).description == text)
        #expect(Instant(text)?.microseconds == microseconds)
    }

    @Test(arguments: [
        ("2026-06-20T18:00:00+02:00", "2026-06-20T16:00:00Z"),
        ("2026-06-20T11:30:00-04:30", "2026-06-20T16:00:00Z"),
        ("2026-06-20t16:00:00z", "2026-06-20T16:00:00Z"),
        ("2026-12-31T23:30:00-01:00", "2027-01-01T00:30:00Z"),
        ("2026-06-20T16:00:00.5Z", "2026-06-20T16:00:00.500Z"),
        ("2026-06-20T16:00:00.123456789Z", "2026-06-20T16:00:00.123456Z"),
    ])
    func `reads offsets and other fractions`(text: String, utc: String) {
        #expect(Instant(text)?.description == utc)
    }

    @Test(arguments: [
        "", "2026-06-20", "2026-06-20T16:00:00", "2026-06-20 16:00:00Z", "2026-02-30T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-06-20T24:00:00Z",
        "2026-06-20T16:60:00Z", "2026-06-20T16:00:60Z", "2026-06-20T16:00:00.Z",
        "2026-06-20T16:00:00.1234567890Z",
        "2026-06-20T16:00:00+24:00", "2026-06-20T16:00:00+0200", "+026-06-20T16:00:00Z",
        "2026-6-20T16:00:00Z",
        "２026-06-20T16:00:00Z", "2026-06-20T16:00:00Z ", " 2026-06-20T16:00:00Z", "2026-06-20T16:00:00ZZ",
    ])
    func `refuses what is no instant`(text: String) {
        #expect(Instant(text) == nil)
    }

    @Test(arguments: [
        (Int64(-1), Int64(-1), Int64(-1), -1), (0, 0, 0, 0), (999_999, 0, 999, 0), (1_000_000, 1, 1_000, 0),
        (-1_000_000, -1, -1_000, -1), (-1_000_001, -2, -1_001, -1), (86_400_000_000, 86_400, 86_400_000, 1),
    ])
    func `rounds towards the past`(microseconds: Int64, seconds: Int64, milliseconds: Int64, day: Int) {
        let instant = Instant(microseconds: microseconds)
        #expect(instant.seconds == seconds)
        #expect(instant.milliseconds == milliseconds)
        #expect(instant.dayNumber == day)
    }

    @Test func `saturates instead of overflowing`() {
        let last = Instant(microseconds: .max)
        let first = Instant(microseconds: .min)
        #expect(last + .seconds(1) == last)
        #expect(first - .seconds(1) == first)
        #expect(last - .seconds(-1) == last)
        #expect(first + .seconds(-1) == first)
        #expect(last - first == .microseconds(Int64.max))
        #expect(first - last == .microseconds(Int64.min))
        #expect(Instant(seconds: .max) == last)
        #expect(Instant(seconds: .min) == first)
        #expect(Instant(microseconds: 0) + .seconds(Int64.max) == last)
    }

    @Test func `adds and subtracts durations`() {
        let instant = Instant(seconds: 100)
        #expect(instant + .milliseconds(1_500) == Instant(microseconds: 101_500_000))
        #expect(instant - .seconds(1) == Instant(seconds: 99))
        #expect(Instant(seconds: 3) - instant == .seconds(-97))
        #expect(instant < instant + .microseconds(1))
    }

    @Test func `counts durations in microseconds and seconds`() {
        #expect(Duration.seconds(-2).microseconds == -2_000_000)
        #expect(Duration.nanoseconds(1_999).microseconds == 1)
        #expect(Duration.seconds(Int64.max).microseconds == .max)
        #expect(Duration.milliseconds(250).inSeconds == 0.25)
        #expect(Duration(fractionalSeconds: 0.000_001_4) == .microseconds(1))
    }

    @Test func `agrees with the calendar on every day of four centuries`() {
        var date = CivilDate(daysSinceEpoch: -135_141)
        #expect(date.description == "1599-12-31")
        for day in -135_140..<11_000 {
            let next = CivilDate(daysSinceEpoch: day)
            let follows =
                next.day == date.day + 1 && next.month == date.month && next.year == date.year
                || next.day == 1 && next.month == date.month % 12 + 1 && date.day >= 28
            guard follows, next.daysSinceEpoch == day, date < next else {
                Issue.record("day \(day): \(next) after \(date)")
                return
            }
            date = next
        }
        #expect(CivilDate(year: 2_000, month: 2, day: 29) != nil)
        #expect(CivilDate(year: 1_900, month: 2, day: 29) == nil)
    }
}
