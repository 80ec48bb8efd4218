package import Domain

/// Reads the three date forms of HTTP (RFC 9110 section 5.6.7): IMF-fixdate, RFC 850 and asctime.
///
/// The day's name must be one, but need not fit the date: nothing is lost by believing the date.
package enum HTTPDate {
    private static let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let longDays = [
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    ]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// The instant that `bytes` names; nil when it is in none of the three forms or there is no such day.
    ///
    /// - Parameter now: decides the century of a two-digit year: one that seems more than 50 years ahead is past.
    package static func parse(_ bytes: [UInt8], now: Instant) -> Instant? {
        fixdate(Cursor(bytes)) ?? rfc850(Cursor(bytes), now: now) ?? asctime(Cursor(bytes))
    }

    /// The form `Sun, 06 Nov 1994 08:49:37 GMT`.
    private static func fixdate(_ start: Cursor) -> Instant? {
        var cursor = start
        guard cursor.name(days) != nil, cursor.take(", "), let day = cursor.digits(2), cursor.take(" "),
            let month = cursor.name(months), cursor.take(" "), let year = cursor.digits(4), cursor.take(" "),
            let seconds = cursor.time(), cursor.take(" GMT"), cursor.isAtEnd
        else { return nil }
        return instant(year, month, day, seconds)
    }

    /// The form `Sunday, 06-Nov-94 08:49:37 GMT`.
    private static func rfc850(_ start: Cursor, now: Instant) -> Instant? {
        var cursor = start
        guard cursor.name(longDays) != nil, cursor.take(", "), let day = cursor.digits(2), cursor.take("-"),
            let month = cursor.name(months), cursor.take("-"), let year = cursor.digits(2), cursor.take(" "),
            let seconds = cursor.time(), cursor.take(" GMT"), cursor.isAtEnd
        else { return nil }
        let thisYear = CivilDate(daysSinceEpoch: Int(now.seconds / 86_400)).year
        let guess = thisYear - thisYear % 100 + year
        return instant(guess > thisYear + 50 ? guess - 100 : guess, month, day, seconds)
    }

    /// The form `Sun Nov  6 08:49:37 1994`.
    private static func asctime(_ start: Cursor) -> Instant? {
        var cursor = start
        guard cursor.name(days) != nil, cursor.take(" "), let month = cursor.name(months), cursor.take(" "),
            let day = cursor.take(" ") ? cursor.digits(1) : cursor.digits(2), cursor.take(" "),
            let seconds = cursor.time(), cursor.take(" "), let year = cursor.digits(4), cursor.isAtEnd
        else { return nil }
        return instant(year, month, day, seconds)
    }

    private static func instant(_ year: Int, _ month: Int, _ day: Int, _ seconds: Int) -> Instant? {
        guard let date = CivilDate(year: year, month: month + 1, day: day) else { return nil }
        return Instant(seconds: Int64(date.daysSinceEpoch) * 86_400 + Int64(seconds))
    }
}

/// Walks over ASCII bytes; case matters, as RFC 9110 says.
private struct Cursor {
    let bytes: [UInt8]
    var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ text: StaticString) -> Bool {
        let wanted = text.description.utf8
        guard bytes[position...].starts(with: wanted) else { return false }
        position += wanted.count
        return true
    }

    /// The index of the name that stands here.
    mutating func name(_ names: [String]) -> Int? {
        guard let index = names.firstIndex(where: { bytes[position...].starts(with: $0.utf8) }) else {
            return nil
        }
        position += names[index].utf8.count
        return index
    }

    mutating func digits(_ width: Int) -> Int? {
        let slice = bytes[position...].prefix(width)
        guard slice.count == width, slice.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        position += width
        return slice.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// `08:49:37` as seconds of the day; a leap second counts as the next minute's first.
    mutating func time() -> Int? {
        guard let hour = digits(2), take(":"), let minute = digits(2), take(":"), let second = digits(2),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        return hour * 3_600 + minute * 60 + second
    }
}
