import Domain
import Resilience

/// What an answer other than success says.
///
/// | answer | kind | ambiguous |
/// |---|---|---|
/// | 503 `SlowDown`, 429, `Throttling…`, `RequestLimitExceeded` | limited | no |
/// | 301, 307, 400 `AuthorizationHeaderMalformed`: the bucket is in another region, which the message names | unauthorized | no |
/// | 401, 403, 400 `ExpiredToken`, `InvalidToken`, 404 `NoSuchBucket` | unauthorized | no |
/// | 400 `BadDigest`, `InvalidDigest`, `XAmzContentSHA256Mismatch`: the bytes changed on their way | unavailable | no |
/// | 404 | not found | no |
/// | 409, 412 | conflict | no |
/// | 400 `RequestTimeout`, 500, 502, 503 and others above | unavailable | yes |
/// | other 4xx | rejected | no |
struct S3Fault {
    /// S3's own word; `http_404` where an answer has no body.
    let code: String
    let failure: ProviderFailure
    /// Whether the request may have taken effect all the same.
    let isAmbiguous: Bool
    private let status: Int

    /// Reads an answer, which has status 200 when the error came late.
    init(_ answer: ProviderAnswer, _ account: IntegrationAccount, in200: Bool = false) {
        let root = XMLReader.read(answer.body)
        let code = Self.code(root)
        let status = in200 ? Self.status(of: code) : answer.status
        self.status = status
        self.code = code ?? "http_\(status)"
        let kind = Self.kind(code, status)
        isAmbiguous = kind == .unavailable && !Self.damages.contains(code ?? "")
        let region = root?.child("Region") ?? answer.headers.first("x-amz-bucket-region")
        if let region, Self.isElsewhere(code, status) {
            failure = ProviderFailure(
                .unauthorized,
                code: "wrong_region",
                message: account.withoutSecrets(
                    "The bucket is in the region \(region): write it into the credential's `region`"
                )
            )
            return
        }
        failure = ProviderFailure(
            kind,
            code: self.code,
            message: account.withoutSecrets(root?.child("Message") ?? "S3 answered with \(status)"),
            wait: kind == .limited ? answer.retryAfter : nil
        )
    }

    /// Whether `If-None-Match: *` found something.
    var isPrecondition: Bool { status == 412 || code == "PreconditionFailed" }
    /// Whether the object, rather than the bucket or the upload, is missing.
    var isMissingKey: Bool { status == 404 && (code == "NoSuchKey" || code == "http_404") }
    /// Whether the same request may well succeed a little later.
    var passes: Bool { failure.kind == .limited || Self.damages.contains(code) }

    /// S3's word for what is wrong; nil when the body is no error.
    static func code(_ answer: ProviderAnswer) -> String? { code(XMLReader.read(answer.body)) }

    /// Whether a limit of requests is meant.
    static func isLimit(_ code: String?, _ status: Int) -> Bool {
        status == 429 || limits.contains(code ?? "")
    }

    private static func code(_ root: XMLElement?) -> String? {
        guard let root, root.name == "Error" else { return nil }
        return root.child("Code")
    }

    private static let limits: Set = [
        "SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException",
    ]
    private static let damages: Set = ["BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch"]
    private static let logins: Set = ["ExpiredToken", "InvalidToken", "TokenRefreshRequired", "NoSuchBucket"]

    private static func isElsewhere(_ code: String?, _ status: Int) -> Bool {
        [301, 307, 308].contains(status)
            || (status == 400 && code != "RequestTimeout")
                && (code == nil || code == "AuthorizationHeaderMalformed"
                    || code == "IllegalLocationConstraintException")
    }

    private static func kind(_ code: String?, _ status: Int) -> ProviderFailure.Kind {
        if isLimit(code, status) { return .limited }
        if let code {
            if damages.contains(code) || code == "RequestTimeout" { return .unavailable }
            if logins.contains(code) { return .unauthorized }
        }
        switch status {
        case 301, 307, 308, 401, 403: return .unauthorized
        case 400 where code == "AuthorizationHeaderMalformed": return .unauthorized
        case 404, 410: return .notFound
        case 409, 412: return .conflict
        case 408: return .unavailable
        case 400...499: return .rejected
        default: return .unavailable
        }
    }

    /// The status an error would have had, had it come in time.
    private static func status(of code: String?) -> Int {
        switch code {
        case "PreconditionFailed": 412
        case "ConditionalRequestConflict": 409
        case "NoSuchUpload", "NoSuchBucket": 404
        case "InvalidPart", "InvalidPartOrder", "EntityTooSmall", "EntityTooLarge", "MalformedXML": 400
        case "AccessDenied": 403
        default: 500
        }
    }
}
