package import Domain
import Providers
import Signatures

/// Events and webhooks.
extension StripeVendor {
    /// Writes down an event and sends it as a webhook at once.
    mutating func record(
        _ type: String,
        _ object: JSONValue,
        _ call: StripeVendorCall,
        random: inout SeededRandom
    ) {
        let id = random.name("evt_", 24)
        let json: JSONValue = [
            "id": .string(id), "object": "event", "api_version": .string(Self.versionDefault),
            "created": .integer(call.now.seconds), "data": ["object": object], "livemode": false,
            "pending_webhooks": .integer(settings.webhookURL == nil ? 0 : 1),
            "request": [
                "id": call.id.isEmpty ? .null : .string(call.id),
                "idempotency_key": call.key.map { .string($0) } ?? .null,
            ],
            "type": .string(type),
        ]
        events[id] = StripeVendorEvent(
            id: id,
            type: type,
            created: call.now,
            json: json,
            isDelivered: settings.webhookURL == nil
        )
        guard let url = settings.webhookURL, let keys = settings.webhookKeys else { return }
        let webhook = Self.webhook(id, url, json.serialized(pretty: true), keys.secrets, now: call.now)
        outbox.append(webhook, due: call.now)
    }

    /// Every try is signed anew: the time in the signature is that of sending.
    package func signedAgain(_ webhook: VendorWebhook, now: Instant) -> VendorWebhook {
        guard let keys = settings.webhookKeys else { return webhook }
        return Self.webhook(webhook.id, webhook.url, webhook.body, keys.secrets, now: now)
    }

    private static func webhook(
        _ id: String,
        _ url: String,
        _ body: [UInt8],
        _ secrets: [Secret],
        now: Instant
    ) -> VendorWebhook {
        let headers = Headers([
            ("content-type", "application/json; charset=utf-8"),
            ("user-agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)"),
            (StripeSignature.header, StripeSignature.sign(body, secrets: secrets, timestamp: now)),
        ])
        return VendorWebhook(id: id, url: url, headers: headers, body: body)
    }

    package mutating func takeWebhooks(now: Instant) -> [VendorWebhook] {
        outbox.take(now: now)
    }

    package mutating func webhookDelivered(_ id: String) {
        guard var event = events[id] else { return }
        event.isDelivered = true
        events[id] = event
    }
}
