import Domain
import Providers
import Sandbox
import Signatures
import Testing
import UsherTesting

@Suite struct SandboxAuthorityTests {
    private let now = Instant(seconds: 1_800_000_000)

    @Test func `makes certificates with which samples are believed`() async throws {
        let authority = try SandboxAuthority(now: now, random: .seeded(1))
        let topic = "arn:aws:sns:eu-central-1:123456789012:photos"
        let settings: [WebhookSettings] = [
            .paypal(PayPalSettings(webhookID: "W")), .awsSNS(SNSSettings(topics: [topic])),
        ]
        for dialect in settings.map({ WebhookDialect($0) }) {
            let type = try #require(SampleEvents.types(of: dialect.provider).first)
            let sample = SampleEvents.make(type, of: dialect.provider, now: now, random: .seeded(2))
            let event = try #require(sample)
            let keys = try #require(authority.keys(of: dialect.provider))
            let sent = dialect.request(sending: event, to: "https://x", keys: keys, now: now)
            let request = try #require(sent)
            let reference = try #require(try dialect.certificate(for: request))
            let pem = try #require(authority.certificate(at: reference.url))
            let key = try await CertificateChain.validate(
                pem: Array(pem.utf8),
                anchors: TrustAnchors(pem: Array(authority.anchor.utf8)),
                name: reference.name,
                now: now
            )
            let verifying = VerificationKeys([], certificate: key)
            #expect(try dialect.verify(request, keys: verifying, now: now) == nil)
            #expect(key.isValid(at: now + SandboxAuthority.validity))
            #expect(!key.isValid(at: now + SandboxAuthority.validity + .seconds(1)))
        }
        #expect(authority.keys(of: .stripe) == nil)
        #expect(authority.certificate(at: "https://api.paypal.com/") == nil)
    }
}
