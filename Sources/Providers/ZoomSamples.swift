import Domain

/// Zoom's events about one consultation.
struct ZoomSamples {
    /// The types that can be made.
    static let types = ["meeting.started", "meeting.participant_joined", "meeting.ended", "meeting.updated"]

    let type: String
    let now: Instant
    let dice: SampleDice
    let booking: SampleBooking

    /// The event with the meeting it is about.
    var event: SampleEvent {
        let uuid = Base64.encode((0..<16).map { _ in UInt8(dice.number(0...255)) })
        let participant = dice.uuid.uppercased()
        let hasParticipant = type == "meeting.participant_joined"
        let meeting: [JSONMember] = [
            JSONMember("duration", 60),
            JSONMember("start_time", .string("\(Instant(seconds: now.seconds - now.seconds % 1_800))")),
            JSONMember("timezone", "Europe/Berlin"),
            JSONMember("topic", "\(booking.service): \(booking.couple) and \(booking.vendorName)"),
            JSONMember("id", .string(SampleCast.meeting(booking.wedding, booking.vendor))),
            JSONMember("type", 2),
            JSONMember("uuid", .string(uuid)),
            JSONMember("host_id", .string(dice.name("", 22))),
        ]
        let json: JSONValue = [
            "event": .string(type),
            "payload": [
                "account_id": .string(dice.name("", 22)),
                "object": .object(meeting + (hasParticipant ? [joined(participant)] : [])),
            ],
            "event_ts": .integer(now.milliseconds),
        ]
        return SampleEvent(
            provider: .zoom,
            id: "\(type) \(now.milliseconds) \(uuid)" + (hasParticipant ? " \(participant)" : ""),
            type: type,
            body: json.serialized(),
            headers: Headers([("x-zm-trackingid", "v=2.0;clid=eu01;rid=WEB_\(dice.digits(32))")])
        )
    }

    private func joined(_ participant: String) -> JSONMember {
        JSONMember(
            "participant",
            [
                "user_id": .string("\(dice.number(16_000_000...16_999_999))"),
                "user_name": .string(booking.couple),
                "participant_uuid": .string(participant),
                "join_time": .string("\(now)"),
                "email": "hello@\(booking.wedding).example",
            ]
        )
    }
}
