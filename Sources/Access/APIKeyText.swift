package import Domain

/// The text of an API key: `ushk_<id 26>_<secret 43>_<checksum 6>`, 82 characters.
///
/// - the prefix lets secret scanners and log filters find it: `ushk_[0-9a-z]{26}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}`;
/// - the id is the key's public id without its own prefix;
/// - the secret is 32 random bytes in base 62;
/// - the checksum is the CRC-32 of all before its underscore in base 62: a scanner needs no lookup to know a real
///   key from a look-alike, and a typing error is found.
///
/// Underscores, not dashes, so that a double click selects all of it (as GitHub's tokens).
package struct APIKeyText: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
    /// What every key begins with.
    package static let prefix = "ushk_"
    /// The length of a key, in characters.
    package static let length = prefix.utf8.count + idLength + 1 + secretDigits + 1 + checksumDigits

    private static let idLength = 26
    private static let secretDigits = 43
    private static let checksumDigits = 6
    private static let checksumStart = length - checksumDigits

    /// The key's public id.
    package let id: APIKeyID
    /// The whole text in ASCII: what is hashed.
    let bytes: [UInt8]

    /// Makes the text of a new key.
    init(id: APIKeyID, random: RandomSource) {
        let idText = id.description.dropFirst(APIKeyKind.prefix.utf8.count + 1)
        let secret = Base62.encode(random.bytes(32), digits: Self.secretDigits)
        let body = Array("\(Self.prefix)\(idText)_\(secret)".utf8)
        self.id = id
        bytes = body + [UInt8(ascii: "_")] + Self.checksum(body[...])
    }

    /// Reads a key; nil when the length, a character or the checksum is wrong.
    ///
    /// Nothing is trimmed or folded.
    package init?(_ text: ArraySlice<UInt8>) {
        guard text.count == Self.length else { return nil }
        let bytes = Array(text)
        let idEnd = Self.prefix.utf8.count + Self.idLength
        let secretEnd = Self.checksumStart - 1
        guard bytes.starts(with: Self.prefix.utf8),
            bytes[idEnd] == UInt8(ascii: "_"), bytes[secretEnd] == UInt8(ascii: "_"),
            bytes[(idEnd + 1)..<secretEnd].allSatisfy(Base62.isDigit),
            bytes[Self.checksumStart...].elementsEqual(Self.checksum(bytes[..<secretEnd]))
        else { return nil }
        let idText = String(decoding: bytes[Self.prefix.utf8.count..<idEnd], as: UTF8.self)
        guard let id = APIKeyID("\(APIKeyKind.prefix)_\(idText)") else { return nil }
        self.id = id
        self.bytes = bytes
    }

    /// The text itself: to be shown once, to whom it was made for.
    package var shown: String { String(decoding: bytes, as: UTF8.self) }

    /// The first well-formed key anywhere in `text`: a key in a URL, a body or a log line is a leak.
    package static func firstOccurrence(in text: [UInt8]) -> APIKeyText? {
        guard text.count >= length, let first = prefix.utf8.first else { return nil }
        for start in 0...(text.count - length) where text[start] == first {
            if let key = APIKeyText(text[start..<(start + length)]) { return key }
        }
        return nil
    }

    package var description: String { "<redacted>" }
    package var debugDescription: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    private static func checksum(_ body: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: CRC32.checksum(body))
        return Array(Base62.encode(bytes, digits: checksumDigits).utf8)
    }
}
