package import Domain
package import Signatures

/// What a webhook is verified with.
package struct VerificationKeys: Sendable {
    /// The accepted secrets: any of them may match.
    package let secrets: [Secret]
    /// The key of the certificate that the request names; nil for schemes without certificates.
    package let certificate: CertifiedKey?

    /// Collects the keys.
    package init(_ secrets: [Secret], certificate: CertifiedKey? = nil) {
        self.secrets = secrets
        self.certificate = certificate
    }
}

/// What a sample event is signed with, as its provider would.
package struct SigningKeys: Sendable {
    /// A private key, for providers that sign with one.
    package struct PrivateKey: Sendable {
        /// The key, PKCS #8 in PEM.
        package let pem: Secret
        /// Where the certificate is said to lie; nil for a bare public key.
        package let certificateURL: String?

        /// Names a key and its certificate.
        package init(pem: Secret, certificateURL: String? = nil) {
            self.pem = pem
            self.certificateURL = certificateURL
        }
    }

    /// The shared secrets.
    package let secrets: [Secret]
    /// The private key; nil when there is none at hand.
    package let privateKey: PrivateKey?

    /// Collects the keys.
    package init(_ secrets: [Secret], privateKey: PrivateKey? = nil) {
        self.secrets = secrets
        self.privateKey = privateKey
    }
}
