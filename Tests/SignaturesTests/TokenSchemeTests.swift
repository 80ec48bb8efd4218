import Domain
import Signatures
import Testing

@Suite struct TokenSchemeTests {
    private let token = Secret("0123456789abcdef")
    private let bearer = TokenScheme.bearer(header: "authorization", prefix: "Bearer ")

    private func request(_ headers: [(String, String)]) -> WebhookRequest {
        WebhookRequest(url: "", headers: Headers(headers), body: [])
    }

    @Test(arguments: [
        (TokenScheme.bearer(header: "authorization", prefix: "Bearer "), "0123456789abcdef"),
        (.bearer(header: "x-gitlab-token", prefix: ""), "0123456789abcdef"),
        (.basic, "vendor:0123456789abcdef"),
    ])
    func `accepts what it signs and tells which secret matched`(scheme: TokenScheme, secret: String) throws {
        let secrets = [Secret("other:0123456789abcdeX"), Secret(secret)]
        #expect(try scheme.verify(request(scheme.sign(secret: secrets[1])), secrets: secrets) == 1)
    }

    @Test func `takes the name of the HTTP scheme without case`() throws {
        #expect(
            try bearer.verify(request([("Authorization", "bearer 0123456789abcdef")]), secrets: [token]) == 0
        )
    }

    @Test(arguments: [
        "Bearer 0123456789abcdeg", "Bearer 0123456789abcde", "Bearer", "Basic 0123456789abcdef", "x",
    ])
    func `refuses any other token`(value: String) {
        #expect(throws: SignatureError.mismatch) {
            try bearer.verify(request([("Authorization", value)]), secrets: [token])
        }
    }

    @Test func `refuses credentials that are not canonical base64`() {
        #expect(throws: SignatureError.malformed(header: "authorization", reason: "not canonical base64")) {
            try TokenScheme.basic.verify(request([("Authorization", "Basic YWJ=")]), secrets: [token])
        }
    }

    @Test(arguments: [
        (TokenScheme.basic, "0123456789abcdef", SecretError.notUserAndPassword(index: 0)),
        (.basic, ":0123456789abcdef", .notUserAndPassword(index: 0)),
        (.basic, "a-very-long-user-name:short", .tooShort(index: 0, bytes: 5)),
        (.bearer(header: "authorization", prefix: ""), "0123456789abcde", .tooShort(index: 0, bytes: 15)),
    ])
    func `refuses a token that is too short to be a secret`(
        scheme: TokenScheme,
        text: String,
        error: SecretError
    ) {
        #expect(throws: error) { try scheme.checkSecrets([Secret(text)]) }
        #expect(throws: SignatureError.noUsableSecret) {
            try scheme.verify(request(scheme.sign(secret: Secret(text))), secrets: [Secret(text)])
        }
    }
}
