import Domain

/// What an answer other than success means where the provider's own code adds nothing to the status.
///
/// | status | request that takes effect | read |
/// |---|---|---|
/// | 401, 403 | not applied, unauthorized | the same |
/// | 404, 410 | not applied, not found | the same |
/// | 408, 5xx, 1xx–3xx | in doubt, unavailable | not applied, unavailable |
/// | 409 | not applied, conflict | the same |
/// | 420, 429 | not applied, limited | the same |
/// | other 4xx | not applied, rejected | the same |
struct PlainFailure {
    let status: Int
    let code: String
    let message: String
    let wait: Duration?

    /// Describes an answer; secrets of `account` that the provider repeated in its message are left out.
    init(
        _ answer: ProviderAnswer,
        code: String? = nil,
        message: String? = nil,
        wait: Duration? = nil,
        _ account: IntegrationAccount
    ) {
        status = answer.status
        self.code = code ?? "http_\(answer.status)"
        self.message = account.withoutSecrets(message ?? "The provider answered with \(answer.status).")
        self.wait = wait
    }

    /// The sort of failure.
    var kind: ProviderFailure.Kind {
        switch status {
        case 401, 403: .unauthorized
        case 404, 410: .notFound
        case 409: .conflict
        case 420, 429: .limited
        case 408: .unavailable
        case 400...499: .rejected
        default: .unavailable
        }
    }

    /// The failure, of another kind where one is given.
    func failure(_ kind: ProviderFailure.Kind? = nil) -> ProviderFailure {
        ProviderFailure(kind ?? self.kind, code: code, message: message, wait: wait)
    }

    /// What it means for a request that takes effect.
    var ofEffect: CallVerdict {
        kind == .unavailable ? .inDoubt(failure()) : .notApplied(failure())
    }

    /// What it means for a request that changes nothing, or can be repeated without harm.
    var ofRead: CallVerdict { .notApplied(failure()) }

    /// What it means for the last request of `operation`.
    func verdict(of operation: Operation) -> CallVerdict { operation.isRead ? ofRead : ofEffect }

    /// An answer that says it is a success and cannot be read as one.
    static func unreadable(_ answer: ProviderAnswer, _ operation: Operation) -> CallVerdict {
        let failure = ProviderFailure(
            .unavailable,
            code: "unexpected_answer",
            message: "The provider answered with \(answer.status) and something that cannot be read."
        )
        return operation.isRead ? .notApplied(failure) : .inDoubt(failure)
    }
}

extension IntegrationAccount {
    /// The shortest value that is looked for in texts.
    private static let secretBytesMin = 8

    /// A provider's text in which every value of the credential, and the access token, is replaced by `…`.
    func withoutSecrets(_ text: String) -> String {
        var secrets = credential.values.map(\.bytes)
        if let accessToken { secrets.append(accessToken.bytes) }
        var bytes = Array(text.utf8.prefix(ProviderFailure.messageBytesMax * 4))
        for secret in secrets where secret.count >= Self.secretBytesMin {
            while let range = bytes.firstRange(of: secret) {
                bytes.replaceSubrange(range, with: "…".utf8)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension CallInputError {
    /// What a dialect says to an operation that its provider does not have.
    static func unsupported(_ operation: Operation, by title: String) -> CallInputError {
        CallInputError(.unsupportedOperation, at: "", "\(title) has no \(operation)")
    }

    /// What a dialect says when it is not told what the operation is about, or not in its own words.
    static var target: CallInputError {
        CallInputError(.invalidField, at: "/of", "names nothing that this provider knows")
    }
}
