import Domain
import Signatures

/// Signed requests to one bucket.
struct S3Wire {
    private let account: IntegrationAccount
    private let signer: SigV4
    private let origin: String
    private let authority: String
    private let pathPrefix: String

    /// Prepares for requests of one account at `now`.
    init(_ account: IntegrationAccount, now: Instant) {
        self.account = account
        let token = account.text("session_token")
        signer = SigV4(
            credentials: SigV4.Credentials(
                accessKeyID: account.text("access_key_id"),
                secretKey: account.credential["secret_key"] ?? Secret(""),
                sessionToken: token.isEmpty ? nil : token
            ),
            region: account.text("region"),
            service: "s3",
            now: now
        )
        let bucket = account.text("bucket")
        let region = WireText.percentEncoded(account.text("region"))
        if !StoredObject.isSame(account.baseURL, S3Calls.facts.baseURL), let base = URLParts(account.baseURL)
        {
            origin = base.origin
            authority = base.authority
            let path = base.path == "/" ? "" : WireText.percentDecoded(base.path) ?? ""
            pathPrefix = "\(path)/\(bucket)"
        } else if bucket.utf8.contains(UInt8(ascii: ".")) {
            authority = "s3.\(region).amazonaws.com"
            origin = "https://\(authority)"
            pathPrefix = "/\(bucket)"
        } else {
            authority = "\(WireText.percentEncoded(bucket)).s3.\(region).amazonaws.com"
            origin = "https://\(authority)"
            pathPrefix = ""
        }
    }

    /// A request for the object `key`, or for the bucket; `headers` are signed.
    func request(
        _ method: String,
        _ key: String?,
        query: [(String, String)] = [],
        headers: [(String, String)] = [],
        payload: SigV4.Payload = .signed([]),
        body: ProviderRequest.Body = .none,
        effect: ProviderRequest.Effect,
        streamsAnswer: Bool = false
    ) -> ProviderRequest {
        let signed = signer.sign(unsigned(method, key, query: query, headers: headers), payload: payload)
        return ProviderRequest(
            method,
            origin + signed.pathAndQuery,
            headers: headers + signed.headers,
            body: body,
            effect: effect,
            streamsAnswer: streamsAnswer
        )
    }

    /// A URL that whoever has it may use until it expires.
    func presigned(_ input: StorageInput) -> String {
        let method = input.purpose == .upload ? "PUT" : "GET"
        let request = unsigned(method, input.key, query: [], headers: [])
        return origin + signer.presign(request, expires: input.expiresSeconds).pathAndQuery
    }

    private func unsigned(
        _ method: String,
        _ key: String?,
        query: [(String, String)],
        headers: [(String, String)]
    ) -> SigV4.Request {
        SigV4.Request(
            method: method,
            host: authority,
            path: key.map { "\(pathPrefix)/\($0)" } ?? (pathPrefix.isEmpty ? "/" : pathPrefix),
            query: query,
            headers: headers
        )
    }

    /// The list of parts that ends an upload; `tags` without quotation marks.
    static func completion(_ tags: [String]) -> String {
        let parts = tags.enumerated().map { index, tag in
            "<Part><PartNumber>\(index + 1)</PartNumber><ETag>&quot;\(XMLReader.escaped(tag))&quot;</ETag></Part>"
        }
        return "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\(parts.joined())"
            + "</CompleteMultipartUpload>"
    }

    /// A tag without its quotation marks.
    static func unquoted(_ tag: String) -> String {
        tag.hasPrefix("\"") && tag.hasSuffix("\"") && tag.utf8.count >= 2
            ? String(tag.dropFirst().dropLast()) : tag
    }
}

/// What an object's fields say.
struct S3Object {
    let tag: String
    let bytes: Int64?
    let contentType: String?
    let call: String?
    /// Whether the tag is the MD5: not where the object is encrypted with a key of KMS or of the client's.
    let hasPlainTag: Bool

    /// Reads the fields of an answer; nil without an ETag.
    init?(_ answer: ProviderAnswer) {
        guard let tag = answer.headers.first("etag") else { return nil }
        self.tag = S3Wire.unquoted(tag)
        bytes = answer.headers.first("content-length").flatMap { Int64($0) }
        contentType = answer.headers.first("content-type")
        call = answer.headers.first(S3Calls.tagHeader)
        hasPlainTag = Self.isPlain(answer)
    }

    /// Whether tags in this answer are MD5s.
    static func isPlain(_ answer: ProviderAnswer) -> Bool {
        let encryption = answer.headers.first("x-amz-server-side-encryption") ?? ""
        return !encryption.hasPrefix("aws:kms")
            && answer.headers.first("x-amz-server-side-encryption-customer-algorithm") == nil
    }

    /// Whether this is the object of `call`, stored by it.
    func isOf(_ call: CallRequest) -> Bool {
        self.call.map { StoredObject.isSame($0, call.tag) } ?? false
    }

    /// Whether this is `content`, as far as its length and tag tell.
    func holds(_ content: StoredContent) -> Bool {
        if let bytes, bytes != content.bytes { return false }
        return hasTag(of: content)
    }

    /// Whether this has the tag of `content`, where tags tell anything.
    func hasTag(of content: StoredContent) -> Bool {
        !hasPlainTag || StoredObject.isSame(tag, Self.tag(of: content))
    }

    /// The tag of content as the dialect stores it: the MD5, or the MD5 of the parts' MD5s and their count.
    static func tag(of content: StoredContent) -> String {
        guard content.bytes > StoredContent.partBytes else { return Hex.encode(content.md5) }
        return "\(StoredObject.md5(content.parts.flatMap(\.md5)))-\(content.parts.count)"
    }

    /// The reply that tells of it.
    func reply(_ key: String, url: String? = nil) -> ObjectReply {
        ObjectReply(key: key, exists: true, bytes: bytes, etag: tag, contentType: contentType, url: url)
    }
}
