/// Why a request brought no answer.
package enum TransportError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The method or a field is not fit to be sent; names which.
    case invalidRequest(String)
    /// The URL, or one of the addresses its name leads to, is refused by the named rule.
    case refusedAddress(rule: String)
    /// The host's name leads nowhere, or not in time.
    case unresolvable
    /// No connection; names the reason.
    case connectFailed(String)
    /// No trust: the certificate, its name or the version was not accepted; names the reason.
    case tls(String)
    /// The time was up; `sent` tells whether the request may have left.
    case timedOut(sent: Bool)
    /// The connection ended before the answer did; `sent` tells whether the request may have left.
    case connectionLost(sent: Bool)
    /// What came back is not HTTP.
    case malformedResponse
    /// Too many requests, names or destinations at a time.
    case overloaded
    /// The caller's task was cancelled, or Usher is stopping; `sent` tells whether the request may have left.
    case cancelled(sent: Bool)

    /// A bounded set of stable names, fit for metric labels.
    package var code: String {
        switch self {
        case .invalidRequest: "invalid_request"
        case .refusedAddress: "refused_address"
        case .unresolvable: "unresolvable"
        case .connectFailed: "connect_failed"
        case .tls: "tls"
        case .timedOut: "timed_out"
        case .connectionLost: "connection_lost"
        case .malformedResponse: "malformed_response"
        case .overloaded: "overloaded"
        case .cancelled: "cancelled"
        }
    }

    /// Whether the peer may have seen the request.
    ///
    /// Only `false` makes it safe to send it elsewhere.
    package var requestMayHaveBeenSent: Bool {
        switch self {
        case .timedOut(let sent), .connectionLost(let sent), .cancelled(let sent): sent
        case .malformedResponse: true
        case .invalidRequest, .refusedAddress, .unresolvable, .connectFailed, .tls, .overloaded: false
        }
    }

    /// Whether it says something about the peer, rather than about Usher or the request: what a breaker counts.
    package var isPeerFailure: Bool {
        switch self {
        case .unresolvable, .connectFailed, .tls, .timedOut, .connectionLost, .malformedResponse: true
        case .invalidRequest, .refusedAddress, .overloaded, .cancelled: false
        }
    }

    /// One sentence without addresses, secrets or bytes from outside.
    package var description: String {
        switch self {
        case .invalidRequest(let part): "the request could not be sent: \(part) is not valid"
        case .refusedAddress(let rule): "the destination's address is not allowed (\(rule))"
        case .unresolvable: "the destination's name could not be resolved"
        case .connectFailed(let reason): "no connection to the destination: \(reason)"
        case .tls(let reason): "no trusted connection to the destination: \(reason)"
        case .timedOut(let sent):
            "the time was up \(sent ? "while waiting for the answer" : "before sending")"
        case .connectionLost(let sent):
            "the connection was lost \(sent ? "before the answer" : "before sending")"
        case .malformedResponse: "the destination did not answer in HTTP"
        case .overloaded: "too many requests were waiting for connections"
        case .cancelled: "the request was cancelled"
        }
    }
}
