extension Instant: CustomStringConvertible {
    /// RFC 3339 in UTC with as many fraction digits as needed in steps of three: `2026-06-20T16:00:00Z`,
    /// `…00.250Z`, `…00.250001Z`.
    package var description: String {
        let day = CivilDate(daysSinceEpoch: dayNumber)
        let secondsOfDay = Int(seconds - Int64(dayNumber) * 86_400)
        let fraction = Int(microseconds - seconds * 1_000_000)
        var digits = DigitWriter()
        digits.write(day)
        digits.write("T", secondsOfDay / 3_600, places: 2)
        digits.write(":", secondsOfDay / 60 % 60, places: 2)
        digits.write(":", secondsOfDay % 60, places: 2)
        if fraction != 0 {
            let isWhole = fraction % 1_000 == 0
            digits.write(".", isWhole ? fraction / 1_000 : fraction, places: isWhole ? 3 : 6)
        }
        return digits.text + "Z"
    }

    /// The number of whole UTC days since 1970-01-01; negative before it.
    package var dayNumber: Int {
        let day = seconds / 86_400
        return Int(seconds % 86_400 < 0 ? day - 1 : day)
    }

    /// Reads RFC 3339 date-times (`2026-06-20T18:00:00+02:00`, `…Z`, up to nine fraction digits).
    ///
    /// Returns nil for anything else: impossible dates such as 30 February included, leap second 60 too.
    package init?(_ text: String) {
        var reader = DigitReader(Array(text.utf8))
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
            let day = reader.number(2), reader.take("T") || reader.take("t"),
            let hour = reader.number(2), reader.take(":"), let minute = reader.number(2), reader.take(":"),
            let second = reader.number(2), hour < 24, minute < 60, second < 60,
            let date = CivilDate(year: year, month: month, day: day)
        else { return nil }
        var fraction = 0
        if reader.take(".") {
            guard let digits = reader.fraction() else { return nil }
            fraction = digits
        }
        guard let offset = reader.offset(), reader.isAtEnd else { return nil }
        let local = Int64(date.daysSinceEpoch) * 86_400 + Int64(hour * 3_600 + minute * 60 + second)
        microseconds = (local - Int64(offset)) * 1_000_000 + Int64(fraction)
    }
}

/// A day of the proleptic Gregorian calendar, without a zone.
package struct CivilDate: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The year, 0 to 9999 in text form.
    package let year: Int
    /// The month, 1 to 12.
    package let month: Int
    /// The day of the month, from 1.
    package let day: Int

    /// Makes a date; nil when there is no such day (30 February).
    package init?(year: Int, month: Int, day: Int) {
        guard (0...9_999).contains(year), (1...12).contains(month), day >= 1 else { return nil }
        self.year = year
        self.month = month
        self.day = day
        guard CivilDate(daysSinceEpoch: daysSinceEpoch).day == day else { return nil }
    }

    /// Makes the date that lies `daysSinceEpoch` days after 1970-01-01.
    ///
    /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
    package init(daysSinceEpoch: Int) {
        let shifted = daysSinceEpoch + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Days since 1970-01-01; negative before it.
    ///
    /// Source: as above, `days_from_civil`.
    package var daysSinceEpoch: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    package static func < (left: CivilDate, right: CivilDate) -> Bool {
        left.daysSinceEpoch < right.daysSinceEpoch
    }

    /// ISO 8601: `2026-06-20`.
    package var description: String {
        var digits = DigitWriter()
        digits.write(self)
        return digits.text
    }
}

/// Writes fixed-width ASCII digits.
private struct DigitWriter {
    private var bytes: [UInt8] = []

    init() {
        bytes.reserveCapacity(32)
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    mutating func write(_ date: CivilDate) {
        write(date.year, places: 4)
        write("-", date.month, places: 2)
        write("-", date.day, places: 2)
    }

    mutating func write(_ mark: Unicode.Scalar, _ number: Int, places: Int) {
        bytes.append(UInt8(ascii: mark))
        write(number, places: places)
    }

    private mutating func write(_ number: Int, places: Int) {
        var rest = number.magnitude
        bytes.append(contentsOf: repeatElement(0x30, count: places))
        for place in 1...places {
            bytes[bytes.count - place] += UInt8(rest % 10)
            rest /= 10
        }
    }
}

/// Reads fixed-width ASCII digits; signs, spaces and other scripts' digits are not digits.
private struct DigitReader {
    let bytes: [UInt8]
    var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, UInt32(bytes[position]) == character.value else { return false }
        position += 1
        return true
    }

    mutating func number(_ width: Int) -> Int? {
        guard position + width <= bytes.count else { return nil }
        var value = 0
        for byte in bytes[position..<position + width] {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        position += width
        return value
    }

    /// One to nine digits after the point, as microseconds (finer digits are dropped).
    mutating func fraction() -> Int? {
        var value = 0
        var count = 0
        while count < 9, let digit = number(1) {
            if count < 6 { value = value * 10 + digit }
            count += 1
        }
        guard count > 0 else { return nil }
        for _ in min(count, 6)..<6 { value *= 10 }
        return value
    }

    /// `Z` or `±hh:mm`, in seconds east of UTC.
    mutating func offset() -> Int? {
        if take("Z") || take("z") { return 0 }
        let sign = take("+") ? 1 : (take("-") ? -1 : 0)
        guard sign != 0, let hours = number(2), take(":"), let minutes = number(2), hours < 24, minutes < 60
        else { return nil }
        return sign * (hours * 3_600 + minutes * 60)
    }
}
