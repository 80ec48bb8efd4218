import Domain

/// Messages of a push channel of Google Calendar, without the token: it is added when they are sent.
struct GoogleCalendarSamples {
    /// The types that can be made.
    static let types = ["calendar.exists", "calendar.not_exists", "calendar.sync"]

    let type: String
    let now: Instant
    let dice: SampleDice
    let booking: SampleBooking

    /// The message: nothing but headers.
    ///
    /// `calendar.sync` is answered and becomes no event.
    var event: SampleEvent {
        let channel = SampleCast.channel(booking.wedding, booking.vendor)
        let number = type == "calendar.sync" ? 1 : dice.number(2...900_000_000)
        let state = String(type.dropFirst("calendar.".count))
        return SampleEvent(
            provider: .googleCalendar,
            id: "\(channel) \(number)",
            type: type,
            body: [],
            contentType: "application/json; utf-8",
            headers: Headers([
                ("x-goog-channel-id", channel),
                ("x-goog-message-number", "\(number)"),
                ("x-goog-resource-id", dice.name("", 27)),
                ("x-goog-resource-state", state),
                (
                    "x-goog-resource-uri",
                    "https://www.googleapis.com/calendar/v3/calendars/"
                        + "\(booking.vendor)@group.calendar.google.com/events?alt=json"
                ),
                ("x-goog-channel-expiration", "Sat, 01 Jan 2028 00:00:00 GMT"),
                ("user-agent", "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)"),
            ])
        )
    }
}
