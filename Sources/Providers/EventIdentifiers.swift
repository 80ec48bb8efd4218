import Domain

/// The identifiers in a webhook by which people look for its event: e-mail addresses, phone numbers, ids of objects.
package enum EventIdentifiers {
    /// The most identifiers of one event.
    package static let countMax = 8
    /// The longest identifier, in bytes; longer ones are left out.
    package static let bytesMax = 255

    /// Where identifiers stand in the JSON of each provider; a provider that is not here has none.
    private static let places: [ProviderName: JSONPointerSet] = [
        .stripe: pointers(
            "/data/object/id",
            "/data/object/customer",
            "/data/object/receipt_email",
            "/data/object/billing_details/email",
            "/data/object/customer_email",
            "/data/object/customer_details/email"
        )
    ]

    /// Reads the identifiers of a body, normalised, each once, at most `countMax`; costs nothing for a provider
    /// without places, and gives none for a body that is no JSON.
    package static func read(_ body: [UInt8], of provider: ProviderName) -> [[UInt8]] {
        guard let places = places[provider], let found = try? JSONScanner.scan(body, pointers: places) else {
            return []
        }
        var identifiers: [[UInt8]] = []
        for value in found {
            guard let bytes = value?.bytes, let identifier = normalized(bytes),
                !identifiers.contains(identifier)
            else { continue }
            identifiers.append(identifier)
        }
        return Array(identifiers.prefix(countMax))
    }

    /// The form in which an identifier is compared; nil when it cannot be one.
    ///
    /// | written | compared |
    /// |---|---|
    /// | ` Anna@Example.com ` | `anna@example.com` |
    /// | `+1 (415) 555-0100`, `0014155550100` | `+14155550100` |
    /// | `415-555-0100` | `4155550100` |
    /// | `cus_9s6XKzkNRiz8i3` | `cus_9s6XKzkNRiz8i3` |
    package static func normalized(_ text: [UInt8]) -> [UInt8]? {
        var bytes = text[...]
        while let first = bytes.first, isSpace(first) { bytes.removeFirst() }
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        guard (1...bytesMax).contains(bytes.count) else { return nil }
        if bytes.contains(UInt8(ascii: "@")) {
            return bytes.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        }
        return phone(bytes) ?? Array(bytes)
    }

    /// 7 to 15 digits (ITU-T E.164) with what people write between them, a leading `+` or `00` kept as `+`.
    private static func phone(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        let hasPlus = bytes.first == UInt8(ascii: "+")
        var digits: [UInt8] = []
        for byte in hasPlus ? bytes.dropFirst() : bytes {
            switch byte {
            case 0x30...0x39: digits.append(byte)
            case 0x20, 0x28, 0x29, 0x2D, 0x2E, 0x2F: continue  // space ( ) - . /
            default: return nil
            }
        }
        if !hasPlus, digits.starts(with: [0x30, 0x30]) {
            digits.removeFirst(2)
            return (7...15).contains(digits.count) ? [UInt8(ascii: "+")] + digits : nil
        }
        guard (7...15).contains(digits.count) else { return nil }
        return hasPlus ? [UInt8(ascii: "+")] + digits : digits
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte)
    }

    private static func pointers(_ texts: String...) -> JSONPointerSet {
        JSONPointerSet(texts.compactMap { JSONPointer($0) })
    }
}
