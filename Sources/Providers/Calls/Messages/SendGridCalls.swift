package import Domain
package import Resilience

/// SendGrid's Mail Send, version 3.
///
/// Each recipient gets a copy of their own and does not see the others. SendGrid has no idempotency keys and nothing
/// by which a mail without an answer could be found; its Event Webhook tells, because the call's tag is among the
/// mail's custom arguments.
///
/// Source: twilio.com/docs/sendgrid/api-reference/mail-send, sendgrid-oai 2026-01-22.
package struct SendGridCalls: CallDialect {
    /// The custom argument that carries the call's tag.
    package static let tagField = "usher_call"
    /// How long an event may take to come before a person must look.
    package static let eventWait = Duration.seconds(600)
    /// The messages of one answer to `email.get`.
    static let messagesMax = 1_000

    package let facts = ProviderFacts(
        provider: .sendgrid,
        title: "Twilio SendGrid",
        operations: [.emailSend, .emailGet],
        baseURL: "https://api.sendgrid.com",
        credential: [
            CredentialField("key", isSecret: true, help: "An API key (SG.…) that may send mail."),
            CredentialField(
                "from",
                isSecret: false,
                isRequired: false,
                help: "The sender where a call names none: a verified address."
            ),
        ],
        authentication: .credential,
        idempotency: .none,
        limits: [
            ProviderLimit(
                "mail_send",
                .fixedWindow(count: 10_000, length: .seconds(1)),
                operations: [.emailSend]
            ),
            ProviderLimit("reads", .fixedWindow(count: 600, length: .seconds(60)), operations: [.emailGet]),
        ],
        apiVersion: "v3",
        statusPage: StatusPage(url: "https://status.sendgrid.com/api/v2/summary.json", format: .statuspage)
    )

    /// Makes the dialect.
    package init() {}

    package func check(_ call: CallRequest) throws(CallInputError) {
        switch (call.operation, call.input) {
        case (.emailSend, .email): return
        case (.emailGet, .target): _ = try message(call)
        default: throw .unsupported(call.operation, by: facts.title)
        }
    }

    package func next(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        now: Instant
    ) throws(CallInputError) -> ProviderRequest {
        guard call.operation == .emailSend, case .email(let input) = call.input else {
            let query = [("query", "msg_id LIKE '\(try message(call))%'"), ("limit", "\(Self.messagesMax)")]
            return get("/v3/messages?\(WireText.form(query))", account)
        }
        let own = account.text("from")
        guard let from = input.from?.text ?? (own.isEmpty ? nil : own) else {
            throw CallInputError(
                .missingField,
                at: "/from",
                "is missing, and the integration has none of its own"
            )
        }
        return ProviderRequest(
            "POST",
            account.baseURL + "/v3/mail/send",
            headers: [("authorization", Self.authorization(account)), ("content-type", "application/json")],
            body: .bytes(Self.mail(input, from: from, tag: call.tag).serialized()),
            effect: .takesEffect
        )
    }

    package func read(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue
    ) -> CallVerdict {
        guard (200...299).contains(answer.status) else { return failure(answer, call, account) }
        guard call.operation == .emailSend else { return activity(answer, call) }
        // 200 is the answer in sandbox mode.
        let id = answer.headers.first("x-message-id").flatMap { Self.isMessage($0) ? $0 : nil }
        return .succeeded(Self.outcome(.accepted, id: id))
    }

    /// Waits for the Event Webhook: SendGrid's logs do not know the custom arguments.
    package func settle(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        age: Duration,
        round: Int,
        now: Instant
    ) -> SettleStep {
        guard call.operation == .emailSend else { return .replay }
        guard age >= Self.eventWait else { return .wait(Self.eventWait - age) }
        return .hold(
            "Look in SendGrid's Activity Feed for the mail with \(Self.tagField) \(call.tag): no event told of it."
        )
    }

    package func readSettled(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        age: Duration,
        round: Int
    ) -> SettleVerdict {
        .unknown
    }

    package func probe(_ account: IntegrationAccount, now: Instant) -> ProviderRequest {
        get("/v3/scopes", account)
    }

    /// Reads `X-RateLimit-Limit`, `-Remaining` and `-Reset` (Unix seconds); there is no `Retry-After`.
    ///
    /// The fields do not name their endpoint: an answer with `X-Message-Id` is of `mail/send`, a 200 of a read.
    package func limits(in answer: ProviderAnswer) -> [LimitNews] {
        let isSend = answer.headers.first("x-message-id") != nil || answer.status == 202
        let name: String? = isSend ? "mail_send" : (answer.status == 200 ? "reads" : nil)
        if answer.status == 429 { return [.refused(limit: name, wait: Self.reset(answer))] }
        guard let left = answer.headers.first("x-ratelimit-remaining").flatMap({ Int($0) }), left >= 0 else {
            return []
        }
        return [.remaining(limit: name, count: left, resetIn: Self.reset(answer))]
    }
}

