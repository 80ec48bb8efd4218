import Domain

/// An instant as somebody at a wedding reads it.
struct LocalMoment: Sendable {
    /// For machines: RFC 3339.
    let iso: String
    /// `16:04`, or with its date when that is another day than now: `21 Nov, 16:04`.
    let clock: String
    /// The same to the second.
    let exact: String
    /// Whose clocks these are: `Lisbon`, `UTC`.
    let place: String
    /// All of it, for who points at it.
    let full: String

    init(_ instant: Instant, zone: ZoneRules, now: Instant) {
        let local = zone.local(instant)
        let time = local.description.dropFirst(11)
        let isToday = zone.local(now).date == local.date
        let day = isToday ? "" : "\(local.date.day) \(Self.month(local.date.month)), "
        iso = instant.description
        clock = day + time.prefix(5)
        exact = day + time
        place = Self.place(zone)
        full = "\(local.date.day) \(Self.month(local.date.month)) \(local.date.year), \(time) (\(zone.name))"
    }

    /// `Europe/Lisbon` is Lisbon, `America/Argentina/Buenos_Aires` Buenos Aires.
    static func place(_ zone: ZoneRules) -> String {
        zone.name.split(separator: "/").last.map { String($0.replacing("_", with: " ")) } ?? zone.name
    }

    static func month(_ number: Int) -> String {
        let names = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        return names[number - 1]
    }

    /// `Saturday 20 June 2026`.
    static func long(_ date: CivilDate) -> String {
        let days = [
            "Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday",
        ]
        let months = [
            "January", "February", "March", "April", "May", "June", "July", "August", "September",
            "October", "November", "December",
        ]
        // 1 January 1970 was a Thursday.
        let weekday = ((date.daysSinceEpoch % 7) + 7) % 7
        return "\(days[weekday]) \(date.day) \(months[date.month - 1]) \(date.year)"
    }
}

/// Lengths of time in words.
enum Spans {
    /// `12 seconds`, `3 minutes`, `2 h 5 min`, `4 days`.
    static func words(_ duration: Duration) -> String {
        let seconds = max(0, duration.microseconds / 1_000_000)
        switch seconds {
        case ..<60: return Words.counted(Int(seconds), "second", "seconds")
        case ..<3_600: return Words.counted(Int(seconds / 60), "minute", "minutes")
        case ..<86_400:
            let minutes = seconds / 60 % 60
            return minutes == 0 ? "\(seconds / 3_600) h" : "\(seconds / 3_600) h \(minutes) min"
        default: return Words.counted(Int(seconds / 86_400), "day", "days")
        }
    }

    /// The same from minutes.
    static func words(minutes: Int) -> String { words(.seconds(minutes * 60)) }
}
