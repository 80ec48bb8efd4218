import Domain
import Providers
import Signatures

/// An event as Graph keeps it.
struct GraphVendorEvent: Sendable {
    let calendar: String
    let id: String
    let created: Instant
    /// The body it was made with, to know a repetition by.
    let firstBody: [UInt8]
    /// What clients wrote.
    var content: JSONValue
    var changeKey: String
    /// The place of its last change in the count of all changes.
    var change: Int
    var isDeleted = false

    var etag: String { "W/\"\(changeKey)\"" }

    /// The value of an extended property.
    func mark(_ name: String) -> String? {
        content["singleValueExtendedProperties"]?.array?
            .first { $0["id"]?.string?.hasSuffix("Name \(name)") == true }?["value"]?.string
    }

    /// The event as it is answered; extended properties only when they are asked for.
    func json(_ call: GraphVendorCall, expanded: Bool) -> JSONValue {
        let hidden = expanded ? [] : ["singleValueExtendedProperties"]
        let shown = (content.object ?? []).filter { !hidden.contains($0.name) }.map { member in
            guard ["start", "end"].contains(member.name), call.prefersUTC else { return member }
            return JSONMember(member.name, Self.utc(member.value))
        }
        let zone = content.pointer("/start/timeZone") ?? "UTC"
        let own = [
            JSONMember("@odata.etag", .string(etag)), JSONMember("id", .string(id)),
            JSONMember("changeKey", .string(changeKey)), JSONMember("isCancelled", false),
            JSONMember("originalStartTimeZone", zone), JSONMember("originalEndTimeZone", zone),
            JSONMember("type", content["recurrence"] == nil ? "singleInstance" : "seriesMaster"),
        ]
        return .object(own + shown)
    }

    /// The time in UTC with seven digits, as the real service writes it.
    private static func utc(_ time: JSONValue) -> JSONValue {
        guard let text = time["dateTime"]?.string, let zone = time["timeZone"]?.string,
            let local = LocalTime(String(text.prefix(19))), let instant = VendorZone.instant(local, in: zone)
        else { return time }
        return ["dateTime": "\(LocalTime(secondsSinceEpoch: instant.seconds)).0000000", "timeZone": "UTC"]
    }

    /// When it begins as its own clock shows it.
    var start: Instant? {
        content.pointer("/start/dateTime")?.string.flatMap { Instant("\($0.prefix(19))Z") }
    }
}

extension GraphVendor {
    mutating func create(
        _ calendar: String,
        _ call: GraphVendorCall,
        random: inout SeededRandom
    ) throws(GraphVendorFault) -> VendorAnswer {
        let body = try call.body()
        try Self.check(body)
        let transaction = body["transactionId"]?.string
        if let transaction, let known = transactions[transaction].flatMap({ events[$0] }) {
            guard known.firstBody == call.request.body else {
                throw GraphVendorFault(
                    409,
                    "ErrorDuplicateTransactionId",
                    "Your request can't be completed. The TransactionId has already been used."
                )
            }
            return VendorAnswer(status: 201, json: known.json(call, expanded: false))
        }
        changes += 1
        let event = GraphVendorEvent(
            calendar: calendar,
            id: random.name("AAMk", 116) + "=",
            created: call.now,
            firstBody: call.request.body,
            content: body,
            changeKey: random.name("", 22) + "==",
            change: changes
        )
        events[event.id] = event
        if let transaction { transactions[transaction] = event.id }
        book.append(LedgerEntry(kind: "event", id: event.id, tag: event.mark("UsherCall"), at: call.now))
        return VendorAnswer(status: 201, json: event.json(call, expanded: false))
    }

    func read(_ id: String, _ call: GraphVendorCall) throws(GraphVendorFault) -> VendorAnswer {
        guard let event = events[id], !event.isDeleted, isVisible(event, call) else { throw .missing }
        let isExpanded =
            call.request.queryFields?.text("$expand")?.hasPrefix("singleValueExtendedProperties") == true
        return VendorAnswer(status: 200, json: event.json(call, expanded: isExpanded))
    }

