import Calls
import Domain
import Providers

extension CallResult {
    /// The call as the API shows it.
    func json(link: String) -> JSONValue {
        [
            "id": .string(call.id.description),
            "state": .string(call.state.name),
            "operation": .string(call.operation.rawValue),
            "wedding": .text(call.wedding?.text),
            "vendor": .text(call.vendor?.text),
            "priority": .string(call.priority.name),
            "mode": call.isAsync ? "async" : "sync",
            "integration": .text(integration?.text),
            "reference": .text(call.reference),
            "reply": reply ?? .null,
            "failure": call.failure?.json ?? .null,
            "undoes": .text(call.undoes?.description),
            "answered_from": call.answerSource ?? .null,
            "created_at": .instant(call.createdAt),
            "deadline": .instant(call.deadline),
            "finished_at": .instant(call.finishedAt),
            "link": .string(link),
        ]
    }
}

extension RawAnswer {
    /// The answer as the API shows it: its body as text where it is one.
    var json: JSONValue {
        let text = String(validating: body, as: UTF8.self)
        return [
            "attempt": .string(attempt.description),
            "received_at": .instant(receivedAt),
            "status": .integer(status),
            "headers": .array(headers.map { ["name": .string($0.name), "value": .string($0.value)] }),
            "body": .string(text ?? Base64.encode(body)),
            "encoding": text == nil ? "base64" : "utf-8",
            "cut": .bool(isCut),
            "withheld": .bool(isWithheld),
        ]
    }
}

extension ProviderFailure {
    /// The failure as the API shows it.
    var json: JSONValue {
        ["kind": .string(kind.rawValue), "code": .string(code), "message": .string(message)]
    }
}

extension StoredAttempt {
    /// The attempt as the API shows it.
    func json(integration: ResourceName?) -> JSONValue {
        [
            "id": .string(id.description),
            "number": .integer(number),
            "integration": .text(integration?.text),
            "state": .string(state.name),
            "started_at": .instant(startedAt),
            "sent_at": .instant(sentAt),
            "ended_at": .instant(endedAt),
            "status": status.map { .integer($0) } ?? .null,
            "failure": failure?.json ?? .null,
            "reference": .text(reference),
            "look_ups": .integer(rounds),
        ]
    }
}

extension StoredCall {
    /// How old the answer was that it took; nil when it asked the provider itself.
    private var answerAge: Int64? {
        guard let answeredAt, let finishedAt else { return nil }
        return max(0, (finishedAt - answeredAt).components.seconds)
    }

    /// Whose answer it took, as the API shows it.
    fileprivate var answerSource: JSONValue? {
        answerAge.map { ["call": .text(answeredFrom?.description), "age_seconds": .integer($0)] }
    }

    /// Whose answer it took, in words.
    private var answerWords: String? {
        answerAge.map { age in
            let source = answeredFrom.map { "\($0)" } ?? "a call of somebody else"
            let time =
                switch age {
                case ..<1: "at the same time"
                case ..<120: "\(age) s old"
                default: "\(age / 60) min old"
                }
            return "Answered from \(source), \(time)."
        }
    }

    /// What happened, in words.
    func explanation(_ attempts: [StoredAttempt], name: (Int64?) -> ResourceName?) -> String {
        var sentences = attempts.map { attempt in
            let place = name(attempt.integration)?.text ?? "an integration that was removed"
            return "\(attempt.number). \(place): \(attempt.words)."
        }
        if let answerWords { sentences.append(answerWords) }
        switch state {
        case .queued: sentences.append("It waits for its next attempt.")
        case .working: sentences.append("An attempt is on its way.")
        case .inDoubt: sentences.append("Nobody knows yet whether it took effect; it is being found out.")
        case .held:
            sentences.append(
                "A machine cannot find out whether it took effect: look at the provider's own pages, then settle it."
            )
        case .succeeded: sentences.append("It is done\(name(integration).map { " by \($0)" } ?? "").")
        case .refused: sentences.append("It was refused for good, so it was not tried elsewhere.")
        case .failed: sentences.append("It is not done, and nothing has taken effect.")
        }
        return sentences.joined(separator: " ")
    }
}

extension StoredAttempt {
    fileprivate var words: String {
        let why = failure.map { " (\($0.code)): \($0.message)" } ?? ""
        return switch state {
        case .sending: "its request is on its way"
        case .inDoubt: "no clear answer\(why)"
        case .succeeded: "succeeded"
        case .refused: "refused\(why)"
        case .notApplied: "nothing took effect\(why)"
        case .dead: "found to have had no effect\(why)"
        case .compensating: "took effect later than the call could wait, and is being undone"
        case .compensated: "took effect later than the call could wait, and was undone"
        }
    }
}
