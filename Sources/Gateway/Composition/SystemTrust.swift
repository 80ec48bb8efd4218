import Logging
import Signatures

/// The certificate authorities that the machine trusts.
enum SystemTrust {
    /// Where Debian, Fedora and Alpine keep them.
    static let paths = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
    ]
    /// The largest bundle that is read: that of Debian has 220 kB.
    private static let bytesMax = 4 << 20

    /// The first bundle that holds authorities, and what it holds; nil when there is none.
    static func find(in paths: [String] = paths) -> (path: String, anchors: TrustAnchors)? {
        for path in paths {
            guard let pem = try? BoundedFile.read(path, bytesMax: bytesMax) else { continue }
            let anchors = TrustAnchors(pem: pem)
            if anchors.count > 0 { return (path, anchors) }
        }
        return nil
    }

    /// Reads the first bundle there is; without one no certificate is believed.
    static func anchors(_ logger: Logger) -> TrustAnchors {
        if let (_, anchors) = find() { return anchors }
        logger.error(
            "no certificate authorities found: webhooks signed with certificates cannot be taken in",
            metadata: ["looked_in": "\(paths.joined(separator: ", "))"]
        )
        return TrustAnchors(pem: [])
    }
}