extension SendGridCalls {
    private static func authorization(_ account: IntegrationAccount) -> String {
        "Bearer \(account.text("key"))"
    }

    private func get(_ target: String, _ account: IntegrationAccount) -> ProviderRequest {
        ProviderRequest(
            "GET",
            account.baseURL + target,
            headers: [("authorization", Self.authorization(account))],
            effect: .none
        )
    }

    private func message(_ call: CallRequest) throws(CallInputError) -> String {
        guard let target = call.target, Self.isMessage(target) else { throw .target }
        return target
    }

    /// `X-Message-Id`: 1 to 100 letters, digits, `_`, `-` and `.`, so that it cannot end a query's quotation.
    static func isMessage(_ text: String) -> Bool {
        (1...100).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
                default: false
                }
            }
    }

    private static func mail(_ input: EmailInput, from: String, tag: String) -> JSONValue {
        let address = { (text: String) -> JSONValue in ["email": .string(text)] }
        var members = [
            JSONMember("personalizations", .array(input.to.map { ["to": [address($0.text)]] })),
            JSONMember("from", address(from)),
        ]
        if let replyTo = input.replyTo { members.append(JSONMember("reply_to", address(replyTo.text))) }
        var content: [JSONValue] = []
        if let text = input.text { content.append(["type": "text/plain", "value": .string(text)]) }
        if let html = input.html { content.append(["type": "text/html", "value": .string(html)]) }
        members += [
            JSONMember("subject", .string(input.subject)),
            JSONMember("content", .array(content)),
            JSONMember("custom_args", [tagField: .string(tag)]),
        ]
        return .object(members)
    }

    private static func outcome(
        _ status: MessageReply.Status,
        id: String?,
        errorCode: String? = nil
    ) -> CallOutcome {
        let reply = MessageReply(status: status, id: id ?? "", errorCode: errorCode)
        return CallOutcome(reply: reply.json, reference: id)
    }

    /// The worst of what became of the recipients' copies.
    private func activity(_ answer: ProviderAnswer, _ call: CallRequest) -> CallVerdict {
        guard let messages = answer.json?["messages"]?.array else {
            return PlainFailure.unreadable(answer, call.operation)
        }
        let states = Set(messages.compactMap { $0["status"]?.string })
        guard !states.isEmpty else {
            let text = "SendGrid's Activity Feed does not have the mail, or not yet."
            return .notApplied(ProviderFailure(.notFound, code: "not_found", message: text))
        }
        if states.contains("not_delivered") {
            return .succeeded(Self.outcome(.failed, id: call.target, errorCode: "not_delivered"))
        }
        return .succeeded(Self.outcome(states == ["delivered"] ? .delivered : .accepted, id: call.target))
    }

    private func failure(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount
    ) -> CallVerdict {
        let error = answer.json?["errors"]?.array?.first
        let message = error?["message"]?.string
        let plain = PlainFailure(
            answer,
            code: error?["field"]?.string,
            message: message,
            wait: answer.status == 429 ? Self.reset(answer) : nil,
            account
        )
        // "Maximum credits exceeded": the plan is used up, the key is good.
        if [401, 403].contains(answer.status), let message, lowercasedASCII(message).contains("credits") {
            return .notApplied(plain.failure(.limited))
        }
        return plain.verdict(of: call.operation)
    }

    private static func reset(_ answer: ProviderAnswer) -> Duration? {
        guard let seconds = answer.headers.first("x-ratelimit-reset").flatMap({ Int64($0) }), seconds >= 0
        else {
            return nil
        }
        return min(max(Instant(seconds: seconds) - answer.at, .zero), RetryAfter.longest)
    }
}
