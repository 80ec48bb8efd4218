/// A stranger's text, made safe to stand in one line of a log.
///
/// | in | out |
/// |---|---|
/// | line feed, carriage return, tab | `\n`, `\r`, `\t` |
/// | other controls, escape (ANSI colours) and delete among them | `\u{1b}` |
/// | line and paragraph separators, next line | `\u{2028}`, `\u{2029}`, `\u{85}` |
/// | marks that turn the direction of text or are invisible | `\u{202e}`, `\u{200b}` |
/// | `\` | `\\`, so that nothing escaped can be mistaken for a text that was written so |
/// | bytes that are no UTF-8 | `\u{fffd}` |
/// | more than `lengthMax` characters of output | cut, with `…` at the end |
///
/// Works on Unicode scalars, never on `Character`: CR and LF are one `Character` and would slip through.
package struct LogText: Hashable, Sendable, CustomStringConvertible {
    /// The most scalars of output when the caller does not say otherwise.
    package static let lengthMax = 256

    /// The safe text.
    package let description: String

    /// Makes the text safe.
    package init(_ text: String, lengthMax: Int = LogText.lengthMax) {
        self.init(bytes: Array(text.utf8.prefix(Self.bytesRead(lengthMax))), lengthMax: lengthMax)
    }

    /// Makes bytes safe that are meant to be UTF-8.
    package init(bytes: [UInt8], lengthMax: Int = LogText.lengthMax) {
        precondition(lengthMax >= 1, "a log text has some room")
        var output = ""
        var fitting = ""
        var length = 0
        var decoder = UTF8()
        var iterator = bytes.prefix(Self.bytesRead(lengthMax)).makeIterator()
        scalars: while length <= lengthMax {
            if length < lengthMax { fitting = output }
            let piece: String
            switch decoder.decode(&iterator) {
            case .emptyInput: break scalars
            case .error: piece = "\\u{fffd}"
            case .scalarValue(let scalar): piece = Self.safe(scalar)
            }
            output += piece
            length += piece.unicodeScalars.count
        }
        description = length <= lengthMax ? output : fitting + "…"
    }

    /// Enough for one scalar too many: none takes more than four bytes.
    private static func bytesRead(_ lengthMax: Int) -> Int {
        (lengthMax + 1) * 4
    }

    private static func safe(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        case "\\": "\\\\"
        case _ where isUnsafe(scalar): "\\u{\(String(scalar.value, radix: 16))}"
        default: String(scalar)
        }
    }

    /// Controls, formats (bidi marks, zero-width, tags), separators of lines, private use and what is no character.
    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate:
            true
        default: false
        }
    }
}
