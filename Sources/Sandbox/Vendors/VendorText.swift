package import Domain

/// Texts as vendors write them.
package enum VendorText {
    /// The date of HTTP's own form (RFC 9110 section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
    package static func httpDate(_ instant: Instant) -> String {
        let day = instant.dayNumber
        let date = CivilDate(daysSinceEpoch: day)
        let second = Int(instant.seconds - Int64(day) * 86_400)
        // 1970-01-01 was a Thursday.
        let weekday = ((day + 4) % 7 + 7) % 7
        let time = [second / 3_600, second / 60 % 60, second % 60].map(twoDigits).joined(separator: ":")
        return "\(days[weekday]), \(twoDigits(date.day)) \(months[date.month - 1]) \(date.year) \(time) GMT"
    }

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func twoDigits(_ number: Int) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}

/// Names as vendors draw them.
extension SeededRandom {
    /// `prefix` and `count` letters and digits.
    package mutating func name(_ prefix: String, _ count: Int) -> String {
        draw(prefix, count, from: letters)
    }

    /// `prefix` and `count` digits and capitals.
    package mutating func capitals(_ prefix: String, _ count: Int) -> String {
        draw(prefix, count, from: letters.prefix(36))
    }

    /// `prefix` and `count` hexadecimal digits in lower case.
    package mutating func hexadecimal(_ prefix: String, _ count: Int) -> String {
        draw(prefix, count, from: Array("0123456789abcdef".utf8)[...])
    }

    /// A version-4 UUID in lower case.
    package mutating func uuid() -> String {
        let text = hexadecimal("", 30)
        let part = { (from: Int, count: Int) in String(text.dropFirst(from).prefix(count)) }
        return "\(part(0, 8))-\(part(8, 4))-4\(part(12, 3))-a\(part(15, 3))-\(part(18, 12))"
    }

    private mutating func draw(_ prefix: String, _ count: Int, from symbols: ArraySlice<UInt8>) -> String {
        var bytes = Array(prefix.utf8)
        for _ in 0..<count { bytes.append(symbols[Int.random(in: symbols.indices, using: &self)]) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

private let letters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)[...]
