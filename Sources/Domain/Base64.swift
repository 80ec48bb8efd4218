/// Base 64 (RFC 4648 sections 4 and 5), strict and canonical: each value has exactly one text.
///
/// Refused when reading: white space, the other alphabet's characters, padding that is missing, too long or not
/// at the end, and last characters whose unused bits are not zero (`YWJ=` beside `YWI=`). A replay key made from
/// such a text could be dodged by re-encoding it.
package enum Base64 {
    /// The two alphabets, each with its usual padding.
    package enum Alphabet: Sendable {
        /// `+` and `/`, padded with `=`.
        case standard
        /// `-` and `_`, never padded.
        case urlSafe
    }

    /// The text of `bytes`.
    package static func encode(_ bytes: [UInt8], _ alphabet: Alphabet = .standard) -> String {
        let symbols = alphabet == .standard ? standardSymbols : urlSafeSymbols
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let left = min(bytes.count - index, 3)
            var group: UInt32 = 0
            for offset in 0..<3 {
                group = group << 8 | (offset < left ? UInt32(bytes[index + offset]) : 0)
            }
            for position in 0...left {
                text.append(symbols[Int(group >> UInt32(18 - 6 * position)) & 63])
            }
            if alphabet == .standard, left < 3 {
                text.append(contentsOf: repeatElement(padding, count: 3 - left))
            }
            index += 3
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads the one canonical text of some bytes; nil for anything else.
    package static func decode(_ text: ArraySlice<UInt8>, _ alphabet: Alphabet = .standard) -> [UInt8]? {
        var digits = text
        if alphabet == .standard {
            guard text.count.isMultiple(of: 4) else { return nil }
            if digits.last == padding { digits.removeLast() }
            if digits.last == padding { digits.removeLast() }
        }
        guard digits.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 4 * 3 + 2)
        var group: UInt32 = 0
        var groupBits = 0
        for digit in digits {
            guard let value = value(digit, alphabet) else { return nil }
            group = group << 6 | UInt32(value)
            groupBits += 6
            if groupBits >= 8 {
                groupBits -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(groupBits)))
                group &= (1 << UInt32(groupBits)) - 1
            }
        }
        return group == 0 ? bytes : nil
    }

    /// Reads the one canonical text of some bytes; nil for anything else.
    package static func decode(_ text: String, _ alphabet: Alphabet = .standard) -> [UInt8]? {
        decode(Array(text.utf8)[...], alphabet)
    }

    private static func value(_ digit: UInt8, _ alphabet: Alphabet) -> UInt8? {
        switch (digit, alphabet) {
        case (0x41...0x5A, _): digit - 0x41
        case (0x61...0x7A, _): digit - 0x47
        case (0x30...0x39, _): digit + 4
        case (0x2B, .standard), (0x2D, .urlSafe): 62
        case (0x2F, .standard), (0x5F, .urlSafe): 63
        default: nil
        }
    }
}

private let padding = UInt8(ascii: "=")
private let standardSymbols = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
private let urlSafeSymbols = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
