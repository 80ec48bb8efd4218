package import Domain
import Resilience

/// Asks a token endpoint for an access token and reads its answer (RFC 6749 sections 4.4, 5 and 6).
///
/// | grant | the client shows itself by | form |
/// |---|---|---|
/// | client_credentials | HTTP Basic | `grant_type` |
/// | account_credentials | HTTP Basic | `grant_type`, `account_id` |
/// | refresh_token | the form | `grant_type`, `client_id`, `client_secret`, `refresh_token`, `scope` if there is one |
///
/// One exchange at a time for each account: the caller sees to that. Redirects are never followed.
package struct OAuthExchange: Sendable {
    /// What one answer brought.
    package struct Tokens: Sendable {
        /// The access token.
        package let access: AccessToken
        /// The refresh token to use from now on; nil when the old one stays (Google) or there is none.
        package let refreshToken: Secret?
    }

    /// The longest token, in bytes: a JWT with many claims has some 4 KiB.
    package static let tokenBytesMax = 16_384
    /// How long a token lives whose answer does not say.
    package static let lifeDefault: Duration = .seconds(600)

    private let grant: OAuthGrant
    private let account: IntegrationAccount
    private let endpoints: OAuthEndpoints

    /// Describes an exchange.
    ///
    /// - Parameter ownBaseURL: `ProviderFacts.baseURL`: where the account's base URL is another site's, tokens are asked
    ///   for there too.
    package init(_ grant: OAuthGrant, _ account: IntegrationAccount, ownBaseURL: String) {
        self.grant = grant
        self.account = account
        endpoints = OAuthEndpoints(account: account, ownBaseURL: ownBaseURL)
    }

    /// The token request.
    ///
    /// - Parameter refreshToken: the newest one; nil takes the credential's `refresh_token`.
    /// - Throws: `consentNeeded` when the grant needs a refresh token and there is none.
    package func request(refreshToken: Secret? = nil) throws(TokenFailure) -> ProviderRequest {
        let form: [(String, String)]
        switch grant.kind {
        case .clientCredentials: form = [("grant_type", grant.kind.rawValue)]
        case .accountCredentials:
            form = [("grant_type", grant.kind.rawValue), ("account_id", account.text("account_id"))]
        case .refreshToken:
            guard let token = refreshToken ?? account.credential["refresh_token"], !token.bytes.isEmpty else {
                throw TokenFailure(.consentNeeded, code: "no_refresh_token")
            }
            let scope = grant.scope.isEmpty ? [] : [("scope", grant.scope)]
            form =
                [
                    ("grant_type", grant.kind.rawValue), ("client_id", account.text("client_id")),
                    ("client_secret", account.text("client_secret")),
                    ("refresh_token", String(decoding: token.bytes, as: UTF8.self)),
                ] + scope
        }
        let basic =
            grant.kind == .refreshToken
            ? []
            : [("authorization", WireText.basic(account.text("client_id"), account.text("client_secret")))]
        return Self.request(endpoints.url(grant.tokenEndpoint), form, headers: basic)
    }

    static func request(
        _ url: String,
        _ form: [(String, String)],
        headers: [(String, String)]
    ) -> ProviderRequest {
        ProviderRequest(
            "POST",
            url,
            headers: [
                ("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json"),
            ] + headers,
            body: .bytes(Array(WireText.form(form).utf8)),
            effect: .none
        )
    }

    /// What an answer to the request brings.
    package static func read(_ answer: ProviderAnswer) -> Result<Tokens, TokenFailure> {
        let json = answer.json
        guard answer.status == 200 else { return .failure(failure(answer, json)) }
        guard let json, let text = json["access_token"]?.string, isToken(text),
            lowercasedASCII(json["token_type"]?.string ?? "bearer") == "bearer"
        else { return .failure(TokenFailure(.unavailable, code: "answer_unreadable")) }
        let refresh = json["refresh_token"]?.string.flatMap { isToken($0) ? Secret($0) : nil }
        let seconds = json["expires_in"].flatMap { $0.int64 ?? $0.string.flatMap { Int64($0) } }
        let life = seconds.map { Duration.seconds(min(max($0, 1), 31_536_000)) } ?? lifeDefault
        let access = AccessToken(secret: Secret(text), issuedAt: answer.at, expiresAt: answer.at + life)
        return .success(Tokens(access: access, refreshToken: refresh))
    }

    /// Fit for a header: printable ASCII without blanks.
    private static func isToken(_ text: String) -> Bool {
        (1...tokenBytesMax).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    private static func failure(_ answer: ProviderAnswer, _ json: JSONValue?) -> TokenFailure {
        let word = json?["error"]?.string.flatMap { isWord($0) ? $0 : nil }
        let numbers = json?["error_codes"]?.array?.prefix(8).compactMap(\.int64) ?? []
        var code = word ?? "http_\(answer.status)"
        if let number = numbers.first { code += "/\(number)" }
        let wait = answer.headers.first("retry-after").flatMap { RetryAfter.parse($0, now: answer.at) }
        return TokenFailure(kind(answer.status, word, numbers), code: code, wait: wait)
    }

    private static func kind(_ status: Int, _ word: String?, _ numbers: [Int64]) -> TokenFailure.Kind {
        if status == 429 || word == "slow_down" { return .limited }
        if status >= 500 || status == 408 { return .unavailable }
        if numbers.contains(where: passingNumbers.contains) { return .unavailable }
        switch word {
        case "temporarily_unavailable", "server_error", "internal_failure": return .unavailable
        case "invalid_grant", "interaction_required", "consent_required", "login_required", "access_denied":
            return .consentNeeded
        case "invalid_client", "unauthorized_client": return .clientRejected
        default: return status == 401 ? .clientRejected : .rejected
        }
    }

    /// Microsoft's numbers for faults that pass, whatever `error` says with them: AADSTS90006 (retryable), 90024 and
    /// 90033 (a service behind it is away), 90055 (throttled), 50196 (asked in a loop).
    private static let passingNumbers: Set<Int64> = [90_006, 90_024, 90_033, 90_055, 50_196]

    /// RFC 6749's error words, loosely: what may stand in a log.
    private static func isWord(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
    }
}
