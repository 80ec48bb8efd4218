import NIOSSL

/// Where the server's certificate and key are.
package struct TLSSettings: Hashable, Sendable {
    /// The path of a PEM file: the server's certificate first, then the ones up to the root.
    package let certificatePath: String
    /// The path of a PEM file with the private key.
    package let keyPath: String

    /// Names both files; nothing is read yet.
    package init(certificatePath: String, keyPath: String) {
        self.certificatePath = certificatePath
        self.keyPath = keyPath
    }

    /// Reads both files and sets the rules: TLS 1.2 at least, 1.3 preferred, ephemeral keys and authenticated
    /// ciphers only, HTTP/1.1.
    ///
    /// Throws `HTTPServerError.certificateUnreadable` or `.keyUnreadable`.
    func configuration() throws -> TLSConfiguration {
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMFile(certificatePath)
        } catch {
            throw HTTPServerError.certificateUnreadable(
                path: certificatePath,
                reason: String(describing: error)
            )
        }
        guard !chain.isEmpty else {
            throw HTTPServerError.certificateUnreadable(
                path: certificatePath,
                reason: "it holds no certificate"
            )
        }
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(file: keyPath, format: .pem)
        } catch {
            throw HTTPServerError.keyUnreadable(path: keyPath, reason: String(describing: error))
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = .tlsv12
        // For TLS 1.2; the suites of TLS 1.3 are all of this kind.
        configuration.cipherSuiteValues = [
            .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
            .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
            .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        ]
        configuration.applicationProtocols = ["http/1.1"]
        return configuration
    }
}

/// Why the server does not start.
package enum HTTPServerError: Error, Hashable, CustomStringConvertible {
    /// The certificate file cannot be read, or holds no certificate.
    case certificateUnreadable(path: String, reason: String)
    /// The key file cannot be read, or holds no key.
    case keyUnreadable(path: String, reason: String)
    /// The certificate and the key do not belong together, or TLS does not take them.
    case tlsRefused(reason: String)
    /// The address cannot be listened on: in use, not ours, or not allowed.
    case cannotListen(address: String, reason: String)

    /// A bounded name for metrics and messages.
    package var code: String {
        switch self {
        case .certificateUnreadable: "certificate_unreadable"
        case .keyUnreadable: "key_unreadable"
        case .tlsRefused: "tls_refused"
        case .cannotListen: "cannot_listen"
        }
    }

    /// Never: each needs somebody to change something.
    package var isRetryable: Bool { false }

    package var description: String {
        switch self {
        case .certificateUnreadable(let path, let reason): "cannot read the certificate \(path): \(reason)"
        case .keyUnreadable(let path, let reason): "cannot read the key \(path): \(reason)"
        case .tlsRefused(let reason): "certificate and key cannot be used: \(reason)"
        case .cannotListen(let address, let reason): "cannot listen on \(address): \(reason)"
        }
    }
}
