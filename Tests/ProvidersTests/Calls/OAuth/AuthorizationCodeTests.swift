import Domain
import Providers
import Testing

@Suite
struct AuthorizationCodeTests {
    // RFC 7636, appendix B.
    private let bytes: [UInt8] = [
        116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214,
        191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
    ]
    private let account = IntegrationAccount(
        provider: .googleCalendar,
        baseURL: "https://www.googleapis.com/calendar/v3",
        credential: ["client_id": Secret("id.apps"), "client_secret": Secret("shh")]
    )
    private let grant = OAuthGrant(
        kind: .refreshToken,
        tokenEndpoint: "https://oauth2.googleapis.com/token",
        authorizationEndpoint: "https://accounts.google.com/o/oauth2/v2/auth",
        scope: "https://www.googleapis.com/auth/calendar.events",
        authorizationParameters: ["prompt": "consent", "access_type": "offline"]
    )

    private func flow(_ grant: OAuthGrant, ownBaseURL: String) throws -> AuthorizationCode {
        try #require(
            AuthorizationCode(
                grant,
                account,
                ownBaseURL: ownBaseURL,
                redirectURI: "https://usher.example/api/oauth/callback"
            )
        )
    }

    @Test
    func `the challenge is that of RFC 7636's example`() {
        let verifier = AuthorizationCode.Verifier(random: bytes)
        #expect(verifier.secret.bytes == Array("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".utf8))
        #expect(verifier.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
        #expect(AuthorizationCode.Verifier(stored: verifier.secret)?.challenge == verifier.challenge)
    }

    @Test(arguments: ["short", String(repeating: "a", count: 129), String(repeating: "a b", count: 20)])
    func `a stored verifier that is none is not read`(text: String) {
        #expect(AuthorizationCode.Verifier(stored: Secret(text)) == nil)
    }

    @Test
    func `the consent URL carries state and challenge, and no secret`() throws {
        let url = try flow(grant, ownBaseURL: account.baseURL)
            .consentURL(state: "st&te", verifier: AuthorizationCode.Verifier(random: bytes))
        #expect(
            url == "https://accounts.google.com/o/oauth2/v2/auth?response_type=code&client_id=id.apps"
                + "&redirect_uri=https%3A%2F%2Fusher.example%2Fapi%2Foauth%2Fcallback"
                + "&scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcalendar.events&state=st%26te"
                + "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
                + "&access_type=offline&prompt=consent"
        )
    }

    @Test
    func `a code is exchanged with the verifier`() throws {
        let request = try flow(grant, ownBaseURL: account.baseURL)
            .exchange(code: "4/0A", verifier: AuthorizationCode.Verifier(random: bytes))
        guard case .bytes(let form) = request.body else {
            Issue.record("the exchange has a form")
            return
        }
        #expect(request.url == "https://oauth2.googleapis.com/token")
        #expect(
            String(decoding: form, as: UTF8.self)
                == "grant_type=authorization_code&client_id=id.apps&client_secret=shh&code=4%2F0A"
                + "&redirect_uri=https%3A%2F%2Fusher.example%2Fapi%2Foauth%2Fcallback"
                + "&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        )
    }

    @Test
    func `a grant without consent has no such flow`() {
        let grant = OAuthGrant(kind: .clientCredentials, tokenEndpoint: "/token")
        #expect(
            AuthorizationCode(grant, account, ownBaseURL: account.baseURL, redirectURI: "https://u") == nil
        )
    }

    @Test(arguments: [
        ("state=s&code=c%2F1&scope=x", AuthorizationAnswer.code("c/1", state: "s")),
        ("error=access_denied&state=s", .denied("access_denied", state: "s")), ("code=c", nil),
        ("state=s", nil), ("state=s&code=a&code=b", nil), ("state=s&code=a&error=b", nil), ("%", nil),
        ("", nil),
    ])
    func `what the browser brings back is read strictly`(query: String, answer: AuthorizationAnswer?) {
        #expect(AuthorizationAnswer(query: query) == answer)
    }
}
