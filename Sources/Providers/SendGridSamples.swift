import Domain

/// SendGrid's events about one mail, with the wedding among the custom arguments.
struct SendGridSamples {
    /// The types that can be made.
    static let types = ["email.delivered", "email.bounce", "email.open"]

    let id: String
    let type: String
    let now: Instant
    let dice: SampleDice
    let booking: SampleBooking

    /// The event, in an array of one and with the line end that SendGrid sends.
    var event: SampleEvent {
        let word = String(type.dropFirst("email.".count))
        let common: [JSONMember] = [
            JSONMember("email", "guest.\(dice.number(100...999))@\(booking.wedding).example"),
            JSONMember("timestamp", .integer(now.seconds)),
            JSONMember("event", .string(word)),
            JSONMember("sg_event_id", .string(id)),
            JSONMember("sg_message_id", .string(dice.name("", 22) + ".recvd-7d6c9b-1-6521A2B3-1.0")),
            JSONMember("smtp-id", "<\(dice.name("", 22))@geopod-ismtpd-1>"),
            JSONMember("category", ["invitation"]),
            JSONMember("wedding_id", .string(booking.wedding)),
            JSONMember("vendor", .string(booking.vendor)),
        ]
        let element = JSONValue.object(common + specific(word)).serialized()
        return SampleEvent(
            provider: .sendgrid,
            id: id,
            type: type,
            body: Array("[".utf8) + element + Array("]\r\n".utf8),
            contentType: "application/json",
            headers: Headers([("user-agent", "SendGrid Event API")])
        )
    }

    private func specific(_ word: String) -> [JSONMember] {
        switch word {
        case "bounce":
            [
                JSONMember("reason", "550 5.1.1 The email account that you tried to reach does not exist."),
                JSONMember("status", "5.1.1"), JSONMember("type", "bounce"),
                JSONMember("bounce_classification", "Invalid Address"),
            ]
        case "open":
            [
                JSONMember("useragent", "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X)"),
                JSONMember("ip", "203.0.113.\(dice.number(1...254))"), JSONMember("sg_machine_open", false),
            ]
        default:
            [JSONMember("response", "250 2.0.0 OK"), JSONMember("tls", 1)]
        }
    }
}
