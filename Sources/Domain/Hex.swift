/// Base 16 (RFC 4648 section 8), strict: no separators, no white space, no odd digit.
package enum Hex {
    /// Which letters count as digits when reading.
    package enum LetterCase: Sendable {
        /// `a`–`f` only: one text for each value, so that a text may be compared instead of its bytes.
        case lower
        /// `A`–`F` only.
        case upper
        /// Both.
        case any
    }

    /// The digits of `bytes`; lower case unless asked for upper.
    package static func encode(_ bytes: some Sequence<UInt8>, letterCase: LetterCase = .lower) -> String {
        let symbols = letterCase == .upper ? upperDigits : lowerDigits
        var digits: [UInt8] = []
        digits.reserveCapacity(bytes.underestimatedCount * 2)
        for byte in bytes {
            digits.append(symbols[Int(byte >> 4)])
            digits.append(symbols[Int(byte & 15)])
        }
        return String(decoding: digits, as: UTF8.self)
    }

    /// Reads digits; nil when their count is odd or a character is not a digit of `letterCase`.
    package static func decode(_ digits: ArraySlice<UInt8>, letterCase: LetterCase = .lower) -> [UInt8]? {
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        var index = digits.startIndex
        while index < digits.endIndex {
            guard let high = value(digits[index], letterCase), let low = value(digits[index + 1], letterCase)
            else { return nil }
            bytes.append(high << 4 | low)
            index += 2
        }
        return bytes
    }

    /// Reads digits; nil when their count is odd or a character is not a digit of `letterCase`.
    package static func decode(_ text: String, letterCase: LetterCase = .lower) -> [UInt8]? {
        decode(Array(text.utf8)[...], letterCase: letterCase)
    }

    private static func value(_ digit: UInt8, _ letterCase: LetterCase) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x61...0x66 where letterCase != .upper: digit - 0x57
        case 0x41...0x46 where letterCase != .lower: digit - 0x37
        default: nil
        }
    }
}

private let lowerDigits = Array("0123456789abcdef".utf8)
private let upperDigits = Array("0123456789ABCDEF".utf8)
