/// What the clocks and calendars of some zone show, to the second: no instant until a zone says which.
package struct LocalTime: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Seconds since 1970-01-01T00:00:00 as if the clocks showed UTC.
    package let secondsSinceEpoch: Int64

    /// Wraps seconds that were counted as if the clocks showed UTC.
    package init(secondsSinceEpoch: Int64) {
        self.secondsSinceEpoch = secondsSinceEpoch
    }

    /// Makes a local time.
    ///
    /// - Parameter secondsOfDay: since midnight as clocks show it; 86 400 is midnight of the next date.
    package init(_ date: CivilDate, secondsOfDay: Int) {
        secondsSinceEpoch = Int64(date.daysSinceEpoch) * 86_400 + Int64(secondsOfDay)
    }

    /// Reads `2026-06-20T16:00` or `2026-06-20T16:00:30`, without an offset; nil for anything else.
    package init?(_ text: String) {
        let full = text.utf8.count == 16 ? text + ":00" : text
        guard full.utf8.count == 19, let utc = Instant(full + "Z") else { return nil }
        secondsSinceEpoch = utc.seconds
    }

    /// The date.
    package var date: CivilDate {
        CivilDate(daysSinceEpoch: Instant(seconds: secondsSinceEpoch).dayNumber)
    }

    package static func < (left: LocalTime, right: LocalTime) -> Bool {
        left.secondsSinceEpoch < right.secondsSinceEpoch
    }

    /// `2026-06-20T16:00:00`.
    package var description: String {
        String(Instant(seconds: secondsSinceEpoch).description.dropLast())
    }
}

extension CivilDate {
    /// Reads `2026-06-20`; nil for anything else, 30 February included.
    package init?(_ text: String) {
        guard text.utf8.count == 10, let midnight = Instant(text + "T00:00:00Z") else { return nil }
        self = CivilDate(daysSinceEpoch: midnight.dayNumber)
    }

    /// The date `days` later; earlier when negative.
    package func adding(days: Int) -> CivilDate {
        CivilDate(daysSinceEpoch: daysSinceEpoch + days)
    }
}
