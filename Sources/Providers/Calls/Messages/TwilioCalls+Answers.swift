package import Domain
import Resilience

// What Twilio's answers mean, and how a message without one is found again.
extension TwilioCalls {
    /// A message from a recipient who said STOP: nobody may try another way to text them.
    static let stopped = "21610"
    /// Numbers that cannot get a text from anybody: invalid, invalid, not able to receive SMS.
    static let unreachable: Set<String> = ["21211", "21217", "21614"]
    /// What this account may not do and another may: senders that are not its own, regions that are not enabled.
    static let notAllowed: Set<String> = ["21212", "21408", "21603", "21606", "21612", "21659"]
    /// A sender whose queue at Twilio is full.
    static let queueFull = "21611"

    /// How old a request must be before the first look: what was made a moment ago may not be listed yet.
    static let firstLook = Duration.seconds(5)
    /// How often it is tried to find out before a person must look.
    static let roundsMax = 12
    /// How old a request must be for a list without its message to prove that there is none.
    static let proofAge = Duration.seconds(120)
    /// The messages of one look.
    static let pageSize = 100
    /// How far Twilio's clock may be behind, and how late it may make a message.
    static let clockSkew = Duration.seconds(60)
    static let latest = Duration.seconds(600)

    package func read(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue
    ) -> CallVerdict {
        guard (200...299).contains(answer.status) else { return failure(answer, call, account) }
        guard let json = answer.json, let outcome = Self.outcome(json) else {
            return PlainFailure.unreadable(answer, call.operation)
        }
        return .succeeded(outcome)
    }

    private func failure(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount
    ) -> CallVerdict {
        let json = answer.json
        let code = json?["code"].flatMap { $0.number ?? $0.string }
        let plain = PlainFailure(
            answer,
            code: code,
            message: (json?["message"] ?? json?["detail"])?.string,
            wait: Self.wait(answer),
            account
        )
        guard call.operation == .smsSend else { return plain.ofRead }
        if answer.status == 400, let code {
            if code == Self.stopped { return .refused(plain.failure(.declined)) }
            if Self.unreachable.contains(code) { return .refused(plain.failure(.rejected)) }
            if Self.notAllowed.contains(code) { return .notApplied(plain.failure(.unauthorized)) }
            if code == Self.queueFull { return .notApplied(plain.failure(.limited)) }
        }
        // The one thing that can be missing here is the account.
        if answer.status == 404 { return .notApplied(plain.failure(.unauthorized)) }
        return plain.ofEffect
    }

    /// The outcome that a message resource tells; nil when it is none.
    static func outcome(_ message: JSONValue) -> CallOutcome? {
        guard let id = message["sid"]?.string, isMessage(id), let status = message["status"]?.string else {
            return nil
        }
        let code = message["error_code"].flatMap { $0.number ?? $0.string }
        let reply = MessageReply(status: state(status), id: id, errorCode: code)
        return CallOutcome(reply: reply.json, reference: id, external: nil)
    }

    /// The state behind one of Twilio's words.
    static func state(_ status: String) -> MessageReply.Status {
        switch status {
        case "sent": .sent
        case "delivered", "read", "partially_delivered": .delivered
        case "failed", "undelivered", "canceled": .failed
        default: .accepted
        }
    }

    /// Asks for the messages to this recipient.
    ///
    /// Twilio's filter `DateSent` is not used: a message that waits in its queue has not been sent yet, and must be found.
    package func settle(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        age: Duration,
        round: Int,
        now: Instant
    ) -> SettleStep {
        guard call.operation == .smsSend, case .sms(let input) = call.input else { return .replay }
        guard round < Self.roundsMax else {
            return .hold(
                "Look in Twilio's message log for the text of call \(call.tag): Twilio did not tell."
            )
        }
        guard age >= Self.firstLook else { return .wait(Self.firstLook - age) }
        var query = [("To", input.to)]
        // A messaging service shows its numbers only once one is chosen.
        if let sender = Self.sender(input, account), sender.0 == "From" { query.append(sender) }
        query.append(("PageSize", "\(Self.pageSize)"))
        return .ask(get("/Messages.json?\(WireText.form(query))", account))
    }

    package func readSettled(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        age: Duration,
        round: Int
    ) -> SettleVerdict {
        guard answer.status == 200, case .sms(let input) = call.input,
            let messages = answer.json?["messages"]?.array
        else { return .unknown }
        let left = answer.at - age
        let times = (left - Self.clockSkew)...(left + Self.latest)
        let found = messages.first { message in
            Self.isSame(message, input) && Self.created(message).map { times.contains($0) } ?? false
        }
        if let outcome = found.flatMap(Self.outcome) { return .succeeded(outcome) }
        guard age >= Self.proofAge, Self.reaches(times.lowerBound, messages) else { return .unknown }
        return .dead(
            ProviderFailure(
                .unavailable,
                code: "not_found",
                message: "Twilio has no such message two minutes later."
            )
        )
    }

    private static func isSame(_ message: JSONValue, _ input: SMSInput) -> Bool {
        let isText = { (name: String, text: String) in
            message[name]?.string.map { $0.utf8.elementsEqual(text.utf8) } ?? false
        }
        return isText("body", input.body) && isText("to", input.to) && isText("direction", "outbound-api")
    }

    /// Whether a page, newest first, holds all messages since `start`.
    private static func reaches(_ start: Instant, _ messages: [JSONValue]) -> Bool {
        guard messages.count >= pageSize else { return true }
        return messages.last.flatMap(created).map { $0 < start } ?? false
    }

    /// When a message was made: `Fri, 24 May 2019 17:18:27 +0000`.
    private static func created(_ message: JSONValue) -> Instant? {
        guard let text = message["date_created"]?.string, text.hasSuffix(" +0000") else { return nil }
        return HTTPDate.parse(Array("\(text.dropLast(6)) GMT".utf8), now: Instant(seconds: 0))
    }
}
