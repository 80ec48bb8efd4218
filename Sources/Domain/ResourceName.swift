/// The name an operator gives to a source or a destination, as it stands in URLs and in `usher.yaml`.
///
/// One to 63 characters of `a`–`z`, `0`–`9` and `-`, starting with a letter and not ending with `-`: what a DNS
/// label allows, so a name is never escaped, folded or mistaken for a path.
package struct ResourceName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The longest name, in characters.
    package static let lengthMax = 63

    /// The name itself.
    package let text: String

    /// Checks and wraps a name; nil when it breaks the rule above.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard (1...Self.lengthMax).contains(bytes.count), let first = bytes.first, let last = bytes.last,
            isLetter(first), last != 0x2D,
            bytes.allSatisfy({ isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x2D })
        else { return nil }
        self.text = text
    }

    package var description: String { text }

    package static func < (left: ResourceName, right: ResourceName) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
}

private func isLetter(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte)
}
