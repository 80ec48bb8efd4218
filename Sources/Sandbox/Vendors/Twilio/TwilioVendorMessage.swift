import Domain
import Signatures

/// One message at Twilio; its state follows from its age.
struct TwilioVendorMessage: Sendable {
    let sid: String
    let to: String
    /// The number it leaves from.
    let from: String?
    /// The messaging service that chose the number; nil without one.
    let service: String?
    let body: String
    let created: Instant

    /// How long after it was made it leaves, and how long until its end is known.
    static let sendingTime = Duration.seconds(2)
    static let deliveryTime = Duration.seconds(5)

    /// The code of a message that does not arrive; nil for one that does.
    var failure: Int? {
        let digits = Int(to.suffix(5)) ?? 0
        return (30_003...30_008).contains(digits) ? digits : nil
    }

    /// The states that callbacks tell, and when.
    var news: [(status: String, due: Instant)] {
        [("sent", created + Self.sendingTime), (end, created + Self.deliveryTime)]
    }

    private var end: String { failure == nil ? "delivered" : "undelivered" }

    /// The state at `now`.
    func status(_ now: Instant) -> String {
        if now - created >= Self.deliveryTime { return end }
        if now - created >= Self.sendingTime { return "sent" }
        return service == nil ? "queued" : "accepted"
    }

    /// When it left; nil while it has not.
    func sent(_ now: Instant) -> Instant? {
        now - created >= Self.sendingTime ? created + Self.sendingTime : nil
    }

    /// The number it leaves from, which a messaging service chooses only then.
    func sender(_ now: Instant) -> String? { service == nil || sent(now) != nil ? from : nil }

    /// The message as the API tells it.
    func json(_ account: String, now: Instant) -> JSONValue {
        let status = status(now)
        let code = status == "undelivered" ? failure : nil
        let uri = "/2010-04-01/Accounts/\(account)/Messages/\(sid)"
        let text = { (text: String?) -> JSONValue in text.map { .string($0) } ?? .null }
        return [
            "account_sid": .string(account), "api_version": "2010-04-01", "body": .string(body),
            "date_created": .string(Self.date(created)), "date_sent": text(sent(now).map(Self.date)),
            "date_updated": .string(Self.date(sent(now) ?? created)), "direction": "outbound-api",
            "error_code": code.map { .integer($0) } ?? .null,
            "error_message": code == nil ? .null : "Unreachable destination handset",
            "from": text(sender(now)),
            "messaging_service_sid": text(service), "num_media": "0",
            "num_segments": .string("\(segments)"), "price": .null, "price_unit": "USD", "sid": .string(sid),
            "status": .string(status), "subresource_uris": ["media": .string("\(uri)/Media.json")],
            "to": .string(to), "uri": .string("\(uri).json"),
        ]
    }

    /// The form of a callback.
    func form(_ status: String, _ account: String) -> FormFields {
        var fields = [
            ("SmsSid", sid), ("SmsStatus", status), ("MessageStatus", status), ("To", to),
            ("MessageSid", sid),
            ("AccountSid", account), ("From", from ?? ""), ("ApiVersion", "2010-04-01"),
        ]
        if let service { fields.append(("MessagingServiceSid", service)) }
        if status == "undelivered", let failure { fields.append(("ErrorCode", "\(failure)")) }
        return FormFields(fields)
    }

    /// How many SMS the text needs: 160 or 153 characters each of ASCII, 70 or 67 UTF-16 units of anything else.
    private var segments: Int {
        let units = body.utf16.count
        let (one, each) = body.utf8.allSatisfy { $0 < 0x80 } ? (160, 153) : (70, 67)
        return units <= one ? 1 : (units + each - 1) / each
    }

    /// RFC 2822: `Fri, 24 May 2019 17:18:27 +0000`.
    private static func date(_ instant: Instant) -> String {
        String(VendorText.httpDate(instant).dropLast(3)) + "+0000"
    }
}

/// A status callback that will leave.
struct TwilioVendorCallback: Sendable {
    let url: String
    let form: FormFields
    /// Twilio's token of the callback, the same at each try.
    let token: String
    let id: String
    let due: Instant

    /// The callback, signed over URL and form.
    func webhook(_ secret: Secret) -> VendorWebhook {
        var headers = Headers([
            ("content-type", "application/x-www-form-urlencoded; charset=UTF-8"),
            ("i-twilio-idempotency-token", token), ("user-agent", "TwilioProxy/1.1"),
        ])
        for (name, value) in TwilioSignature.sign(url: url, form: form, secret: secret) {
            headers.append(name, value)
        }
        return VendorWebhook(id: id, url: url, headers: headers, body: form.encoded)
    }
}

/// What Twilio finds wrong with a new message.
struct TwilioVendorFault: Sendable {
    let code: Int
    let message: String

    /// The first fault of a form; nil for one that is taken.
    static func first(in form: FormFields) -> TwilioVendorFault? {
        guard let to = form.text("To"), !to.isEmpty else {
            return fault(21604, "A 'To' phone number is required.")
        }
        if let code = recipients[to] { return fault(code, message(code, to)) }
        guard isNumber(to) else { return fault(21211, message(21211, to)) }
        let service = form.text("MessagingServiceSid")
        guard let from = form.text("From") ?? service, !from.isEmpty else {
            return fault(21603, "A 'From' phone number is required.")
        }
        if let code = senders[from] { return fault(code, message(code, from)) }
        guard let body = form.text("Body"), !body.isEmpty else {
            return fault(21602, "Message body is required.")
        }
        guard body.utf16.count <= TwilioVendor.bodyUnitsMax else {
            return fault(21617, "The concatenated message body exceeds the 1600 character limit.")
        }
        if let callback = form.text("StatusCallback"),
            !callback.hasPrefix("https://"), !callback.hasPrefix("http://")
        {
            return fault(21609, "The 'StatusCallback' URL \(callback) is not a valid URL.")
        }
        return nil
    }

    private static let recipients = [
        "+15005550001": 21211, "+15005550002": 21612, "+15005550003": 21408, "+15005550004": 21610,
        "+15005550009": 21614,
    ]
    private static let senders = ["+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611]

    private static func fault(_ code: Int, _ message: String) -> TwilioVendorFault {
        TwilioVendorFault(code: code, message: message)
    }

    private static func message(_ code: Int, _ number: String) -> String {
        switch code {
        case 21211: "Invalid 'To' Phone Number: \(number)"
        case 21212: "Invalid 'From' Number: \(number)"
        case 21408:
            "Permission to send an SMS has not been enabled for the region indicated by the 'To' number."
        case 21606: "The 'From' phone number provided is not a valid message-capable Twilio phone number."
        case 21610: "Attempt to send to unsubscribed recipient"
        case 21611: "This 'From' number has exceeded the maximum number of queued messages"
        case 21612: "Message cannot be sent with the current combination of 'To' and/or 'From' parameters"
        default: "'To' number: \(number), is not a mobile number"
        }
    }

    private static func isNumber(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.first == UInt8(ascii: "+") && (8...16).contains(bytes.count)
            && bytes.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
    }
}
