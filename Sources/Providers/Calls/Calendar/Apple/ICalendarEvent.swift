import Domain

/// Writes and reads the VEVENT of a call.
///
/// A time has `TZID` with an IANA name and no VTIMEZONE beside it: RFC 5545 asks for one, servers fill it in or know the
/// name. Guests are written with `SCHEDULE-AGENT=CLIENT`: the server sends no invitations (RFC 6638 section 7.1).
enum ICalendarEvent {
    /// The mark of the attempt that wrote last.
    static let attemptMark = "X-USHER-ATTEMPT"
    /// The tag of the call that wrote last.
    static let callMark = "X-USHER-CALL"
    static let product = "-//Usher//Usher//EN"

    /// A new calendar object with the attempt's key as its UID.
    static func new(_ item: CalendarItemInput, _ call: CallRequest, organizer: String) -> ICalendarComponent {
        let event = ICalendarComponent(
            "VEVENT",
            [ContentLine("UID", call.key), ContentLine("SEQUENCE", "0")]
                + lines(item, call, organizer: organizer)
        )
        let lines = [
            ContentLine("VERSION", "2.0"), ContentLine("PRODID", product),
            ContentLine("CALSCALE", "GREGORIAN"),
        ]
        return ICalendarComponent("VCALENDAR", lines, [event])
    }

    /// A calendar object with its event changed; nil when there is no event in it.
    ///
    /// What Usher does not know stays, and so do guests and recurrence when the input has none.
    static func changed(
        _ object: ICalendarComponent,
        _ item: CalendarItemInput,
        _ call: CallRequest,
        organizer: String
    ) -> ICalendarComponent? {
        guard let index = object.masterIndex else { return nil }
        var replaced = written
        if !item.attendees.isEmpty { replaced.formUnion(["ATTENDEE", "ORGANIZER"]) }
        if !item.recurrence.isEmpty { replaced.formUnion(["RRULE", "EXRULE", "RDATE", "EXDATE"]) }
        var event = object.components[index]
        let sequence = event.line("SEQUENCE").flatMap { Int($0.value) } ?? 0
        event.lines.removeAll { replaced.contains($0.name) }
        event.lines.append(ContentLine("SEQUENCE", "\(min(max(sequence, 0), 999_999) + 1)"))
        event.lines += lines(item, call, organizer: organizer)
        var object = object
        object.components[index] = event
        return object
    }

    private static let written: Set<String> = [
        "SUMMARY", "DESCRIPTION", "LOCATION", "DTSTART", "DTEND", "DURATION", "TRANSP", "CLASS", "DTSTAMP",
        "LAST-MODIFIED", "SEQUENCE", attemptMark, callMark,
    ]

    private static func lines(
        _ item: CalendarItemInput,
        _ call: CallRequest,
        organizer: String
    ) -> [ContentLine] {
        let stamp = basic(LocalTime(secondsSinceEpoch: call.startedAt.seconds)) + "Z"
        var lines = [
            ContentLine("DTSTAMP", stamp), ContentLine("LAST-MODIFIED", stamp), time("DTSTART", item.start),
            time("DTEND", item.end), ContentLine.text("SUMMARY", item.title),
            ContentLine("TRANSP", item.isBusy ? "OPAQUE" : "TRANSPARENT"),
            ContentLine("CLASS", item.isPrivate ? "PRIVATE" : "PUBLIC"), ContentLine(attemptMark, call.key),
            ContentLine.text(callMark, call.tag),
        ]
        if let text = item.text { lines.append(.text("DESCRIPTION", text)) }
        if let place = item.place { lines.append(.text("LOCATION", place)) }
        lines += item.recurrence.compactMap { ContentLine(Array($0.utf8)[...]) }
        if !item.attendees.isEmpty, EmailAddress(organizer) != nil {
            lines.append(ContentLine("ORGANIZER", "mailto:\(organizer)", [("SCHEDULE-AGENT", "CLIENT")]))
        }
        return lines
            + item.attendees.map {
                ContentLine("ATTENDEE", "mailto:\($0.text)", [("SCHEDULE-AGENT", "CLIENT")])
            }
    }

    private static func time(_ name: String, _ time: CalendarTime) -> ContentLine {
        switch time {
        case .date(let date): ContentLine(name, digits("\(date)"), [("VALUE", "DATE")])
        case .at(let local, "UTC"): ContentLine(name, basic(local) + "Z")
        case .at(let local, let zone): ContentLine(name, basic(local), [("TZID", zone)])
        }
    }

    /// `20270612T150000`.
    private static func basic(_ local: LocalTime) -> String { digits("\(local)") }

    private static func digits(_ text: String) -> String {
        String(decoding: text.utf8.filter { $0 != 0x2D && $0 != 0x3A }, as: UTF8.self)
    }
}

