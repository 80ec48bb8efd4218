package import Domain

/// AWS Signature Version 4: signs a request in its headers, or a URL that others may use for a while.
///
/// ```
/// canonical request = METHOD \n path \n query \n header lines \n \n signed names \n payload hash
/// string to sign    = AWS4-HMAC-SHA256 \n time \n date/region/service/aws4_request \n hex(SHA-256(canonical request))
/// signature         = hex(HMAC(key, string to sign))
/// key               = HMAC(HMAC(HMAC(HMAC("AWS4" secret, date), region), service), "aws4_request")
/// ```
/// - The path is percent-encoded once and never tidied for S3 (`//` and `..` are parts of a key); for every other
///   service it must be tidy already and is encoded twice.
/// - Signed are `host`, every `x-amz-…` and the other given headers; values trimmed, inner blanks made one.
///
/// Source: docs.aws.amazon.com, "Signature Version 4 signing process"; botocore 1.43 `auth.py`.
package struct SigV4: Sendable {
    /// Who signs.
    package struct Credentials: Sendable {
        /// The public half.
        package let accessKeyID: String
        /// The secret half.
        package let secretKey: Secret
        /// The token of temporary credentials; nil for lasting ones.
        package let sessionToken: String?

        /// Collects the parts.
        package init(accessKeyID: String, secretKey: Secret, sessionToken: String? = nil) {
            self.accessKeyID = accessKeyID
            self.secretKey = secretKey
            self.sessionToken = sessionToken
        }
    }

    /// What is signed: nothing in it is encoded yet.
    package struct Request: Sendable {
        /// The method, upper case.
        package var method: String
        /// The host, with its port where that is not the scheme's own.
        package var host: String
        /// The path, starting with `/`; empty is `/`.
        package var path: String
        /// The parameters of the query.
        package var query: [(String, String)]
        /// Further headers to sign.
        package var headers: [(String, String)]

        /// Collects the parts.
        package init(
            method: String,
            host: String,
            path: String,
            query: [(String, String)] = [],
            headers: [(String, String)] = []
        ) {
            self.method = method
            self.host = host
            self.path = path
            self.query = query
            self.headers = headers
        }
    }

    /// What stands for the body.
    package enum Payload: Sendable {
        /// The SHA-256 of these bytes.
        case signed([UInt8])
        /// The SHA-256 is known already, as hexadecimal digits in lower case: for bodies that are streamed.
        case hashed(String)
        /// `UNSIGNED-PAYLOAD`: over TLS only.
        case unsigned

        fileprivate var hash: String {
            switch self {
            case .signed(let body): Hex.encode(sha256([body]))
            case .hashed(let digits): digits
            case .unsigned: "UNSIGNED-PAYLOAD"
            }
        }
    }

    /// A signature with the texts that lead to it.
    package struct Signed: Sendable {
        /// The canonical request.
        package let canonicalRequest: String
        /// The string to sign.
        package let stringToSign: String
        /// The signature, 64 hexadecimal digits.
        package let signature: String
        /// The headers to add to the request; none for a presigned URL.
        package let headers: [(String, String)]
        /// Path and query as they must be sent.
        package let pathAndQuery: String
    }

    /// How long a presigned URL may live, in seconds.
    package static let expiresRange: ClosedRange<Int> = 1...604_800

    private let credentials: Credentials
    private let region: String
    private let service: String
    private let time: String

    /// Signs for one service in one region, at `now`.
    package init(credentials: Credentials, region: String, service: String, now: Instant) {
        self.credentials = credentials
        self.region = region
        self.service = service
        // 2026-02-27T12:54:27Z without its punctuation.
        time = "\(Instant(seconds: now.seconds))".filter { $0 != "-" && $0 != ":" }
    }

    /// Signs a request in its `Authorization` header.
    package func sign(_ request: Request, payload: Payload) -> Signed {
        var added: [(String, String)] = [("x-amz-date", time)]
        if service == "s3" { added.append(("x-amz-content-sha256", payload.hash)) }
        if let token = credentials.sessionToken { added.append(("x-amz-security-token", token)) }
        let headers = canonicalHeaders(request, added)
        let query = canonicalQuery(request.query)
        let result = signature(request, query, headers, payload.hash)
        let authorization =
            "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope), "
            + "SignedHeaders=\(headers.names), Signature=\(result.signature)"
        return Signed(
            canonicalRequest: result.canonical,
            stringToSign: result.text,
            signature: result.signature,
            headers: added + [("authorization", authorization)],
            pathAndQuery: sentPath(request) + (query.isEmpty ? "" : "?\(query)")
        )
    }

    /// Signs a URL that whoever has it may use for `expires` seconds.
    /// - Parameter expires: within `expiresRange`.
    package func presign(_ request: Request, expires: Int) -> Signed {
        precondition(Self.expiresRange.contains(expires), "a presigned URL lives for 1 s to 7 days")
        let headers = canonicalHeaders(request, [])
        var parameters = request.query
        parameters += [
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
            ("X-Amz-Credential", "\(credentials.accessKeyID)/\(scope)"),
            ("X-Amz-Date", time), ("X-Amz-Expires", "\(expires)"), ("X-Amz-SignedHeaders", headers.names),
        ]
        if let token = credentials.sessionToken { parameters.append(("X-Amz-Security-Token", token)) }
        let query = canonicalQuery(parameters)
        let result = signature(request, query, headers, Payload.unsigned.hash)
        return Signed(
            canonicalRequest: result.canonical,
            stringToSign: result.text,
            signature: result.signature,
            headers: [],
            pathAndQuery: "\(sentPath(request))?\(query)&X-Amz-Signature=\(result.signature)"
        )
    }

    private var date: String { String(time.prefix(8)) }
    private var scope: String { "\(date)/\(region)/\(service)/aws4_request" }

    private func signature(
        _ request: Request,
        _ query: String,
        _ headers: (lines: String, names: String),
        _ payloadHash: String
    ) -> (canonical: String, text: String, signature: String) {
        let sent = sentPath(request)
        let path = service == "s3" ? sent : percentEncoded(sent, keepSlash: true)
        let canonical =
            "\(request.method)\n\(path)\n\(query)\n\(headers.lines)\n\(headers.names)\n\(payloadHash)"
        let digest = Hex.encode(sha256([Array(canonical.utf8)]))
        let text = "AWS4-HMAC-SHA256\n\(time)\n\(scope)\n\(digest)"
        var key = Array("AWS4".utf8) + credentials.secretKey.bytes
        for part in [date, region, service, "aws4_request", text] {
            key = HMACAlgorithm.sha256.code([Array(part.utf8)], key: key)
        }
        return (canonical, text, Hex.encode(key))
    }

    private func sentPath(_ request: Request) -> String {
        request.path.isEmpty ? "/" : percentEncoded(request.path, keepSlash: true)
    }

    private func canonicalQuery(_ parameters: [(String, String)]) -> String {
        parameters.map { (percentEncoded($0.0, keepSlash: false), percentEncoded($0.1, keepSlash: false)) }
            .sorted { left, right in
                left.0 == right.0
                    ? left.1.utf8.lexicographicallyPrecedes(right.1.utf8)
                    : left.0.utf8.lexicographicallyPrecedes(right.0.utf8)
            }
            .map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    /// `name:value\n` for each name in order, and the names joined by `;`.
    private func canonicalHeaders(
        _ request: Request,
        _ added: [(String, String)]
    ) -> (lines: String, names: String) {
        var values: [(name: String, values: [String])] = []
        for (name, value) in [("host", request.host)] + request.headers + added {
            let name = lowercasedASCII(name)
            let tidy = value.utf8.split { $0 == 0x20 || $0 == 0x09 }
                .map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
            if let index = values.firstIndex(where: { $0.name == name }) {
                values[index].values.append(tidy)
            } else {
                values.append((name, [tidy]))
            }
        }
        values.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        return (
            values.map { "\($0.name):\($0.values.joined(separator: ","))\n" }.joined(),
            values.map(\.name).joined(separator: ";")
        )
    }
}

/// RFC 3986: all but letters, digits and `-._~` becomes `%XX` of its UTF-8 bytes.
private func percentEncoded(_ text: String, keepSlash: Bool) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "~"):
            bytes.append(byte)
        case UInt8(ascii: "/") where keepSlash: bytes.append(byte)
        default: bytes += Array("%\(Hex.encode([byte], letterCase: .upper))".utf8)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
