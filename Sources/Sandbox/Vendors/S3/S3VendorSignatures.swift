import Domain
import Providers
import Signatures

/// Checks AWS Signature Version 4 as S3 does: in the `Authorization` header, or in a presigned URL.
///
/// Written from the receiver's side: what is signed is put together from the request as it came, by the names that the
/// request says it signed.
struct S3VendorSignatures: Sendable {
    let accessKey: String
    let secretKey: Secret
    let region: String

    /// The query's fields; throws what S3 answers to a request that is not signed as it should be.
    func check(_ request: VendorRequest, now: Instant) throws(S3VendorFault) -> [String: String] {
        var query: [String: String] = [:]
        for (name, value) in try Self.pairs(request.query) { query[name] = value }
        if query["X-Amz-Algorithm"] != nil {
            try checkURL(request, query, now: now)
        } else {
            try checkHeader(request, now: now)
        }
        return query
    }

    /// What a request claims about its signature.
    private struct Claim {
        let credential: String
        let time: String
        let names: String
        let signature: String
        let payload: String
    }

    private func checkHeader(_ request: VendorRequest, now: Instant) throws(S3VendorFault) {
        guard let value = request.headers.first("authorization") else {
            throw S3VendorFault(403, "AccessDenied", "Access Denied")
        }
        guard value.hasPrefix("AWS4-HMAC-SHA256 ") else {
            throw S3VendorFault(400, "InvalidRequest", "The authorization mechanism is not supported.")
        }
        var fields: [String: String] = [:]
        for part in value.dropFirst(17).split(separator: ",") {
            let pair = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            if pair.count == 2 { fields[String(pair[0])] = String(pair[1]) }
        }
        guard let hash = request.headers.first("x-amz-content-sha256") else {
            throw S3VendorFault(400, "MissingSecurityHeader", "Your request was missing a required header")
        }
        let claim = Claim(
            credential: fields["Credential"] ?? "",
            time: request.headers.first("x-amz-date") ?? "",
            names: fields["SignedHeaders"] ?? "",
            signature: fields["Signature"] ?? "",
            payload: hash
        )
        let sent = try instant(claim.time)
        guard (now - Self.skew)...(now + Self.skew) ~= sent else {
            throw S3VendorFault(
                403,
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large."
            )
        }
        try check(claim, request, query: request.query)
        guard hash != "UNSIGNED-PAYLOAD" else { return }
        let actual = request.streamed?.sha256 ?? sha256([request.body])
        guard sameText(hash, Hex.encode(actual)) else {
            throw S3VendorFault(
                400,
                "XAmzContentSHA256Mismatch",
                "The provided 'x-amz-content-sha256' header does not match what was computed."
            )
        }
    }

