package import Domain
import Providers
import Signatures

/// A vendor's consent page and token endpoint: authorization codes with PKCE, and refresh tokens (RFC 6749, RFC 7636).
///
/// The consent page consents at once and sends the browser back. A refresh token of the text `revoked` has been revoked.
package struct VendorTokens: Sendable {
    /// The client that is known.
    package static let clientID = "usher-sandbox"
    /// Its secret.
    package static let clientSecret = "usher-sandbox-secret"
    /// The refresh token that is accepted from the beginning.
    package static let refreshToken = "usher-sandbox-refresh"
    /// How long an authorization code lives.
    package static let codeLife = Duration.seconds(600)
    /// The most tokens of each sort that are remembered.
    package static let tokensMax = 1_000

    private struct Consent: Sendable {
        let challenge: String
        let redirectURI: String
        let at: Instant
    }

    private let life: Duration
    private let rotates: Bool
    private var access = BoundedRecord<Instant>(countMax: tokensMax)
    private var refresh = BoundedRecord<Bool>(countMax: tokensMax)
    private var consents = BoundedRecord<Consent?>(countMax: tokensMax)

    /// Makes an endpoint that knows one consent.
    ///
    /// - Parameters:
    ///   - life: how long an access token lives.
    ///   - rotates: whether each refresh brings a new refresh token; the old one goes on working.
    package init(life: Duration, rotates: Bool) {
        self.life = life
        self.rotates = rotates
        refresh[Self.refreshToken] = true
    }

    /// Takes all consents back: refresh tokens are refused from now on, access tokens at their end.
    package mutating func revoke() {
        for token in refresh.inOrderKeys { refresh[token] = false }
    }

    /// Whether a request shows an access token that is alive.
    package func accepts(_ request: VendorRequest, now: Instant) -> Bool {
        request.bearer.flatMap { access[$0] }.map { now < $0 } ?? false
    }

    /// The answer of the consent page: the way back, with a code.
    package mutating func consent(
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) -> VendorAnswer {
        guard let query = request.queryFields, query.text("client_id") == Self.clientID,
            query.text("response_type") == "code", query.text("code_challenge_method") == "S256",
            let challenge = query.text("code_challenge"), let redirect = query.text("redirect_uri"),
            URLParts(redirect) != nil
        else { return VendorAnswer(status: 400, json: ["error": "invalid_request"]) }
        let code = random.name("code-", 24)
        consents[code] = .some(Consent(challenge: challenge, redirectURI: redirect, at: now))
        let answer = WireText.form([("code", code), ("state", query.text("state") ?? "")])
        return VendorAnswer(status: 302, headers: Headers([("location", "\(redirect)?\(answer)")]))
    }

    /// The answer of the token endpoint, or the error word (RFC 6749 section 5.2).
    package mutating func exchange(
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) -> Result<JSONValue, VendorTokenFault> {
        guard request.method == "POST", let form = request.formFields else {
            return .failure(.invalidRequest)
        }
        guard form.text("client_id") == Self.clientID, form.text("client_secret") == Self.clientSecret else {
            return .failure(.invalidClient)
        }
        switch form.text("grant_type") {
        case "refresh_token":
            guard let token = form.text("refresh_token"), refresh[token] == true else {
                return .failure(.invalidGrant)
            }
            return .success(tokens(withRefresh: rotates, now: now, random: &random))
        case "authorization_code":
            guard let code = form.text("code"), let found = consents[code], let consent = found,
                now - consent.at < Self.codeLife, form.text("redirect_uri") == consent.redirectURI,
                let verifier = form["code_verifier"],
                sameText(Base64.encode(sha256([verifier]), .urlSafe), consent.challenge)
            else { return .failure(.invalidGrant) }
            consents[code] = .some(nil)
            return .success(tokens(withRefresh: true, now: now, random: &random))
        default: return .failure(.unsupportedGrant)
        }
    }

    private mutating func tokens(withRefresh: Bool, now: Instant, random: inout SeededRandom) -> JSONValue {
        let token = random.name("at-", 32)
        access[token] = now + life
        var members = [
            JSONMember("access_token", .string(token)),
            JSONMember("expires_in", .integer(life.components.seconds)),
            JSONMember("token_type", "Bearer"),
        ]
        if withRefresh {
            let next = random.name("rt-", 32)
            refresh[next] = true
            members.append(JSONMember("refresh_token", .string(next)))
        }
        return .object(members)
    }
}

/// Why a token endpoint gives no tokens.
package enum VendorTokenFault: String, Error, Sendable {
    case invalidRequest = "invalid_request"
    case invalidClient = "invalid_client"
    case invalidGrant = "invalid_grant"
    case unsupportedGrant = "unsupported_grant_type"

    /// The status it is told with.
    package var status: Int { self == .invalidClient ? 401 : 400 }
}
