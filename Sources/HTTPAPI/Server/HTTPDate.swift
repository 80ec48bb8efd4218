import Domain

/// The `date` field's value (IMF-fixdate, RFC 9110 section 5.6.7), made once a second.
struct HTTPDate {
    private var second = Int64.min
    private var bytes: [UInt8] = []

    /// The bytes for `now`: `Sun, 06 Nov 1994 08:49:37 GMT`.
    mutating func text(at now: Instant) -> [UInt8] {
        if now.seconds != second {
            second = now.seconds
            bytes = Array(Self.format(now).utf8)
        }
        return bytes
    }

    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func format(_ now: Instant) -> String {
        let date = CivilDate(daysSinceEpoch: now.dayNumber)
        let second = Int(now.seconds - Int64(now.dayNumber) * 86_400)
        let weekday = days[(now.dayNumber % 7 + 7) % 7]
        let clock = [second / 3_600, second / 60 % 60, second % 60].map(padded).joined(separator: ":")
        let year = String(10_000 + date.year).dropFirst()
        return "\(weekday), \(padded(date.day)) \(months[date.month - 1]) \(year) \(clock) GMT"
    }

    private static func padded(_ number: Int) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