extension ICalendarEvent {
    /// Reads a calendar object as an item; nil when it holds no event.
    static func item(
        _ object: ICalendarComponent,
        calendar: String,
        id: String,
        etag: String?
    ) -> CalendarReply? {
        guard let index = object.masterIndex else { return nil }
        let event = object.components[index]
        var reply = CalendarReply(calendar: calendar, id: id)
        reply.version = etag
        reply.title = event.line("SUMMARY")?.text
        reply.text = event.line("DESCRIPTION")?.text
        reply.place = event.line("LOCATION")?.text
        reply.start = event.line("DTSTART").flatMap { time($0) }
        reply.end = end(event, from: reply.start)
        if case .at(_, let zone) = reply.start { reply.zone = zone }
        reply.isBusy = event.line("TRANSP")?.value.uppercased() != "TRANSPARENT"
        reply.isPrivate = ["PRIVATE", "CONFIDENTIAL"].contains(event.line("CLASS")?.value.uppercased())
        reply.attendees = event.lines.filter { $0.name == "ATTENDEE" }.map { address($0.value) }
        reply.recurrence =
            event.lines.filter { ["RRULE", "EXRULE", "RDATE", "EXDATE"].contains($0.name) }
            .map { line in
                let parameters = line.parameters.map { ";\($0.name)=\($0.value)" }.joined()
                return "\(line.name)\(parameters):\(line.value)"
            }
        reply.isCancelled = event.line("STATUS")?.value.uppercased() == "CANCELLED"
        return reply
    }

    /// Whether this attempt wrote the object.
    static func isOwn(_ object: ICalendarComponent, _ call: CallRequest) -> Bool {
        object.masterIndex.flatMap { object.components[$0].line(attemptMark) }?.value
            .utf8.elementsEqual(call.key.utf8) == true
    }

    private static func address(_ value: String) -> String {
        lowercasedASCII(value).hasPrefix("mailto:") ? String(value.dropFirst(7)) : value
    }

    private static func end(_ event: ICalendarComponent, from start: CalendarTime?) -> CalendarTime? {
        if let end = event.line("DTEND").flatMap({ time($0) }) { return end }
        let length = event.line("DURATION").flatMap { seconds($0.value) }
        switch start {
        case .date(let date):
            return .date(date.adding(days: max(Int(clamping: (length ?? 86_400) / 86_400), 1)))
        case .at(let local, let zone):
            let sum = local.secondsSinceEpoch + (length ?? 0)
            return .at(LocalTime(secondsSinceEpoch: sum), zone: zone)
        case nil: return nil
        }
    }

    /// Reads `20270612`, `20270612T150000` and `20270612T150000Z`.
    static func time(_ line: ContentLine) -> CalendarTime? {
        let digits = Array(line.value.utf8)
        guard digits.count >= 8, digits[..<8].allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let text = { (range: Range<Int>) in String(decoding: digits[range], as: UTF8.self) }
        let day = "\(text(0..<4))-\(text(4..<6))-\(text(6..<8))"
        if digits.count == 8 { return CivilDate(day).map { .date($0) } }
        let isUTC = digits.count == 16 && digits[15] == 0x5A
        guard digits[8] == 0x54, digits.count == 15 || isUTC else { return nil }
        let clock = "\(text(9..<11)):\(text(11..<13)):\(text(13..<15))"
        let zone = isUTC ? "UTC" : line.parameter("TZID").map { name($0) } ?? CalendarReply.zoneUnknown
        return LocalTime("\(day)T\(clock)").map { .at($0, zone: zone) }
    }

    /// The IANA name in a TZID: also behind a prefix like `/freeassociation.sourceforge.net/`, or Windows' name for it.
    private static func name(_ zone: String) -> String {
        guard zone.hasPrefix("/") else { return WindowsZones.name(zone) }
        return WindowsZones.name(zone.split(separator: "/").suffix(2).joined(separator: "/"))
    }

    /// A duration like `PT1H30M`, `P1D`, `P2W` in seconds; nil for anything else and beyond ten years.
    static func seconds(_ text: String) -> Int64? {
        var total: Int64 = 0
        var number: Int64?
        var isTime = false
        var bytes = text.utf8.first == 0x2B ? Array(text.utf8.dropFirst()) : Array(text.utf8)
        guard bytes.first == 0x50, bytes.count <= 32 else { return nil }
        bytes.removeFirst()
        for byte in bytes {
            switch byte {
            case 0x30...0x39:
                let digit = Int64(byte - 0x30)
                number = min((number ?? 0) * 10 + digit, 1_000_000_000)
            case 0x54 where !isTime: isTime = true
            default:
                guard let count = number, let unit = unit(byte, isTime: isTime) else { return nil }
                total += count * unit
                number = nil
            }
        }
        return number == nil && total <= 315_360_000 ? total : nil
    }

    private static func unit(_ letter: UInt8, isTime: Bool) -> Int64? {
        switch (letter, isTime) {
        case (0x57, false): 604_800
        case (0x44, false): 86_400
        case (0x48, true): 3_600
        case (0x4D, true): 60
        case (0x53, true): 1
        default: nil
        }
    }
}
