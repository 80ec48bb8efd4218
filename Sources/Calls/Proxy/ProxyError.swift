import Domain
package import Providers
package import Transport

/// Why a request through the proxy brought no answer of the provider.
package enum ProxyError: Error, Sendable, CustomStringConvertible {
    /// The path could leave the integration's base URL, or is too long.
    case path
    /// The path is that of another account than the integration's.
    case foreignAccount
    /// The integration is switched off.
    case disabled
    /// Requests to this provider cannot be given the credential here.
    case unsupported
    /// There is no credential to send, or no access token could be had.
    case credential(ProviderFailure)
    /// The integration's budget is used up for this long.
    case limited(Duration)
    /// The integration is not called for this long; the word says why.
    case down(Duration, reason: String)
    /// More requests are on their way than are taken on.
    case overloaded
    /// The intent could not be stored.
    case journal
    /// The request's own body ended too early.
    case body
    /// The connection to the provider failed.
    case transport(TransportError)
    /// The provider's answer is none that can be passed on.
    case answer

    /// A stable word, fit for metric labels and problem documents.
    package var code: String {
        switch self {
        case .path: "path_invalid"
        case .foreignAccount: "account_foreign"
        case .disabled: "integration_disabled"
        case .unsupported: "integration_unsupported"
        case .credential: "credential_unavailable"
        case .limited: "budget_used_up"
        case .down: "integration_down"
        case .overloaded: "overloaded"
        case .journal: "unavailable"
        case .body: "body_incomplete"
        case .transport(let error): error.code
        case .answer: "answer_invalid"
        }
    }

    /// Whether the provider may have seen the request.
    package var mayHaveBeenSent: Bool {
        switch self {
        case .transport(let error): error.requestMayHaveBeenSent
        case .answer: true
        default: false
        }
    }

    package var description: String {
        switch self {
        case .path: "the path has `.`, `..`, `//` or a broken escape in it, or is too long"
        case .foreignAccount: "the account in the path is not the integration's own"
        case .disabled: "the integration is switched off"
        case .unsupported: "requests to this provider do not go through the proxy"
        case .credential(let failure): failure.message
        case .limited: "the integration's budget is used up"
        case .down(_, let reason): "the integration is not called now (\(reason))"
        case .overloaded: "too many requests are on their way through the proxy"
        case .journal: "the request could not be written down, and so was not sent"
        case .body: "the request's body ended before its last byte"
        case .transport(let error): error.description
        case .answer: "the provider's answer is not one that can be passed on"
        }
    }
}
