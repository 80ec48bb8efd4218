package import Domain

/// A secret that travels with each request instead of signing it: anybody who sees one request can forge the next.
///
/// For senders that can do no better; use TLS. Tokens are compared by their SHA-256, in constant time.
package enum TokenScheme: Hashable, Sendable {
    /// The token in a header (lower-case name) after a prefix: `authorization` and `Bearer `, or GitLab's
    /// `x-gitlab-token` and nothing.
    case bearer(header: String, prefix: String)
    /// HTTP Basic (RFC 7617); each secret is `user:password`.
    case basic

    /// Checks a request against every secret.
    /// - Returns: the index of the secret that matches.
    package func verify(_ request: WebhookRequest, secrets: [Secret]) throws(SignatureError) -> Int {
        let token = try presentedToken(request.headers)
        let presented = token.map { [sha256([$0])] } ?? []
        return try matchingSecret(of: secrets, presented: presented) { secret in
            guard isUsable(secret) else { return nil }
            return sha256([secret.bytes])
        }
    }

    /// The headers that show `secret`.
    package func sign(secret: Secret) -> [(String, String)] {
        switch self {
        case .bearer(let header, let prefix):
            [(header, prefix + String(decoding: secret.bytes, as: UTF8.self))]
        case .basic:
            [("authorization", "Basic " + Base64.encode(secret.bytes))]
        }
    }

    /// Throws unless the secrets may protect a source.
    package func checkSecrets(_ secrets: [Secret]) throws(SecretError) {
        try checkKeys(secrets) { index, secret throws(SecretError) in
            guard let key = key(secret) else { throw .notUserAndPassword(index: index) }
            return key
        }
    }

    private func isUsable(_ secret: Secret) -> Bool {
        key(secret).map { $0.count >= Secret.bytesMin } ?? false
    }

    /// The part that must not be guessed: of `user:password` the password.
    private func key(_ secret: Secret) -> [UInt8]? {
        guard case .basic = self else { return secret.bytes }
        guard let colon = secret.bytes.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return nil }
        return Array(secret.bytes[(colon + 1)...])
    }

    /// What the request shows; nil when the header uses another scheme.
    private func presentedToken(_ headers: Headers) throws(SignatureError) -> [UInt8]? {
        switch self {
        case .bearer(let header, let prefix):
            return try headers.security(header).droppingPrefix(prefix)
        case .basic:
            guard let text = try headers.security("authorization").droppingPrefix("Basic ") else {
                return nil
            }
            guard let token = Base64.decode(text[...]) else {
                throw .malformed(header: "authorization", reason: "not canonical base64")
            }
            return token
        }
    }
}

extension [UInt8] {
    /// What follows `prefix`, which matches without case as schemes of HTTP authentication do; nil without it.
    fileprivate func droppingPrefix(_ prefix: String) -> [UInt8]? {
        let own = String(decoding: self.prefix(prefix.utf8.count), as: UTF8.self)
        guard lowercasedASCII(own) == lowercasedASCII(prefix) else { return nil }
        return Array(dropFirst(prefix.utf8.count))
    }
}
