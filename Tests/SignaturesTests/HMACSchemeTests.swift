import Domain
import Signatures
import Testing

@Suite struct HMACSchemeTests {
    private let now = Instant(seconds: 1_800_000_000)
    private let secret = Secret("0123456789abcdef")
    private let body = Array(#"{"a":1}"#.utf8)

    private func request(_ headers: [(String, String)], body: [UInt8]? = nil) -> WebhookRequest {
        WebhookRequest(
            url: "https://hooks.example.com/in",
            headers: Headers(headers),
            body: body ?? self.body
        )
    }

    /// GitHub's documentation, "Validating webhook deliveries".
    @Test func `verifies GitHub's own example`() throws {
        let scheme = HMACScheme(header: "x-hub-signature-256", prefix: "sha256=")
        let code = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        let example = request([("X-Hub-Signature-256", "sha256=" + code)], body: Array("Hello, World!".utf8))
        #expect(try scheme.verify(example, secrets: [Secret("It's a Secret to Everybody")], now: now) == 0)
    }

    /// Slack's documentation, "Verifying requests from Slack".
    @Test func `verifies Slack's own example`() throws {
        let scheme = HMACScheme(
            header: "x-slack-signature",
            prefix: "v0=",
            template: try #require(SignedTemplate("v0:{timestamp}:{body}")),
            timestampHeader: "x-slack-request-timestamp"
        )
        let form = """
            token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V\
            &channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=\
            &response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554\
            %2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c
            """
        let example = request(
            [
                ("X-Slack-Request-Timestamp", "1531420618"),
                ("X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"),
            ],
            body: Array(form.utf8)
        )
        let secrets = [Secret("8f742231b10e8888abcd99yyyzzz85a5")]
        #expect(try scheme.verify(example, secrets: secrets, now: Instant(seconds: 1_531_420_618)) == 0)
    }

    /// Codes computed with Python's `hmac`.
    @Test(arguments: [
        (HMACAlgorithm.sha1, HMACScheme.Encoding.hex, "1f377045343467ecf983c70129426674b8f88e69"),
        (.sha256, .hex, "1c76fbb930d3aa8b1633728fae212c68ca68a6752bb319b98be6fe17e86cf5b8"),
        (
            .sha512, .hex,
            "5cb07858005abd106ac67f400e6634690446e6fa0c9f0cd989efa37ac48acb1bebc12dce8a2f35e6e81fb34e64b3133311373fe4fa912e20e5d45f3f9236f7e9"
        ),
        (.sha1, .base64, "HzdwRTQ0Z+z5g8cBKUJmdLj4jmk="),
        (.sha256, .base64, "HHb7uTDTqosWM3KPriEsaMpopnUrsxm5i+b+F+hs9bg="),
        (
            .sha512, .base64,
            "XLB4WABavRBqxn9ADmY0aQRG5voMnwzZie+jesSKyxvrwS3Oii815ugfs05ksxMzETc/5PqRLiDl1F8/kjb36Q=="
        ),
        (.sha256, .upperHex, "1C76FBB930D3AA8B1633728FAE212C68CA68A6752BB319B98BE6FE17E86CF5B8"),
    ])
    func `agrees with Python in every algorithm and encoding`(
        algorithm: HMACAlgorithm,
        encoding: HMACScheme.Encoding,
        code: String
    ) throws {
        let scheme = HMACScheme(algorithm: algorithm, encoding: encoding, header: "x-signature")
        #expect(try scheme.verify(request([("x-signature", code)]), secrets: [secret], now: now) == 0)
        let signed = scheme.sign(request([]), secret: secret, now: now)
        #expect(signed.map(\.1) == [code])
    }

    @Test func `covers the configured URL where the template says so`() throws {
        let scheme = HMACScheme(
            encoding: .base64,
            header: "x-signature",
            template: try #require(SignedTemplate("{url}{body}"))
        )
        let code = "k2IJa4YfHGOBnGJfO+tqQvVC4yFcukLlR99zBZBE2DM="
        #expect(try scheme.verify(request([("x-signature", code)]), secrets: [secret], now: now) == 0)
    }

    @Test(arguments: [Int64(-300), 60])
    func `accepts a timestamp 300 s old or 60 s ahead`(offset: Int64) throws {
        #expect(try verifyTimed(offset: offset) == 0)
    }

    @Test(arguments: [(Int64(-301), SignatureError.tooOld), (Int64(61), SignatureError.tooNew)])
    func `refuses a timestamp 301 s old or 61 s ahead`(offset: Int64, error: SignatureError) {
        #expect(throws: error) { try verifyTimed(offset: offset) }
    }

    private func verifyTimed(offset: Int64) throws -> Int {
        let scheme = HMACScheme(
            header: "x-signature",
            template: try #require(SignedTemplate("{timestamp}.{body}")),
            timestampHeader: "x-timestamp"
        )
        let headers = scheme.sign(request([]), secret: secret, now: Instant(seconds: now.seconds + offset))
        return try scheme.verify(request(headers), secrets: [secret], now: now)
    }

    @Test func `refuses a code without the prefix`() {
        let scheme = HMACScheme(header: "x-signature", prefix: "sha256=")
        let headers = scheme.sign(request([]), secret: secret, now: now)
        let bare = headers.map { ($0.0, String($0.1.dropFirst("sha256=".count))) }
        #expect(throws: SignatureError.mismatch) {
            try scheme.verify(request(bare), secrets: [secret], now: now)
        }
    }

    @Test func `names a request by the digest of its signed bytes`() throws {
        let scheme = HMACScheme(header: "x-signature")
        let first = try scheme.digest(request([("x-signature", "00")]))
        #expect(first == (try scheme.digest(request([("X-Signature", "sha256=ffff")]))))
        #expect(first != (try scheme.digest(request([], body: body + [0x20]))))
    }

    @Test(arguments: ["{body}", "{timestamp}.{body}", "v0:{timestamp}:{body}", "{url}{body}", "a{body}b"])
    func `reads a template and writes it back`(text: String) throws {
        #expect(try #require(SignedTemplate(text)).description == text)
    }

    @Test(arguments: [
        "", "body", "{timestamp}", "{body}{body}", "{Body}", "{body", "body}", "{{body}}", "{method}{body}",
        "{body}" + String(repeating: "x", count: 251),
    ])
    func `refuses a template that does not cover the body once`(text: String) {
        #expect(SignedTemplate(text) == nil)
    }
}
