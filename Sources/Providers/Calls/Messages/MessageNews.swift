import Domain
import Signatures

/// What a webhook tells about a message that was sent: Twilio's status callbacks and SendGrid's events.
package struct MessageNews: Hashable, Sendable {
    /// The call's tag (`call_…`), where the request carried it: proof that the call took effect.
    package let tag: String?
    /// What the provider calls the message: the call's reference.
    package let objectID: String
    /// How far it came.
    package let status: MessageReply.Status
    /// The provider's word for what went wrong; nil when nothing did.
    package let errorCode: String?

    /// The outcome of the call that sent the message, as `sms.get` or `email.get` would tell it now.
    package var outcome: CallOutcome {
        let reply = MessageReply(status: status, id: objectID, errorCode: errorCode)
        return CallOutcome(reply: reply.json, reference: objectID)
    }

    /// Reads an event as its webhook dialect stored it; nil for one that tells nothing of a message that went out.
    ///
    /// | event | status |
    /// |---|---|
    /// | `message.sent` | sent |
    /// | `message.delivered`, `.read` · `email.delivered`, `.open`, `.click`, `.spamreport`, `.unsubscribe` | delivered |
    /// | `message.failed`, `.undelivered`, `.canceled` · `email.bounce`, `.dropped` | failed |
    /// | other `message.*` but `.received` · `email.processed`, `.deferred` | accepted |
    package static func read(provider: APIProvider, eventType: String, body: [UInt8]) -> MessageNews? {
        switch provider {
        case .twilio: twilio(eventType, body)
        case .sendgrid: sendgrid(eventType, body)
        default: nil
        }
    }

    private static func twilio(_ type: String, _ body: [UInt8]) -> MessageNews? {
        guard type.hasPrefix("message."), type != "message.received", let form = FormFields(body) else {
            return nil
        }
        let text = { (name: String) in form[name].map { String(decoding: $0, as: UTF8.self) } }
        guard let id = text("MessageSid"), TwilioCalls.isMessage(id), let status = text("MessageStatus")
        else {
            return nil
        }
        return MessageNews(
            tag: tag(text(TwilioCalls.tagField)),
            objectID: id,
            status: TwilioCalls.state(status),
            errorCode: text("ErrorCode").flatMap { $0.isEmpty || $0 == "0" ? nil : $0 }
        )
    }

    private static func sendgrid(_ type: String, _ body: [UInt8]) -> MessageNews? {
        guard let event = try? JSONParser.parse(body), let status = sendgridState(type),
            let message = event["sg_message_id"]?.string
        else { return nil }
        let id = String(message.prefix { $0 != "." })
        guard SendGridCalls.isMessage(id) else { return nil }
        let reason = (event["status"] ?? event["reason"])?.string.map { String($0.prefix(100)) }
        return MessageNews(
            tag: tag(event[SendGridCalls.tagField]?.string),
            objectID: id,
            status: status,
            errorCode: status == .failed ? reason ?? String(type.dropFirst("email.".count)) : nil
        )
    }

    private static func sendgridState(_ type: String) -> MessageReply.Status? {
        switch type {
        case "email.processed", "email.deferred": .accepted
        case "email.delivered", "email.open", "email.click", "email.spamreport", "email.unsubscribe",
            "email.group_unsubscribe", "email.group_resubscribe":
            .delivered
        case "email.bounce", "email.dropped": .failed
        default: nil
        }
    }

    /// A tag that is one: what anybody may write into a URL proves nothing unless it is a call's id.
    private static func tag(_ text: String?) -> String? {
        text.flatMap { CallID($0) == nil ? nil : $0 }
    }
}
