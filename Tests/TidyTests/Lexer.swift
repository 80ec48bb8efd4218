/// One word of a Swift source; comments and the texts of literals are told apart from code.
struct Token: Equatable {
    enum Kind {
        /// A name, a keyword or a number; a raw identifier keeps its backticks.
        case word
        /// One character of punctuation.
        case symbol
        /// A piece of a string literal, without its quotes; interpolated code comes as tokens of its own.
        case string
        /// A comment with its slashes.
        case comment
    }

    let kind: Kind
    let text: String
    /// Counts from 1; for what spans lines, the first.
    let line: Int
    /// Whether nothing stands between it and what comes before.
    let isAttached: Bool
}

/// Cuts a source into tokens: enough of Swift's grammar for rules about words, not more.
///
/// Regex literals are not known: write `Regex` builders or compare bytes.
struct Lexer {
    private let bytes: [UInt8]
    private var index = 0
    private var line = 1
    private var tokens: [Token] = []

    static func tokens(of text: String) -> [Token] {
        var lexer = Lexer(bytes: Array(text.utf8))
        lexer.code(isInterpolation: false)
        return lexer.tokens
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Reads code to the end, or to the parenthesis that closes an interpolation.
    private mutating func code(isInterpolation: Bool) {
        var depth = 0
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: "\n"):
                line += 1
                index += 1
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                index += 1
            case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "/"):
                lineComment()
            case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*"):
                blockComment()
            case UInt8(ascii: "\""), UInt8(ascii: "#"):
                stringOrHash()
            case UInt8(ascii: "`"):
                rawIdentifier()
            case _ where isWord(byte):
                word()
            case UInt8(ascii: ")") where isInterpolation && depth == 0:
                index += 1
                return
            default:
                if byte == UInt8(ascii: "(") { depth += 1 }
                if byte == UInt8(ascii: ")") { depth -= 1 }
                add(.symbol, from: index, to: index + 1, line: line)
                index += 1
            }
        }
    }

    private mutating func lineComment() {
        let start = index
        while let byte = peek(), byte != UInt8(ascii: "\n") { index += 1 }
        add(.comment, from: start, to: index, line: line)
    }

    private mutating func blockComment() {
        let start = (index, line)
        var depth = 0
        while let byte = peek() {
            if byte == UInt8(ascii: "\n") { line += 1 }
            if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
                depth += 1
                index += 2
            } else if byte == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
                depth -= 1
                index += 2
                if depth == 0 { break }
            } else {
                index += 1
            }
        }
        add(.comment, from: start.0, to: index, line: start.1)
    }

    private mutating func stringOrHash() {
        var hashes = 0
        while peek(hashes) == UInt8(ascii: "#") { hashes += 1 }
        guard peek(hashes) == UInt8(ascii: "\"") else {
            add(.symbol, from: index, to: index + 1, line: line)
            index += 1
            return
        }
        index += hashes
        let isMultiline = peek(1) == UInt8(ascii: "\"") && peek(2) == UInt8(ascii: "\"")
        index += isMultiline ? 3 : 1
        string(hashes: hashes, isMultiline: isMultiline)
    }

    private mutating func string(hashes: Int, isMultiline: Bool) {
        let quotes = isMultiline ? 3 : 1
        var start = (index, line)
        while let byte = peek() {
            if closes(hashes: hashes, quotes: quotes) || (byte == UInt8(ascii: "\n") && !isMultiline) {
                add(.string, from: start.0, to: index, line: start.1)
                index += byte == UInt8(ascii: "\n") ? 0 : quotes + hashes
                return
            }
            if byte == UInt8(ascii: "\\"), isRun(of: UInt8(ascii: "#"), count: hashes, at: 1) {
                if peek(1 + hashes) == UInt8(ascii: "(") {
                    add(.string, from: start.0, to: index, line: start.1)
                    index += 2 + hashes
                    code(isInterpolation: true)
                    start = (index, line)
                    continue
                }
                index += 1 + hashes
            }
            if peek() == UInt8(ascii: "\n") { line += 1 }
            index += 1
        }
    }

    private mutating func rawIdentifier() {
        let start = index
        index += 1
        while let byte = peek(), byte != UInt8(ascii: "`"), byte != UInt8(ascii: "\n") { index += 1 }
        index += 1
        add(.word, from: start, to: min(index, bytes.count), line: line)
    }

    private mutating func word() {
        let start = index
        while let byte = peek(), isWord(byte) { index += 1 }
        add(.word, from: start, to: index, line: line)
    }

    private func closes(hashes: Int, quotes: Int) -> Bool {
        isRun(of: UInt8(ascii: "\""), count: quotes, at: 0)
            && isRun(of: UInt8(ascii: "#"), count: hashes, at: quotes)
    }

    private func isRun(of byte: UInt8, count: Int, at offset: Int) -> Bool {
        (0..<count).allSatisfy { peek(offset + $0) == byte }
    }

    private func peek(_ offset: Int = 0) -> UInt8? {
        index + offset < bytes.count ? bytes[index + offset] : nil
    }

    private mutating func add(_ kind: Token.Kind, from start: Int, to end: Int, line: Int) {
        let isAttached = start > 0 && bytes[start - 1] > UInt8(ascii: " ")
        let text = String(decoding: bytes[start..<end], as: UTF8.self)
        tokens.append(Token(kind: kind, text: text, line: line, isAttached: isAttached))
    }

    private func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x24, 0x80...0xFF: true  // and all beyond ASCII
        default: false
        }
    }
}
