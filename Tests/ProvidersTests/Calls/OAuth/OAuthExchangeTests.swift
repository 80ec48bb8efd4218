import Domain
import Providers
import Testing

@Suite
struct OAuthExchangeTests {
    private let now = Instant(seconds: 1_812_000_000)
    private let refreshing = OAuthGrant(
        kind: .refreshToken,
        tokenEndpoint: "https://login.example.com/{tenant}/oauth2/v2.0/token",
        scope: "offline_access Calendars.ReadWrite"
    )

    private func account(
        _ credential: [String: String],
        baseURL: String = "https://api.example.com/v1"
    ) -> IntegrationAccount {
        IntegrationAccount(
            provider: .microsoftGraph,
            baseURL: baseURL,
            credential: credential.mapValues { Secret($0) }
        )
    }

    private func body(_ request: ProviderRequest) -> String {
        guard case .bytes(let bytes) = request.body else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func read(
        _ status: Int,
        _ text: String,
        retryAfter: String? = nil
    ) -> Result<
        OAuthExchange.Tokens, TokenFailure
    > {
        let headers = Headers(retryAfter.map { [("Retry-After", $0)] } ?? [])
        return OAuthExchange.read(
            ProviderAnswer(status: status, headers: headers, body: Array(text.utf8), at: now)
        )
    }

    private func failure(_ status: Int, _ text: String) -> TokenFailure? {
        guard case .failure(let failure) = read(status, text) else { return nil }
        return failure
    }

    @Test
    func `client credentials show themselves with Basic`() throws {
        let grant = OAuthGrant(kind: .clientCredentials, tokenEndpoint: "/v1/oauth2/token")
        let request = try OAuthExchange(
            grant,
            account(["client_id": "id", "client_secret": "s:1"], baseURL: "https://api-m.example.com"),
            ownBaseURL: "https://api-m.example.com"
        ).request()
        #expect(request.method == "POST")
        #expect(request.url == "https://api-m.example.com/v1/oauth2/token")
        #expect(request.effect == .none)
        #expect(
            Headers(request.headers.map { ($0.name, $0.value) }).first("authorization") == "Basic aWQ6czox"
        )
        #expect(body(request) == "grant_type=client_credentials")
    }

    @Test
    func `account credentials name the account`() throws {
        let grant = OAuthGrant(kind: .accountCredentials, tokenEndpoint: "https://example.com/oauth/token")
        let request = try OAuthExchange(
            grant,
            account(["client_id": "id", "client_secret": "x", "account_id": "a/b"]),
            ownBaseURL: "https://api.example.com/v1"
        ).request()
        #expect(request.url == "https://example.com/oauth/token")
        #expect(body(request) == "grant_type=account_credentials&account_id=a%2Fb")
    }

