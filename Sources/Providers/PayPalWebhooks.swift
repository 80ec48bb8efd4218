import Domain
package import Signatures

/// The settings of a PayPal source.
///
/// | key | type | default | meaning |
/// |---|---|---|---|
/// | `webhook_id` | text | none: it must be given | the id that PayPal's dashboard shows for this URL; it is signed |
/// | `environment` | word | both | `live` or `sandbox`: where the certificates may lie |
package struct PayPalSettings: Hashable, Sendable {
    /// The id of the webhook at PayPal.
    package var webhookID: String
    /// Where certificates may lie; nil is either world.
    package var environment: PayPalSignature.Environment?

    /// The longest `webhook_id`, in bytes.
    package static let webhookIDBytesMax = 50

    /// Makes the settings of the webhook with this id.
    package init(webhookID: String, environment: PayPalSignature.Environment? = nil) {
        self.webhookID = webhookID
        self.environment = environment
    }

    init(_ json: JSONValue) throws(ProviderError) {
        let reader = try SettingsReader(json, known: ["webhook_id", "environment"])
        let expected =
            "the webhook's id of letters and digits as PayPal's dashboard shows it, like `8PT597110X687430LKGECATA`"
        let id = try reader.read("webhook_id", expected: expected) { value in
            value.string.flatMap { isWebhookID($0) ? $0 : nil }
        }
        guard let id else { throw .missingSetting("webhook_id", expected: expected) }
        webhookID = id
        environment = try reader.word("environment")
    }

    var json: JSONValue {
        var members = [JSONMember("webhook_id", .string(webhookID))]
        if let environment { members.append(JSONMember("environment", .string(environment.rawValue))) }
        return .object(members)
    }
}

private func isWebhookID(_ text: String) -> Bool {
    (1...PayPalSettings.webhookIDBytesMax).contains(text.utf8.count)
        && text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
            default: false
            }
        }
}

/// PayPal's webhooks.
///
/// An event is named by its `id` (`WH-…`). Events about one resource (`resource.id`: a capture, an order, a dispute)
/// keep their order.
///
/// | type | priority | why |
/// |---|---|---|
/// | `CUSTOMER.DISPUTE.*`, `RISK.DISPUTE.*` | high | an answer is due by a date |
/// | `*.DENIED`, `*.DECLINED`, `*.FAILED`, `*.REVERSED`, `*.VOIDED` | high | somebody must act or a booking falls through |
/// | `PAYMENT.CAPTURE.COMPLETED`, `PAYMENT.SALE.COMPLETED`, `CHECKOUT.ORDER.APPROVED`, `INVOICING.INVOICE.PAID` | high | a booking waits for it |
/// | `CATALOG.*`, `BILLING.PLAN.*` | low | the catalogue |
/// | all others | normal | |
struct PayPalWebhooks: WebhookScheme {
    let settings: PayPalSettings

    let manners = WebhookManners(acknowledgement: .received)

    func certificate(for request: WebhookRequest) throws(SignatureError) -> CertificateReference? {
        try PayPalSignature.certificate(for: request, environment: settings.environment)
    }

    func verify(
        _ request: WebhookRequest,
        keys: VerificationKeys,
        now: Instant
    ) throws(SignatureError) -> Int? {
        _ = try certificate(for: request)
        guard let key = keys.certificate else { throw .certificateNotValid }
        try PayPalSignature.verify(request, webhookID: settings.webhookID, key: key, now: now)
        return nil
    }

    func checkSecrets(_ secrets: [Secret]) throws(SecretError) {
        guard secrets.isEmpty else { throw .notWanted }
    }

    func request(
        sending event: SampleEvent,
        to url: String,
        keys: SigningKeys,
        now: Instant
    ) -> WebhookRequest? {
        guard let key = keys.privateKey, let certificateURL = key.certificateURL else { return nil }
        return PayPalSignature.sign(
            event.body,
            webhookID: settings.webhookID,
            transmissionID: uuid(naming: event.id),
            pem: key.pem,
            certificateURL: certificateURL,
            now: now
        )
        .map { event.request(to: url).adding($0) }
    }

    func read(_ request: WebhookRequest, secret: Secret?) throws(DescriptionError) -> WebhookContent {
        let found = try scanned(request.body, pointers)
        let type = try EventFields.type(found[1], "`event_type`")
        return .events([
            EventDescription(
                providerEventID: try EventFields.id(found[0], "`id`"),
                type: type,
                occurredAt: EventFields.instant(found[2]),
                orderingKey: EventFields.orderingKey(found[3]),
                priority: rules.priority(of: type)
            )
        ])
    }
}

private let pointers = JSONPointerSet(
    ["/id", "/event_type", "/create_time", "/resource/id"].compactMap { JSONPointer($0) }
)

private let rules = PriorityRules(
    high: [
        "CUSTOMER.DISPUTE.*", "RISK.DISPUTE.*", "*.DENIED", "*.DECLINED", "*.FAILED", "*.REVERSED",
        "*.VOIDED",
        "PAYMENT.CAPTURE.COMPLETED", "PAYMENT.SALE.COMPLETED", "CHECKOUT.ORDER.APPROVED",
        "INVOICING.INVOICE.PAID",
    ],
    low: ["CATALOG.*", "BILLING.PLAN.*"]
)
