import Calls
import Domain
import Transport

extension Problem {
    /// What a caller is told whose request brought no answer of the provider; says whether it may have been sent.
    init(_ error: ProxyError) {
        let sent = JSONMember("sent", .bool(error.mayHaveBeenSent))
        var headers = Headers()
        if let wait = error.wait {
            let seconds = max(1, Int(wait.inSeconds.rounded(.up)))
            headers.append(lowercaseName: "retry-after", value: String(seconds))
        }
        self.init(
            status: error.status,
            code: String(error.code.map { $0 == "_" ? "-" : $0 }),
            title: error.status < 500
                ? "The request was not passed on." : "There is no answer of the provider.",
            detail: Self.sentence(error),
            extensions: [sent],
            headers: headers
        )
    }

    private static func sentence(_ error: ProxyError) -> String {
        let text = error.description
        let first = text.prefix(1).uppercased() + text.dropFirst()
        let consequence =
            error.mayHaveBeenSent
            ? "The provider may have seen the request: look before you repeat it, unless it has an idempotency key."
            : "Nothing was sent."
        return "\(first). \(consequence)"
    }

    /// 400: the key is in every log on the way.
    static let keyInURL = badRequest(
        "key-in-url",
        "Send the key as 'Usher-Key', or where the SDK puts its own, and revoke this one: it is in logs now."
    )

    /// 400: no such priority.
    static let unknownPriority = badRequest(
        "invalid-priority",
        "Write 'Usher-Priority' as critical, high, normal or low."
    )
}

extension ProxyError {
    fileprivate var status: Int {
        switch self {
        case .path, .body: 400
        case .foreignAccount: 403
        case .limited: 429
        case .disabled, .unsupported, .down, .overloaded, .journal, .credential: 503
        case .transport(.timedOut(_)): 504
        case .transport(.overloaded): 503
        case .transport, .answer: 502
        }
    }

    fileprivate var wait: Duration? {
        switch self {
        case .limited(let wait), .down(let wait, _): wait
        case .overloaded, .transport(.overloaded): .seconds(1)
        case .journal: .seconds(5)
        default: nil
        }
    }
}
