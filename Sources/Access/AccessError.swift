/// Why somebody may not do something.
package enum AccessError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No key, or one that is misspelt, unknown, wrong, expired or revoked: which of them is not told.
    case unauthenticated
    /// The key is good but its level is too low; the level that is needed.
    case forbidden(needs: AccessLevel)
    /// There is no such thing, or it belongs to somebody else: which of them is not told.
    case notFound
    /// Too many failed attempts from this address, or from everywhere: try again after this time.
    case tooManyFailures(retryAfter: Duration)
    /// As many keys as may exist do exist; the number.
    case tooManyKeys(Int)
    /// A key's end would lie in the past.
    case expiryInThePast
    /// The store does not answer; nothing is known about the key.
    case unavailable(reason: String, retryable: Bool)

    /// A bounded name for metrics and problem documents.
    package var code: String {
        switch self {
        case .unauthenticated: "unauthenticated"
        case .forbidden: "forbidden"
        case .notFound: "not_found"
        case .tooManyFailures: "too_many_failures"
        case .tooManyKeys: "too_many_keys"
        case .expiryInThePast: "expiry_in_the_past"
        case .unavailable: "access_unavailable"
        }
    }

    /// Whether the same request may succeed later without anybody changing it.
    package var isRetryable: Bool {
        switch self {
        case .tooManyFailures: true
        case .unavailable(_, let retryable): retryable
        case .unauthenticated, .forbidden, .notFound, .tooManyKeys, .expiryInThePast: false
        }
    }

    package var description: String {
        switch self {
        case .unauthenticated: "no valid API key"
        case .forbidden(let level): "the API key lacks the level \(level.rawValue)"
        case .notFound: "not found"
        case .tooManyFailures(let wait): "too many failed attempts; again in \(wait)"
        case .tooManyKeys(let limit): "there are \(limit) API keys already; revoke one first"
        case .expiryInThePast: "the key would have expired before it exists"
        case .unavailable(let reason, _): "API keys cannot be checked: \(reason)"
        }
    }
}
