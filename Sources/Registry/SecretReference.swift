/// A secret as somebody gives it to Usher: the value itself, or where to read it.
package enum SecretReference: Hashable, Sendable {
    /// `env:NAME`: an environment variable of the Usher process.
    case environment(String)
    /// `file:PATH`: a file; one trailing line break is dropped.
    case file(String)
    /// The value itself.
    case value(SecretText)

    /// Reads the text form.
    package init(_ text: String) {
        if text.utf8.starts(with: "env:".utf8) {
            self = .environment(String(text.dropFirst(4)))
        } else if text.utf8.starts(with: "file:".utf8) {
            self = .file(String(text.dropFirst(5)))
        } else {
            self = .value(SecretText(text))
        }
    }
}

/// A secret text inside a definition: comparable, never shown.
package struct SecretText: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The bytes of the secret.
    package let bytes: [UInt8]

    /// Wraps a text.
    package init(_ text: String) {
        bytes = Array(text.utf8)
    }

    package var description: String { "<redacted>" }
    package var debugDescription: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
