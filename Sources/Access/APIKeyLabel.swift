/// What a person calls a key: 1 to 64 bytes of UTF-8 without control characters.
///
/// Refused besides: line and paragraph separators and the marks that turn the direction of writing, so that a
/// label cannot disguise a log line or a row on a terminal.
package struct APIKeyLabel: Hashable, Sendable, CustomStringConvertible {
    /// The longest label, in bytes of UTF-8.
    package static let bytesMax = 64

    /// The label itself.
    package let text: String

    /// Checks and wraps a label; nil when it breaks the rule above.
    package init?(_ text: String) {
        guard (1...Self.bytesMax).contains(text.utf8.count),
            text.unicodeScalars.allSatisfy({ Self.isAllowed($0.value) })
        else { return nil }
        self.text = text
    }

    package var description: String { text }

    private static func isAllowed(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0..<0x20, 0x7F..<0xA0: false
        case 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF: false
        default: true
        }
    }
}
