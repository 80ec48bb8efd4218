/// The characters of a string between its quotes, by place in the text.
struct JSONText {
    let start: Int
    let end: Int
    /// Whether it holds a backslash and so must be decoded.
    let isEscaped: Bool
}

/// Reads the tokens of one JSON text: the only place that looks at bytes.
///
/// Every read is inside `0..<count`: single bytes through `byte(at:)`, words only after their end is checked.
/// It borrows the text's storage and must not outlive the closure that lent it.
@safe struct JSONLexer {
    private let start: UnsafePointer<UInt8>
    let count: Int
    let limits: JSONLimits
    private(set) var position = 0

    /// Borrows the `count` bytes from `start`.
    @unsafe init(start: UnsafePointer<UInt8>, count: Int, limits: JSONLimits) {
        unsafe self.start = unsafe start
        self.count = count
        self.limits = limits
    }

    var isAtEnd: Bool { position == count }

    /// The byte at `index`; 0, which no token starts with or contains, beyond the end.
    @inline(__always)
    func byte(at index: Int) -> UInt8 {
        index < count ? unsafe start[index] : 0
    }

    /// Skips white space and gives the byte after it without taking it; 0 at the end.
    @inline(__always)
    mutating func peek() -> UInt8 {
        while true {
            let byte = byte(at: position)
            guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else {
                return byte
            }
            position += 1
        }
    }

    /// Takes the byte that `peek` gave.
    @inline(__always)
    mutating func take() {
        position += 1
    }

    /// Takes `true`, `false` or `null`, all of it.
    mutating func literal(_ word: String) throws(JSONError) {
        for expected in word.utf8 {
            guard byte(at: position) == expected else { throw .malformed(offset: position) }
            position += 1
        }
    }

    /// The bytes `range` of the text, decoded as UTF-8 that was checked before.
    func string(_ range: Range<Int>) -> String {
        unsafe String(
            decoding: UnsafeBufferPointer(start: start + range.lowerBound, count: range.count),
            as: UTF8.self
        )
    }

    /// The bytes `range` of the text.
    func bytes(_ range: Range<Int>) -> [UInt8] {
        unsafe Array(UnsafeBufferPointer(start: start + range.lowerBound, count: range.count))
    }

    /// Eight bytes from `index`, the first in the lowest bits.
    ///
    /// The caller has checked that they exist.
    @inline(__always)
    func word(at index: Int) -> UInt64 {
        unsafe UInt64(
            littleEndian: UnsafeRawPointer(start + index).loadUnaligned(as: UInt64.self)
        )
    }
}

// MARK: Strings

extension JSONLexer {
    /// Takes a string from its opening quote to its closing one; checks escapes, UTF-8 and the length.
    mutating func string() throws(JSONError) -> JSONText {
        let first = position + 1
        var index = first
        var isEscaped = false
        while true {
            index = skipPlain(from: index)
            let byte = byte(at: index)
            if byte == quote { break }
            if byte == backslash {
                isEscaped = true
                index = try skipEscape(at: index)
            } else if byte >= 0x80 {
                index = try skipSequence(at: index)
            } else {
                throw .malformed(offset: index)
            }
        }
        guard index - first <= limits.stringBytesMax else { throw .stringTooLong }
        position = index + 1
        return JSONText(start: first, end: index, isEscaped: isEscaped)
    }

    /// The first index at or after `index` that is no plain ASCII character of a string.
    @inline(__always)
    private func skipPlain(from index: Int) -> Int {
        var index = index
        while index + 8 <= count {
            let word = word(at: index)
            let stops = zeroBytes(word ^ everyByte(quote)) | zeroBytes(word ^ everyByte(backslash))
            let controls = (word &- everyByte(0x20)) & ~word & everyByte(0x80)
            let marks = stops | controls | word & everyByte(0x80)
            // Borrows run upwards only: the lowest mark is always true.
            guard marks == 0 else { return index + marks.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < count {
            let byte = byte(at: index)
            guard byte >= 0x20, byte < 0x80, byte != quote, byte != backslash else { return index }
            index += 1
        }
        return index
    }

    /// The index after the escape whose backslash is at `index`; a surrogate pair counts as one escape.
    private func skipEscape(at index: Int) throws(JSONError) -> Int {
        switch byte(at: index + 1) {
        case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: return index + 2
        case 0x75: break
        default: throw .malformed(offset: index)
        }
        let unit = try codeUnit(at: index)
        switch unit {
        case 0xD800...0xDBFF:
            guard byte(at: index + 6) == backslash, byte(at: index + 7) == 0x75 else {
                throw .loneSurrogate(offset: index)
            }
            guard (0xDC00...0xDFFF).contains(try codeUnit(at: index + 6)) else {
                throw .loneSurrogate(offset: index)
            }
            return index + 12
        case 0xDC00...0xDFFF: throw .loneSurrogate(offset: index)
        default: return index + 6
        }
    }

    /// The number that the four digits of the `\u` escape at `index` write.
    private func codeUnit(at index: Int) throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for place in (index + 2)..<(index + 6) {
            let digit = byte(at: place)
            switch digit {
            case 0x30...0x39: unit = unit << 4 | UInt32(digit - 0x30)
            case 0x61...0x66: unit = unit << 4 | UInt32(digit - 0x57)
            case 0x41...0x46: unit = unit << 4 | UInt32(digit - 0x37)
            default: throw .malformed(offset: place)
            }
        }
        return unit
    }

    /// The index after the UTF-8 sequence of two to four bytes at `index` (RFC 3629: no overlong forms, no
    /// surrogates, nothing above U+10FFFF).
    private func skipSequence(at index: Int) throws(JSONError) -> Int {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch byte(at: index) {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: throw .invalidUTF8(offset: index)
        }
        guard second.contains(byte(at: index + 1)) else { throw .invalidUTF8(offset: index) }
        for place in 2..<max(length, 2) {
            guard (0x80...0xBF).contains(byte(at: index + place)) else { throw .invalidUTF8(offset: index) }
        }
        return index + length
    }

    /// The bytes that `text`, taken from this lexer, stands for.
    func decoded(_ text: JSONText) -> [UInt8] {
        guard text.isEscaped else { return bytes(text.start..<text.end) }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.end - text.start)
        appendDecoded(text, to: &decoded)
        return decoded
    }

