import Crypto
package import Domain

/// Cloudinary's hash: a plain digest of text and secret, not an HMAC.
package enum CloudinaryDigest: String, CaseIterable, Hashable, Sendable {
    /// What an account signs with unless it was changed.
    case sha1
    case sha256

    /// The digest of the concatenated `parts`.
    func digest(_ parts: [[UInt8]]) -> [UInt8] {
        switch self {
        case .sha1:
            var hash = Insecure.SHA1()
            for part in parts { hash.update(data: part) }
            return Array(hash.finalize())
        case .sha256:
            return Signatures.sha256(parts)
        }
    }
}

/// Cloudinary's notifications: `X-Cld-Signature`, lower-case hex of the digest of body, `X-Cld-Timestamp` and secret.
///
/// - The account's setting decides between SHA-1 and SHA-256: the header's length is not believed.
/// - Nothing separates body and timestamp: a digit that moves from one to the other leaves the digest as it was, and
///   makes the time so old that the tolerance refuses it.
/// - The limit itself is inside the tolerance. Cloudinary's library accepts any time ahead; here it is bounded.
///
/// Source: cloudinary 1.46.3 `utils.verify_notification_signature`.
package enum CloudinarySignature {
    /// The signature's header in lower case.
    package static let header = "x-cld-signature"
    /// The signing time's header in lower case: Unix seconds.
    package static let timestampHeader = "x-cld-timestamp"

    /// Checks a request against every secret.
    /// - Returns: the index of the secret that matches.
    package static func verify(
        _ request: WebhookRequest,
        secrets: [Secret],
        digest: CloudinaryDigest,
        now: Instant,
        tolerance: TimestampTolerance
    ) throws(SignatureError) -> Int {
        let value = try request.headers.security(header)
        let timestamp = try request.headers.security(timestampHeader)
        guard let seconds = wholeNumber(timestamp[...]) else {
            throw .malformed(header: timestampHeader, reason: "not a whole number of seconds")
        }
        let presented = Hex.decode(value[...]).map { [$0] } ?? []
        let index = try matchingSecret(of: secrets, presented: presented) { secret in
            guard secret.bytes.count >= Secret.bytesMin else { return nil }
            return digest.digest([request.body, timestamp, secret.bytes])
        }
        try tolerance.check(Instant(seconds: seconds), now: now)
        return index
    }

    /// The headers that sign `body`.
    package static func sign(
        _ body: [UInt8],
        secret: Secret,
        digest: CloudinaryDigest,
        now: Instant
    ) -> [(String, String)] {
        let timestamp = "\(now.seconds)"
        let code = digest.digest([body, Array(timestamp.utf8), secret.bytes])
        return [(timestampHeader, timestamp), (header, Hex.encode(code))]
    }

    /// Throws unless the secrets may protect a source.
    package static func checkSecrets(_ secrets: [Secret]) throws(SecretError) {
        try HMACScheme.checkSecrets(secrets)
    }
}
