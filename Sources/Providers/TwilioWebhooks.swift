package import Domain
import Signatures

/// Twilio's webhooks for messages: those that come in, and what becomes of those that go out.
struct TwilioWebhooks: WebhookScheme {
    /// An empty TwiML document, which answers a message with nothing; a status callback ignores it.
    let manners = WebhookManners(
        acknowledgement: Acknowledgement(
            status: 200,
            contentType: "text/xml",
            body: Array(#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#.utf8)
        ),
        methods: ["POST", "GET"]
    )

    /// The `Content-Type` of forms.
    static let formType = "application/x-www-form-urlencoded; charset=UTF-8"
    /// The type of an event that is JSON and names none.
    static let typeDefault = "webhook"

    func verify(
        _ request: WebhookRequest,
        keys: VerificationKeys,
        now: Instant
    ) throws(SignatureError) -> Int? {
        try TwilioSignature.verify(request, secrets: keys.secrets)
    }

    func checkSecrets(_ secrets: [Secret]) throws(SecretError) {
        try TwilioSignature.checkSecrets(secrets)
    }

    func request(
        sending event: SampleEvent,
        to url: String,
        keys: SigningKeys,
        now: Instant
    ) -> WebhookRequest? {
        guard let secret = keys.secrets.first, let form = FormFields(event.body) else { return nil }
        let request = event.request(to: url)
        return request.adding(TwilioSignature.sign(url: request.url, form: form, secret: secret))
    }

    /// Reads a message's form.
    ///
    /// - The id is `MessageSid` and the status: Twilio gives an event no id that is signed, and repeats a callback with the
    ///   same two. A message that came in has the status `received`.
    /// - The type is `message.` and the status; the ordering key is `MessageSid`. No time is sent that can be relied on.
    /// - What is kept and delivered is the form, with the parameters of the URL's query before its own: that is where an
    ///   application puts what it wants to find again (`?wedding=…`).
    /// - A JSON body is told by its hash, has the type in `type` or `webhook`, and no order.
    func read(_ request: WebhookRequest, secret: Secret?) throws(DescriptionError) -> WebhookContent {
        let query = TwilioSignature.query(request.url)
        let isGet = request.method != "POST"
        guard isGet || request.body.isEmpty || TwilioSignature.isForm(request.headers) else {
            return .events([try json(request.body)])
        }
        guard let form = FormFields(isGet ? query : request.body) else { throw .invalid("the form") }
        guard form.has("MessageSid") else { throw .missing("`MessageSid`") }
        guard let message = form["MessageSid"], isMessageSID(message) else { throw .invalid("`MessageSid`") }
        let status = try status(form)
        let type = "message.\(status)"
        return .events([
            EventDescription(
                providerEventID: EventFields.composedID([message, Array(status.utf8)]),
                type: type,
                occurredAt: nil,
                orderingKey: message,
                priority: EventPriority.twilio(type),
                part: part(query, isGet ? [] : request.body)
            )
        ])
    }

    /// The status of a callback; `received` for a message, which has a text instead.
    private func status(_ form: FormFields) throws(DescriptionError) -> String {
        guard form.has("MessageStatus") else {
            guard form.has("Body") else { throw .missing("`MessageStatus` or `Body`") }
            return "received"
        }
        guard let status = form["MessageStatus"], (1...32).contains(status.count),
            status.allSatisfy({ (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "_") })
        else { throw .invalid("`MessageStatus`") }
        return String(decoding: status, as: UTF8.self)
    }

    /// The form of query and body in one; nil where the body says it all, or the query is no form.
    private func part(_ query: [UInt8], _ body: [UInt8]) -> EventPart? {
        guard !query.isEmpty, FormFields(query) != nil else { return nil }
        let separator = body.isEmpty ? [] : [UInt8(ascii: "&")]
        return EventPart(query + separator + body, contentType: Self.formType)
    }

    private func json(_ body: [UInt8]) throws(DescriptionError) -> EventDescription {
        let named = EventFields.first(try scanned(body, pointers)[0])
        let type = try named.map { found throws(DescriptionError) in try EventFields.type(found, "`type`") }
        return EventDescription(
            providerEventID: sha256([body]),
            type: type ?? Self.typeDefault,
            occurredAt: nil,
            orderingKey: nil,
            priority: .normal
        )
    }

    /// `SM` or `MM` and 32 lower-case hexadecimal digits: nothing else of a form can hide in it.
    private func isMessageSID(_ text: [UInt8]) -> Bool {
        text.count == 34 && (text.starts(with: "SM".utf8) || text.starts(with: "MM".utf8))
            && Hex.decode(text[2...]) != nil
    }
}

private let pointers = JSONPointerSet(["/type"].compactMap { JSONPointer($0) })

extension EventPriority {
    /// The priority of one of Twilio's message events.
    ///
    /// | type | priority | why |
    /// |---|---|---|
    /// | `message.failed`, `message.undelivered` | high | somebody was not reached |
    /// | `message.received` | high | somebody waits for an answer |
    /// | `message.accepted`, `message.scheduled`, `message.queued`, `message.sending`, `message.sent`, `message.read` | low | steps on the way |
    /// | all others: `message.delivered`, `message.canceled`, … | normal | |
    package static func twilio(_ type: String) -> Priority {
        twilioRules.priority(of: type)
    }

    private static let twilioRules = PriorityRules(
        high: ["message.failed", "message.undelivered", "message.received"],
        low: [
            "message.accepted", "message.scheduled", "message.queued", "message.sending", "message.sent",
            "message.read",
        ]
    )
}
