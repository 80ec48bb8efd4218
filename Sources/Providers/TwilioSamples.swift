import Domain
import Signatures

/// Twilio's callbacks about text messages: forms, with the wedding in the URL's query.
struct TwilioSamples {
    /// The types that can be made.
    static let types = ["message.delivered", "message.undelivered", "message.received"]

    let type: String
    let now: Instant
    let dice: SampleDice
    let booking: SampleBooking

    /// The event with the fields it comes in.
    var event: SampleEvent {
        let message = "SM" + dice.digits(32)
        let status = String(type.dropFirst("message.".count))
        let account = [("AccountSid", "AC" + dice.digits(32)), ("ApiVersion", "2010-04-01")]
        let specific = type == "message.received" ? received : callback(status)
        let form = FormFields(
            [("MessageSid", message), ("SmsSid", message), ("SmsStatus", status)] + specific + account
        )
        return SampleEvent(
            provider: .twilio,
            id: "\(message) \(status)",
            type: type,
            body: form.encoded,
            contentType: TwilioWebhooks.formType,
            headers: Headers([("i-twilio-idempotency-token", dice.uuid)]),
            query: "wedding=\(booking.wedding)"
        )
    }

    private var guest: String { "+49170\(dice.number(1_000_000...9_999_999))" }

    private func callback(_ status: String) -> [(String, String)] {
        let fields = [("MessageStatus", status), ("To", guest), ("From", "+4975311234567")]
        return status == "undelivered" ? fields + [("ErrorCode", "30003")] : fields
    }

    private var received: [(String, String)] {
        let text = dice.pick([
            "Yes, we are coming! Amélie eats no fish & Tom is vegan.",
            "Which entrance is it – the lake side?",
            "Running 20 min late, traffic on the A81 :(",
        ])
        return [
            ("Body", text), ("NumMedia", "0"), ("NumSegments", "1"), ("From", guest),
            ("To", "+4975311234567"),
            ("FromCountry", "DE"), ("ToCountry", "DE"),
        ]
    }
}
