import Domain
import Signatures

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
        ),
        .square: pointers(
            "/data/object/payment/id",
            "/data/object/payment/order_id",
            "/data/object/payment/buyer_email_address",
            "/data/object/payment/customer_id",
            "/data/object/refund/payment_id"
        ),
        .paypal: pointers("/resource/id", "/resource/payer/email_address", "/resource/invoice_id"),
        .sendgrid: pointers("/email", "/sg_message_id"),
        .zoom: pointers("/payload/object/id", "/payload/object/participant/email"),
        .microsoftGraph: pointers("/resourceData/id", "/subscriptionId"),
        .cloudinary: pointers("/public_id"),
    ]

    /// Where they stand in the forms of each provider.
    private static let fields: [ProviderName: [String]] = [.twilio: ["From", "To", "MessageSid"]]

    /// Reads the identifiers of a body, normalised, each once, at most `countMax`; costs nothing for a provider
    /// without places, and gives none for a body that is neither JSON nor a form.
    package static func read(_ body: [UInt8], of provider: ProviderName) -> [[UInt8]] {
        var identifiers: [[UInt8]] = []
        for text in texts(body, of: provider) {
            guard let identifier = normalized(text), !identifiers.contains(identifier) else { continue }
            identifiers.append(identifier)
        }
        return Array(identifiers.prefix(countMax))
    }

    /// What stands in the places of a provider, as it is written there.
    private static func texts(_ body: [UInt8], of provider: ProviderName) -> [[UInt8]] {
        if let places = places[provider] {
            return ((try? JSONScanner.scan(body, pointers: places)) ?? []).compactMap { $0?.bytes }
        }
        guard let names = fields[provider], let form = FormFields(body) else { return [] }
        return names.compactMap { form[$0] }
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
