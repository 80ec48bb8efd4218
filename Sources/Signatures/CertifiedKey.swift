internal import Crypto
internal import CryptoExtras
package import Domain

/// How the bytes are hashed before RSA signs them.
package enum RSADigest: Hashable, Sendable {
    /// SNS's `SignatureVersion` 1 only.
    case sha1
    case sha256
}

/// An RSA public key out of a certificate whose chain was checked, and the time it may be used in.
///
/// `CertificateChain` makes them; verifying with one is a pure function.
package struct CertifiedKey: Sendable {
    /// When the youngest certificate of the chain begins to be valid.
    package let notBefore: Instant
    /// When the first certificate of the chain ends; this second is still inside.
    package let notAfter: Instant
    private let key: _RSA.Signing.PublicKey

    init(key: _RSA.Signing.PublicKey, notBefore: Instant, notAfter: Instant) {
        self.key = key
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    /// Whether the chain is valid at `now`.
    package func isValid(at now: Instant) -> Bool {
        notBefore <= now && now < notAfter + .seconds(1)
    }

    /// Throws unless the key is valid at `now` and `signature` is its RSA signature (PKCS #1 v1.5) of `message`.
    func verify(
        _ signature: [UInt8],
        of message: [UInt8],
        digest: RSADigest,
        now: Instant
    ) throws(SignatureError) {
        guard isValid(at: now) else { throw .certificateNotValid }
        let signature = _RSA.Signing.RSASignature(rawRepresentation: signature)
        let padding = _RSA.Signing.Padding.insecurePKCS1v1_5
        let matches =
            switch digest {
            case .sha1:
                key.isValidSignature(signature, for: Insecure.SHA1.hash(data: message), padding: padding)
            case .sha256:
                key.isValidSignature(signature, for: SHA256.hash(data: message), padding: padding)
            }
        guard matches else { throw .mismatch }
    }
}

/// Signs as the providers with certificates do: for samples and tests.
package enum RSASigner {
    /// The signature (PKCS #1 v1.5) of `message` in base64; nil when `pem` holds no RSA key.
    package static func sign(_ message: [UInt8], pem: Secret, digest: RSADigest) -> String? {
        let text = String(decoding: pem.bytes, as: UTF8.self)
        guard let key = try? _RSA.Signing.PrivateKey(pemRepresentation: text) else { return nil }
        let padding = _RSA.Signing.Padding.insecurePKCS1v1_5
        let signature =
            switch digest {
            case .sha1: try? key.signature(for: Insecure.SHA1.hash(data: message), padding: padding)
            case .sha256: try? key.signature(for: SHA256.hash(data: message), padding: padding)
            }
        return signature.map { Base64.encode(Array($0.rawRepresentation)) }
    }
}
