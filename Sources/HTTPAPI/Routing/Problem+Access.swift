import Access
import Domain

extension Problem {
    /// What a caller is told who may not do something.
    init(_ error: AccessError) {
        switch error {
        case .unauthenticated:
            self.init(
                status: 401,
                code: "unauthenticated",
                title: "A valid API key is needed.",
                detail: "Send it as 'Authorization: Bearer ushk_…'.",
                headers: Headers([("www-authenticate", "Bearer realm=\"usher\"")])
            )
        case .forbidden(let level):
            self.init(
                status: 403,
                code: "forbidden",
                title: "The API key may not do this.",
                detail: "It takes a key of the level '\(level.rawValue)'."
            )
        case .notFound:
            self = .notFound
        case .tooManyFailures(let wait):
            self.init(
                status: 429,
                code: "too-many-failures",
                title: "Too many requests with wrong keys.",
                headers: Headers([("retry-after", String(max(1, Int(wait.inSeconds.rounded(.up)))))])
            )
        case .tooManyKeys(let limit):
            self.init(
                status: 409,
                code: "too-many-keys",
                title: "There are as many API keys as may exist.",
                detail: "Revoke one of the \(limit) first."
            )
        case .expiryInThePast:
            self = .badRequest("expiry-in-the-past", "The key would have expired before it exists.")
        case .unavailable:
            self = .unavailable
        }
    }

    /// 503: the store does not answer.
    package static let unavailable = Problem(
        status: 503,
        code: "unavailable",
        title: "The store does not answer.",
        headers: Headers([("retry-after", "5")])
    )
}
