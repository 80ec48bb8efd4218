import Domain

/// The problems the server and the router themselves report.
extension Problem {
    /// 400: the request breaks HTTP or our rules for it.
    static func badRequest(_ code: String, _ detail: String) -> Problem {
        Problem(status: 400, code: code, title: "The request is not valid.", detail: detail)
    }

    /// 400: the parser gave up.
    static let malformedRequest = badRequest("malformed-request", "The request is not well-formed HTTP/1.")

    /// 400: the body is hidden in framing.
    static let excessiveFraming = badRequest("excessive-framing", "Too little of what was sent is body.")

    /// 400: the query cannot be read.
    static func badQuery(_ failure: Query.Failure) -> Problem {
        switch failure {
        case .malformed:
            .badRequest("invalid-query", "Write the query as name=value pairs, percent-encoded UTF-8.")
        case .repeated(let name):
            .badRequest("repeated-parameter", "The parameter '\(name)' is there more than once.")
        case .tooMany:
            .badRequest("invalid-query", "A query has at most \(Query.parametersMax) parameters.")
        }
    }

    /// 404: nothing lives at this path, or the caller may not know that it does.
    package static let notFound = Problem(status: 404, code: "not-found", title: "There is nothing here.")

    /// 405: the path exists, the method does not.
    static func methodNotAllowed(allow: String) -> Problem {
        Problem(
            status: 405,
            code: "method-not-allowed",
            title: "This method is not served here.",
            headers: Headers([("allow", allow)])
        )
    }

    /// 408: the request did not arrive in time.
    static let requestTimeout = Problem(
        status: 408,
        code: "request-timeout",
        title: "The request took too long to arrive."
    )

    /// 413: the body is larger than this path takes.
    static func bodyTooLarge(bytesMax: Int) -> Problem {
        Problem(
            status: 413,
            code: "body-too-large",
            title: "The body is too large.",
            detail: "This path takes at most \(bytesMax) bytes."
        )
    }

    /// 415: the body is in an encoding or of a type that is not read here.
    static func unsupportedMedia(_ detail: String) -> Problem {
        Problem(
            status: 415,
            code: "unsupported-media-type",
            title: "The body is of a kind that is not read here.",
            detail: detail
        )
    }

    /// 417: an `Expect` other than `100-continue`.
    static let expectationFailed = Problem(
        status: 417,
        code: "expectation-failed",
        title: "Only 'Expect: 100-continue' is understood."
    )

    /// 421: the request is meant for another host.
    static let misdirected = Problem(
        status: 421,
        code: "misdirected-request",
        title: "The request names two different hosts."
    )

    /// 431: the head is larger, or has more fields, than we read.
    static let headTooLarge = Problem(
        status: 431,
        code: "head-too-large",
        title: "The request's header fields are too large or too many."
    )

    /// 500: a defect of ours; the log has the cause under the request's id.
    package static let internalError = Problem(
        status: 500,
        code: "internal-error",
        title: "Something broke on our side.",
        detail: "The log has the cause under this request's id."
    )

    /// 503: more work than we take on at once.
    static func overloaded(retryAfterSeconds: Int) -> Problem {
        Problem(
            status: 503,
            code: "overloaded",
            title: "The server is busy.",
            headers: Headers([("retry-after", String(retryAfterSeconds))])
        )
    }

    /// 503: the handler did not answer in time.
    static let handlingTimeout = Problem(
        status: 503,
        code: "handling-timeout",
        title: "The request was not answered in time.",
        detail: "It may still take effect: look before you repeat it.",
        headers: Headers([("retry-after", "5")])
    )
}
