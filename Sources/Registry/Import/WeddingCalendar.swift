import Domain

/// Reads weddings from an iCalendar file (RFC 5545).
///
/// | event | becomes |
/// |---|---|
/// | whole days (`DTSTART;VALUE=DATE`), or of the category `WEDDING` | a wedding: `UID` its id, `SUMMARY` its title |
/// | any other | an item of the timeline of the wedding that `RELATED-TO` names, or of the file's only one |
///
/// A wedding's zone is its `TZID`, else `X-WR-TIMEZONE`, else the one the import names. Times without zone are those
/// of the wedding's own clocks. Cancelled events are left out.
enum WeddingCalendar {
    private struct Event {
        let line: Int
        var properties: [CalendarLines.Property] = []

        var place: String { "line \(line)" }

        func first(_ name: String) -> CalendarLines.Property? {
            properties.first { $0.name == name }
        }

        func text(_ name: String) -> String? { first(name)?.text }
    }

    static func read(_ bytes: [UInt8], zones: ZoneDirectory) -> ImportReading {
        var reading = ImportReading()
        do throws(ImportProblem) {
            let lines = try CalendarLines.read(bytes)
            let zone = lines.first { $0.name == "X-WR-TIMEZONE" }?.text
            let aliases = zoneAliases(lines)
            let events = try events(lines).filter { $0.text("STATUS") != "CANCELLED" }
            let weddings = events.filter(isWedding)
            for event in weddings {
                collect(&reading) { () throws(ImportProblem) in
                    try wedding(event, zone: zone, aliases: aliases, zones: zones)
                }
            }
            for event in events where !isWedding(event) {
                do throws(ImportProblem) {
                    try addItem(event, aliases, zones, to: &reading)
                } catch {
                    if reading.problems.count < WeddingImport.problemsMax { reading.problems.append(error) }
                }
            }
        } catch {
            reading.problems.append(error)
        }
        return reading
    }

    private static func collect(
        _ reading: inout ImportReading,
        _ make: () throws(ImportProblem) -> WeddingDraft
    ) {
        do throws(ImportProblem) {
            reading.add(try make())
        } catch {
            reading.problems.append(error)
        }
    }

    private static func events(_ lines: [CalendarLines.Property]) throws(ImportProblem) -> [Event] {
        guard lines.first?.name == "BEGIN", lines.first?.value == "VCALENDAR" else {
            throw ImportProblem("line 1", "BEGIN", "is not VCALENDAR: this is no iCalendar file")
        }
        var events: [Event] = []
        var open: [String] = []
        for line in lines {
            switch line.name {
            case "BEGIN":
                open.append(line.value)
                if line.value == "VEVENT" { events.append(Event(line: line.line)) }
            case "END":
                guard open.popLast() == line.value else {
                    throw ImportProblem("line \(line.line)", "END", "closes what is not open")
                }
            default:
                if open.last == "VEVENT" { events[events.count - 1].properties.append(line) }
            }
        }
        guard open.isEmpty else {
            throw ImportProblem("the file", "END", "ends within \(open.joined(separator: ", "))")
        }
        return events
    }

    /// The zones of the file whose names are not the database's, as far as `X-LIC-LOCATION` says what they are.
    private static func zoneAliases(_ lines: [CalendarLines.Property]) -> [String: String] {
        var aliases: [String: String] = [:]
        var current: String?
        for line in lines {
            switch line.name {
            case "TZID": current = line.value
            case "X-LIC-LOCATION": if let current { aliases[current] = line.value }
            default: break
            }
        }
        return aliases
    }

    private static func isWedding(_ event: Event) -> Bool {
        let categories = event.text("CATEGORIES")?.split(separator: ",").map { String($0).uppercased() } ?? []
        return categories.contains("WEDDING") || event.first("DTSTART")?.value.utf8.count == 8
    }

    private static func wedding(
        _ event: Event,
        zone: String?,
        aliases: [String: String],
        zones: ZoneDirectory
    ) throws(ImportProblem) -> WeddingDraft {
        try refuseRecurrence(event)
        guard let id = event.text("UID").flatMap({ WeddingID($0) }) else {
            throw ImportProblem(event.place, "UID", WeddingJSON.idRule)
        }
        guard let start = event.first("DTSTART"), let digits = dateText(start.value) else {
            throw ImportProblem(event.place, "DTSTART", "write it as 20260620 or 20260620T160000")
        }
        guard start.value.utf8.last != UInt8(ascii: "Z") else {
            throw ImportProblem(event.place, "DTSTART", "is in UTC: a wedding's date needs its zone, as TZID")
        }
        var draft = WeddingDraft(place: event.place, id: id)
        draft.title = event.text("SUMMARY")
        draft.date = digits
        draft.zone =
            try start.parameter("TZID").map { name throws(ImportProblem) in
                try zoneName(name, aliases, zones, event)
            } ?? zone
        return draft
    }

