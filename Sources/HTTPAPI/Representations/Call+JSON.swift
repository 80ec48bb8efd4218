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
            "created_at": .instant(call.createdAt),
            "deadline": .instant(call.deadline),
            "finished_at": .instant(call.finishedAt),
            "link": .string(link),
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
    /// What happened, in words.
    func explanation(_ attempts: [StoredAttempt], name: (Int64?) -> ResourceName?) -> String {
        var sentences = attempts.map { attempt in
            let place = name(attempt.integration)?.text ?? "an integration that was removed"
            return "\(attempt.number). \(place): \(attempt.words)."
        }
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
