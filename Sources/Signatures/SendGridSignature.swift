import Crypto
package import Domain

/// SendGrid's scheme: ECDSA P-256 with SHA-256 over the timestamp's text and the raw body, DER in base64.
///
/// - A source's secret is the public verification key: base64 of a DER `SubjectPublicKeyInfo` (`MFkwEwYHKoZIzj0…`), without
///   lines around it. Whoever knows it can verify, not sign.
/// - Bodies hold CRLF between events and at the end, and are signed with them.
/// - Nothing separates timestamp and body, so the timestamp must have exactly ten digits: one that moves into the body
///   leaves nine.
/// - The signature is strict DER; `r || s` is refused, a high `s` is accepted, as by SendGrid's libraries.
///
/// Source: sendgrid 6.12.5 `eventwebhook`, docs.sendgrid.com "Event Webhook Security Features".
package enum SendGridSignature {
    /// The signature's header in lower case.
    package static let header = "x-twilio-email-event-webhook-signature"
    /// The signing time's header in lower case: Unix seconds.
    package static let timestampHeader = "x-twilio-email-event-webhook-timestamp"
    /// The digits of a timestamp: true from 2001-09-09 to 2286-11-20.
    package static let timestampDigits = 10

    /// Checks a request against every key.
    /// - Returns: the index of the key that matches.
    package static func verify(
        _ request: WebhookRequest,
        secrets: [Secret],
        now: Instant,
        tolerance: TimestampTolerance
    ) throws(SignatureError) -> Int {
        let value = try request.headers.security(header)
        let timestamp = try request.headers.security(timestampHeader)
        guard timestamp.count == timestampDigits, let seconds = wholeNumber(timestamp[...]) else {
            throw .malformed(header: timestampHeader, reason: "not ten digits")
        }
        let signature = Base64.decode(value[...]).flatMap(signature)
        let digest = digest(timestamp, request.body)
        let index = try matchingSecret(of: secrets) { secret in
            guard let key = publicKey(secret) else { return nil }
            return signature.map { key.isValidSignature($0, for: digest) } ?? false
        }
        try tolerance.check(Instant(seconds: seconds), now: now)
        return index
    }

    /// The headers that sign `body`; nil when `privateKey` is none or `now` cannot be written in ten digits.
    ///
    /// An ECDSA signature holds a number drawn by the library from the system: two are never equal.
    /// - Parameter privateKey: PKCS #8 in PEM, as `newPrivateKey` makes it.
    package static func sign(_ body: [UInt8], privateKey: Secret, now: Instant) -> [(String, String)]? {
        let timestamp = "\(now.seconds)"
        guard timestamp.utf8.count == timestampDigits, let key = Self.privateKey(privateKey),
            let signature = try? key.signature(for: digest(Array(timestamp.utf8), body))
        else { return nil }
        return [(header, Base64.encode(Array(signature.derRepresentation))), (timestampHeader, timestamp)]
    }

    /// A new private key for tests and demonstrations, PKCS #8 in PEM.
    package static func newPrivateKey(random: RandomSource) -> String {
        while true {
            let bytes = random.bytes(32)
            // All but one of 2³² draws are a number below the group's order.
            if let key = try? P256.Signing.PrivateKey(rawRepresentation: bytes) {
                return key.pemRepresentation
            }
        }
    }

    /// The public key that belongs to a private key, as SendGrid shows it; nil when `privateKey` is none.
    package static func publicKey(of privateKey: Secret) -> String? {
        Self.privateKey(privateKey).map { Base64.encode(Array($0.publicKey.derRepresentation)) }
    }

    /// Throws unless the secrets may protect a source.
    package static func checkSecrets(_ secrets: [Secret]) throws(SecretError) {
        guard !secrets.isEmpty else { throw .none }
        for (index, secret) in secrets.enumerated() where publicKey(secret) == nil {
            throw .notPublicKey(index: index)
        }
    }

    /// The key, which has exactly one text: the library's parser alone accepts others.
    private static func publicKey(_ secret: Secret) -> P256.Signing.PublicKey? {
        guard let der = Base64.decode(secret.bytes[...]),
            let key = try? P256.Signing.PublicKey(derRepresentation: der), Array(key.derRepresentation) == der
        else { return nil }
        return key
    }

    private static func privateKey(_ secret: Secret) -> P256.Signing.PrivateKey? {
        try? P256.Signing.PrivateKey(pemRepresentation: String(decoding: secret.bytes, as: UTF8.self))
    }

    private static func signature(_ der: [UInt8]) -> P256.Signing.ECDSASignature? {
        guard let signature = try? P256.Signing.ECDSASignature(derRepresentation: der),
            Array(signature.derRepresentation) == der
        else { return nil }
        return signature
    }

    private static func digest(_ timestamp: [UInt8], _ body: [UInt8]) -> SHA256.Digest {
        var hash = SHA256()
        hash.update(data: timestamp)
        hash.update(data: body)
        return hash.finalize()
    }
}
