import Domain
import Signatures
import Testing
import UsherTesting

@Suite struct CertificateChainTests {
    private let now = Instant(seconds: 1_800_000_000)
    private let anchors = TrustAnchors(pem: Array(WebhookCertificates.authority.utf8))

    private func validate(
        _ pem: String,
        name: CertificateNameRule = PayPalSignature.certificateName,
        now: Instant? = nil,
        anchors: TrustAnchors? = nil
    ) async throws(CertificateError) -> CertifiedKey {
        try await CertificateChain.validate(
            pem: Array(pem.utf8),
            anchors: anchors ?? self.anchors,
            name: name,
            now: now ?? self.now
        )
    }

    @Test func `gives the key with the window in which the whole chain is valid`() async throws {
        let key = try await validate(WebhookCertificates.payPal)
        let start = try #require(Instant("2024-01-01T00:00:00Z"))
        let end = try #require(Instant("2124-01-01T00:00:00Z"))
        #expect(key.notBefore == start && key.notAfter == end)
        #expect(key.isValid(at: start) && key.isValid(at: end))
        #expect(!key.isValid(at: start - .microseconds(1)) && !key.isValid(at: end + .seconds(1)))
    }

    @Test func `believes nobody without an anchor, and nobody else's anchor`() async {
        for anchors in [TrustAnchors(pem: []), TrustAnchors(pem: Array(WebhookCertificates.sns.utf8))] {
            await #expect(throws: CertificateError.untrusted) {
                try await validate(WebhookCertificates.payPal, anchors: anchors)
            }
        }
    }

    @Test func `refuses a certificate outside its time`() async throws {
        for text in ["2023-12-31T23:59:59Z", "2124-01-01T00:00:01Z"] {
            let now = try #require(Instant(text))
            await #expect(throws: CertificateError.untrusted) {
                try await validate(WebhookCertificates.payPal, now: now)
            }
        }
    }

    @Test func `refuses a certificate of another name or with another kind of key`() async {
        await #expect(throws: CertificateError.wrongName) { try await validate(WebhookCertificates.sns) }
        let rule = CertificateNameRule(start: "usher test webhook authority", ends: [""])
        await #expect(throws: CertificateError.wrongKey) {
            try await validate(WebhookCertificates.authority, name: rule)
        }
    }

    @Test(arguments: [
        "", "no PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n", WebhookCertificates.key,
    ])
    func `refuses what is no certificate`(pem: String) async {
        await #expect(throws: CertificateError.unreadable) { try await validate(pem) }
    }

    @Test func `reads ten certificates of a file, and no more`() async throws {
        let others = String(repeating: WebhookCertificates.authority + "\n", count: 9)
        _ = try await validate(WebhookCertificates.payPal + "\n" + others)
        await #expect(throws: CertificateError.unreadable) {
            try await validate(WebhookCertificates.payPal + "\n" + others + WebhookCertificates.authority)
        }
    }

    @Test func `leaves unreadable anchors out`() {
        let odd = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        #expect(TrustAnchors(pem: Array((odd + WebhookCertificates.authority).utf8)).count == 1)
        #expect(TrustAnchors(pem: Array("nothing".utf8)).count == 0)
    }

    @Test(arguments: [
        ("sns.amazonaws.com", true), ("SNS.eu-west-1.AMAZONAWS.com", true),
        ("sns.cn-north-1.amazonaws.com.cn", true),
        ("sns.a.b.amazonaws.com", false), ("snsx.amazonaws.com", false), ("sns..amazonaws.com", false),
        ("xsns.amazonaws.com", false), ("sns.amazonaws.com.evil.test", false), ("sns", false), ("", false),
        ("sns.é.amazonaws.com", false),
    ])
    func `fits a name with at most one label more`(name: String, isFit: Bool) {
        #expect(SNSMessage.certificateName.fits(name) == isFit)
    }
}
