package import Domain

/// An HMAC in a header, described by settings: what GitHub, Shopify, Slack and most in-house senders do.
///
/// | sender | algorithm | encoding | header | prefix | template | timestamp header |
/// |---|---|---|---|---|---|---|
/// | GitHub | sha256 | hex | x-hub-signature-256 | `sha256=` | `{body}` | – |
/// | Shopify | sha256 | base64 | x-shopify-hmac-sha256 | – | `{body}` | – |
/// | Slack | sha256 | hex | x-slack-signature | `v0=` | `v0:{timestamp}:{body}` | x-slack-request-timestamp |
/// | Square | sha256 | base64 | x-square-hmacsha256-signature | – | `{url}{body}` | – |
package struct HMACScheme: Hashable, Sendable {
    /// How the code is written in the header.
    package enum Encoding: String, CaseIterable, Hashable, Sendable {
        /// Lower-case hexadecimal.
        case hex
        /// Upper-case hexadecimal.
        case upperHex = "hex-upper"
        /// Padded, canonical base64.
        case base64
    }

    /// The keyed hash.
    package var algorithm: HMACAlgorithm
    /// How the code is written.
    package var encoding: Encoding
    /// The signature's header, lower case.
    package var header: String
    /// What stands before the code in the header.
    package var prefix: String
    /// What is signed.
    package var template: SignedTemplate
    /// The header with the signing time in Unix seconds, lower case; there exactly when the template signs it.
    package var timestampHeader: String?
    /// How far the signing time may lie from now.
    package var tolerance: TimestampTolerance

    /// 300 s back and 60 s ahead.
    package static let toleranceDefault = TimestampTolerance(past: .seconds(300), future: .seconds(60))

    /// Makes a scheme; the timestamp header must be given exactly when the template signs the timestamp.
    package init(
        algorithm: HMACAlgorithm = .sha256,
        encoding: Encoding = .hex,
        header: String,
        prefix: String = "",
        template: SignedTemplate = .body,
        timestampHeader: String? = nil,
        tolerance: TimestampTolerance = HMACScheme.toleranceDefault
    ) {
        precondition(
            template.hasTimestamp == (timestampHeader != nil),
            "a timestamp is sent and signed, or neither"
        )
        self.algorithm = algorithm
        self.encoding = encoding
        self.header = header
        self.prefix = prefix
        self.template = template
        self.timestampHeader = timestampHeader
        self.tolerance = tolerance
    }

    /// Checks a request against every secret.
    /// - Returns: the index of the secret that matches.
    package func verify(
        _ request: WebhookRequest,
        secrets: [Secret],
        now: Instant
    ) throws(SignatureError) -> Int {
        let value = try request.headers.security(header)
        let timestamp = try timestamp(request.headers)
        let signed = template.pieces(request, timestamp: timestamp.text)
        let presented = value.starts(with: prefix.utf8) ? decode(value.dropFirst(prefix.utf8.count)) : nil
        let codes = presented.map { [$0] } ?? []
        let index = try matchingSecret(of: secrets, presented: codes) { secret in
            guard secret.bytes.count >= Secret.bytesMin else { return nil }
            return algorithm.code(signed, key: secret.bytes)
        }
        if let instant = timestamp.instant { try tolerance.check(instant, now: now) }
        return index
    }

    /// The headers that sign `request` with `secret`.
    package func sign(_ request: WebhookRequest, secret: Secret, now: Instant) -> [(String, String)] {
        let timestamp = "\(now.seconds)"
        let signed = template.pieces(request, timestamp: Array(timestamp.utf8))
        let code = algorithm.code(signed, key: secret.bytes)
        let signature = [(header, prefix + encode(code))]
        return timestampHeader.map { signature + [($0, timestamp)] } ?? signature
    }

    /// The SHA-256 of the signed bytes: names a request that carries no id of its own.
    package func digest(_ request: WebhookRequest) throws(SignatureError) -> [UInt8] {
        sha256(template.pieces(request, timestamp: try timestamp(request.headers).text))
    }

    private func timestamp(_ headers: Headers) throws(SignatureError) -> (text: [UInt8], instant: Instant?) {
        guard let timestampHeader else { return ([], nil) }
        let text = try headers.security(timestampHeader)
        guard let seconds = wholeNumber(text[...]) else {
            throw .malformed(header: timestampHeader, reason: "not a whole number of seconds")
        }
        return (text, Instant(seconds: seconds))
    }

    private func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        switch encoding {
        case .hex: Hex.decode(text)
        case .upperHex: Hex.decode(text, letterCase: .upper)
        case .base64: Base64.decode(text)
        }
    }

    private func encode(_ code: [UInt8]) -> String {
        switch encoding {
        case .hex: Hex.encode(code)
        case .upperHex: Hex.encode(code, letterCase: .upper)
        case .base64: Base64.encode(code)
        }
    }
}

extension HMACScheme {
    /// Throws unless the secrets may protect a source.
    package static func checkSecrets(_ secrets: [Secret]) throws(SecretError) {
        try checkKeys(secrets) { _, secret throws(SecretError) in secret.bytes }
    }
}