    /// Appends the bytes that `text`, taken from this lexer, stands for.
    func appendDecoded(_ text: JSONText, to bytes: inout [UInt8]) {
        var index = text.start
        while index < text.end {
            guard byte(at: index) == backslash else {
                bytes.append(byte(at: index))
                index += 1
                continue
            }
            let letter = byte(at: index + 1)
            if letter == 0x75 {
                let (scalar, length) = scalar(at: index)
                bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
                index += length
            } else {
                bytes.append(unescaped(letter))
                index += 2
            }
        }
    }

    /// The scalar written by the checked `\u` escape at `index`, and how many bytes it takes.
    private func scalar(at index: Int) -> (Unicode.Scalar, length: Int) {
        let high = (try? codeUnit(at: index)) ?? 0xFFFD
        guard (0xD800...0xDBFF).contains(high) else {
            return (Unicode.Scalar(high) ?? "\u{FFFD}", 6)
        }
        let low = (try? codeUnit(at: index + 6)) ?? 0xDC00
        return (Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}", 12)
    }
}

// MARK: Numbers

extension JSONLexer {
    /// Takes a number; checks the grammar, the length and that it is finite.
    mutating func number() throws(JSONError) -> Range<Int> {
        let first = position
        var index = first
        if byte(at: index) == minus { index += 1 }
        let integer = index
        index = skipDigits(from: index)
        guard index > integer, index == integer + 1 || byte(at: integer) != 0x30 else {
            throw .malformed(offset: index)
        }
        var magnitude = index - integer
        if byte(at: index) == 0x2E {
            let fraction = index + 1
            index = skipDigits(from: fraction)
            guard index > fraction else { throw .malformed(offset: index) }
        }
        if byte(at: index) | 0x20 == 0x65 {
            let (exponent, end) = try self.exponent(from: index + 1)
            magnitude += exponent
            index = end
        }
        guard index - first <= limits.numberBytesMax else { throw .numberTooLong }
        // Below 1e308 nothing overflows; near or above it the exact reading decides (`0e999` is 0).
        if magnitude > 308 {
            guard let value = Double(string(first..<index)), value.isFinite else {
                throw .numberNotFinite(offset: first)
            }
        }
        position = index
        return first..<index
    }

    private func skipDigits(from index: Int) -> Int {
        var index = index
        while byte(at: index) &- 0x30 < 10 { index += 1 }
        return index
    }

    /// Reads a sign and at least one digit; the value is clamped far beyond what matters.
    private func exponent(from index: Int) throws(JSONError) -> (Int, end: Int) {
        let sign = byte(at: index)
        let digits = sign == minus || sign == 0x2B ? index + 1 : index
        let end = skipDigits(from: digits)
        guard end > digits else { throw .malformed(offset: end) }
        var value = 0
        for place in digits..<end {
            value = min(value * 10 + Int(byte(at: place) - 0x30), 1_000_000)
        }
        return (sign == minus ? -value : value, end)
    }
}

private let quote = UInt8(ascii: "\"")
private let backslash = UInt8(ascii: "\\")
private let minus = UInt8(ascii: "-")

@inline(__always)
private func everyByte(_ byte: UInt8) -> UInt64 {
    UInt64(byte) &* 0x0101_0101_0101_0101
}

/// Marks the top bit of the lowest zero byte (bytes above it may be marked wrongly).
@inline(__always)
private func zeroBytes(_ word: UInt64) -> UInt64 {
    (word &- everyByte(1)) & ~word & everyByte(0x80)
}

/// The character that a backslash and `letter` stand for.
private func unescaped(_ letter: UInt8) -> UInt8 {
    switch letter {
    case 0x62: 0x08
    case 0x66: 0x0C
    case 0x6E: 0x0A
    case 0x72: 0x0D
    case 0x74: 0x09
    default: letter
    }
}
