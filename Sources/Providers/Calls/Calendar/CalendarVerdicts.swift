import Domain
import Resilience

/// What the calendar dialects have in common: which inputs they take, how statuses are classed, how doubts end.
enum CalendarVerdicts {
    /// How often a doubt is looked into before a person is asked.
    static let settleRoundsMax = 10

    /// Throws for a calendar's id or a version that fits no header or URL.
    static func check(calendar: String?, version: String?) throws(CallInputError) {
        if let calendar, WireText.percentEncoded(calendar).utf8.count > 300 || hasControls(calendar) {
            throw CallInputError(.invalidField, at: "/calendar", "must be the id of a calendar")
        }
        if let version, !version.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) {
            throw CallInputError(.invalidField, at: "/version", "must be the `version` of a former answer")
        }
    }

    private static func hasControls(_ text: String) -> Bool { text.utf8.contains { $0 < 0x20 || $0 == 0x7F } }

    /// What a status other than success means.
    ///
    /// - Parameters:
    ///   - code: the provider's own word; nil writes the status.
    ///   - mayHaveHappened: whether the request could take effect.
    static func failed(_ answer: ProviderAnswer, code: String?, mayHaveHappened: Bool) -> CallVerdict {
        let kind: ProviderFailure.Kind =
            switch answer.status {
            case 401: .unauthorized
            case 404, 410: .notFound
            case 409, 412, 423: .conflict
            case 429: .limited
            case 400..<500: .rejected
            default: .unavailable
            }
        return failed(answer, kind, code: code, mayHaveHappened: mayHaveHappened)
    }

    /// The same for a kind that the caller knows better.
    static func failed(
        _ answer: ProviderAnswer,
        _ kind: ProviderFailure.Kind,
        code: String?,
        mayHaveHappened: Bool
    ) -> CallVerdict {
        let code = code.flatMap { isWord($0) ? $0 : nil } ?? "http_\(answer.status)"
        let failure = ProviderFailure(kind, code: code, message: message(kind, code), wait: wait(answer))
        return mayHaveHappened && answer.status >= 500 ? .inDoubt(failure) : .notApplied(failure)
    }

    /// An answer of success that cannot be read.
    static func unreadable(_ answer: ProviderAnswer, mayHaveHappened: Bool) -> CallVerdict {
        let failure = ProviderFailure(
            .unavailable,
            code: "answer_unreadable",
            message: "the calendar's answer of status \(answer.status) cannot be read"
        )
        return mayHaveHappened ? .inDoubt(failure) : .notApplied(failure)
    }

    /// Another item has the name, or the item is of another version than the one that was to be changed.
    static func conflict(_ code: String) -> CallVerdict {
        .notApplied(ProviderFailure(.conflict, code: code, message: message(.conflict, code)))
    }

    /// The wait that an answer asks for.
    static func wait(_ answer: ProviderAnswer) -> Duration? {
        answer.headers.first("retry-after").flatMap { RetryAfter.parse($0, now: answer.at) }
    }

    /// How a doubt about a calendar's item is cleared: by turns looking and sending again, which the same key makes safe.
    static func settle(_ call: CallRequest, round: Int, ask: () throws -> ProviderRequest) -> SettleStep {
        guard !call.operation.isRead else { return .replay }
        guard round < settleRoundsMax else {
            return .hold("look for the event that carries the mark \(call.tag), or is named \(call.key)")
        }
        guard round.isMultiple(of: 2), let request = try? ask() else { return .replay }
        return .ask(request)
    }

    private static func message(_ kind: ProviderFailure.Kind, _ code: String) -> String {
        switch kind {
        case .unavailable: "the calendar does not work (\(code))"
        case .limited: "the calendar is asked too often (\(code))"
        case .unauthorized: "the calendar does not accept the credential (\(code))"
        case .rejected: "the calendar does not take the request (\(code))"
        case .declined: "the calendar declines (\(code))"
        case .notFound: "there is no such event or calendar (\(code))"
        case .conflict: "the event was changed meanwhile, or its name is taken (\(code))"
        }
    }

    private static func isWord(_ text: String) -> Bool {
        (1...ProviderFailure.codeBytesMax).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
