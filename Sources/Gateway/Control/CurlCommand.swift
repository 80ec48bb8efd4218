package import Domain
package import Signatures

/// A request as a `curl` command that can be pasted into a shell.
package enum CurlCommand {
    /// The command, over several lines.
    package static func text(_ request: WebhookRequest) -> String {
        var parts = ["curl -i \(quoted(request.url))"]
        for field in request.headers.fields { parts.append("-H \(quoted("\(field.name): \(field.value)"))") }
        parts.append("--data-binary \(quoted(String(decoding: request.body, as: UTF8.self)))")
        return parts.joined(separator: " \\\n  ")
    }

    /// A small Stripe event, signed at `now`: believed for five minutes.
    package static func stripe(
        url: String,
        secret: Secret,
        now: Instant,
        random: RandomSource
    ) -> WebhookRequest {
        let name = Hex.encode(random.bytes(10))
        let event: JSONValue = [
            "id": "evt_1\(name)",
            "object": "event",
            "type": "payment_intent.succeeded",
            "created": .integer(now.seconds),
            "livemode": false,
            "data": [
                "object": [
                    "id": "pi_3\(name)", "object": "payment_intent", "amount": 180_000, "currency": "eur",
                ]
            ],
        ]
        let body = event.serialized()
        let signature = StripeSignature.sign(body, secrets: [secret], timestamp: now)
        return WebhookRequest(
            url: url,
            headers: Headers([("content-type", "application/json"), (StripeSignature.header, signature)]),
            body: body
        )
    }

    /// A text as one word of a POSIX shell.
    private static func quoted(_ text: String) -> String {
        let pieces = text.split(separator: "'", omittingEmptySubsequences: false)
        return "'" + pieces.joined(separator: #"'\''"#) + "'"
    }
}
