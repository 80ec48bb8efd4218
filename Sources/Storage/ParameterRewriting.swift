/// Turns `$1` into `?1`, because in SQLite `$1` is a *name*, bound by first appearance: silently wrong.
///
/// String literals, quoted identifiers, comments, and `$` inside a plain identifier stay as they are.
/// Source: https://www.sqlite.org/lang_expr.html#varparam and the tokenizer's rules for `'`, `"`, `` ` ``, `[`, `--`, `/*`.
enum ParameterRewriting {
    /// The statement's text with SQLite's numbered parameters.
    static func sqliteText(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        let bytes = Array(text.utf8)
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let end = endOfToken(at: index, in: bytes)
            if end == index + 1, isNumberedParameter(at: index, in: bytes) {
                output.append(UInt8(ascii: "?"))
            } else {
                output.append(contentsOf: bytes[index..<end])
            }
            index = end
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// The highest number of a parameter in the text; 0 without any.
    static func parameterCount(_ text: String) -> Int {
        let bytes = Array(text.utf8)
        var highest = 0
        var index = 0
        while index < bytes.count {
            if isNumberedParameter(at: index, in: bytes) {
                let digits = bytes[(index + 1)...].prefix(while: isDigit)
                highest = max(highest, digits.reduce(0) { min(100_000, $0 * 10 + Int($1 - 0x30)) })
            }
            index = endOfToken(at: index, in: bytes)
        }
        return highest
    }

    /// Where what begins at `start` and must be copied whole ends; one byte further for anything else.
    private static func endOfToken(at start: Int, in bytes: [UInt8]) -> Int {
        switch bytes[start] {
        case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"):
            // A doubled quote reads as two neighbouring quoted tokens: the result is the same.
            return indexAfter(bytes[start], from: start + 1, in: bytes)
        case UInt8(ascii: "["):
            return indexAfter(UInt8(ascii: "]"), from: start + 1, in: bytes)
        case UInt8(ascii: "-") where byte(start + 1, bytes) == UInt8(ascii: "-"):
            return indexAfter(UInt8(ascii: "\n"), from: start + 2, in: bytes)
        case UInt8(ascii: "/") where byte(start + 1, bytes) == UInt8(ascii: "*"):
            return indexAfterComment(from: start + 2, in: bytes)
        case let first where isIdentifierStart(first):
            return bytes[start...].firstIndex { !isIdentifierPart($0) } ?? bytes.count
        default:
            return start + 1
        }
    }

    private static func isNumberedParameter(at index: Int, in bytes: [UInt8]) -> Bool {
        guard bytes[index] == UInt8(ascii: "$"), let next = byte(index + 1, bytes) else { return false }
        return isDigit(next)
    }

    private static func byte(_ index: Int, _ bytes: [UInt8]) -> UInt8? {
        index < bytes.count ? bytes[index] : nil
    }

    private static func indexAfter(_ end: UInt8, from start: Int, in bytes: [UInt8]) -> Int {
        bytes[min(start, bytes.count)...].firstIndex(of: end).map { $0 + 1 } ?? bytes.count
    }

    private static func indexAfterComment(from start: Int, in bytes: [UInt8]) -> Int {
        var index = start
        while index + 1 < bytes.count {
            if bytes[index] == UInt8(ascii: "*"), bytes[index + 1] == UInt8(ascii: "/") { return index + 2 }
            index += 1
        }
        return bytes.count
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    private static func isIdentifierStart(_ byte: UInt8) -> Bool {
        let folded = byte | 0x20
        return folded >= UInt8(ascii: "a") && folded <= UInt8(ascii: "z") || byte == UInt8(ascii: "_")
            || byte >= 0x80
    }

    private static func isIdentifierPart(_ byte: UInt8) -> Bool {
        isIdentifierStart(byte) || isDigit(byte) || byte == UInt8(ascii: "$")
    }
}
