import Domain
import Signatures
import Testing

@Suite struct StripeSignatureTests {
    private let now = Instant(seconds: 1_800_000_000)
    private let body = Array(#"{"id":"evt_1"}"#.utf8)
    private let old = Secret("whsec_old_0123456789abcdef")
    private let new = Secret("whsec_new_0123456789abcdef")

    private func verify(
        _ header: String?,
        secrets: [Secret]? = nil,
        body: [UInt8]? = nil,
        now: Instant? = nil
    ) throws(SignatureError) -> Int {
        let headers = Headers(header.map { [("Stripe-Signature", $0)] } ?? [])
        let request = WebhookRequest(url: "", headers: headers, body: body ?? self.body)
        return try StripeSignature.verify(request, secrets: secrets ?? [new], now: now ?? self.now)
    }

    @Test func `accepts what it signs`() throws {
        let header = StripeSignature.sign(body, secrets: [new], timestamp: now)
        #expect(try verify(header) == 0)
    }

    @Test func `tells which secret matched`() throws {
        let header = StripeSignature.sign(body, secrets: [old], timestamp: now)
        #expect(try verify(header, secrets: [new, old]) == 1)
        #expect(try verify(header, secrets: [old, new]) == 0)
    }

    @Test func `accepts the second of two signatures while Stripe rolls a secret`() throws {
        let header = StripeSignature.sign(body, secrets: [old, new], timestamp: now)
        #expect(try verify(header, secrets: [new]) == 0)
    }

    @Test(arguments: [Int64(-300), 0, 300])
    func `accepts a time up to 300 s away`(offset: Int64) throws {
        let header = StripeSignature.sign(
            body,
            secrets: [new],
            timestamp: Instant(seconds: now.seconds + offset)
        )
        #expect(try verify(header) == 0)
    }

    @Test(arguments: [(Int64(-301), SignatureError.tooOld), (Int64(301), SignatureError.tooNew)])
    func `refuses a time more than 300 s away`(offset: Int64, error: SignatureError) {
        let header = StripeSignature.sign(
            body,
            secrets: [new],
            timestamp: Instant(seconds: now.seconds + offset)
        )
        #expect(throws: error) { try verify(header) }
    }

    @Test func `counts the part of a second beyond 300 s as too old`() {
        let header = StripeSignature.sign(body, secrets: [new], timestamp: now)
        #expect(throws: SignatureError.tooOld) {
            try verify(header, now: now + .seconds(300) + .microseconds(1))
        }
    }

    @Test func `reads at most 32 signatures`() throws {
        let right = StripeSignature.sign(body, secrets: [new], timestamp: now)
        let code = right.dropFirst("t=1800000000,".count)
        let wrong = Array(repeating: "v1=" + String(repeating: "0", count: 64), count: signaturesMax - 1)
        #expect(try verify("t=1800000000," + (wrong + [String(code)]).joined(separator: ",")) == 0)
        #expect(throws: tooMany) {
            try verify("t=1800000000," + (wrong + wrong.prefix(1) + [String(code)]).joined(separator: ","))
        }
    }

    @Test func `refuses a header over 16 KiB and reads one of 16 KiB`() throws {
        let right = StripeSignature.sign(body, secrets: [new], timestamp: now) + ",x="
        let filler = String(repeating: "x", count: securityHeaderBytesMax - right.utf8.count)
        #expect(try verify(right + filler) == 0)
        #expect(throws: SignatureError.malformed(header: StripeSignature.header, reason: "too long")) {
            try verify(right + filler + "x")
        }
    }

    @Test func `a timestamp with leading zeros signs its number, as Stripe's libraries do`() throws {
        let header = StripeSignature.sign(body, secrets: [new], timestamp: now)
        #expect(try verify("t=000" + header.dropFirst(2)) == 0)
    }

    @Test func `refuses secrets that are empty or shorter than 16 bytes`() throws {
        #expect(throws: SecretError.none) { try StripeSignature.checkSecrets([]) }
        #expect(throws: SecretError.tooShort(index: 1, bytes: 15)) {
            try StripeSignature.checkSecrets([new, Secret("whsec_789012345")])
        }
        try StripeSignature.checkSecrets([Secret("whsec_7890123456")])
    }

    private let tooMany = SignatureError.malformed(
        header: StripeSignature.header,
        reason: "too many signatures"
    )
}
