package import Domain
package import Resilience

/// Twilio Programmable Messaging, version 2010-04-01.
///
/// Twilio has no idempotency keys. A message whose answer was lost is looked for in the account's list, and a status
/// callback proves it: its URL carries the call's tag.
///
/// Source: twilio.com/docs/messaging/api/message-resource, twilio-oai 2026-04-14.
package struct TwilioCalls: CallDialect {
    /// The query parameter of the status callback's URL that carries the call's tag.
    package static let tagField = "usher_call"

    package let facts = ProviderFacts(
        provider: .twilio,
        title: "Twilio Programmable Messaging",
        operations: [.smsSend, .smsGet],
        baseURL: "https://api.twilio.com",
        credential: [
            CredentialField(
                "account",
                isSecret: false,
                help: "The account SID (AC…) on the console's first page."
            ),
            CredentialField("token", isSecret: true, help: "The primary auth token beside it."),
            CredentialField(
                "from",
                isSecret: false,
                isRequired: false,
                help:
                    "The sender where a call names none: a number, a messaging service (MG…) or a sender's name."
            ),
            CredentialField(
                "status_callback",
                isSecret: false,
                isRequired: false,
                help:
                    "The URL of the Twilio source at Usher: tells what becomes of messages, and proves them."
            ),
        ],
        authentication: .credential,
        idempotency: .none,
        // Twilio publishes no number; what goes beyond a sender's own rate is queued there, not refused.
        limits: [ProviderLimit("concurrency", .concurrency(count: 50))],
        apiVersion: "2010-04-01",
        statusPage: StatusPage(url: "https://status.twilio.com/api/v2/summary.json", format: .statuspage)
    )

    /// Makes the dialect.
    package init() {}

    package func check(_ call: CallRequest) throws(CallInputError) {
        switch (call.operation, call.input) {
        case (.smsSend, .sms): return
        case (.smsGet, .target): _ = try message(call)
        default: throw .unsupported(call.operation, by: facts.title)
        }
    }

    package func next(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        now: Instant
    ) throws(CallInputError) -> ProviderRequest {
        guard call.operation == .smsSend, case .sms(let input) = call.input else {
            return get("/Messages/\(try message(call)).json", account)
        }
        guard let sender = Self.sender(input, account) else {
            throw CallInputError(
                .missingField,
                at: "/from",
                "is missing, and the integration has none of its own"
            )
        }
        var form = [("To", input.to), sender, ("Body", input.body)]
        let callback = account.text("status_callback")
        if !callback.isEmpty { form.append(("StatusCallback", Self.tagged(callback, call.tag))) }
        return ProviderRequest(
            "POST",
            Self.url("/Messages.json", account),
            headers: [
                ("authorization", Self.authorization(account)),
                ("content-type", "application/x-www-form-urlencoded"),
            ],
            body: .bytes(Array(WireText.form(form).utf8)),
            effect: .takesEffect
        )
    }

    package func probe(_ account: IntegrationAccount, now: Instant) -> ProviderRequest {
        get(".json", account)
    }

    /// Knows 429 alone: `Twilio-Concurrent-Requests` counts what is in flight, and no answer tells the most.
    package func limits(in answer: ProviderAnswer) -> [LimitNews] {
        guard answer.status == 429 else { return [] }
        return [.refused(limit: "concurrency", wait: Self.wait(answer))]
    }
}

extension TwilioCalls {
    func get(_ path: String, _ account: IntegrationAccount) -> ProviderRequest {
        ProviderRequest(
            "GET",
            Self.url(path, account),
            headers: [("authorization", Self.authorization(account))],
            effect: .none
        )
    }

    /// The field that names the sender; nil when nobody gave one.
    static func sender(_ input: SMSInput, _ account: IntegrationAccount) -> (String, String)? {
        let own = account.text("from")
        guard let sender = input.from ?? (own.isEmpty ? nil : own) else { return nil }
        return (isSID(sender, "MG") ? "MessagingServiceSid" : "From", sender)
    }

    /// The callback's URL with the tag as the last part of its query; what follows `#` stays behind it.
    static func tagged(_ url: String, _ tag: String) -> String {
        let address = url.prefix { $0 != "#" }
        let separator = address.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
        return
            "\(address)\(separator)\(tagField)=\(WireText.percentEncoded(tag))\(url.dropFirst(address.count))"
    }

    /// `SM…` or `MM…`: what a message is called.
    static func isMessage(_ text: String) -> Bool { isSID(text, "SM") || isSID(text, "MM") }

    /// How long a refusal asks to wait.
    static func wait(_ answer: ProviderAnswer) -> Duration? {
        answer.headers.first("retry-after").flatMap { RetryAfter.parse($0, now: answer.at) }
    }

    private func message(_ call: CallRequest) throws(CallInputError) -> String {
        guard let target = call.target, Self.isMessage(target) else { throw .target }
        return target
    }

    private static func isSID(_ text: String, _ prefix: String) -> Bool {
        text.utf8.count == 34 && text.hasPrefix(prefix)
            && Hex.decode(Array(text.utf8)[2...], letterCase: .any) != nil
    }

    private static func url(_ path: String, _ account: IntegrationAccount) -> String {
        let name = WireText.percentEncoded(account.text("account"))
        return "\(account.baseURL)/2010-04-01/Accounts/\(name)\(path)"
    }

    private static func authorization(_ account: IntegrationAccount) -> String {
        WireText.basic(account.text("account"), account.text("token"))
    }
}
