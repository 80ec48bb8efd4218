import Domain

/// The secret of one session: 256 random bits, as 43 characters of base 62 in a cookie.
///
/// Only its keyed hash is stored.
package struct SessionToken: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The length of the text, in characters.
    package static let length = 43

    /// The text in ASCII: what is hashed.
    let bytes: [UInt8]

    /// Draws a token.
    init(random: RandomSource) {
        bytes = Array(Base62.encode(random.bytes(32), digits: Self.length).utf8)
    }

    /// Reads a token; nil when its length or a character is wrong.
    package init?(_ text: String) {
        guard text.utf8.count == Self.length, text.utf8.allSatisfy(Base62.isDigit) else { return nil }
        bytes = Array(text.utf8)
    }

    /// The text itself, for the cookie.
    package var shown: String { String(decoding: bytes, as: UTF8.self) }

    package var description: String { "<redacted>" }
    package var debugDescription: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
