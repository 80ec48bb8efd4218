package import Domain
import Signatures

/// The settings of a SendGrid source.
///
/// | key | type | default | range |
/// |---|---|---|---|
/// | `tolerance_seconds` | whole seconds | 90000 | 300 to 604800: how old a signature's time may be |
///
/// SendGrid sends again for 24 hours and does not say whether it signs again: the default is 25 hours, and a repeat is
/// told by the ids of its events. A time may lie 300 s ahead.
package struct SendGridSettings: Hashable, Sendable {
    /// How old the signing time may be.
    package var tolerance = toleranceDefault

    /// The default of `tolerance_seconds`.
    package static let toleranceDefault = Duration.seconds(90_000)
    /// The range of `tolerance_seconds`.
    package static let toleranceRange: ClosedRange<Int64> = 300...604_800

    /// Makes the default settings.
    package init() {}

    init(_ json: JSONValue) throws(ProviderError) {
        let reader = try SettingsReader(json, known: ["tolerance_seconds"])
        tolerance = try reader.seconds("tolerance_seconds", Self.toleranceRange) ?? Self.toleranceDefault
    }

    var json: JSONValue {
        guard tolerance != Self.toleranceDefault else { return .object([]) }
        return ["tolerance_seconds": .integer(tolerance.components.seconds)]
    }
}

/// SendGrid's Event Webhook: an array of events, each stored by itself.
struct SendGridWebhooks: WebhookScheme {
    let settings: SendGridSettings

    let manners = WebhookManners(acknowledgement: .noContent)

    func verify(
        _ request: WebhookRequest,
        keys: VerificationKeys,
        now: Instant
    ) throws(SignatureError) -> Int? {
        let tolerance = TimestampTolerance(past: settings.tolerance, future: toleranceAhead)
        return try SendGridSignature.verify(request, secrets: keys.secrets, now: now, tolerance: tolerance)
    }

    func checkSecrets(_ secrets: [Secret]) throws(SecretError) {
        try SendGridSignature.checkSecrets(secrets)
    }

    func request(
        sending event: SampleEvent,
        to url: String,
        keys: SigningKeys,
        now: Instant
    ) -> WebhookRequest? {
        guard let key = keys.privateKey?.pem,
            let headers = SendGridSignature.sign(event.body, privateKey: key, now: now)
        else { return nil }
        return event.request(to: url).adding(headers)
    }

    /// Reads each element of the array; all of them must be readable.
    ///
    /// - The id is `sg_event_id`, else the SHA-256 of the element's bytes.
    /// - The type is `email.` and `event`; the time is `timestamp`.
    /// - The ordering key is `sg_message_id` up to its first `.`: that is the `X-Message-Id` of the call which sent the
    ///   mail, so that its events stay in order.
    func read(_ request: WebhookRequest, secret: Secret?) throws(DescriptionError) -> WebhookContent {
        guard let ranges = try elements(request.body) else {
            throw .invalid("the body, which must be an array of events,")
        }
        guard ranges.count <= WebhookContent.eventsMax else { throw .invalid("the number of events") }
        var events: [EventDescription] = []
        events.reserveCapacity(ranges.count)
        for (number, range) in ranges.enumerated() {
            events.append(try event(Array(request.body[range]), number))
        }
        return .events(events)
    }

    private func elements(_ body: [UInt8]) throws(DescriptionError) -> [Range<Int>]? {
        do throws(JSONError) {
            return try JSONElements.ranges(in: body)
        } catch {
            throw .invalidJSON(error)
        }
    }

    private func event(_ bytes: [UInt8], _ number: Int) throws(DescriptionError) -> EventDescription {
        let found = try scanned(bytes, pointers)
        let word = try EventFields.type(found[1], "`event` of element \(number)")
        let type = "email.\(word)"
        guard EventFields.isType(Array(type.utf8)) else { throw .invalid("`event` of element \(number)") }
        var message = found[3]
        if case .string(let id) = message { message = .string(Array(id.prefix { $0 != UInt8(ascii: ".") })) }
        return EventDescription(
            providerEventID: id(found[0], bytes),
            type: type,
            occurredAt: EventFields.instant(found[2]),
            orderingKey: EventFields.orderingKey(message),
            priority: EventPriority.sendgrid(type),
            part: EventPart(bytes)
        )
    }

    private func id(_ found: JSONScanner.Found?, _ bytes: [UInt8]) -> [UInt8] {
        guard case .string(let id) = found, EventFields.isKey(id) else { return sha256([bytes]) }
        return id
    }
}

private let pointers = JSONPointerSet(
    ["/sg_event_id", "/event", "/timestamp", "/sg_message_id"].compactMap { JSONPointer($0) }
)

extension EventPriority {
    /// The priority of one of SendGrid's events.
    ///
    /// | type | priority | why |
    /// |---|---|---|
    /// | `email.bounce`, `email.dropped` | high | somebody was not reached |
    /// | `email.processed`, `email.deferred`, `email.open`, `email.click` | low | steps on the way, and many of them |
    /// | all others: `email.delivered`, `email.spamreport`, `email.unsubscribe`, … | normal | |
    package static func sendgrid(_ type: String) -> Priority {
        sendgridRules.priority(of: type)
    }

    private static let sendgridRules = PriorityRules(
        high: ["email.bounce", "email.dropped"],
        low: ["email.processed", "email.deferred", "email.open", "email.click"]
    )
}
