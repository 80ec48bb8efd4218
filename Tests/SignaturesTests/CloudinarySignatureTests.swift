import Domain
import Signatures
import Testing

@Suite struct CloudinarySignatureTests {
    private let now = Instant(seconds: 1_800_000_000)
    private let body = Array(#"{"event_id":"e1"}"#.utf8)
    private let secret = Secret("0123456789abcdefghijkl")
    private let tolerance = TimestampTolerance(past: .seconds(7_200), future: .seconds(300))
    /// Computed with Python's `hashlib`.
    private static let codes: [CloudinaryDigest: String] = [
        .sha1: "6917bdcb6c30eb5df8cacb31bd0fbac3675776a6",
        .sha256: "32f4b37945dc51ea6bf818f32f99b5e8db62b4ae80dd98758312c28d73e6860e",
    ]

    private func verify(
        _ signature: String,
        timestamp: String = "1800000000",
        digest: CloudinaryDigest = .sha1,
        body: [UInt8]? = nil,
        age: Int64 = 0
    ) throws -> Int {
        let headers = Headers([("x-cld-signature", signature), ("x-cld-timestamp", timestamp)])
        return try CloudinarySignature.verify(
            WebhookRequest(url: "", headers: headers, body: body ?? self.body),
            secrets: [secret],
            digest: digest,
            now: Instant(seconds: 1_800_000_000 + age),
            tolerance: tolerance
        )
    }

    @Test(arguments: CloudinaryDigest.allCases)
    func `agrees with Python`(digest: CloudinaryDigest) throws {
        let code = try #require(Self.codes[digest])
        #expect(try verify(code, digest: digest) == 0)
        let headers = CloudinarySignature.sign(body, secret: secret, digest: digest, now: now)
        #expect(headers.map(\.1) == ["1800000000", code])
    }

    @Test func `takes the digest from the settings and not from the length of the header`() throws {
        let code = try #require(Self.codes[.sha1])
        #expect(throws: SignatureError.mismatch) { try verify(code, digest: .sha256) }
        #expect(throws: SignatureError.mismatch) { try verify(code.uppercased()) }
    }

    @Test(arguments: [(Int64(7_200), true), (7_201, false), (-300, true), (-301, false)])
    func `bounds the age at 7200 s and the future at 300 s`(age: Int64, isAccepted: Bool) throws {
        let code = try #require(Self.codes[.sha1])
        #expect((try? verify(code, age: age)) == (isAccepted ? 0 : nil))
    }

    @Test func `refuses a digit that moved from the time into the body`() throws {
        let code = try #require(Self.codes[.sha1])
        let shifted = body + [UInt8(ascii: "1")]
        #expect(throws: SignatureError.tooOld) { try verify(code, timestamp: "800000000", body: shifted) }
    }
}
