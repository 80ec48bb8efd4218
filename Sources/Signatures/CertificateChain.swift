internal import CryptoExtras
package import Domain
internal import FoundationEssentials
internal import SwiftASN1
@_spi(FixedExpiryValidationTime) internal import X509

/// Why a fetched certificate is not believed.
package enum CertificateError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It is not PEM with 1 to `CertificateChain.certificatesMax` certificates.
    case unreadable
    /// No chain of valid certificates leads from it to an anchor.
    case untrusted
    /// It is made out to somebody else.
    case wrongName
    /// Its key is not RSA.
    case wrongKey

    /// A stable word for metrics and logs.
    package var code: String {
        switch self {
        case .unreadable: "certificate_unreadable"
        case .untrusted: "certificate_untrusted"
        case .wrongName: "certificate_wrong_name"
        case .wrongKey: "certificate_wrong_key"
        }
    }

    package var description: String {
        switch self {
        case .unreadable: "the certificate is not readable PEM"
        case .untrusted: "no valid chain leads from the certificate to a trusted authority"
        case .wrongName: "the certificate is made out to another name"
        case .wrongKey: "the certificate's key is not RSA"
        }
    }
}

/// The authorities that certificates are traced back to.
package struct TrustAnchors: Sendable {
    fileprivate let certificates: Set<Certificate>
    /// How many there are.
    package let count: Int

    /// Reads concatenated PEM; certificates that cannot be read are left out, so that one odd one costs nothing.
    package init(pem: [UInt8]) {
        certificates = Set(CertificateChain.blocks(pem).compactMap { try? Certificate(pemDocument: $0) })
        count = certificates.count
    }
}

/// Traces a fetched certificate back to an anchor: once for each certificate, before messages are verified with it.
package enum CertificateChain {
    /// The most certificates in one file.
    package static let certificatesMax = 10

    /// Checks signatures, validity at `now`, basic and name constraints (RFC 5280) and the first certificate's name.
    ///
    /// A certificate that is an anchor itself is believed for its own time, whoever signed it.
    ///
    /// - Parameters:
    ///   - pem: the certificate, then those that lead to an anchor, as far as its owner gives them.
    ///   - intermediates: further ones that may lead there, concatenated PEM.
    ///   - name: whose it must be: its common name or one of its DNS names.
    /// - Returns: its key, to be used while the whole chain is valid.
    package static func validate(
        pem: [UInt8],
        anchors: TrustAnchors,
        intermediates: [UInt8] = [],
        name: CertificateNameRule,
        now: Instant
    ) async throws(CertificateError) -> CertifiedKey {
        let given = try certificates(pem)
        let leaf = given[0]
        guard names(of: leaf).contains(where: name.fits) else { throw .wrongName }
        guard let key = _RSA.Signing.PublicKey(leaf.publicKey) else { throw .wrongKey }
        if anchors.certificates.contains(leaf) {
            let pinned = certified(key, [leaf], now)
            guard pinned.isValid(at: now) else { throw .untrusted }
            return pinned
        }
        let further = intermediates.isEmpty ? [] : try certificates(intermediates)
        let date = Date(timeIntervalSince1970: Double(now.seconds))
        var verifier = Verifier(rootCertificates: CertificateStore(anchors.certificates)) {
            RFC5280Policy(fixedExpiryValidationTime: date)
        }
        let store = CertificateStore(given.dropFirst() + further)
        guard case .validCertificate(let chain) = await verifier.validate(leaf: leaf, intermediates: store)
        else { throw .untrusted }
        return certified(key, Array(chain), now)
    }

    private static func certified(
        _ key: _RSA.Signing.PublicKey,
        _ chain: [Certificate],
        _ now: Instant
    ) -> CertifiedKey {
        CertifiedKey(
            key: key,
            notBefore: chain.map { instant($0.notValidBefore) }.max() ?? now,
            notAfter: chain.map { instant($0.notValidAfter) }.min() ?? now
        )
    }

    /// At least one certificate.
    private static func certificates(
        _ pem: [UInt8]
    ) throws(CertificateError) -> [Certificate] {
        let blocks = blocks(pem)
        guard (1...certificatesMax).contains(blocks.count) else { throw .unreadable }
        let certificates = blocks.compactMap { try? Certificate(pemDocument: $0) }
        guard certificates.count == blocks.count else { throw .unreadable }
        return certificates
    }

    fileprivate static func blocks(_ pem: [UInt8]) -> [PEMDocument] {
        (try? PEMDocument.parseMultiple(pemString: String(decoding: pem, as: UTF8.self))) ?? []
    }

    /// The common names and DNS names of a certificate.
    private static func names(of certificate: Certificate) -> [String] {
        let common = certificate.subject.flatMap { $0 }
            .filter { $0.type == .RDNAttributeType.commonName }.compactMap { String($0.value) }
        let alternative = (try? certificate.extensions.subjectAlternativeNames).flatMap(\.self) ?? .init()
        return common
            + alternative.compactMap { name in
                if case .dnsName(let text) = name { text } else { nil }
            }
    }

    private static func instant(_ date: Date) -> Instant {
        Instant(seconds: Int64(date.timeIntervalSince1970.rounded(.down)))
    }
}
