import Domain

/// The few zones whose clocks the calendars' vendors know: UTC, and the European Union's rule.
///
/// Since 1996 clocks go forward on the last Sunday of March and back on that of October, at 01:00 UTC (Directive
/// 2000/84/EC, articles 2 and 3).
enum VendorZone {
    /// How far a zone is ahead in winter, in hours; nil for a zone that is not known.
    private static func winter(_ zone: String) -> Int64? {
        switch zone {
        case "Europe/London", "Europe/Lisbon", "Europe/Dublin", "Atlantic/Canary": 0
        case "Europe/Madrid", "Europe/Paris", "Europe/Berlin", "Europe/Rome", "Europe/Vienna",
            "Europe/Zurich",
            "Europe/Amsterdam", "Europe/Brussels", "Europe/Warsaw", "Europe/Prague", "Europe/Stockholm":
            1
        case "Europe/Athens", "Europe/Helsinki", "Europe/Bucharest": 2
        default: nil
        }
    }

    /// The instant at which the clocks of a zone show a time; nil for a zone that is not known.
    static func instant(_ local: LocalTime, in zone: String) -> Instant? {
        if ["UTC", "Etc/UTC"].contains(zone) { return Instant(seconds: local.secondsSinceEpoch) }
        guard let winter = winter(zone) else { return nil }
        let year = local.date.year
        let asWinter = Instant(seconds: local.secondsSinceEpoch - winter * 3_600)
        let isSummer = turn(year, 3) <= asWinter && asWinter - .seconds(3_600) < turn(year, 10)
        return isSummer ? asWinter - .seconds(3_600) : asWinter
    }

    /// 01:00 UTC on the last Sunday of a month of 31 days.
    private static func turn(_ year: Int, _ month: Int) -> Instant {
        let last = CivilDate(year: year, month: month, day: 31)?.daysSinceEpoch ?? 0
        let sunday = last - (last + 4) % 7  // 1970-01-01 was a Thursday.
        return Instant(seconds: Int64(sunday) * 86_400 + 3_600)
    }
}
