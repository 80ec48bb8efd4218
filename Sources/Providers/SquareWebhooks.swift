package import Domain
import Signatures

/// Square's webhooks.
struct SquareWebhooks: WebhookScheme {
    let manners = WebhookManners(acknowledgement: .received)

    func verify(
        _ request: WebhookRequest,
        keys: VerificationKeys,
        now: Instant
    ) throws(SignatureError) -> Int? {
        try SquareSignature.verify(request, secrets: keys.secrets, now: now)
    }

    func checkSecrets(_ secrets: [Secret]) throws(SecretError) {
        try SquareSignature.checkSecrets(secrets)
    }

    func request(
        sending event: SampleEvent,
        to url: String,
        keys: SigningKeys,
        now: Instant
    ) -> WebhookRequest? {
        guard let secret = keys.secrets.first else { return nil }
        let request = event.request(to: url)
        return request.adding(SquareSignature.sign(request, secret: secret, now: now))
    }

    /// Reads `event_id`, `type`, `created_at` and the ordering key.
    ///
    /// The ordering key is the payment, for refunds and disputes too, so that the story of one payment stays in order; for
    /// everything else it is `data.id`: the order, the invoice, the customer.
    func read(_ request: WebhookRequest, secret: Secret?) throws(DescriptionError) -> WebhookContent {
        let found = try scanned(request.body, pointers)
        let type = try EventFields.type(found[1], "`type`")
        let subject = EventFields.first(found[4], found[5], found[6], found[3])
        return .events([
            EventDescription(
                providerEventID: try EventFields.id(found[0], "`event_id`"),
                type: type,
                occurredAt: EventFields.instant(found[2]),
                orderingKey: EventFields.orderingKey(subject),
                priority: EventPriority.square(type)
            )
        ])
    }
}

private let pointers = JSONPointerSet(
    [
        "/event_id", "/type", "/created_at", "/data/id", "/data/object/payment/id",
        "/data/object/refund/payment_id", "/data/object/dispute/disputed_payment/payment_id",
    ].compactMap { JSONPointer($0) }
)

extension EventPriority {
    /// The priority of one of Square's event types.
    ///
    /// | type | priority | why |
    /// |---|---|---|
    /// | `dispute.*` | high | an answer is due by a date |
    /// | `payment.*`, `refund.*` | high | a booking waits for it; Square tells failures by the status alone |
    /// | `invoice.payment_made`, `invoice.scheduled_charge_failed` | high | the same |
    /// | `catalog.*`, `inventory.*`, `location.*`, `device.*`, `labor.*`, `team_member.*`, `loyalty.*`, `payout.*` | low | the catalogue and book-keeping |
    /// | all others: `order.*`, `invoice.*`, `customer.*`, `booking.*`, … | normal | |
    package static func square(_ type: String) -> Priority {
        squareRules.priority(of: type)
    }

    private static let squareRules = PriorityRules(
        high: [
            "dispute.*", "payment.*", "refund.*", "invoice.payment_made", "invoice.scheduled_charge_failed",
        ],
        low: [
            "catalog.*", "inventory.*", "location.*", "device.*", "labor.*", "team_member.*", "loyalty.*",
            "payout.*",
        ]
    )
}
