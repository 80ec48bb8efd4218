import Domain

/// Why a provider gave no access token.
package struct TokenFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What can be done about it.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The consent is used up, withdrawn or was never given: a person must consent again.
        case consentNeeded = "consent_needed"
        /// The client's own id or secret is not accepted: the operator must correct it.
        case clientRejected = "client_rejected"
        /// The request is not accepted for another reason: a scope, a tenant, an account that is wrong.
        case rejected
        /// Over a limit: later.
        case limited
        /// The provider's own fault: later.
        case unavailable
    }

    /// What can be done about it.
    package let kind: Kind
    /// The provider's word: `invalid_grant`, with Microsoft's first number behind it: `invalid_grant/700082`.
    package let code: String
    /// How long the provider wants to be left alone; nil when it does not say.
    package let wait: Duration?

    /// Collects the parts.
    package init(_ kind: Kind, code: String, wait: Duration? = nil) {
        self.kind = kind
        self.code = code
        self.wait = wait
    }

    /// Whether asking again without a person's help may work.
    package var isRetryable: Bool { kind == .limited || kind == .unavailable }

    /// A sentence for people; nothing that the provider wrote but its code, for it may repeat what it was sent.
    package var description: String {
        switch kind {
        case .consentNeeded: "the consent is missing or no longer valid (\(code)): connect the account again"
        case .clientRejected: "the client's id or secret is not accepted (\(code))"
        case .rejected: "the token request is not accepted (\(code))"
        case .limited: "the token endpoint is over its limit (\(code))"
        case .unavailable: "the token endpoint does not work (\(code))"
        }
    }

    /// The same for a call that needed the token: nothing was sent to the API itself.
    package var providerFailure: ProviderFailure {
        let kind: ProviderFailure.Kind =
            switch kind {
            case .consentNeeded, .clientRejected, .rejected: .unauthorized
            case .limited: .limited
            case .unavailable: .unavailable
            }
        return ProviderFailure(kind, code: code, message: description, wait: wait)
    }
}
