package import Domain
import Signatures

/// The authorization-code flow with PKCE (RFC 6749 section 4.1, RFC 7636): a person consents in a browser, and the code
/// that comes back is exchanged for a refresh token.
package struct AuthorizationCode: Sendable {
    /// The secret of one flow: what proves that whoever exchanges the code is who asked for it.
    package struct Verifier: Sendable {
        /// How many random bytes make one: 256 bits (RFC 7636 section 4.1).
        package static let bytesCount = 32

        /// The `code_verifier`: 43 characters.
        package let secret: Secret

        /// Makes a verifier of `bytesCount` bytes that nobody can guess.
        package init(random bytes: [UInt8]) {
            precondition(bytes.count == Self.bytesCount, "a code verifier is made of 32 random bytes")
            secret = Secret(Base64.encode(bytes, .urlSafe))
        }

        /// Reads a stored `code_verifier`; nil unless it has 43 to 128 unreserved characters.
        package init?(stored secret: Secret) {
            let text = String(decoding: secret.bytes, as: UTF8.self)
            guard (43...128).contains(secret.bytes.count),
                WireText.percentEncoded(text).utf8.elementsEqual(text.utf8)
            else { return nil }
            self.secret = secret
        }

        /// The `code_challenge` of method `S256`.
        package var challenge: String { Base64.encode(sha256([secret.bytes]), .urlSafe) }
    }

    private let grant: OAuthGrant
    private let account: IntegrationAccount
    private let endpoints: OAuthEndpoints
    private let redirectURI: String

    /// Describes a flow; nil for a grant that needs no consent.
    ///
    /// - Parameters:
    ///   - ownBaseURL: `ProviderFacts.baseURL`.
    ///   - redirectURI: where the browser comes back to, as registered with the provider.
    package init?(
        _ grant: OAuthGrant,
        _ account: IntegrationAccount,
        ownBaseURL: String,
        redirectURI: String
    ) {
        guard grant.authorizationEndpoint != nil else { return nil }
        self.grant = grant
        self.account = account
        endpoints = OAuthEndpoints(account: account, ownBaseURL: ownBaseURL)
        self.redirectURI = redirectURI
    }

    /// Where the person's browser is to be sent.
    ///
    /// - Parameter state: comes back with the answer; unguessable, for one browser and one flow.
    package func consentURL(state: String, verifier: Verifier) -> String {
        var pairs = [
            ("response_type", "code"), ("client_id", account.text("client_id")),
            ("redirect_uri", redirectURI),
            ("scope", grant.scope), ("state", state), ("code_challenge", verifier.challenge),
            ("code_challenge_method", "S256"),
        ]
        pairs += grant.authorizationParameters.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        return "\(endpoints.url(grant.authorizationEndpoint ?? ""))?\(WireText.form(pairs))"
    }

    /// The request that turns a code into tokens; `OAuthExchange.read` reads its answer.
    ///
    /// A code works once: an answer that is lost costs the person a second consent.
    package func exchange(code: String, verifier: Verifier) -> ProviderRequest {
        let form = [
            ("grant_type", "authorization_code"), ("client_id", account.text("client_id")),
            ("client_secret", account.text("client_secret")), ("code", code), ("redirect_uri", redirectURI),
            ("code_verifier", String(decoding: verifier.secret.bytes, as: UTF8.self)),
        ]
        return OAuthExchange.request(endpoints.url(grant.tokenEndpoint), form, headers: [])
    }
}

/// What a browser brings back from the consent page, in the query of the redirect (RFC 6749 section 4.1.2).
package enum AuthorizationAnswer: Hashable, Sendable {
    /// Consent was given: the code to exchange. The state is to be compared with the flow's before anything else.
    case code(String, state: String)
    /// Consent was not given, and the provider's word for it.
    case denied(String, state: String)

    /// The longest code, in bytes.
    package static let codeBytesMax = 4_096

    /// Reads the query of the redirect; nil when it is none.
    package init?(query: String) {
        guard let fields = FormFields(Array(query.utf8)), let state = fields["state"], !state.isEmpty else {
            return nil
        }
        let text = { (bytes: [UInt8]) in String(decoding: bytes, as: UTF8.self) }
        switch (fields["code"], fields["error"]) {
        case (let code?, nil) where (1...Self.codeBytesMax).contains(code.count):
            self = .code(text(code), state: text(state))
        case (nil, let error?) where (1...100).contains(error.count):
            self = .denied(text(error), state: text(state))
        default: return nil
        }
    }
}
