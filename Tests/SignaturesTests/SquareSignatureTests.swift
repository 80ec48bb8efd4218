import Domain
import Signatures
import Testing

@Suite struct SquareSignatureTests {
    private let now = Instant(seconds: 1_800_000_000)
    private let url = "https://hooks.example.com/square"
    private let body = Array(#"{"event_id":"e1"}"#.utf8)
    private let secret = Secret("0123456789abcdefghijkl")
    /// Computed with Python's `hmac`.
    private let code = "Mp95XctJdncuHmf/htQdfvXRgXRPHvkAbCLcLGnIG4o="

    private func verify(
        _ fields: [(String, String)],
        url: String? = nil,
        body: [UInt8]? = nil,
        secrets: [Secret]? = nil
    ) throws -> Int {
        let request = WebhookRequest(url: url ?? self.url, headers: Headers(fields), body: body ?? self.body)
        return try SquareSignature.verify(request, secrets: secrets ?? [secret], now: now)
    }

    @Test func `agrees with Python`() throws {
        #expect(try verify([("X-Square-HmacSha256-Signature", code)]) == 0)
        let request = WebhookRequest(url: url, headers: Headers(), body: body)
        #expect(SquareSignature.sign(request, secret: secret, now: now).map(\.1) == [code])
    }

    @Test func `tells which secret matched`() throws {
        let other = Secret("zyxwvutsrqponmlkjihgfe")
        #expect(try verify([(SquareSignature.header, code)], secrets: [other, secret]) == 1)
    }

    @Test(arguments: [
        "https://hooks.example.com/square/", "https://hooks.example.com:443/square",
        "http://hooks.example.com/square", "https://Hooks.example.com/square",
        "https://hooks.example.com/square?a=1", "",
    ])
    func `forgives no other spelling of the URL`(url: String) {
        #expect(throws: SignatureError.mismatch) { try verify([(SquareSignature.header, code)], url: url) }
    }

    @Test func `gives the retired header no weight`() throws {
        #expect(throws: SignatureError.missing(header: SquareSignature.header)) {
            try verify([("x-square-signature", code)])
        }
        #expect(try verify([("x-square-signature", "AAAA"), (SquareSignature.header, code)]) == 0)
    }

    @Test func `refuses an empty body though it is signed`() {
        let empty = WebhookRequest(url: url, headers: Headers(), body: [])
        let headers = SquareSignature.sign(empty, secret: secret, now: now)
        #expect(throws: SignatureError.mismatch) { try verify(headers, body: []) }
    }

    @Test func `refuses a secret shorter than 16 bytes`() {
        #expect(throws: SecretError.tooShort(index: 0, bytes: 15)) {
            try SquareSignature.checkSecrets([Secret("0123456789abcde")])
        }
    }
}
