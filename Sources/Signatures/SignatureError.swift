/// Why a webhook is not believed.
///
/// Names headers and rules only: never a secret, a body or what a signature should have been.
package enum SignatureError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A header that the scheme needs is absent or empty.
    case missing(header: String)
    /// A security header stands there more than once: two readers could believe different ones.
    case ambiguous(header: String)
    /// A security header breaks the scheme's grammar or its limits.
    case malformed(header: String, reason: String)
    /// No signature or token matches a configured secret.
    case mismatch
    /// Signed correctly, but longer ago than the tolerance: a replay or a slow clock.
    case tooOld
    /// Signed correctly, but further in the future than the tolerance.
    case tooNew
    /// A field of the body that the scheme needs is absent or of another kind.
    case missingField(String)
    /// The body breaks the scheme's grammar or its limits.
    case malformedBody(reason: String)
    /// The request names a certificate that does not lie at the provider's own address: it is not fetched.
    case foreignCertificate
    /// The certificate is not at hand, or not valid at this time.
    case certificateNotValid
    /// Signed correctly, but not for this source: another topic, channel or subscription.
    case notForThisSource(String)
    /// The source has no secret that may be believed (none, empty, too short or unreadable).
    case noUsableSecret

    /// A stable word for metrics and problem documents.
    package var code: String {
        switch self {
        case .missing: "signature_missing"
        case .ambiguous: "signature_ambiguous"
        case .malformed: "signature_malformed"
        case .mismatch: "signature_mismatch"
        case .tooOld: "signature_too_old"
        case .tooNew: "signature_too_new"
        case .missingField: "signature_field_missing"
        case .malformedBody: "signature_body_malformed"
        case .foreignCertificate: "signature_certificate_foreign"
        case .certificateNotValid: "signature_certificate_not_valid"
        case .notForThisSource: "signature_not_for_source"
        case .noUsableSecret: "signature_no_usable_secret"
        }
    }

    /// Whether the request itself is broken (400), rather than not authentic (401).
    package var isMalformed: Bool {
        switch self {
        case .ambiguous, .malformed, .malformedBody: true
        case .missing, .mismatch, .tooOld, .tooNew, .missingField, .foreignCertificate,
            .certificateNotValid, .notForThisSource, .noUsableSecret:
            false
        }
    }

    package var description: String {
        switch self {
        case .missing(let header): "the header \(header) is missing or empty"
        case .ambiguous(let header): "the header \(header) stands there more than once"
        case .malformed(let header, let reason): "the header \(header) is malformed: \(reason)"
        case .mismatch: "no signature matches a configured secret"
        case .tooOld: "the timestamp is too old: a replay, or a clock that is wrong"
        case .tooNew: "the timestamp is too far in the future: a clock is wrong"
        case .missingField(let field): "the body has no `\(field)`, or one of another kind"
        case .malformedBody(let reason): "the body is malformed: \(reason)"
        case .foreignCertificate: "the certificate does not lie at the provider's own address"
        case .certificateNotValid: "the certificate is not valid at this time"
        case .notForThisSource(let what): "\(what) is not one of this source"
        case .noUsableSecret: "the source has no usable secret"
        }
    }
}
