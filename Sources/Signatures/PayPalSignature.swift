package import Domain

/// PayPal's scheme: an RSA signature of four facts, under the key of a certificate that the request names.
///
/// - Signed is `<transmission id>|<transmission time>|<webhook id>|<CRC-32 of the body, decimal>`, RSA with SHA-256
///   and PKCS #1 v1.5. The time's text is signed as it stands in the header.
/// - The certificate lies at PayPal: another host, path or scheme is refused and never fetched.
/// - A CRC is not a hash: whoever holds one signed request can make another body with the same CRC. So an event
///   proves that something happened; read the payment itself from PayPal's API before money moves.
///
/// Stricter than PayPal's libraries: SHA-1 is refused, the certificate's address is pinned, and a request is refused
/// when it was signed more than `tolerance` ago (retries end after three days).
/// Source: paypalrestsdk 1.13.3 `WebhookEvent.verify`, paypal-java-sdk `SSLUtil`.
package enum PayPalSignature {
    /// PayPal's two worlds.
    package enum Environment: String, CaseIterable, Hashable, Sendable {
        case live
        case sandbox

        fileprivate var hosts: [String] {
            switch self {
            case .live: ["api.paypal.com", "api-m.paypal.com"]
            case .sandbox: ["api.sandbox.paypal.com", "api-m.sandbox.paypal.com"]
            }
        }
    }

    /// Where the transmission's id stands.
    package static let idHeader = "paypal-transmission-id"
    /// Where the transmission's time stands.
    package static let timeHeader = "paypal-transmission-time"
    /// Where the signature stands.
    package static let signatureHeader = "paypal-transmission-sig"
    /// Where the certificate's address stands.
    package static let certificateHeader = "paypal-cert-url"
    /// Where the algorithm stands.
    package static let algorithmHeader = "paypal-auth-algo"
    /// The only algorithm.
    package static let algorithm = "SHA256withRSA"
    /// 7 days back, 5 minutes ahead.
    package static let tolerance = TimestampTolerance(past: .seconds(7 * 86_400), future: .seconds(300))
    /// Whom the certificate must be made out to.
    package static let certificateName = CertificateNameRule(
        start: "messageverificationcerts",
        ends: [".paypal.com"]
    )

    /// Checks everything that needs no key, and says which certificate does.
    /// - Parameter environment: where certificates may lie; nil is either.
    package static func certificate(
        for request: WebhookRequest,
        environment: Environment? = nil
    ) throws(SignatureError) -> CertificateReference {
        let presented = try Presented(request.headers)
        let hosts = (environment.map { [$0] } ?? Environment.allCases).flatMap(\.hosts)
        guard let url = PinnedURL(presented.certificateURL),
            hosts.contains(where: { $0.utf8.elementsEqual(url.host) }), url.rest.starts(with: path.utf8),
            isName(url.rest.dropFirst(path.utf8.count))
        else { throw .foreignCertificate }
        return CertificateReference(
            url: String(decoding: presented.certificateURL, as: UTF8.self),
            name: certificateName
        )
    }

    /// Checks the signature under the certificate that `certificate(for:)` named, then the time.
    package static func verify(
        _ request: WebhookRequest,
        webhookID: String,
        key: CertifiedKey,
        now: Instant
    ) throws(SignatureError) {
        let presented = try Presented(request.headers)
        let message = message(presented.id, presented.timeText, webhookID, request.body)
        try key.verify(presented.signature, of: message, digest: .sha256, now: now)
        try tolerance.check(presented.time, now: now)
    }

    /// The headers that sign `body`; nil when `pem` holds no RSA key.
    package static func sign(
        _ body: [UInt8],
        webhookID: String,
        transmissionID: String,
        pem: Secret,
        certificateURL: String,
        now: Instant
    ) -> [(String, String)]? {
        let time = "\(Instant(seconds: now.seconds))"
        let message = message(Array(transmissionID.utf8), Array(time.utf8), webhookID, body)
        return RSASigner.sign(message, pem: pem, digest: .sha256).map { signature in
            [
                (idHeader, transmissionID), (timeHeader, time), (signatureHeader, signature),
                (certificateHeader, certificateURL), (algorithmHeader, algorithm),
            ]
        }
    }

    private static let path = "/v1/notifications/certs/"

    /// What the headers say, checked for form.
    private struct Presented {
        let id: [UInt8]
        let timeText: [UInt8]
        let time: Instant
        let signature: [UInt8]
        let certificateURL: [UInt8]

        init(_ headers: Headers) throws(SignatureError) {
            guard try headers.security(algorithmHeader, bytesMax: 64).elementsEqual(algorithm.utf8) else {
                throw .malformed(header: algorithmHeader, reason: "only \(algorithm) is accepted")
            }
            id = try headers.security(idHeader, bytesMax: 128)
            guard !id.contains(separator) else { throw .malformed(header: idHeader, reason: "holds a `|`") }
            timeText = try headers.security(timeHeader, bytesMax: 64)
            guard let time = Instant(String(decoding: timeText, as: UTF8.self)) else {
                throw .malformed(header: timeHeader, reason: "not an RFC 3339 time")
            }
            self.time = time
            guard let signature = Base64.decode(try headers.security(signatureHeader, bytesMax: 2_048)[...])
            else { throw .malformed(header: signatureHeader, reason: "not canonical base64") }
            self.signature = signature
            certificateURL = try headers.security(certificateHeader)
        }
    }

    private static func message(
        _ id: [UInt8],
        _ time: [UInt8],
        _ webhookID: String,
        _ body: [UInt8]
    ) -> [UInt8] {
        id + [separator] + time + [separator] + webhookID.utf8 + [separator]
            + "\(CRC32.checksum(body[...]))".utf8
    }

    /// The file's name: letters, digits, `-`, `_`, at most 200.
    private static func isName(_ bytes: ArraySlice<UInt8>) -> Bool {
        (1...200).contains(bytes.count)
            && bytes.allSatisfy { isLabelByte($0) || (0x41...0x5A).contains($0) || $0 == UInt8(ascii: "_") }
    }
}

private let separator = UInt8(ascii: "|")