    private static func addItem(
        _ event: Event,
        _ aliases: [String: String],
        _ zones: ZoneDirectory,
        to reading: inout ImportReading
    ) throws(ImportProblem) {
        try refuseRecurrence(event)
        guard let id = event.text("UID").flatMap({ TimelineItemID($0) }) else {
            throw ImportProblem(event.place, "UID", WeddingJSON.idRule)
        }
        let index: Int?
        if let related = event.text("RELATED-TO") {
            index = reading.drafts.firstIndex { $0.id.text.utf8.elementsEqual(related.utf8) }
        } else {
            index = reading.drafts.count == 1 ? 0 : nil
        }
        guard let index else {
            throw ImportProblem(
                event.place,
                "RELATED-TO",
                "give the UID of a wedding in this file: an event of whole days, or of the category WEDDING"
            )
        }
        guard let starts = try time(event, "DTSTART", aliases, zones) else {
            throw ImportProblem(event.place, "DTSTART", "is missing")
        }
        guard event.first("DURATION") == nil else {
            throw ImportProblem(event.place, "DURATION", "is not read: give DTEND")
        }
        let item = TimelineDraft(
            place: event.place,
            id: id,
            name: event.text("SUMMARY") ?? id.text,
            startsAt: starts,
            endsAt: try time(event, "DTEND", aliases, zones)
        )
        reading.drafts[index].timeline = (reading.drafts[index].timeline ?? []) + [item]
    }

    private static func refuseRecurrence(_ event: Event) throws(ImportProblem) {
        for name in ["RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"] where event.first(name) != nil {
            throw ImportProblem(event.place, name, "events that recur are not read: give each one by itself")
        }
    }

    private static func time(
        _ event: Event,
        _ name: String,
        _ aliases: [String: String],
        _ zones: ZoneDirectory
    ) throws(ImportProblem) -> TimeText? {
        guard let property = event.first(name) else { return nil }
        let value = property.value
        let isUTC = value.utf8.last == UInt8(ascii: "Z")
        guard value.utf8.count == (isUTC ? 16 : 15), let date = dateText(value) else {
            throw ImportProblem(event.place, name, "write it as 20260620T160000, with TZID or Z")
        }
        let clock = Array(value.utf8)[9..<15].map { String(UnicodeScalar($0)) }
        let text = "\(date)T\(clock[0...1].joined()):\(clock[2...3].joined()):\(clock[4...5].joined())"
        guard let local = LocalTime(text) else {
            throw ImportProblem(event.place, name, "is no time of a day")
        }
        if isUTC { return .instant(Instant(seconds: local.secondsSinceEpoch)) }
        guard let id = property.parameter("TZID") else { return .local(local) }
        guard let zone = zones(try zoneName(id, aliases, zones, event)),
            let instant = zone.instants(local).first
        else { throw ImportProblem(event.place, name, "clocks in \(id) skip \(local): give another time") }
        return .instant(instant)
    }

    /// The IANA name behind a `TZID`: itself, the end of a global one (`/vendor.example/Europe/Berlin`), or what the
    /// file's `VTIMEZONE` says it is.
    private static func zoneName(
        _ id: String,
        _ aliases: [String: String],
        _ zones: ZoneDirectory,
        _ event: Event
    ) throws(ImportProblem) -> String {
        let parts = id.split(separator: "/")
        let candidates = [id, aliases[id] ?? ""] + [3, 2].map { parts.suffix($0).joined(separator: "/") }
        guard let name = candidates.first(where: { zones($0) != nil }) else {
            throw ImportProblem(
                event.place,
                "TZID",
                "give a name of the IANA database, such as Europe/Berlin"
            )
        }
        return name
    }

    /// `2026-06-20` of `20260620…`; nil when it does not begin with eight digits that are a date.
    private static func dateText(_ value: String) -> String? {
        let bytes = Array(value.utf8.prefix(8))
        guard bytes.count == 8, bytes.allSatisfy({ (0x30...0x39).contains($0) }),
            value.utf8.count == 8 || value.utf8.dropFirst(8).first == UInt8(ascii: "T")
        else { return nil }
        let digits = bytes.map { String(UnicodeScalar($0)) }
        let text = "\(digits[0...3].joined())-\(digits[4...5].joined())-\(digits[6...7].joined())"
        return CivilDate(text) == nil ? nil : text
    }
}
