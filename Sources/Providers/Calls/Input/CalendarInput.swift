package import Domain

/// The input of `calendar.create` and `calendar.update`.
///
/// ```json
/// {"calendar": "primary", "title": "Garcia wedding", "text": "…", "place": "Finca El Olivar",
///  "start": {"at": "2027-06-12T15:00:00", "zone": "Europe/Madrid"},
///  "end": {"at": "2027-06-13T02:00:00", "zone": "Europe/Madrid"}, "busy": true, "private": false,
///  "attendees": ["dj@example.com"], "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=4"], "version": "…"}
/// ```
package struct CalendarItemInput: Hashable, Sendable {
    /// The most attendees.
    package static let attendeesMax = 200
    /// The most lines of `recurrence`.
    package static let recurrenceMax = 10

    /// Which of the account's calendars; nil is its own default.
    package let calendar: String?
    /// What it is called.
    package let title: String
    /// Plain text about it.
    package let text: String?
    /// Where it is.
    package let place: String?
    /// When it begins.
    package let start: CalendarTime
    /// When it ends, exclusive; of the same form as `start`.
    package let end: CalendarTime
    /// Whether the time counts as taken.
    package let isBusy: Bool
    /// Whether others see no more than that.
    package let isPrivate: Bool
    /// Who is invited.
    package let attendees: [EmailAddress]
    /// RRULE, EXRULE, RDATE and EXDATE lines of RFC 5545.
    package let recurrence: [String]
    /// The version that is meant to be changed (`calendar.update`): another one in its place is a conflict.
    package let version: String?

    /// Reads the input.
    package init(_ reader: CallInputReader) throws(CallInputError) {
        try reader.finish(known: [
            "calendar", "title", "text", "place", "start", "end", "busy", "private", "attendees",
            "recurrence",
            "version",
        ])
        calendar = try reader.text("calendar", bytesMax: 512)
        title = try reader.requiredText("title", bytesMax: 1_024)
        text = try reader.text("text", bytesMax: 8_192)
        place = try reader.text("place", bytesMax: 1_024)
        start = try reader.required("start", CalendarTime.expected) { CalendarTime($0) }
        end = try reader.required("end", CalendarTime.expected) { CalendarTime($0) }
        isBusy = try reader.optional("busy", "true or false", \.bool) ?? true
        isPrivate = try reader.optional("private", "true or false", \.bool) ?? false
        attendees = try reader.list("attendees", countMax: Self.attendeesMax, "an e-mail address") {
            $0.string.flatMap { EmailAddress($0) }
        }
        recurrence = try reader.list(
            "recurrence",
            countMax: Self.recurrenceMax,
            "an RRULE, EXRULE, RDATE or EXDATE line"
        ) { json in
            json.string.flatMap { line in
                ["RRULE", "EXRULE", "RDATE", "EXDATE"].contains { line.hasPrefix($0) }
                    && line.utf8.count <= 1_024 && !line.utf8.contains { $0 < 0x20 } ? line : nil
            }
        }
        version = try reader.text("version", bytesMax: 512)
        guard Self.isInOrder(start, end) else {
            throw CallInputError(
                .invalidField,
                at: reader.pointer("end"),
                "must be of the same form as `start`, and after it"
            )
        }
    }

    private static func isInOrder(_ start: CalendarTime, _ end: CalendarTime) -> Bool {
        switch (start, end) {
        case (.at(let start, let startZone), .at(let end, let endZone)): startZone != endZone || start < end
        case (.date(let start), .date(let end)): start < end
        default: false
        }
    }
}

/// The input of `calendar.changes`: `{"calendar": "primary", "since": "…", "window": {"from": "…Z", "to": "…Z"}}`.
package struct CalendarChangesInput: Hashable, Sendable {
    /// Which of the account's calendars; nil is its own default.
    package let calendar: String?
    /// Where the former answer ended (`next`); nil reads everything.
    package let since: String?
    /// The times that matter, for providers whose change lists have a window (Graph); nil is a year from now.
    package let window: Range<Instant>?

    /// Reads the input.
    package init(_ reader: CallInputReader) throws(CallInputError) {
        try reader.finish(known: ["calendar", "since", "window"])
        calendar = try reader.text("calendar", bytesMax: 512)
        since = try reader.text("since", bytesMax: 4_096)
        window = try reader.optional("window", "like {\"from\": \"2027-01-01T00:00:00Z\", \"to\": \"…\"}") {
            json in
            guard let from = json["from"]?.string.flatMap({ Instant($0) }),
                let to = json["to"]?.string.flatMap({ Instant($0) }), from < to
            else { return nil }
            return from..<to
        }
    }

    /// Collects the parts.
    package init(calendar: String?, since: String?, window: Range<Instant>? = nil) {
        self.calendar = calendar
        self.since = since
        self.window = window
    }
}
