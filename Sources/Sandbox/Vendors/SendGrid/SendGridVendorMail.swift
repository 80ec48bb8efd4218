import Domain
import Providers

/// One mail at SendGrid: a copy for each recipient.
struct SendGridVendorMail: Sendable {
    let id: String
    let from: String
    let subject: String
    /// The custom arguments, which become members of every event.
    let custom: [JSONMember]
    let copies: [SendGridVendorCopy]
    let at: Instant

    init(id: String, json: JSONValue, at: Instant, random: inout SeededRandom) {
        self.id = id
        self.at = at
        from = json["from"]?["email"]?.string ?? ""
        subject = json["subject"]?.string ?? ""
        custom = json["custom_args"]?.object ?? []
        let server = random.hexadecimal("recvd-", 10)
        let part = random.capitals("", 8)
        let recipients = (json["personalizations"]?.array ?? []).flatMap { $0["to"]?.array ?? [] }
        copies = recipients.compactMap { $0["email"]?.string }.enumerated().map { number, email in
            SendGridVendorCopy(email: email, messageID: "\(id).\(server)-1-\(part)-\(number).0")
        }
    }
}

/// The copy of one recipient.
struct SendGridVendorCopy: Sendable {
    let email: String
    /// `sg_message_id`: begins with the mail's own.
    let messageID: String

    /// How long after the mail it is processed, and how long until its end is known.
    static let processingTime = Duration.seconds(1)
    static let deliveryTime = Duration.seconds(3)

    private var isDropped: Bool { email.hasPrefix("unsubscribed") }
    private var isBounced: Bool { email.hasPrefix("bounce") }

    /// Its events, in order.
    func events(_ mail: SendGridVendorMail, random: inout SeededRandom) -> [SendGridVendorEvent] {
        let processed = mail.at + Self.processingTime
        if isDropped {
            return [
                event("dropped", [JSONMember("reason", "Unsubscribed Address")], mail, processed, &random)
            ]
        }
        let end = mail.at + Self.deliveryTime
        let bounce = [
            JSONMember("reason", "550 5.1.1 The email account that you tried to reach does not exist."),
            JSONMember("status", "5.1.1"), JSONMember("type", "bounce"),
            JSONMember("bounce_classification", "Invalid Address"),
        ]
        return [
            event("processed", [JSONMember("send_at", 0)], mail, processed, &random),
            isBounced
                ? event("bounce", bounce, mail, end, &random)
                : event("delivered", [JSONMember("response", "250 2.0.0 OK")], mail, end, &random),
        ]
    }

    /// The copy as Email Activity tells it.
    func activity(_ mail: SendGridVendorMail, now: Instant) -> JSONValue {
        let isOver = now - mail.at >= Self.deliveryTime || isDropped
        let status = isOver ? (isBounced || isDropped ? "not_delivered" : "delivered") : "processed"
        return [
            "from_email": .string(mail.from), "msg_id": .string(messageID), "subject": .string(mail.subject),
            "to_email": .string(email), "status": .string(status), "opens_count": 0, "clicks_count": 0,
            "last_event_time": .string("\(Instant(seconds: mail.at.seconds))"),
        ]
    }

    private func event(
        _ word: String,
        _ specific: [JSONMember],
        _ mail: SendGridVendorMail,
        _ due: Instant,
        _ random: inout SeededRandom
    ) -> SendGridVendorEvent {
        let id = random.name("", 48)
        let plain = [
            JSONMember("email", .string(email)), JSONMember("timestamp", .integer(due.seconds)),
            JSONMember("smtp-id", .string("<\(mail.id)@geopod-ismtpd-1>")),
            JSONMember("event", .string(word)),
            JSONMember("sg_event_id", .string(id)), JSONMember("sg_message_id", .string(messageID)),
        ]
        return SendGridVendorEvent(id: id, json: .object(plain + specific + mail.custom), due: due)
    }
}

/// An event that will be told.
struct SendGridVendorEvent: Sendable {
    /// `sg_event_id`.
    let id: String
    let json: JSONValue
    let due: Instant
}

/// What SendGrid finds wrong with a mail.
struct SendGridVendorFault: Sendable {
    let status: Int
    let message: String
    let field: String?

    private init(_ status: Int, _ message: String, _ field: String? = nil) {
        self.status = status
        self.message = message
        self.field = field
    }

    /// The first fault of a mail; nil for one that is taken.
    static func first(in json: JSONValue) -> SendGridVendorFault? {
        guard let list = json["personalizations"]?.array,
            (1...SendGridVendor.personalizationsMax).contains(list.count)
        else {
            return Self(
                400,
                "The personalizations field is required and must have at least one personalization.",
                "personalizations"
            )
        }
        return recipients(list) ?? sender(json) ?? content(json) ?? custom(json)
    }

    private static func recipients(_ list: [JSONValue]) -> SendGridVendorFault? {
        var count = 0
        for (index, personalization) in list.enumerated() {
            let place = "personalizations.\(index).to"
            guard let to = personalization["to"]?.array, !to.isEmpty else {
                return Self(400, "The to array is required for all personalization objects", place)
            }
            let emails = to.map { $0["email"]?.string ?? "" }
            guard emails.allSatisfy(isAddress) else {
                return Self(400, "Does not contain a valid address.", "\(place).0.email")
            }
            guard Set(emails.map(lowercasedASCII)).count == emails.count else {
                return Self(400, "Each email address in the personalization block should be unique.", place)
            }
            count += to.count
        }
        guard count <= SendGridVendor.recipientsMax else {
            return Self(400, "The total number of recipients must be less than 1000.", "personalizations")
        }
        return nil
    }

    private static func sender(_ json: JSONValue) -> SendGridVendorFault? {
        guard let from = json["from"]?["email"]?.string, isAddress(from) else {
            return Self(400, "The from object must be provided for every email send.", "from.email")
        }
        guard !from.hasSuffix("@unverified.example") else {
            return Self(
                403,
                "The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.",
                "from"
            )
        }
        return nil
    }

    private static func content(_ json: JSONValue) -> SendGridVendorFault? {
        guard json["subject"]?.string.map({ !$0.isEmpty }) ?? false else {
            return Self(400, "The subject is required.", "subject")
        }
        let types = (json["content"]?.array ?? []).map { $0["type"]?.string ?? "" }
        guard !types.isEmpty else {
            return Self(
                400,
                "Unless a valid template_id is provided, the content parameter is required.",
                "content"
            )
        }
        guard types.dropFirst().allSatisfy({ $0 != "text/plain" }) else {
            return Self(
                400,
                "If present, text/plain and text/html may only be provided once, in that order.",
                "content"
            )
        }
        return nil
    }

    private static func custom(_ json: JSONValue) -> SendGridVendorFault? {
        guard let custom = json["custom_args"] else { return nil }
        guard let members = custom.object, members.allSatisfy({ $0.value.string != nil }) else {
            return Self(400, "The custom_args must be an object of texts.", "custom_args")
        }
        guard custom.serialized().count < SendGridVendor.customBytesMax else {
            return Self(400, "Custom arguments must be less than 10000 bytes.", "custom_args")
        }
        return nil
    }

    private static func isAddress(_ text: String) -> Bool { EmailAddress(text) != nil }
}
