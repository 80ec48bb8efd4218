import Domain
import Resilience
import Testing

struct SilenceDetectorTests {
    /// A Monday, 00:00 UTC.
    private static let monday = Instant(seconds: 1_772_409_600)

    /// Lets time pass minute by minute; `perHour` events fall evenly into each hour of `hours`.
    private func pass(
        _ detector: inout SilenceDetector,
        from start: Instant,
        minutes: Int,
        perHour: Int,
        in hours: ClosedRange<Int> = 0...23
    ) -> Instant {
        var now = start
        for _ in 0..<minutes {
            let hour = Int(now.seconds / 3_600 % 24)
            let minute = Int(now.seconds / 60 % 60)
            if hours.contains(hour), (minute + 1) * perHour / 60 > minute * perHour / 60 {
                for _ in 0..<((minute + 1) * perHour / 60 - minute * perHour / 60) { detector.heard(at: now) }
            }
            detector.advance(to: now)
            now = now + .seconds(60)
        }
        return now
    }

    /// Minutes of silence until the detector says so; nil when it does not within `limit`.
    private func minutesUntilQuiet(_ detector: SilenceDetector, from start: Instant, limit: Int) -> Int? {
        var detector = detector
        return (0..<limit).first { minute in
            detector.advance(to: start + .seconds(Int64(minute) * 60))
            return detector.silence != nil
        }
    }

    private let week = 7 * 24 * 60

    @Test func `a steady source is quiet after the minutes of the table`() throws {
        var detector = SilenceDetector()
        var now = pass(&detector, from: Self.monday, minutes: week + 120, perHour: 30)
        #expect(try (50...55).contains(#require(minutesUntilQuiet(detector, from: now, limit: 600))))
        now = pass(&detector, from: now, minutes: 9 * week, perHour: 30)
        #expect(try (23...26).contains(#require(minutesUntilQuiet(detector, from: now, limit: 600))))
        #expect(try (28...32).contains(#require(detector.usualPerHour(at: now))))
    }

    @Test func `the next event ends the silence`() {
        var detector = SilenceDetector()
        var now = pass(&detector, from: Self.monday, minutes: 2 * week, perHour: 30)
        let last = detector.lastEventAt
        now = pass(&detector, from: now, minutes: 60, perHour: 0)
        #expect(detector.silence?.since == last)
        #expect((detector.silence?.expected ?? 0) >= SilenceDetector.expectedMin)
        detector.heard(at: now)
        #expect(detector.silence == nil && detector.expected == 0)
    }

    @Test func `a source that sends by day is not quiet by night, and is the next day`() throws {
        var detector = SilenceDetector()
        var now = pass(&detector, from: Self.monday, minutes: 10 * week, perHour: 60, in: 9...16)
        // Up to the evening of a Monday.
        now = pass(&detector, from: now, minutes: 18 * 60, perHour: 60, in: 9...16)
        let until = try #require(minutesUntilQuiet(detector, from: now, limit: 2_000))
        // Hour 9 borders on an empty one, so the day begins to count at 10:00.
        #expect((16 * 60...16 * 60 + 20).contains(until))
    }

    @Test func `ordinary weeks give no alarm, not even at the edges of the day`() {
        var detector = SilenceDetector()
        var now = pass(&detector, from: Self.monday, minutes: 3 * week, perHour: 60, in: 9...16)
        for _ in 0..<week {
            // One hour later: summer time.
            now = pass(&detector, from: now, minutes: 1, perHour: 60, in: 10...17)
            #expect(detector.silence == nil)
            if detector.silence != nil { return }
        }
    }

    @Test func `with too little learned it says nothing`() {
        var few = SilenceDetector()
        // 49 events within one week, then silence for a day of hours that have been seen.
        var now = pass(&few, from: Self.monday, minutes: 49 * 60, perHour: 1)
        now = pass(&few, from: now, minutes: week - 49 * 60, perHour: 0)
        #expect(minutesUntilQuiet(few, from: now, limit: 49 * 60) == nil)
        var none = SilenceDetector()
        now = pass(&none, from: Self.monday, minutes: 2 * week, perHour: 0)
        #expect(none.silence == nil && none.lastEventAt == nil)
    }

    @Test func `time that nobody watched counts for nothing`() {
        var detector = SilenceDetector()
        let now = pass(&detector, from: Self.monday, minutes: 2 * week, perHour: 30)
        let later = now + .seconds(86_400)
        detector.advance(to: later)
        #expect(detector.silence == nil && detector.expected < 1)
        // The longest time between two calls that still counts: a quarter of an hour.
        var at = SilenceDetector()
        let start = pass(&at, from: Self.monday, minutes: 2 * week, perHour: 30) - .seconds(60)
        var over = at
        at.advance(to: start + SilenceDetector.unwatchedMin)
        over.advance(to: start + SilenceDetector.unwatchedMin + .microseconds(1))
        #expect(at.expected > over.expected + 4)
    }

    @Test func `a clock that goes back teaches nothing`() {
        var detector = SilenceDetector()
        let now = pass(&detector, from: Self.monday, minutes: week, perHour: 30)
        _ = detector.takeChanges()
        let expected = detector.expected
        detector.advance(to: now - .seconds(600))
        #expect(detector.takeChanges().isEmpty && detector.expected == expected)
    }

    @Test func `what was learned outlives a restart`() throws {
        var detector = SilenceDetector()
        var now = pass(&detector, from: Self.monday, minutes: 2 * week, perHour: 30)
        now = pass(&detector, from: now, minutes: 10, perHour: 0)
        let hours = Dictionary(uniqueKeysWithValues: detector.takeChanges().map { ($0.index, $0.hour) })
        #expect(hours.count == SilenceDetector.hoursOfWeek)
        #expect(detector.takeChanges().isEmpty)
        var restarted = SilenceDetector(
            hours: hours,
            lastEventAt: detector.lastEventAt,
            expected: detector.expected
        )
        #expect(restarted.expected == detector.expected && restarted.silence == nil)
        now = pass(&restarted, from: now + .seconds(7_200), minutes: 40, perHour: 0)
        #expect(restarted.silence?.since == detector.lastEventAt)
    }

    @Test func `a source that has gone for good is forgotten after some weeks`() throws {
        var detector = SilenceDetector()
        var now = pass(&detector, from: Self.monday, minutes: 4 * week, perHour: 1)
        now = pass(&detector, from: now, minutes: week, perHour: 0)
        #expect(detector.silence != nil)
        now = pass(&detector, from: now, minutes: 9 * week, perHour: 0)
        #expect(detector.silence == nil)
        #expect(try #require(detector.usualPerHour(at: now)) < 0.2)
    }
}