    @Test
    func `a refresh puts everything into the form and the tenant into the path`() throws {
        let exchange = OAuthExchange(
            refreshing,
            account(["client_id": "id", "client_secret": "x&y", "tenant": "t 1", "refresh_token": "old"]),
            ownBaseURL: "https://api.example.com/v1"
        )
        let request = try exchange.request()
        #expect(request.url == "https://login.example.com/t%201/oauth2/v2.0/token")
        #expect(!request.headers.contains { $0.name == "authorization" })
        #expect(
            body(request)
                == "grant_type=refresh_token&client_id=id&client_secret=x%26y&refresh_token=old"
                + "&scope=offline_access%20Calendars.ReadWrite"
        )
        #expect(body(try exchange.request(refreshToken: Secret("new"))).contains("refresh_token=new&"))
    }

    @Test
    func `without a refresh token consent is needed`() {
        let exchange = OAuthExchange(
            refreshing,
            account(["client_id": "id"]),
            ownBaseURL: "https://api.example.com"
        )
        #expect(throws: TokenFailure(.consentNeeded, code: "no_refresh_token")) { try exchange.request() }
    }

    @Test(arguments: [
        ("http://127.0.0.1:4001/graph", "http://127.0.0.1:4001/graph/t/oauth2/v2.0/token"),
        ("https://api-eu.example.com/v1", "https://login.example.com/t/oauth2/v2.0/token"),
        ("http://api.example.com/v1", "http://api.example.com/v1/t/oauth2/v2.0/token"),
        ("https://api.example.com.evil.net", "https://api.example.com.evil.net/t/oauth2/v2.0/token"),
    ])
    func `a stand-in gives its own tokens`(baseURL: String, url: String) throws {
        let exchange = OAuthExchange(
            refreshing,
            account(["tenant": "t", "refresh_token": "r"], baseURL: baseURL),
            ownBaseURL: "https://api.example.com/v1"
        )
        #expect(try exchange.request().url == url)
    }

    @Test
    func `a token has the life its answer tells`() throws {
        let tokens = try read(200, #"{"access_token":"at","expires_in":3599,"token_type":"Bearer"}"#).get()
        #expect(tokens.access.secret.bytes == Array("at".utf8))
        #expect(tokens.access.expiresAt == now + .seconds(3_599))
        #expect(tokens.refreshToken == nil)
    }

    @Test
    func `a new refresh token is handed on`() throws {
        let tokens = try read(
            200,
            #"{"access_token":"at","expires_in":"60","token_type":"bearer","refresh_token":"rt2"}"#
        ).get()
        #expect(tokens.refreshToken?.bytes == Array("rt2".utf8))
        #expect(tokens.access.expiresAt == now + .seconds(60))
    }

    @Test
    func `a token of unknown life is believed for ten minutes`() throws {
        let tokens = try read(200, #"{"access_token":"at"}"#).get()
        #expect(tokens.access.expiresAt == now + .seconds(600))
    }

    @Test(arguments: [
        "", "{}", #"{"access_token":"a b"}"#, #"{"access_token":""}"#,
        #"{"access_token":"at","token_type":"mac"}"#, #"{"access_token":"a\r\nX: y"}"#,
    ])
    func `an answer without a usable token is none`(text: String) {
        #expect(failure(200, text) == TokenFailure(.unavailable, code: "answer_unreadable"))
    }

    @Test(arguments: [
        (400, #"{"error":"invalid_grant"}"#, TokenFailure.Kind.consentNeeded, "invalid_grant"),
        (
            400, #"{"error":"interaction_required","error_codes":[50076]}"#, .consentNeeded,
            "interaction_required/50076"
        ),
        (400, #"{"error":"invalid_grant","error_codes":[700082]}"#, .consentNeeded, "invalid_grant/700082"),
        (400, #"{"error":"invalid_grant","error_codes":[90033]}"#, .unavailable, "invalid_grant/90033"),
        (400, #"{"error":"temporarily_unavailable"}"#, .unavailable, "temporarily_unavailable"),
        (401, #"{"error":"invalid_client"}"#, .clientRejected, "invalid_client"),
        (400, #"{"error":"invalid_scope"}"#, .rejected, "invalid_scope"),
        (401, "", .clientRejected, "http_401"), (404, "", .rejected, "http_404"),
        (429, "", .limited, "http_429"), (503, "<html>", .unavailable, "http_503"),
        (302, "", .rejected, "http_302"), (400, #"{"error":"your secret is x"}"#, .rejected, "http_400"),
    ])
    func `what can be done is told by the provider's word`(
        status: Int,
        text: String,
        kind: TokenFailure.Kind,
        code: String
    ) {
        let failure = failure(status, text)
        #expect(failure?.kind == kind)
        #expect(failure?.code == code)
        #expect(failure?.isRetryable == (kind == .limited || kind == .unavailable))
    }

    @Test
    func `a wait is handed on, and the call that needed the token was not applied`() {
        guard case .failure(let failure) = read(429, "", retryAfter: "17") else {
            Issue.record("429 is a failure")
            return
        }
        #expect(failure.wait == .seconds(17))
        #expect(failure.providerFailure.kind == .limited)
        #expect(failure.providerFailure.wait == .seconds(17))
    }
}
