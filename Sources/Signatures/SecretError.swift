import Domain

/// Why a secret cannot protect a source.
///
/// Counted from 0 in the order of configuration; never shows the secret.
package enum SecretError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The source has no secret at all.
    case none
    /// The secret has fewer than `Secret.bytesMin` bytes (after decoding, where the scheme decodes it).
    case tooShort(index: Int, bytes: Int)
    /// The secret is not `whsec_` and canonical base64.
    case notBase64(index: Int)
    /// The provider signs with a certificate; a secret would do nothing.
    case notWanted
    /// The secret of HTTP Basic is not `user:password`.
    case notUserAndPassword(index: Int)
    /// The secret is not the base64 of a P-256 public key.
    case notPublicKey(index: Int)

    /// A stable word for metrics and problem documents.
    package var code: String {
        switch self {
        case .none: "secret_missing"
        case .tooShort: "secret_too_short"
        case .notBase64: "secret_not_base64"
        case .notWanted: "secret_not_wanted"
        case .notUserAndPassword: "secret_not_user_and_password"
        case .notPublicKey: "secret_not_public_key"
        }
    }

    package var description: String {
        switch self {
        case .none:
            "there is no secret: give the source the signing secret that the provider shows"
        case .tooShort(let index, let bytes):
            "secret \(index + 1) has \(bytes) bytes; at least \(Secret.bytesMin) are needed: copy it whole, "
                + "or make a longer one"
        case .notBase64(let index):
            "secret \(index + 1) is not `whsec_` followed by padded base64: copy it exactly as shown"
        case .notWanted:
            "this provider signs with a certificate, not with a secret: leave `secrets` out"
        case .notUserAndPassword(let index):
            "secret \(index + 1) is not of the form user:password"
        case .notPublicKey(let index):
            "secret \(index + 1) is not a public key for ECDSA P-256 in base64 (`MFkwEwYHKoZIzj0…`): copy the "
                + "verification key exactly as shown, without lines around it"
        }
    }
}
