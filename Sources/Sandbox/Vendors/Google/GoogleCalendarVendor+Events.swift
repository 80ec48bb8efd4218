import Domain
import Providers

/// An event as Google keeps it.
struct GoogleVendorEvent: Sendable {
    let calendar: String
    let id: String
    let created: Instant
    /// What clients wrote, `id` and `etag` excepted.
    var content: JSONValue
    var updated: Instant
    /// The place of its last change in the count of all changes.
    var change: Int
    var isDeleted = false

    var etag: String { "\"\(3_000_000_000_000_000 + change)\"" }

    /// The event as it is answered.
    var json: JSONValue {
        let shown = (content.object ?? []).map { member in
            ["start", "end"].contains(member.name)
                ? JSONMember(member.name, Self.shown(member.value)) : member
        }
        let own = [
            JSONMember("kind", "calendar#event"), JSONMember("etag", .string(etag)),
            JSONMember("id", .string(id)),
            JSONMember("status", isDeleted ? "cancelled" : "confirmed"),
            JSONMember("created", .string("\(created)")), JSONMember("updated", .string("\(updated)")),
            JSONMember("iCalUID", .string("\(id)@google.com")),
        ]
        return .object(own + shown)
    }

    /// A time with the calendar's own offset.
    private static func shown(_ time: JSONValue) -> JSONValue {
        guard let local = time["dateTime"]?.string.flatMap({ LocalTime($0) }),
            let zone = time["timeZone"]?.string,
            let instant = VendorZone.instant(local, in: zone)
        else { return time }
        return ["dateTime": .string("\(instant)"), "timeZone": .string(zone)]
    }
}

