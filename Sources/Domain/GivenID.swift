/// Whether a text may be the id that somebody else gave to a thing: 1 to 128 of `A`–`Z`, `a`–`z`, `0`–`9` and
/// `. _ - @ :`, starting with a letter or digit.
///
/// Wide enough for UUIDs, numbers, prefixed ids and the UIDs of calendars, and ASCII: what looks the same is the same.
func isGivenID(_ text: String) -> Bool {
    guard (1...givenIDBytesMax).contains(text.utf8.count), let first = text.utf8.first, isAlphanumeric(first)
    else { return false }
    return text.utf8.allSatisfy { isAlphanumeric($0) || "._-@:".utf8.contains($0) }
}

/// The longest given id, in bytes.
package let givenIDBytesMax = 128

private func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: false
    }
}

/// The id of a wedding: the one it has in the application's own database.
package struct WeddingID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The id itself.
    package let text: String

    /// Checks and wraps an id; nil when it breaks the rule of given ids.
    package init?(_ text: String) {
        guard isGivenID(text) else { return nil }
        self.text = text
    }

    package var description: String { text }

    package static func < (left: WeddingID, right: WeddingID) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
}

/// The id of an item of one wedding's timeline, unique in it.
package struct TimelineItemID: Hashable, Sendable, CustomStringConvertible {
    /// The id itself.
    package let text: String

    /// Checks and wraps an id; nil when it breaks the rule of given ids.
    package init?(_ text: String) {
        guard isGivenID(text) else { return nil }
        self.text = text
    }

    package var description: String { text }
}

/// An object at a provider, by which events are known to belong to a wedding or a vendor.
package struct ExternalReference: Hashable, Sendable, CustomStringConvertible {
    /// The provider, such as `zoom`.
    package let provider: ResourceName
    /// The kind of object there, such as `meeting`.
    package let kind: ResourceName
    /// The object's id there: 1 to 255 printable ASCII characters without spaces.
    package let objectID: String

    /// The longest object id, in bytes.
    package static let objectIDBytesMax = 255

    /// Makes a reference; nil when the object id breaks its rule.
    package init?(provider: ResourceName, kind: ResourceName, objectID: String) {
        guard (1...Self.objectIDBytesMax).contains(objectID.utf8.count),
            objectID.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        self.provider = provider
        self.kind = kind
        self.objectID = objectID
    }

    /// `zoom:meeting:85746065`.
    package var description: String { "\(provider):\(kind):\(objectID)" }
}
