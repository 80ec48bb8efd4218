/// Digits, capital and small letters: text for tokens that one double click selects whole.
package enum Base62 {
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// Whether `byte` is the ASCII code of one of the 62 digits.
    package static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }

    /// Writes `bytes`, read as one big-endian number, with exactly `digits` digits, zeros in front.
    ///
    /// Enough digits are the caller's to give: 6 for 4 bytes, 43 for 32. A number that does not fit traps.
    package static func encode(_ bytes: [UInt8], digits: Int) -> String {
        var number = bytes
        var text = [UInt8](repeating: 0, count: digits)
        for position in text.indices.reversed() {
            var remainder = 0
            for index in number.indices {
                let value = remainder << 8 | Int(number[index])
                number[index] = UInt8(value / 62)
                remainder = value % 62
            }
            text[position] = alphabet[remainder]
        }
        precondition(number.allSatisfy { $0 == 0 }, "the number needs more base-62 digits than it was given")
        return String(decoding: text, as: UTF8.self)
    }
}
