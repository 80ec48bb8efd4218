package import Domain

/// Zoom's scheme: `x-zm-signature: v0=<64 hex digits>`, HMAC-SHA256 over `v0:<x-zm-request-timestamp>:<raw body>`.
///
/// - The key is the text of the app's secret token, not decoded; one signature only.
/// - The raw bytes are signed. Zoom's sample re-serialises parsed JSON, which is equal only for compact, unescaped
///   JSON: such a text that was not sent is refused here.
/// - Lower-case digits only, one header of each name.
///
/// Source: github.com/zoom/webhook-sample, github.com/zoom/skills.
package enum ZoomSignature {
    /// The signature's header in lower case.
    package static let header = "x-zm-signature"
    /// The signing time's header in lower case: Unix seconds.
    package static let timestampHeader = "x-zm-request-timestamp"

    /// Checks a request against every secret.
    /// - Returns: the index of the secret that matches.
    package static func verify(
        _ request: WebhookRequest,
        secrets: [Secret],
        now: Instant,
        tolerance: TimestampTolerance
    ) throws(SignatureError) -> Int {
        try scheme(tolerance).verify(request, secrets: secrets, now: now)
    }

    /// The headers that sign `request`.
    package static func sign(_ request: WebhookRequest, secret: Secret, now: Instant) -> [(String, String)] {
        scheme(.fiveMinutes).sign(request, secret: secret, now: now)
    }

    /// What answers Zoom's `endpoint.url_validation`: the lower-case hexadecimal HMAC-SHA256 of its `plainToken`.
    ///
    /// Only for a verified request: for anybody else this would be a way to have texts of their choice signed.
    package static func encryptedToken(_ plainToken: [UInt8], secret: Secret) -> String {
        Hex.encode(HMACAlgorithm.sha256.code([plainToken], key: secret.bytes))
    }

    /// Throws unless the secrets may protect a source.
    package static func checkSecrets(_ secrets: [Secret]) throws(SecretError) {
        try HMACScheme.checkSecrets(secrets)
    }

    private static func scheme(_ tolerance: TimestampTolerance) -> HMACScheme {
        HMACScheme(
            header: header,
            prefix: "v0=",
            template: .zoom,
            timestampHeader: timestampHeader,
            tolerance: tolerance
        )
    }
}
