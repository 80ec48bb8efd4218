internal import Crypto
internal import CryptoExtras
package import Domain
internal import FoundationEssentials
package import Providers
internal import SwiftASN1
internal import X509

/// A certificate authority of the sandbox's own, with the certificates that PayPal and SNS sign webhooks with.
///
/// Made anew at each start and trusted by nobody else: whoever plays PayPal or SNS signs with `keys(of:)`, serves
/// `certificate(at:)`, and the gateway under test takes `anchor` for its only authority.
package struct SandboxAuthority: Sendable {
    /// The authority's own certificate, PEM.
    package let anchor: String
    /// What each provider signs with, and where its certificate is said to lie.
    package let keys: [ProviderName: SigningKeys.PrivateKey]
    /// The certificates, PEM, by their addresses.
    package let certificates: [String: String]

    /// How long before and after `now` the certificates are valid.
    package static let validity = Duration.seconds(30 * 86_400)

    /// Makes keys and certificates: some tenths of a second.
    /// - Parameter random: names the certificates' addresses; the keys themselves are the system's.
    package init(now: Instant, random: RandomSource) throws {
        let authority = P256.Signing.PrivateKey()
        let issuer = try DistinguishedName { CommonName("Usher sandbox authority") }
        let window = Self.window(now)
        let anchor = try Certificate(
            version: .v3,
            serialNumber: .init(bytes: random.bytes(16)),
            publicKey: .init(authority.publicKey),
            notValidBefore: window.start,
            notValidAfter: window.end,
            issuer: issuer,
            subject: issuer,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
            },
            issuerPrivateKey: .init(authority)
        )
        let leaves: [(ProviderName, name: String, url: String)] = [
            (
                .paypal, "messageverificationcerts.paypal.com",
                "https://api.paypal.com/v1/notifications/certs/CERT-\(Hex.encode(random.bytes(12)))"
            ),
            (
                .awsSNS, "sns.amazonaws.com",
                "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-"
                    + "\(Hex.encode(random.bytes(16))).pem"
            ),
        ]
        var keys: [ProviderName: SigningKeys.PrivateKey] = [:]
        var certificates: [String: String] = [:]
        for leaf in leaves {
            let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
            let certificate = try Certificate(
                version: .v3,
                serialNumber: .init(bytes: random.bytes(16)),
                publicKey: .init(key.publicKey),
                notValidBefore: window.start,
                notValidAfter: window.end,
                issuer: issuer,
                subject: try DistinguishedName { CommonName(leaf.name) },
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    BasicConstraints.notCertificateAuthority
                    SubjectAlternativeNames([.dnsName(leaf.name)])
                },
                issuerPrivateKey: .init(authority)
            )
            keys[leaf.0] = .init(pem: Secret(key.pkcs8PEMRepresentation), certificateURL: leaf.url)
            certificates[leaf.url] = try certificate.serializeAsPEM().pemString
        }
        self.anchor = try anchor.serializeAsPEM().pemString
        self.keys = keys
        self.certificates = certificates
    }

    /// What a provider signs with; nil for those that do not sign with certificates.
    package func keys(of provider: ProviderName) -> SigningKeys? {
        keys[provider].map { SigningKeys([], privateKey: $0) }
    }

    /// The certificate that lies at `url`, PEM; nil for any other address.
    package func certificate(at url: String) -> String? {
        certificates[url]
    }

    private static func window(_ now: Instant) -> (start: Date, end: Date) {
        let days = Double(validity.components.seconds)
        let now = Double(now.seconds)
        return (Date(timeIntervalSince1970: now - days), Date(timeIntervalSince1970: now + days))
    }
}
