package import Domain
import Signatures

extension ProxiedRequest {
    /// The header that says what stands for the body in a signature.
    private static let payloadHeader = "x-amz-content-sha256"
    /// What the SDK signed with, and what is signed anew.
    private static let ownHeaders: Set<String> = [
        "x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "authorization",
    ]

    /// Signs a request to S3 anew with SigV4: what the SDK's signature covered, with the integration's credential.
    ///
    /// The declared hash of the body is kept, for the body is not read here: whoever sent another one gets S3's own
    /// refusal. The path's first segment must be the integration's bucket. Bodies signed piece by piece
    /// (`STREAMING-AWS4-…`) and presigned URLs cannot be signed anew.
    package mutating func signForS3(
        _ account: IntegrationAccount,
        now: Instant
    ) throws(ProviderCredential.Failure) {
        guard let base = URLParts(ProviderCredential.baseURL(of: account)) else { throw .unsupported }
        let prefix = base.target == "/" ? "" : base.target
        guard let sentPrefix = WireText.percentDecoded(prefix), let sentPath = WireText.percentDecoded(path),
            let parameters = Self.parameters(query),
            !parameters.contains(where: { $0.0 == "X-Amz-Signature" })
        else { throw .unsupported }
        let bucket = try ProviderCredential.text("bucket", account)
        let first = sentPath.utf8.dropFirst().prefix { $0 != UInt8(ascii: "/") }
        guard first.elementsEqual(bucket.utf8) else { throw .foreignAccount }
        let payload = try payload()
        headers.removeAll { Self.ownHeaders.contains($0.name) }
        let signer = SigV4(
            credentials: SigV4.Credentials(
                accessKeyID: try ProviderCredential.text("access_key_id", account),
                secretKey: Secret(try ProviderCredential.text("secret_key", account)),
                sessionToken: account.text("session_token").isEmpty ? nil : account.text("session_token")
            ),
            region: try ProviderCredential.text("region", account),
            service: "s3",
            now: now
        )
        let signed = signer.sign(
            SigV4.Request(
                method: method,
                host: base.authority,
                path: sentPrefix + sentPath,
                query: parameters,
                headers: headers.filter { $0.name.hasPrefix("x-amz-") || $0.name == "content-md5" }
                    .map { ($0.name, $0.value) }
            ),
            payload: payload
        )
        headers += Headers(signed.headers).fields
        let sent = signed.pathAndQuery.utf8
        let mark = sent.firstIndex(of: UInt8(ascii: "?")) ?? sent.endIndex
        let whole = String(Substring(sent[..<mark]))
        guard whole.utf8.starts(with: prefix.utf8) else { throw .unsupported }
        path = String(whole.dropFirst(prefix.utf8.count))
        query = String(Substring(sent[mark...].dropFirst()))
    }

    private func payload() throws(ProviderCredential.Failure) -> SigV4.Payload {
        let declared = headers.filter { $0.name == Self.payloadHeader }.map(\.value)
        guard let hash = declared.first else { return .unsigned }
        guard declared.count == 1, !hash.hasPrefix("STREAMING-AWS4-") else { throw .unsupported }
        return .hashed(hash)
    }

    /// The decoded parameters of a query; nil when it cannot be decoded.
    private static func parameters(_ query: String) -> [(String, String)]? {
        var parameters: [(String, String)] = []
        for part in query.utf8.split(separator: UInt8(ascii: "&")) {
            let name = part.prefix { $0 != UInt8(ascii: "=") }
            let value = part.dropFirst(name.count).dropFirst()
            guard let name = WireText.percentDecoded(String(Substring(name))),
                let value = WireText.percentDecoded(String(Substring(value)))
            else { return nil }
            parameters.append((name, value))
        }
        return parameters
    }
}
