import Domain
import Signatures

/// The settings of a Stripe source.
///
/// | key | type | default | range |
/// |---|---|---|---|
/// | `tolerance_seconds` | whole seconds | 300 | 10 to 3600: how far a signature's time may lie from now |
package struct StripeSettings: Hashable, Sendable {
    /// How far the signing time may lie from now, both ways.
    package var tolerance = defaultTolerance

    /// Makes the default settings.
    package init() {}

    init(_ json: JSONValue) throws(ProviderError) {
        let reader = try SettingsReader(json, known: ["tolerance_seconds"])
        tolerance = try reader.seconds("tolerance_seconds", toleranceRange) ?? defaultTolerance
    }

    var json: JSONValue {
        guard tolerance != defaultTolerance else { return .object([]) }
        return ["tolerance_seconds": .integer(tolerance.components.seconds)]
    }
}

/// The default of `tolerance_seconds`.
let defaultTolerance = Duration.seconds(300)
/// The range of `tolerance_seconds`.
let toleranceRange: ClosedRange<Int64> = 10...3_600

/// Stripe's webhooks, v1 and thin v2 events.
struct StripeWebhooks: WebhookScheme {
    let settings: StripeSettings

    let manners = WebhookManners(acknowledgement: .received)

    func verify(
        _ request: WebhookRequest,
        keys: VerificationKeys,
        now: Instant
    ) throws(SignatureError) -> Int? {
        let tolerance = TimestampTolerance(past: settings.tolerance, future: settings.tolerance)
        return try StripeSignature.verify(request, secrets: keys.secrets, now: now, tolerance: tolerance)
    }

    func checkSecrets(_ secrets: [Secret]) throws(SecretError) {
        try StripeSignature.checkSecrets(secrets)
    }

    func request(
        sending event: SampleEvent,
        to url: String,
        keys: SigningKeys,
        now: Instant
    ) -> WebhookRequest? {
        let signature = StripeSignature.sign(event.body, secrets: keys.secrets, timestamp: now)
        return event.request(to: url).adding([(StripeSignature.header, signature)])
    }

    /// Reads id, type, time and ordering key.
    ///
    /// The ordering key is the object that the event is about, so that the story of one payment stays in order:
    /// - the payment intent, for every object that names one: charges, refunds, disputes, checkout sessions;
    /// - an invoice's own id: it exists before its first payment intent and may outlive several;
    /// - else `data.object.id`; nil for objects without one (`balance.available`);
    /// - thin events (`object` is `v2.core.event`): `related_object.id`.
    func read(_ request: WebhookRequest, secret: Secret?) throws(DescriptionError) -> WebhookContent {
        let found = try scanned(request.body, pointers)
        let type = try EventFields.type(found[1], "`type`")
        var subject = found[4]
        if found[3]?.string == "v2.core.event" {
            subject = found[7]
        } else if found[5]?.string != "invoice", case .string(let paymentIntent) = found[6],
            !paymentIntent.isEmpty
        {
            subject = found[6]
        }
        return .events([
            EventDescription(
                providerEventID: try EventFields.id(found[0], "`id`"),
                type: type,
                occurredAt: EventFields.instant(found[2]),
                orderingKey: EventFields.orderingKey(subject),
                priority: EventPriority.stripe(type)
            )
        ])
    }
}

private let pointers = JSONPointerSet(
    [
        "/id", "/type", "/created", "/object", "/data/object/id", "/data/object/object",
        "/data/object/payment_intent", "/related_object/id",
    ].compactMap { JSONPointer($0) }
)
