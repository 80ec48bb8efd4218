/// Finds member names that repeat in one object, for all objects that are open at a time.
///
/// Names are compared as decoded bytes: `"a"` repeats `"\u0061"`, while two spellings of `é` are two names. An
/// object's first 32 names are compared with each other as they come; a larger object is sorted when it closes,
/// so that many, long or chosen names cost n log n and never n².
struct JSONNames {
    /// One name.
    ///
    /// Two names with different fingerprints differ.
    private struct Name {
        let fingerprint: UInt64
        let start: Int
        let length: Int
        /// Whether the bytes stand in `decoded`, not in the text.
        let isDecoded: Bool
        /// Where the name stands in the text.
        let offset: Int
    }

    private var names: [Name] = []
    private var decoded: [UInt8] = []

    /// The most names that are compared one by one.
    static let comparedMax = 32

    /// What an object that opens now must give back when it closes.
    var count: Int { names.count }

    /// Adds a name to the object that opened when `count` was `first`.
    mutating func add(_ text: JSONText, first: Int, in lexer: JSONLexer) throws(JSONError) {
        let name = name(text, in: lexer)
        if names.count - first < Self.comparedMax {
            for index in first..<names.count where names[index].fingerprint == name.fingerprint {
                guard !precedes(names[index], name, lexer), !precedes(name, names[index], lexer) else {
                    continue
                }
                throw .duplicateKey(offset: name.offset)
            }
        }
        names.append(name)
    }

    /// Forgets the names of the object that opened when `count` was `first`, after a last look at a large one.
    mutating func close(first: Int, in lexer: JSONLexer) throws(JSONError) {
        guard names.count > first else { return }
        if names.count - first > Self.comparedMax {
            let sorted = names[first...].sorted { precedes($0, $1, lexer) }
            for (left, right) in zip(sorted, sorted.dropFirst()) where !precedes(left, right, lexer) {
                throw .duplicateKey(offset: max(left.offset, right.offset))
            }
        }
        if let kept = names[first...].first(where: \.isDecoded)?.start { decoded.removeSubrange(kept...) }
        names.removeSubrange(first...)
    }

    private mutating func name(_ text: JSONText, in lexer: JSONLexer) -> Name {
        var start = text.start
        var length = text.end - text.start
        if text.isEscaped {
            start = decoded.count
            lexer.appendDecoded(text, to: &decoded)
            length = decoded.count - start
        }
        let head = word(start, min(length, 8), text.isEscaped, lexer)
        let tail = length > 8 ? word(start + length - 8, 8, text.isEscaped, lexer) : head
        return Name(
            fingerprint: head ^ (tail << 29 | tail >> 35) ^ UInt64(length) &* 0x9E37_79B9_7F4A_7C15,
            start: start,
            length: length,
            isDecoded: text.isEscaped,
            offset: text.start - 1
        )
    }

    /// Up to eight bytes from `start`, the first in the lowest bits.
    private func word(_ start: Int, _ length: Int, _ isDecoded: Bool, _ lexer: JSONLexer) -> UInt64 {
        if !isDecoded, length > 0, start + 8 <= lexer.count {
            return lexer.word(at: start) & (.max >> UInt64(64 - 8 * length))
        }
        var word: UInt64 = 0
        for index in (start..<start + length).reversed() {
            word = word << 8 | UInt64(isDecoded ? decoded[index] : lexer.byte(at: index))
        }
        return word
    }

    /// Whether `left` sorts before `right`: by fingerprint, then by bytes.
    private func precedes(_ left: Name, _ right: Name, _ lexer: JSONLexer) -> Bool {
        guard left.fingerprint == right.fingerprint else { return left.fingerprint < right.fingerprint }
        for index in 0..<min(left.length, right.length) {
            let leftByte = byte(index, of: left, lexer)
            let rightByte = byte(index, of: right, lexer)
            guard leftByte == rightByte else { return leftByte < rightByte }
        }
        return left.length < right.length
    }

    private func byte(_ index: Int, of name: Name, _ lexer: JSONLexer) -> UInt8 {
        name.isDecoded ? decoded[name.start + index] : lexer.byte(at: name.start + index)
    }
}
