import Domain

/// The input of `sms.send`: `{"to": "+34600111222", "from": "+15005550006", "body": "The car is here"}`.
package struct SMSInput: Hashable, Sendable {
    /// The longest text: what Twilio takes, in UTF-16 units.
    package static let bodyUnitsMax = 1_600

    /// Who gets it: E.164.
    package let to: String
    /// The sender: E.164, a messaging service `MG…`, or an alphanumeric sender; nil is the integration's own.
    package let from: String?
    /// The text.
    package let body: String
    /// An address for the same person, where an e-mail may be sent when no SMS can; nil is never.
    package let fallbackEmail: EmailAddress?

    /// Reads the input.
    package init(_ reader: CallInputReader) throws(CallInputError) {
        try reader.finish(known: ["to", "from", "body", "fallback_email"])
        to = try reader.required("to", "a telephone number in E.164, like +34600111222") {
            $0.string.flatMap { Self.isNumber($0) ? $0 : nil }
        }
        from = try reader.text("from", bytesMax: 64)
        body = try reader.required("body", "a text of 1 to \(Self.bodyUnitsMax) UTF-16 units") { json in
            json.string.flatMap { (1...Self.bodyUnitsMax).contains($0.utf16.count) ? $0 : nil }
        }
        fallbackEmail = try reader.optional("fallback_email", "an e-mail address") {
            $0.string.flatMap { EmailAddress($0) }
        }
    }

    private static func isNumber(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.first == 0x2B && (8...16).contains(bytes.count)
            && bytes.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
    }
}

/// An e-mail address, loosely checked: one `@` with something on both sides, no blanks or controls, at most 254 bytes
/// (RFC 5321 section 4.5.3).
package struct EmailAddress: Hashable, Sendable, CustomStringConvertible {
    /// The address.
    package let text: String

    /// Checks and wraps an address.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: 0x40, omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), text.utf8.count <= 254,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
        else { return nil }
        self.text = text
    }

    package var description: String { text }
}

/// The input of `email.send`.
///
/// ```json
/// {"to": ["couple@example.com"], "from": "hello@venue.example", "subject": "Saturday",
///  "text": "The timeline is attached.", "html": "<p>…</p>", "reply_to": "…"}
/// ```
package struct EmailInput: Hashable, Sendable {
    /// The most recipients: SendGrid's limit of one request.
    package static let recipientsMax = 1_000
    /// The longest part, in bytes: 1 MiB.
    package static let partBytesMax = 1_048_576

    /// Who gets it.
    package let to: [EmailAddress]
    /// The sender; nil is the integration's own.
    package let from: EmailAddress?
    /// Where answers go; nil is the sender.
    package let replyTo: EmailAddress?
    /// The subject.
    package let subject: String
    /// The plain text.
    package let text: String?
    /// The same as HTML.
    package let html: String?

    /// Reads the input.
    package init(_ reader: CallInputReader) throws(CallInputError) {
        try reader.finish(known: ["to", "from", "reply_to", "subject", "text", "html"])
        let address = { (json: JSONValue) in json.string.flatMap { EmailAddress($0) } }
        to = try reader.list("to", countMax: Self.recipientsMax, "an e-mail address", address)
        from = try reader.optional("from", "an e-mail address", address)
        replyTo = try reader.optional("reply_to", "an e-mail address", address)
        subject = try reader.requiredText("subject", bytesMax: 998)
        text = try reader.text("text", bytesMax: Self.partBytesMax)
        html = try reader.text("html", bytesMax: Self.partBytesMax)
        guard !to.isEmpty else {
            throw CallInputError(.missingField, at: reader.pointer("to"), "needs at least one e-mail address")
        }
        guard text != nil || html != nil else {
            throw CallInputError(
                .missingField,
                at: reader.pointer("text"),
                "is missing: write `text`, `html` or both"
            )
        }
    }

    /// A plain message to one person: what an SMS becomes as the last resort.
    package init(to: EmailAddress, subject: String, text: String) {
        self.to = [to]
        from = nil
        replyTo = nil
        self.subject = subject
        self.text = text
        html = nil
    }
}
