/// Bytes that must not be shown: a signing secret, a token, a password.
///
/// Printing, logging or dumping one gives `<redacted>`.
package struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The fewest bytes a secret that authenticates somebody may have.
    package static let bytesMin = 16

    /// The secret itself: hand it to cryptography only.
    package let bytes: [UInt8]

    /// Wraps raw bytes.
    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Wraps the UTF-8 bytes of a text.
    package init(_ text: String) {
        bytes = Array(text.utf8)
    }

    package var description: String { "<redacted>" }
    package var debugDescription: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
