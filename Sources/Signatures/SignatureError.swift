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
        case .noUsableSecret: "signature_no_usable_secret"
        }
    }

    /// Whether the request itself is broken (400), rather than not authentic (401).
    package var isMalformed: Bool {
        switch self {
        case .ambiguous, .malformed: true
        case .missing, .mismatch, .tooOld, .tooNew, .noUsableSecret: false
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
        case .noUsableSecret: "the source has no usable secret"
        }
    }
}
