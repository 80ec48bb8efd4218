import Domain
import Signatures
import Testing

@Suite struct ZoomSignatureTests {
    private let now = Instant(seconds: 1_800_000_000)
    private let body = Array(#"{"event_id":"e1"}"#.utf8)
    private let secret = Secret("0123456789abcdefghijkl")
    private let tolerance = TimestampTolerance(past: .seconds(100), future: .seconds(50))
    /// Computed with Python's `hmac`.
    private let code = "445d6baf59f4903909cf5123c9893845f3255cf6fbcfc1d41f017ce52f37775b"

    private func verify(
        _ signature: String,
        timestamp: String = "1800000000",
        now: Instant? = nil
    ) throws -> Int {
        let headers = Headers([("x-zm-signature", signature), ("x-zm-request-timestamp", timestamp)])
        let request = WebhookRequest(url: "", headers: headers, body: body)
        return try ZoomSignature.verify(
            request,
            secrets: [secret],
            now: now ?? self.now,
            tolerance: tolerance
        )
    }

    @Test func `agrees with Python`() throws {
        #expect(try verify("v0=" + code) == 0)
        let request = WebhookRequest(url: "", headers: Headers(), body: body)
        let headers = ZoomSignature.sign(request, secret: secret, now: now)
        #expect(headers.map(\.1) == ["v0=" + code, "1800000000"])
    }

    @Test(arguments: [Int64(100), -50])
    func `accepts a time at the ends of the tolerance`(age: Int64) throws {
        #expect(try verify("v0=" + code, now: Instant(seconds: 1_800_000_000 + age)) == 0)
    }

    @Test(arguments: [(Int64(101), SignatureError.tooOld), (-51, .tooNew)])
    func `refuses a time beyond the tolerance`(age: Int64, error: SignatureError) {
        #expect(throws: error) { try verify("v0=" + code, now: Instant(seconds: 1_800_000_000 + age)) }
    }

    @Test(arguments: ["", "v1=", "V0=", "v0:", " v0="])
    func `refuses any other version`(prefix: String) {
        #expect(throws: SignatureError.mismatch) { try verify(prefix + code) }
    }

    @Test(arguments: ["+1800000000", " 1800000000", "1.8e9", "１８００００００００", ""])
    func `refuses a time that is not plain digits`(timestamp: String) {
        #expect(throws: SignatureError.self) { try verify("v0=" + code, timestamp: timestamp) }
    }

    /// Computed with Python's `hmac`.
    @Test func `answers the validation of the URL as Zoom's sample does`() {
        let token = ZoomSignature.encryptedToken(Array("qgg8vlvZRS6UYooatFL8Aw".utf8), secret: secret)
        #expect(token == "2c057c2992fd928767b8043d8585099948bc7f99de0e9af00cf9713160f4f5eb")
    }
}
