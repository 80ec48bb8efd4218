package import Domain

/// A point of time as a calendar shows it: a local time in a zone, or a date alone.
package enum CalendarTime: Hashable, Sendable {
    /// `{"at": "2027-06-12T15:00:00", "zone": "Europe/Paris"}`.
    case at(LocalTime, zone: String)
    /// `{"date": "2027-06-12"}`.
    case date(CivilDate)

    /// The longest zone name, in bytes.
    package static let zoneBytesMax = 64

    /// What to write, for errors.
    package static let expected =
        "like {\"at\": \"2027-06-12T15:00:00\", \"zone\": \"Europe/Paris\"} or {\"date\": \"2027-06-12\"}"

    /// Reads either form; the zone is an IANA name, whose existence is checked by the caller.
    package init?(_ json: JSONValue) {
        if let date = json["date"]?.string.flatMap({ CivilDate($0) }), json.object?.count == 1 {
            self = .date(date)
            return
        }
        guard let time = json["at"]?.string.flatMap({ LocalTime($0) }), let zone = json["zone"]?.string,
            (1...Self.zoneBytesMax).contains(zone.utf8.count), json.object?.count == 2,
            zone.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        self = .at(time, zone: zone)
    }

    /// The form it is read from.
    package var json: JSONValue {
        switch self {
        case .at(let time, let zone): ["at": .string("\(time)"), "zone": .string(zone)]
        case .date(let date): ["date": .string("\(date)")]
        }
    }
}

/// The input of `video.create` and `video.update`.
///
/// ```json
/// {"host": "planner@example.com", "topic": "Rehearsal", "start": {"at": "2027-06-11T10:00:00", "zone": "Europe/Madrid"},
///  "minutes": 45, "agenda": "Order of the day"}
/// ```
package struct MeetingInput: Hashable, Sendable {
    /// The longest topic, in bytes.
    package static let topicBytesMax = 200
    /// How long a meeting may be.
    package static let minutesRange: ClosedRange<Int64> = 1...1_440

    /// Whose meeting it is, by e-mail address or the provider's user id; nil is the integration's own host.
    package let host: String?
    /// What it is called; nil leaves it as it is (update only).
    package let topic: String?
    /// When it begins, with a zone; nil leaves it as it is (update only).
    package let start: CalendarTime?
    /// How long it is; nil leaves it as it is (update only).
    package let minutes: Int64?
    /// What it is about.
    package let agenda: String?

    /// Reads the input.
    package init(_ reader: CallInputReader, _ operation: Operation) throws(CallInputError) {
        try reader.finish(known: ["host", "topic", "start", "minutes", "agenda"])
        host = try reader.text("host", bytesMax: 254)
        topic = try reader.text("topic", bytesMax: Self.topicBytesMax)
        start = try reader.optional("start", CalendarTime.expected) { json in
            CalendarTime(json).flatMap { time in if case .at = time { time } else { nil } }
        }
        minutes = try reader.optional("minutes", "a whole number of minutes from 1 to 1440") { json in
            json.int64.flatMap { Self.minutesRange.contains($0) ? $0 : nil }
        }
        agenda = try reader.text("agenda", bytesMax: 1_500)
        guard operation == .videoCreate else { return }
        for (name, isMissing) in [
            ("topic", topic == nil), ("start", start == nil), ("minutes", minutes == nil),
        ]
        where isMissing {
            throw CallInputError(.missingField, at: reader.pointer(name), "is missing")
        }
    }
}
