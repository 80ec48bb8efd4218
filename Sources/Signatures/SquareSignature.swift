package import Domain

/// Square's scheme: `x-square-hmacsha256-signature`, base64 of HMAC-SHA256 over the notification URL and the raw body.
///
/// - The URL is the subscription's, byte for byte: no port, slash or letter case is forgiven.
/// - The key is the text of the subscription's signature key, not decoded; nothing separates URL and body.
/// - No time is signed: only the event's id tells a repeat.
/// - `x-square-signature` (HMAC-SHA1) is the retired scheme and counts for nothing.
/// - An empty body is refused, as Square's Python library does.
///
/// Source: developer.squareup.com "Validate notifications", squareup 46 `webhooks_helper`.
package enum SquareSignature {
    /// The header's name in lower case.
    package static let header = "x-square-hmacsha256-signature"

    private static let scheme = HMACScheme(encoding: .base64, header: header, template: .urlThenBody)

    /// Checks a request against every secret.
    /// - Returns: the index of the secret that matches.
    package static func verify(
        _ request: WebhookRequest,
        secrets: [Secret],
        now: Instant
    ) throws(SignatureError) -> Int {
        let index = try scheme.verify(request, secrets: secrets, now: now)
        guard !request.body.isEmpty else { throw .mismatch }
        return index
    }

    /// The header that signs `request`.
    package static func sign(_ request: WebhookRequest, secret: Secret, now: Instant) -> [(String, String)] {
        scheme.sign(request, secret: secret, now: now)
    }

    /// Throws unless the secrets may protect a source.
    package static func checkSecrets(_ secrets: [Secret]) throws(SecretError) {
        try HMACScheme.checkSecrets(secrets)
    }
}
