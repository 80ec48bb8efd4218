package import Domain

/// Stripe's scheme: `Stripe-Signature: t=<unix seconds>,v1=<64 hex digits>[,v1=…][,v0=…]`.
///
/// - The signed bytes are the decimal timestamp, `.` and the raw body; HMAC-SHA256.
/// - The key is the whole text `whsec_…`, prefix included, not decoded (unlike Standard Webhooks).
/// - While a secret is being rolled Stripe sends one `v1` for each; any may match any configured secret.
/// - Items are not trimmed and unknown schemes are ignored: ` v1` and `v0` do not count.
///
/// Stricter than Stripe's libraries: digits in lower case only, one `t`, one header line, and the future is
/// bounded too. Source: docs.stripe.com/webhooks, stripe-python 16.1 `WebhookSignature`.
package enum StripeSignature {
    /// The header's name in lower case.
    package static let header = "stripe-signature"

    /// Checks a request against every secret.
    /// - Returns: the index of the secret that matches.
    package static func verify(
        _ request: WebhookRequest,
        secrets: [Secret],
        now: Instant,
        tolerance: TimestampTolerance = .fiveMinutes
    ) throws(SignatureError) -> Int {
        let presented = try parse(try request.headers.security(header))
        let prefix = Array("\(presented.timestamp).".utf8)
        let index = try matchingSecret(of: secrets, presented: presented.codes) { secret in
            guard secret.bytes.count >= Secret.bytesMin else { return nil }
            return HMACAlgorithm.sha256.code([prefix, request.body], key: secret.bytes)
        }
        try tolerance.check(Instant(seconds: presented.timestamp), now: now)
        return index
    }

    /// The header value for `body`, one `v1` a secret.
    package static func sign(_ body: [UInt8], secrets: [Secret], timestamp: Instant) -> String {
        let prefix = Array("\(timestamp.seconds).".utf8)
        return secrets.reduce(into: "t=\(timestamp.seconds)") { text, secret in
            text += ",v1=" + Hex.encode(HMACAlgorithm.sha256.code([prefix, body], key: secret.bytes))
        }
    }

    /// Throws unless the secrets may protect a source.
    package static func checkSecrets(_ secrets: [Secret]) throws(SecretError) {
        try checkKeys(secrets) { _, secret throws(SecretError) in secret.bytes }
    }

    private static func parse(
        _ value: [UInt8]
    ) throws(SignatureError) -> (timestamp: Int64, codes: [[UInt8]]) {
        var timestamp: Int64?
        var codes: [[UInt8]] = []
        var count = 0
        for item in value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            if item.starts(with: "t=".utf8) {
                guard timestamp == nil else { throw .malformed(header: header, reason: "two timestamps") }
                guard let seconds = wholeNumber(item.dropFirst(2)) else {
                    throw .malformed(header: header, reason: "the timestamp is not a whole number")
                }
                timestamp = seconds
            } else if item.starts(with: "v1=".utf8) {
                count += 1
                guard count <= signaturesMax else {
                    throw .malformed(header: header, reason: "too many signatures")
                }
                if let code = Hex.decode(item.dropFirst(3)) { codes.append(code) }
            }
        }
        guard let timestamp else { throw .malformed(header: header, reason: "no timestamp") }
        return (timestamp, codes)
    }
}
