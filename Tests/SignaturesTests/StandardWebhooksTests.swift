import Domain
import Signatures
import Testing

@Suite struct StandardWebhooksTests {
    private let now = Instant(seconds: 1_614_265_330)
    private let body = Array(#"{"test": 2432232314}"#.utf8)
    private let secret = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    private func request(_ headers: [(String, String)], body: [UInt8]? = nil) -> WebhookRequest {
        WebhookRequest(url: "", headers: Headers(headers), body: body ?? self.body)
    }

    private func verify(
        _ request: WebhookRequest,
        _ secrets: [Secret],
        at now: Instant? = nil
    )
        throws(SignatureError) -> Int
    {
        try StandardWebhooksSignature.verify(request, secrets: secrets, now: now ?? self.now)
    }

    /// The example of the specification's own libraries.
    @Test func `signs and verifies the specification's example`() throws {
        let headers = StandardWebhooksSigner.headers(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
            timestamp: now,
            body: body,
            secrets: [secret]
        )
        #expect(headers.map(\.0) == ["webhook-id", "webhook-timestamp", "webhook-signature"])
        #expect(
            headers.map(\.1) == [
                "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ]
        )
        #expect(try verify(request(headers), [secret]) == 0)
    }

    @Test func `signs with both secrets while one is rotated, and either verifies`() throws {
        let new = Secret(StandardWebhooksSigner.newSecret(random: fixedRandom(1)))
        let headers = StandardWebhooksSigner.headers(
            id: "m",
            timestamp: now,
            body: body,
            secrets: [new, secret]
        )
        #expect(headers[2].1.split(separator: " ").count == 2)
        #expect(try verify(request(headers), [new]) == 0)
        #expect(try verify(request(headers), [secret]) == 0)
        #expect(try verify(request(headers), [secret, new]) == 0)
    }

    @Test func `tells which secret matched`() throws {
        let other = Secret(StandardWebhooksSigner.newSecret(random: fixedRandom(2)))
        let headers = StandardWebhooksSigner.headers(id: "m", timestamp: now, body: body, secrets: [secret])
        #expect(try verify(request(headers), [other, secret]) == 1)
    }

    @Test func `takes a secret without its prefix for the same secret`() throws {
        let headers = StandardWebhooksSigner.headers(id: "m", timestamp: now, body: body, secrets: [secret])
        #expect(try verify(request(headers), [Secret("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]) == 0)
    }

    @Test(arguments: [Int64(-300), 300])
    func `accepts a time up to 300 s away`(offset: Int64) throws {
        let headers = StandardWebhooksSigner.headers(id: "m", timestamp: now, body: body, secrets: [secret])
        #expect(try verify(request(headers), [secret], at: Instant(seconds: now.seconds + offset)) == 0)
    }

    @Test(arguments: [(Int64(301), SignatureError.tooOld), (Int64(-301), SignatureError.tooNew)])
    func `refuses a time more than 300 s away`(offset: Int64, error: SignatureError) {
        let headers = StandardWebhooksSigner.headers(id: "m", timestamp: now, body: body, secrets: [secret])
        #expect(throws: error) {
            try verify(request(headers), [secret], at: Instant(seconds: now.seconds + offset))
        }
    }

    @Test(arguments: ["v1a,", "v2,", "V1,", ""])
    func `ignores every version but v1`(version: String) {
        var headers = StandardWebhooksSigner.headers(id: "m", timestamp: now, body: body, secrets: [secret])
        headers[2].1 = version + headers[2].1.dropFirst(3)
        #expect(throws: SignatureError.mismatch) { try verify(request(headers), [secret]) }
    }

    @Test(arguments: ["webhook-id", "webhook-timestamp", "webhook-signature"])
    func `needs each of its headers exactly once`(name: String) {
        let headers = StandardWebhooksSigner.headers(id: "m", timestamp: now, body: body, secrets: [secret])
        #expect(throws: SignatureError.missing(header: name)) {
            try verify(request(headers.filter { $0.0 != name }), [secret])
        }
        #expect(throws: SignatureError.ambiguous(header: name)) {
            try verify(request(headers + headers.filter { $0.0 == name }), [secret])
        }
    }

    @Test func `accepts an id of 255 bytes and refuses one of 256`() throws {
        for (count, isGood) in [(255, true), (256, false)] {
            let id = String(repeating: "m", count: count)
            let headers = StandardWebhooksSigner.headers(
                id: id,
                timestamp: now,
                body: body,
                secrets: [secret]
            )
            let index = try? verify(request(headers), [secret])
            #expect((index == 0) == isGood)
        }
    }

    @Test(arguments: [
        ("", SecretError.tooShort(index: 0, bytes: 0)),
        ("whsec_", .tooShort(index: 0, bytes: 0)),
        ("whsec_AAAAAAAAAAAAAAAAAAAA", .tooShort(index: 0, bytes: 15)),
        ("whsec_AAAAAAAAAAAAAAAAAAAAAA", .notBase64(index: 0)),
        ("whsec_AAAAAAAAAAAAAAAAAAAAAB==", .notBase64(index: 0)),
        ("whsec_not base64 at all!!!!", .notBase64(index: 0)),
    ])
    func `refuses secrets that are short or not canonical base64`(text: String, error: SecretError) {
        #expect(throws: error) { try StandardWebhooksSignature.checkSecrets([Secret(text)]) }
        let headers = [
            ("webhook-id", "m"), ("webhook-timestamp", "1614265330"), ("webhook-signature", "v1,AAAA"),
        ]
        #expect(throws: SignatureError.noUsableSecret) { try verify(request(headers), [Secret(text)]) }
    }

    @Test func `makes secrets that pass its own check`() throws {
        let text = StandardWebhooksSigner.newSecret(random: fixedRandom(3))
        try StandardWebhooksSignature.checkSecrets([Secret(text)])
        #expect(Base64.decode(String(text.dropFirst(6)))?.count == 32)
    }
}
