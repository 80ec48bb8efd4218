import Domain
import Signatures
import Testing

@Suite struct SendGridSignatureTests {
    private let now = Instant(seconds: 1_800_000_000)
    private let body = Array("[{\"event\":\"open\"}]\r\n".utf8)
    private let tolerance = TimestampTolerance(past: .seconds(100), future: .seconds(50))
    private let privateKey: Secret
    private let publicKey: Secret

    init() throws {
        privateKey = Secret(SendGridSignature.newPrivateKey(random: fixedRandom(1)))
        publicKey = Secret(try #require(SendGridSignature.publicKey(of: privateKey)))
    }

    private func verify(
        _ headers: [(String, String)],
        body: [UInt8]? = nil,
        secrets: [Secret]? = nil,
        age: Int64 = 0
    ) throws -> Int {
        try SendGridSignature.verify(
            WebhookRequest(url: "", headers: Headers(headers), body: body ?? self.body),
            secrets: secrets ?? [publicKey],
            now: Instant(seconds: 1_800_000_000 + age),
            tolerance: tolerance
        )
    }

    private func signed() throws -> [(String, String)] {
        try #require(SendGridSignature.sign(body, privateKey: privateKey, now: now))
    }

    @Test func `accepts what it signs and tells which key matched`() throws {
        let other = Secret(SendGridSignature.newPrivateKey(random: fixedRandom(2)))
        let otherKey = Secret(try #require(SendGridSignature.publicKey(of: other)))
        #expect(try verify(try signed(), secrets: [otherKey, publicKey]) == 1)
        #expect(throws: SignatureError.mismatch) { try verify(try signed(), secrets: [otherKey]) }
    }

    @Test func `covers every byte of the body, line ends too`() throws {
        for body in [Array("[{\"event\":\"open\"}]".utf8), Array("[{\"event\":\"open\"}]\n".utf8), []] {
            #expect(throws: SignatureError.mismatch) { try verify(try signed(), body: body) }
        }
    }

    @Test(arguments: [(Int64(100), true), (101, false), (-50, true), (-51, false)])
    func `bounds age and future`(age: Int64, isAccepted: Bool) throws {
        let headers = try signed()
        #expect((try? verify(headers, age: age)) == (isAccepted ? 0 : nil))
    }

    @Test(arguments: ["180000000", "18000000000", "+800000000", "1800000.00", "１８００００００００"])
    func `demands ten digits`(timestamp: String) throws {
        let headers = [try signed()[0], (SendGridSignature.timestampHeader, timestamp)]
        let error = #expect(throws: SignatureError.self) { try verify(headers) }
        #expect(error?.isMalformed == true)
    }

    @Test func `refuses a digit that moved from the time into the body`() throws {
        let headers = [try signed()[0], (SendGridSignature.timestampHeader, "180000000")]
        let shifted = [UInt8(ascii: "0")] + body
        let error = #expect(throws: SignatureError.self) { try verify(headers, body: shifted) }
        #expect(error?.isMalformed == true)
    }

    @Test func `refuses an HMAC under the public key`() throws {
        let code = HMACAlgorithm.sha256.code([Array("1800000000".utf8), body], key: publicKey.bytes)
        let headers = [
            (SendGridSignature.header, Base64.encode(code)),
            (SendGridSignature.timestampHeader, "1800000000"),
        ]
        #expect(throws: SignatureError.mismatch) { try verify(headers) }
    }

    @Test(arguments: ["", "MFkwEwYHKoZIzj0=", "not base64", "0123456789abcdef"])
    func `refuses a secret that is no public key`(text: String) throws {
        #expect(throws: SecretError.notPublicKey(index: 1)) {
            try SendGridSignature.checkSecrets([publicKey, Secret(text)])
        }
        #expect(throws: SignatureError.noUsableSecret) { try verify(try signed(), secrets: [Secret(text)]) }
        #expect(throws: SecretError.none) { try SendGridSignature.checkSecrets([]) }
    }

    @Test func `refuses the private key where the public one belongs`() {
        #expect(throws: SecretError.notPublicKey(index: 0)) {
            try SendGridSignature.checkSecrets([privateKey])
        }
    }
}
