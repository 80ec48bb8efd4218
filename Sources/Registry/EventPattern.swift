/// Which event types a destination wants: `*`, `payment_intent.*` or one exact type.
///
/// A star stands only at the end, alone or after a dot, and matches any rest of at least one byte:
///
/// | pattern | `charge.refunded` | `charge` | `charger.x` |
/// |---|---|---|---|
/// | `*` | yes | yes | yes |
/// | `charge.*` | yes | no | no |
/// | `charge` | no | yes | no |
package struct EventPattern: Hashable, Sendable, CustomStringConvertible {
    /// The longest pattern, in bytes: that of the longest event type.
    package static let bytesMax = 128

    /// The pattern as written.
    package let text: String

    /// Checks and wraps a pattern; nil when it is empty, too long, not printable ASCII or has a star elsewhere.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard (1...Self.bytesMax).contains(bytes.count), bytes.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        if let star = bytes.firstIndex(of: starByte) {
            guard star == bytes.count - 1, star == 0 || bytes[star - 1] == dotByte else { return nil }
        }
        self.text = text
    }

    /// Whether an event of this type is wanted.
    package func matches(_ type: String) -> Bool {
        let pattern = text.utf8
        guard pattern.last == starByte else { return pattern.elementsEqual(type.utf8) }
        return type.utf8.count >= pattern.count && type.utf8.starts(with: pattern.dropLast())
    }

    package var description: String { text }
}

private let starByte = UInt8(ascii: "*")
private let dotByte = UInt8(ascii: ".")