    /// The events of a calendar whose extended property has a value; only that filter is known.
    func search(_ calendar: String, _ call: GraphVendorCall) throws(GraphVendorFault) -> VendorAnswer {
        let filter = call.request.queryFields?.text("$filter") ?? ""
        let parts = filter.split(separator: "'", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 5, parts[0] == "singleValueExtendedProperties/Any(ep: ep/id eq ",
            parts[2] == " and ep/value eq ", parts[4] == ")", let name = parts[1].split(separator: " ").last
        else { throw .invalid("The filter is not supported.") }
        let found = events.inOrder.filter { event in
            !event.isDeleted && sameText(event.calendar, calendar) && isVisible(event, call)
                && event.mark(String(name)).map { sameText($0, parts[3]) } == true
        }
        return VendorAnswer(
            status: 200,
            json: ["value": .array(found.map { $0.json(call, expanded: false) })]
        )
    }

    mutating func update(
        _ id: String,
        _ call: GraphVendorCall,
        random: inout SeededRandom
    ) throws(GraphVendorFault) -> VendorAnswer {
        var event = try writable(id, call)
        let patch = try call.body()
        if patch["transactionId"] != nil { throw .invalid("TransactionId cannot be changed.") }
        let changed = patch.object ?? []
        let kept = (event.content.object ?? []).filter { old in
            !changed.contains { sameText($0.name, old.name) }
        }
        event.content = .object(kept + changed.filter { !$0.value.isNull })
        try Self.check(event.content)
        changes += 1
        event.change = changes
        event.changeKey = random.name("", 22) + "=="
        events[id] = event
        book.append(LedgerEntry(kind: "event", id: id, of: id, tag: event.mark("UsherCall"), at: call.now))
        return VendorAnswer(status: 200, json: event.json(call, expanded: false))
    }

    mutating func delete(_ id: String, _ call: GraphVendorCall) throws(GraphVendorFault) -> VendorAnswer {
        var event = try writable(id, call)
        changes += 1
        event.change = changes
        event.isDeleted = true
        events[id] = event
        book.append(LedgerEntry(kind: "deletion", id: id, of: id, tag: nil, at: call.now))
        return VendorAnswer(status: 204)
    }

    /// A page of a delta: from the window, or from a link's token.
    func delta(_ calendar: String, _ call: GraphVendorCall) throws(GraphVendorFault) -> VendorAnswer {
        guard let query = call.request.queryFields else { throw .invalid("The query cannot be read.") }
        let place = try GraphVendorDelta(
            query.text("$deltatoken") ?? query.text("$skiptoken"),
            query,
            round: syncRound
        )
        let size = pageSize(call)
        let found = events.inOrder.filter { event in
            event.change > place.after && sameText(event.calendar, calendar) && isVisible(event, call)
                && event.start.map { place.window.contains($0) } == true
                && !(place.isFirst && event.isDeleted)
        }.sorted { $0.change < $1.change }
        let shown = found.prefix(size)
        let value = shown.map { event -> JSONValue in
            event.isDeleted
                ? ["@removed": ["reason": "deleted"], "id": .string(event.id)]
                : event.json(call, expanded: false)
        }
        let isLast = found.count <= shown.count
        let after = isLast ? changes : shown.last?.change ?? changes
        let token = place.token(after: after, isFirst: place.isFirst && !isLast)
        let host = call.request.headers.first("host") ?? "graph.microsoft.com"
        let name = isLast ? "deltatoken" : "skiptoken"
        let link = "https://\(host)\(call.request.path)?$\(name)=\(token)"
        return VendorAnswer(
            status: 200,
            json: .object([
                JSONMember("value", .array(value)),
                JSONMember(isLast ? "@odata.deltaLink" : "@odata.nextLink", .string(link)),
            ])
        )
    }

    private func pageSize(_ call: GraphVendorCall) -> Int {
        let prefer = call.request.headers.first("prefer") ?? ""
        let size = prefer.split(separator: "odata.maxpagesize=").dropFirst().first?.prefix { $0.isNumber }
        return max(size.flatMap { Int($0) } ?? 10, 1)
    }

    private func writable(_ id: String, _ call: GraphVendorCall) throws(GraphVendorFault) -> GraphVendorEvent
    {
        guard let event = events[id], !event.isDeleted else { throw .missing }
        if let condition = call.request.headers.first("if-match"), !sameText(condition, event.etag) {
            throw GraphVendorFault(412, "ErrorIrresolvableConflict", "The change key does not match.")
        }
        return event
    }

    private func isVisible(_ event: GraphVendorEvent, _ call: GraphVendorCall) -> Bool {
        call.now - event.created >= conditions.lookUpDelay
    }

    private static func check(_ content: JSONValue) throws(GraphVendorFault) {
        for name in ["start", "end"] {
            guard let time = content[name], let text = time["dateTime"]?.string,
                time["timeZone"]?.string != nil,
                let local = LocalTime(String(text.prefix(19)))
            else { throw .invalid("The property '\(name)' is required.") }
            if content["isAllDay"]?.bool == true, local.secondsSinceEpoch % 86_400 != 0 {
                throw GraphVendorFault(
                    400,
                    "ErrorInvalidRequest",
                    "An all-day event begins and ends at midnight."
                )
            }
        }
        guard let recurrence = content["recurrence"] else { return }
        guard recurrence.pointer("/pattern/type")?.string != nil,
            recurrence.pointer("/range/type")?.string != nil,
            recurrence.pointer("/range/startDate")?.string.flatMap({ CivilDate($0) }) != nil
        else { throw GraphVendorFault(400, "ErrorRecurrenceIsInvalid", "The recurrence is not valid.") }
    }
}

/// A place in a delta, as it stands in a link: round, place, whether it is the first round, window.
private struct GraphVendorDelta {
    let after: Int
    let isFirst: Bool
    let window: Range<Instant>
    private let round: Int

    init(_ token: String?, _ query: FormFields, round: Int) throws(GraphVendorFault) {
        self.round = round
        guard let token else {
            guard let from = query.text("startDateTime").flatMap({ Instant($0) }),
                let to = query.text("endDateTime").flatMap({ Instant($0) }), from < to
            else { throw .invalid("startDateTime and endDateTime are required.") }
            after = 0
            isFirst = true
            window = from..<to
            return
        }
        let parts = token.split(separator: ".").compactMap { Int64($0) }
        guard parts.count == 5, parts[3] < parts[4] else { throw .invalid("The token is badly formed.") }
        guard parts[0] == round else {
            throw GraphVendorFault(410, "syncStateNotFound", "The sync state generation is not found.")
        }
        after = Int(parts[1])
        isFirst = parts[2] == 1
        window = Instant(seconds: parts[3])..<Instant(seconds: parts[4])
    }

    func token(after: Int, isFirst: Bool) -> String {
        "\(round).\(after).\(isFirst ? 1 : 0).\(window.lowerBound.seconds).\(window.upperBound.seconds)"
    }
}
