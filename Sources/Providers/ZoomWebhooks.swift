package import Domain
import Signatures

/// The settings of a Zoom source.
///
/// | key | type | default | range |
/// |---|---|---|---|
/// | `tolerance_seconds` | whole seconds | 5400 | 60 to 86400: how old a signature's time may be |
///
/// Zoom sends again after 5, 25 and 85 minutes, does not say whether it signs again, and never sends again what was
/// answered with 401: the default is 90 minutes, and a repeat is told by its id. A time may lie 300 s ahead.
package struct ZoomSettings: Hashable, Sendable {
    /// How old the signing time may be.
    package var tolerance = toleranceDefault

    /// The default of `tolerance_seconds`.
    package static let toleranceDefault = Duration.seconds(5_400)
    /// The range of `tolerance_seconds`.
    package static let toleranceRange: ClosedRange<Int64> = 60...86_400

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

/// Zoom's webhooks, and its question whether the URL is ours.
struct ZoomWebhooks: WebhookScheme {
    let settings: ZoomSettings

    let manners = WebhookManners(acknowledgement: .noContent)

    /// The longest token that is answered, in bytes.
    static let plainTokenBytesMax = 256

    func verify(
        _ request: WebhookRequest,
        keys: VerificationKeys,
        now: Instant
    ) throws(SignatureError) -> Int? {
        let tolerance = TimestampTolerance(past: settings.tolerance, future: toleranceAhead)
        return try ZoomSignature.verify(request, secrets: keys.secrets, now: now, tolerance: tolerance)
    }

    func checkSecrets(_ secrets: [Secret]) throws(SecretError) {
        try ZoomSignature.checkSecrets(secrets)
    }

    func request(
        sending event: SampleEvent,
        to url: String,
        keys: SigningKeys,
        now: Instant
    ) -> WebhookRequest? {
        guard let secret = keys.secrets.first else { return nil }
        let request = event.request(to: url)
        return request.adding(ZoomSignature.sign(request, secret: secret, now: now))
    }

    /// Reads an event, or answers `endpoint.url_validation`.
    ///
    /// - Zoom gives no id: it is `event`, `event_ts`, the meeting's `uuid` (else `id`) and, where there is one, the
    ///   participant's; the body's SHA-256 for an event without them.
    /// - The ordering key is the meeting's `id`, the same each time it is held; else its `uuid`.
    func read(_ request: WebhookRequest, secret: Secret?) throws(DescriptionError) -> WebhookContent {
        let found = try scanned(request.body, pointers)
        let type = try EventFields.type(found[0], "`event`")
        guard !type.utf8.elementsEqual("endpoint.url_validation".utf8) else {
            return .answer(try validation(found[6], secret), .zoomURLValidation)
        }
        return .events([
            EventDescription(
                providerEventID: id(type, found) ?? sha256([request.body]),
                type: type,
                occurredAt: EventFields.milliseconds(found[1]),
                orderingKey: EventFields.orderingKey(EventFields.first(found[3], found[2])),
                priority: EventPriority.zoom(type)
            )
        ])
    }

    private func id(_ type: String, _ found: [JSONScanner.Found?]) -> [UInt8]? {
        guard case .number(let time) = found[1],
            let meeting = EventFields.first(found[2], found[3])?.bytes
        else { return nil }
        let participant = EventFields.first(found[4], found[5])?.bytes.map { [$0] } ?? []
        return EventFields.composedID([Array(type.utf8), time, meeting] + participant)
    }

    /// The token and its HMAC.
    ///
    /// A token that begins like a text which Zoom signs is refused, so that no answer can become a signature.
    private func validation(
        _ found: JSONScanner.Found?,
        _ secret: Secret?
    ) throws(DescriptionError) -> Acknowledgement {
        guard let found else { throw .missing("`payload.plainToken`") }
        guard case .string(let token) = found, (1...Self.plainTokenBytesMax).contains(token.count),
            !token.starts(with: "v0:".utf8), let secret
        else { throw .invalid("`payload.plainToken`") }
        let answer: JSONValue = [
            "plainToken": .string(String(decoding: token, as: UTF8.self)),
            "encryptedToken": .string(ZoomSignature.encryptedToken(token, secret: secret)),
        ]
        return Acknowledgement(status: 200, contentType: "application/json", body: answer.serialized())
    }
}

private let pointers = JSONPointerSet(
    [
        "/event", "/event_ts", "/payload/object/uuid", "/payload/object/id",
        "/payload/object/participant/participant_uuid", "/payload/object/participant/user_id",
        "/payload/plainToken",
    ].compactMap { JSONPointer($0) }
)

extension EventPriority {
    /// The priority of one of Zoom's events.
    ///
    /// | type | priority | why |
    /// |---|---|---|
    /// | `meeting.started`, `meeting.ended`, `meeting.updated`, `meeting.deleted` | high | somebody is waiting in it, or must be told |
    /// | `meeting.participant_*`, `meeting.sharing_*`, `meeting.chat_*`, `user.*`, `recording.*` | low | what happens meanwhile, and its records |
    /// | all others: `meeting.created`, `meeting.alert`, … | normal | |
    package static func zoom(_ type: String) -> Priority {
        zoomRules.priority(of: type)
    }

    private static let zoomRules = PriorityRules(
        high: ["meeting.started", "meeting.ended", "meeting.updated", "meeting.deleted"],
        low: ["meeting.participant_*", "meeting.sharing_*", "meeting.chat_*", "user.*", "recording.*"]
    )
}
