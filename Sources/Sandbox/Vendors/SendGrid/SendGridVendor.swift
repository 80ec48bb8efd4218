package import Domain
package import Providers
import Resilience
import Signatures

/// SendGrid's Mail Send, Email Activity and Event Webhook, version 3, as they behave.
///
/// | recipient | events after `processed` |
/// |---|---|
/// | `bounce…@…` | `bounce`, 5.1.1 |
/// | `unsubscribed…@…` | `dropped`, "Unsubscribed Address", in place of `processed` |
/// | any other | `delivered` after three seconds |
///
/// A sender at `unverified.example` is refused (403). There are no idempotency keys: a request that comes twice is two
/// mails.
///
/// Source: twilio.com/docs/sendgrid/api-reference/mail-send, …/for-developers/tracking-events.
package struct SendGridVendor: VendorMachine {
    /// The API key that is accepted unless told otherwise.
    package static let keyDefault = "SG.usher-sandbox.0123456789abcdefghijklmnopqrstuvwxyz"
    /// The most mails that are remembered.
    package static let mailsMax = 20_000
    /// The most events that wait; the oldest ones beyond are never sent.
    package static let eventsMax = 50_000
    /// The events of one webhook.
    static let batchMax = 500
    /// The most that one request may ask for.
    static let personalizationsMax = 1_000
    static let recipientsMax = 1_000
    static let customBytesMax = 10_000

    package let provider = APIProvider.sendgrid
    package var conditions = VendorConditions()
    let key: String
    let settings: VendorSettings
    private var book = VendorLedger()
    private var mails = BoundedRecord<SendGridVendorMail>(countMax: mailsMax)
    private var events: [SendGridVendorEvent] = []
    private var sends = VendorLimiter(.fixedWindow(count: 10_000, length: .seconds(1)))
    private var reads = VendorLimiter(.fixedWindow(count: 600, length: .seconds(60)))

    /// Makes an account without any mail.
    /// - Parameter settings: where events go; they are signed with the private key, and not sent without one.
    package init(key: String = keyDefault, settings: VendorSettings = VendorSettings()) {
        self.key = key
        self.settings = settings
    }

    package var ledger: [LedgerEntry] { book.entries }

    /// SendGrid repeats at growing intervals for 24 hours; how they grow is not published.
    package var webhookPauses: [Duration] {
        [.seconds(60), .seconds(600), .seconds(3_600), .seconds(82_000)]
    }

    package mutating func answer(
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) -> VendorAnswer {
        guard let bearer = request.bearer, sameText(bearer, key) else {
            return Self.error(401, "The provided authorization grant is invalid, expired, or revoked")
        }
        let isSend = request.path == "/v3/mail/send"
        let share = conditions.limitShare
        let outcome = isSend ? sends.take(now: now, share: share) : reads.take(now: now, share: share)
        var answer =
            outcome.isWithin
            ? route(request, now: now, random: &random) : overLimit(random: &random)
        let (limit, length): (Double, Int64) = isSend ? (10_000, 1) : (600, 60)
        let left = if case .within(let remaining) = outcome { remaining } else { 0 }
        answer.headers.append("X-RateLimit-Limit", "\(max(Int(limit * share), 1))")
        answer.headers.append("X-RateLimit-Remaining", "\(left)")
        answer.headers.append("X-RateLimit-Reset", "\((now.seconds / length + 1) * length)")
        return answer
    }

    package func failure(status: Int, random: inout SeededRandom) -> VendorAnswer {
        Self.error(status, "internal server error")
    }

    package func overLimit(random: inout SeededRandom) -> VendorAnswer {
        Self.error(429, "too many requests")
    }

    package mutating func takeWebhooks(now: Instant) -> [VendorWebhook] {
        let due = events.filter { $0.due <= now }.sorted { $0.due < $1.due }
        guard !due.isEmpty else { return [] }
        events.removeAll { $0.due <= now }
        guard let url = settings.webhookURL, let pem = settings.webhookKeys?.privateKey?.pem else {
            return []
        }
        return stride(from: 0, to: due.count, by: Self.batchMax).compactMap { start in
            let batch = due[start..<min(start + Self.batchMax, due.count)]
            let body =
                Array("[".utf8) + Array(batch.map { $0.json.serialized() }.joined(separator: Self.separator))
                + Array("]\r\n".utf8)
            guard let signature = SendGridSignature.sign(body, privateKey: pem, now: now),
                let first = batch.first
            else { return nil }
            let fields = [
                ("content-type", "application/json;charset=utf-8"), ("user-agent", "SendGrid Event API"),
            ]
            return VendorWebhook(id: first.id, url: url, headers: Headers(fields + signature), body: body)
        }
    }

    private static let separator = Array(",\r\n".utf8)

    private mutating func route(
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) -> VendorAnswer {
        switch (request.method, request.path) {
        case ("POST", "/v3/mail/send"): return send(request, now: now, random: &random)
        case ("GET", "/v3/messages"): return activity(request, now: now)
        case ("GET", "/v3/scopes"):
            return VendorAnswer(
                status: 200,
                json: ["scopes": ["mail.send", "messages.read", "email_activity.read"]]
            )
        case (_, "/v3/mail/send"), (_, "/v3/messages"), (_, "/v3/scopes"):
            return Self.error(405, "method not allowed")
        default: return Self.error(404, "not found")
        }
    }

    private mutating func send(
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) -> VendorAnswer {
        guard let json = request.json else { return Self.error(400, "Bad Request") }
        if let fault = SendGridVendorFault.first(in: json) {
            return Self.error(fault.status, fault.message, field: fault.field)
        }
        if json["mail_settings"]?["sandbox_mode"]?["enable"]?.bool == true {
            return VendorAnswer(status: 200)
        }
        let id = random.name("", 22)
        let mail = SendGridVendorMail(id: id, json: json, at: now, random: &random)
        mails[id] = mail
        book.append(
            LedgerEntry(
                kind: "email",
                id: id,
                tag: json["custom_args"]?[SendGridCalls.tagField]?.string,
                at: now
            )
        )
        for copy in mail.copies { events += copy.events(mail, random: &random) }
        if events.count > Self.eventsMax { events.removeFirst(events.count - Self.eventsMax) }
        return VendorAnswer(status: 202, headers: Headers([("x-message-id", id)]))
    }

    /// Answers `query=msg_id LIKE '…%'` and `msg_id="…"`, as the paid Email Activity does.
    private func activity(_ request: VendorRequest, now: Instant) -> VendorAnswer {
        let limit = request.queryFields?.text("limit").map { Int($0) ?? 0 } ?? 10
        guard let query = request.queryFields?.text("query"), (1...1_000).contains(limit) else {
            return Self.error(400, "invalid query", field: "query")
        }
        let parts = query.split(whereSeparator: { $0 == "'" || $0 == "\"" || $0 == "%" })
        guard query.hasPrefix("msg_id"), parts.count >= 2 else {
            return Self.error(400, "invalid query", field: "query")
        }
        let wanted = String(parts[1].prefix { $0 != "." })
        guard let mail = mails[wanted], now - mail.at >= conditions.lookUpDelay else {
            return VendorAnswer(status: 200, json: ["messages": []])
        }
        return VendorAnswer(
            status: 200,
            json: ["messages": .array(mail.copies.prefix(limit).map { $0.activity(mail, now: now) })]
        )
    }

    static func error(_ status: Int, _ message: String, field: String? = nil) -> VendorAnswer {
        let field: JSONValue = field.map { .string($0) } ?? .null
        return VendorAnswer(
            status: status,
            json: ["errors": [["message": .string(message), "field": field, "help": .null]]]
        )
    }
}