extension GoogleCalendarVendor {
    mutating func insert(
        _ calendar: String,
        _ call: GoogleVendorCall,
        random: inout SeededRandom
    ) throws(GoogleVendorFault) -> VendorAnswer {
        let body = try call.body()
        let id = body["id"]?.string ?? random.hexadecimal("", 26)
        let isAllowed =
            (5...1_024).contains(id.utf8.count)
            && id.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x76).contains(byte)
            }
        guard isAllowed else { throw .invalid("Invalid resource id value.") }
        let content = JSONValue.object((body.object ?? []).filter { $0.name != "id" })
        try Self.check(content)
        guard events[Self.key(calendar, id)] == nil else {
            throw GoogleVendorFault(409, "global", "duplicate", "The requested identifier already exists.")
        }
        changes += 1
        let event = GoogleVendorEvent(
            calendar: calendar,
            id: id,
            created: call.now,
            content: content,
            updated: call.now,
            change: changes
        )
        events[Self.key(calendar, id)] = event
        book.append(LedgerEntry(kind: "event", id: id, tag: Self.tag(content), at: call.now))
        return VendorAnswer(status: 200, json: event.json, headers: [("etag", event.etag)])
    }

    func read(
        _ calendar: String,
        _ id: String,
        _ call: GoogleVendorCall
    ) throws(GoogleVendorFault) -> VendorAnswer {
        guard let event = events[Self.key(calendar, id)], isVisible(event, call) else { throw .missing }
        return VendorAnswer(status: 200, json: event.json, headers: [("etag", event.etag)])
    }

    mutating func patch(
        _ calendar: String,
        _ id: String,
        _ call: GoogleVendorCall
    ) throws(GoogleVendorFault) -> VendorAnswer {
        var event = try writable(calendar, id, call)
        guard !event.isDeleted else { throw .missing }
        event.content = Self.merged(event.content, try call.body())
        try Self.check(event.content)
        changes += 1
        event.change = changes
        event.updated = call.now
        events[Self.key(calendar, id)] = event
        book.append(LedgerEntry(kind: "event", id: id, of: id, tag: Self.tag(event.content), at: call.now))
        return VendorAnswer(status: 200, json: event.json, headers: [("etag", event.etag)])
    }

    mutating func delete(
        _ calendar: String,
        _ id: String,
        _ call: GoogleVendorCall
    ) throws(GoogleVendorFault) -> VendorAnswer {
        var event = try writable(calendar, id, call)
        guard !event.isDeleted else {
            throw GoogleVendorFault(410, "global", "deleted", "Resource has been deleted")
        }
        changes += 1
        event.change = changes
        event.updated = call.now
        event.isDeleted = true
        events[Self.key(calendar, id)] = event
        book.append(LedgerEntry(kind: "deletion", id: id, of: id, tag: nil, at: call.now))
        return VendorAnswer(status: 204)
    }

    /// A list of everything, or of what changed since a sync token; both in pages.
    func list(_ calendar: String, _ call: GoogleVendorCall) throws(GoogleVendorFault) -> VendorAnswer {
        guard let query = call.request.queryFields else { throw .invalid("Bad Request") }
        let size = min(query.text("maxResults").flatMap { Int($0) } ?? 250, Self.pageMax)
        guard size > 0 else { throw .invalid("Invalid value for maxResults") }
        let since = try query.text("syncToken").map { text throws(GoogleVendorFault) in try place(text) }
        let start = try query.text("pageToken").map { text throws(GoogleVendorFault) in try page(text) } ?? 0
        let found = events.inOrder.filter { event in
            sameText(event.calendar, calendar) && event.change > max(since ?? 0, start)
                && isVisible(event, call)
                && (since != nil || !event.isDeleted)
        }.sorted { $0.change < $1.change }
        let shown = found.prefix(size)
        var members = [
            JSONMember("kind", "calendar#events"), JSONMember("summary", .string(calendar)),
            JSONMember("items", .array(shown.map { $0.isDeleted ? Self.removed($0) : $0.json })),
        ]
        if found.count > shown.count, let last = shown.last {
            members.append(JSONMember("nextPageToken", "page-\(last.change)"))
        } else {
            members.append(JSONMember("nextSyncToken", "sync-\(syncRound)-\(changes)"))
        }
        return VendorAnswer(status: 200, json: .object(members))
    }

    private func place(_ token: String) throws(GoogleVendorFault) -> Int {
        let parts = token.split(separator: "-")
        guard parts.count == 3, parts[0] == "sync", let place = Int(parts[2]) else {
            throw .invalid("Invalid sync token value.")
        }
        guard Int(parts[1]) == syncRound else {
            throw GoogleVendorFault(410, "calendar", "fullSyncRequired", "Sync token is no longer valid.")
        }
        return place
    }

    private func page(_ token: String) throws(GoogleVendorFault) -> Int {
        guard token.hasPrefix("page-"), let place = Int(token.dropFirst(5)) else {
            throw .invalid("Invalid page token value.")
        }
        return place
    }

    private func writable(
        _ calendar: String,
        _ id: String,
        _ call: GoogleVendorCall
    ) throws(GoogleVendorFault) -> GoogleVendorEvent {
        guard let event = events[Self.key(calendar, id)] else { throw .missing }
        if let condition = call.request.headers.first("if-match"), !sameText(condition, event.etag) {
            throw GoogleVendorFault(412, "global", "conditionNotMet", "Precondition Failed")
        }
        return event
    }

    private func isVisible(_ event: GoogleVendorEvent, _ call: GoogleVendorCall) -> Bool {
        call.now - event.created >= conditions.lookUpDelay
    }

    private static func key(_ calendar: String, _ id: String) -> String { "\(calendar)/\(id)" }

    private static func tag(_ content: JSONValue) -> String? {
        content.pointer("/extendedProperties/private/usher_call")?.string
    }

    private static func removed(_ event: GoogleVendorEvent) -> JSONValue {
        [
            "kind": "calendar#event", "etag": .string(event.etag), "id": .string(event.id),
            "status": "cancelled",
        ]
    }

    private static func check(_ content: JSONValue) throws(GoogleVendorFault) {
        for name in ["start", "end"] {
            guard let time = content[name] else {
                throw .invalid("Missing \(name) time.", reason: "required")
            }
            let isDate = time["date"]?.string.flatMap { CivilDate($0) } != nil
            let text = time["dateTime"]?.string
            let isTime =
                text.map { Instant($0) != nil || LocalTime($0) != nil && time["timeZone"] != nil } ?? false
            guard isDate != isTime else { throw .invalid("Invalid \(name) time.") }
            if content["recurrence"] != nil, isTime, time["timeZone"] == nil {
                throw .invalid("Missing time zone definition for \(name) time.", reason: "required")
            }
        }
        for line in content["recurrence"]?.array ?? [] {
            let names = ["RRULE", "EXRULE", "RDATE", "EXDATE"]
            guard let text = line.string, names.contains(where: { text.hasPrefix($0) }) else {
                throw .invalid("Invalid recurrence rule.")
            }
        }
    }

    /// A patch as Google reads it: `null` removes, objects are merged, everything else is replaced.
    private static func merged(_ old: JSONValue, _ patch: JSONValue) -> JSONValue {
        guard let changes = patch.object, let members = old.object else { return patch }
        var kept = members
        for change in changes {
            let index = kept.firstIndex { sameText($0.name, change.name) }
            if change.value.isNull {
                if let index { kept.remove(at: index) }
            } else if let index {
                kept[index] = JSONMember(change.name, merged(kept[index].value, change.value))
            } else {
                kept.append(JSONMember(change.name, merged([:], change.value)))
            }
        }
        return .object(kept)
    }
}
