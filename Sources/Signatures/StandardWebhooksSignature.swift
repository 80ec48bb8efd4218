package import Domain

/// The Standard Webhooks scheme 1.0: three headers, HMAC-SHA256 over `id.timestamp.body`, base64.
///
/// - `webhook-signature` holds `v1,<base64>` items separated by one space, one a secret while secrets rotate;
///   other versions are ignored.
/// - A secret is `whsec_` and base64; the prefix may be left out. The key is what the base64 decodes to.
/// - An id holds no `.`, so that the boundaries of the signed bytes cannot move.
///
/// Source: github.com/standard-webhooks, `spec/standard-webhooks.md`.
package enum StandardWebhooksSignature {
    /// Names the message; the same for each delivery of it.
    package static let idHeader = "webhook-id"
    /// When this attempt was signed, in Unix seconds.
    package static let timestampHeader = "webhook-timestamp"
    /// The signatures.
    package static let signatureHeader = "webhook-signature"
    /// The longest id, in bytes.
    package static let idBytesMax = 255

    /// Checks a request against every secret.
    /// - Returns: the index of the secret that matches.
    package static func verify(
        _ request: WebhookRequest,
        secrets: [Secret],
        now: Instant,
        tolerance: TimestampTolerance = .fiveMinutes
    ) throws(SignatureError) -> Int {
        let id = try id(request.headers)
        let timestamp = try request.headers.security(timestampHeader)
        guard let seconds = wholeNumber(timestamp[...]) else {
            throw .malformed(header: timestampHeader, reason: "not a whole number of seconds")
        }
        let codes = try codes(try request.headers.security(signatureHeader))
        let prefix = id + [separator] + timestamp + [separator]
        let index = try matchingSecret(of: secrets, presented: codes) { secret in
            guard let key = key(secret), key.count >= Secret.bytesMin else { return nil }
            return HMACAlgorithm.sha256.code([prefix, request.body], key: key)
        }
        try tolerance.check(Instant(seconds: seconds), now: now)
        return index
    }

    /// The id of a request, checked: printable ASCII without `.` and spaces, 1 to 255 bytes.
    package static func id(_ headers: Headers) throws(SignatureError) -> [UInt8] {
        let id = try headers.security(idHeader)
        guard id.count <= idBytesMax, id.allSatisfy({ (0x21...0x7E).contains($0) && $0 != separator }) else {
            throw .malformed(header: idHeader, reason: "not 1 to 255 printable characters without `.`")
        }
        return id
    }

    /// Throws unless the secrets may protect a source.
    package static func checkSecrets(_ secrets: [Secret]) throws(SecretError) {
        try checkKeys(secrets) { index, secret throws(SecretError) in
            guard let key = key(secret) else { throw .notBase64(index: index) }
            return key
        }
    }

    /// The key that a secret's text stands for; nil when it is not canonical base64.
    static func key(_ secret: Secret) -> [UInt8]? {
        let text = secret.bytes
        return Base64.decode(text.starts(with: prefix) ? text.dropFirst(prefix.count) : text[...])
    }

    private static func codes(_ value: [UInt8]) throws(SignatureError) -> [[UInt8]] {
        var codes: [[UInt8]] = []
        var count = 0
        for item in value.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        where item.starts(with: "v1,".utf8) {
            count += 1
            guard count <= signaturesMax else {
                throw .malformed(header: signatureHeader, reason: "too many signatures")
            }
            if let code = Base64.decode(item.dropFirst(3)) { codes.append(code) }
        }
        return codes
    }
}

private let prefix = Array("whsec_".utf8)
private let separator = UInt8(ascii: ".")