    private func checkURL(
        _ request: VendorRequest,
        _ query: [String: String],
        now: Instant
    ) throws(S3VendorFault) {
        guard query["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256", let text = query["X-Amz-Expires"],
            let expires = Int64(text), (1...604_800).contains(expires)
        else { throw Self.malformedQuery }
        let claim = Claim(
            credential: query["X-Amz-Credential"] ?? "",
            time: query["X-Amz-Date"] ?? "",
            names: query["X-Amz-SignedHeaders"] ?? "",
            signature: query["X-Amz-Signature"] ?? "",
            payload: "UNSIGNED-PAYLOAD"
        )
        let sent = try instant(claim.time)
        guard now >= sent - Self.skew else {
            throw S3VendorFault(403, "AccessDenied", "Request is not valid yet")
        }
        guard now <= sent + .seconds(expires) else {
            throw S3VendorFault(403, "AccessDenied", "Request has expired")
        }
        let rest = request.query.split(separator: "&").filter { !$0.hasPrefix("X-Amz-Signature=") }
        try check(claim, request, query: rest.joined(separator: "&"))
    }

    private func check(_ claim: Claim, _ request: VendorRequest, query: String) throws(S3VendorFault) {
        let scope = claim.credential.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard scope.count == 5, scope[4] == "aws4_request", scope[3] == "s3", claim.time.hasPrefix(scope[1])
        else {
            throw S3VendorFault(400, "AuthorizationHeaderMalformed", "The credential is malformed")
        }
        guard sameText(scope[0], accessKey) else {
            throw S3VendorFault(
                403,
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records."
            )
        }
        guard sameText(scope[2], region) else {
            throw S3VendorFault(
                400,
                "AuthorizationHeaderMalformed",
                "The authorization header is malformed; the region '\(scope[2])' is wrong; expecting '\(region)'"
            )
        }
        guard request.headers.first("x-amz-security-token") == nil, !query.contains("X-Amz-Security-Token=")
        else {
            throw S3VendorFault(400, "InvalidToken", "The provided token is malformed or otherwise invalid.")
        }
        let names = claim.names.split(separator: ";").map(String.init)
        guard names.contains("host"),
            names == names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }),
            request.headers.fields.allSatisfy({ !$0.name.hasPrefix("x-amz-") || names.contains($0.name) })
        else {
            throw S3VendorFault(
                403,
                "AccessDenied",
                "There were headers present in the request which were not signed"
            )
        }
        let canonical = try canonical(request, query: query, names: names, claim)
        let text =
            "AWS4-HMAC-SHA256\n\(claim.time)\n\(scope.dropFirst().joined(separator: "/"))\n"
            + Hex.encode(sha256([Array(canonical.utf8)]))
        var key = Array("AWS4".utf8) + secretKey.bytes
        for part in [scope[1], scope[2], scope[3], scope[4], text] {
            key = HMACAlgorithm.sha256.code([Array(part.utf8)], key: key)
        }
        guard sameText(Hex.encode(key), claim.signature) else {
            throw S3VendorFault(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided."
            )
        }
    }

    private func canonical(
        _ request: VendorRequest,
        query: String,
        names: [String],
        _ claim: Claim
    ) throws(S3VendorFault) -> String {
        guard let path = VendorRequest.percentDecoded(Substring(request.path).utf8) else {
            throw S3VendorFault(400, "InvalidURI", "Couldn't parse the specified URI.")
        }
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        let encodedPath = segments.map { WireText.percentEncoded(String($0)) }.joined(separator: "/")
        let pairs = try Self.pairs(query)
            .map { (WireText.percentEncoded($0.0), WireText.percentEncoded($0.1)) }
            .sorted { ($0.0, $0.1) < ($1.0, $1.1) }
        let lines = names.map { name in
            let values = request.headers.values(name).map { value in
                value.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
            }
            return "\(name):\(values.joined(separator: ","))\n"
        }
        return [
            request.method, encodedPath, pairs.map { "\($0.0)=\($0.1)" }.joined(separator: "&"),
            lines.joined(), claim.names, claim.payload,
        ].joined(separator: "\n")
    }

    private static func pairs(_ query: String) throws(S3VendorFault) -> [(String, String)] {
        var pairs: [(String, String)] = []
        for part in query.split(separator: "&") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = VendorRequest.percentDecoded(pair[0].utf8),
                let value = VendorRequest.percentDecoded((pair.count == 2 ? pair[1] : "").utf8)
            else { throw malformedQuery }
            pairs.append((name, value))
        }
        return pairs
    }

    /// `20270612T100000Z`.
    private func instant(_ text: String) throws(S3VendorFault) -> Instant {
        let digits = Array(text.utf8)
        guard digits.count == 16 else {
            throw S3VendorFault(403, "AccessDenied", "AWS authentication requires a valid Date")
        }
        let part = { (range: Range<Int>) in String(decoding: digits[range], as: UTF8.self) }
        let form = "\(part(0..<4))-\(part(4..<6))-\(part(6..<11)):\(part(11..<13)):\(part(13..<16))"
        guard let instant = Instant(form) else {
            throw S3VendorFault(403, "AccessDenied", "AWS authentication requires a valid Date")
        }
        return instant
    }

    private static var skew: Duration { S3Vendor.skewMax }

    private static let malformedQuery = S3VendorFault(
        400,
        "AuthorizationQueryParametersError",
        "The query parameters of the signature are malformed"
    )
}
