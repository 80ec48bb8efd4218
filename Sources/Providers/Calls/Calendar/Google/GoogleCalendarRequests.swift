import Domain

/// Builds the requests of Google Calendar.
struct GoogleCalendarRequests {
    private let account: IntegrationAccount

    init(_ account: IntegrationAccount) {
        self.account = account
    }

    /// The calendar of calls that name none.
    var calendar: String {
        let own = account.text("calendar")
        return own.isEmpty ? "primary" : own
    }

    /// The path of a calendar's events.
    func events(_ calendar: String) -> String { "/calendars/\(WireText.percentEncoded(calendar))/events" }

    func create(_ item: CalendarItemInput, _ call: CallRequest, in calendar: String) -> ProviderRequest {
        let members = [JSONMember("id", .string(call.key))] + content(item, call)
        return request(
            "POST",
            events(calendar),
            query: notice(item),
            body: .object(members),
            effect: .takesEffect
        )
    }

    /// A patch keeps what Usher does not know: reminders, conferences, colours.
    func update(_ item: CalendarItemInput, _ call: CallRequest, at place: CalendarTarget) -> ProviderRequest {
        request(
            "PATCH",
            path(place),
            query: notice(item),
            headers: item.version.map { [("if-match", $0)] } ?? [],
            body: .object(content(item, call)),
            effect: .takesEffect
        )
    }

    func delete(_ place: CalendarTarget) -> ProviderRequest {
        request("DELETE", path(place), query: [("sendUpdates", "all")], effect: .takesEffect)
    }

    func get(_ place: CalendarTarget, effect: ProviderRequest.Effect) -> ProviderRequest {
        request("GET", path(place), effect: effect)
    }

    func list(_ calendar: String, _ position: [(String, String)]) -> ProviderRequest {
        request(
            "GET",
            events(calendar),
            query: [("maxResults", "\(GoogleCalendarCalls.pageItems)")] + position,
            effect: .none
        )
    }

    func request(
        _ method: String,
        _ path: String,
        query: [(String, String)] = [],
        headers: [(String, String)] = [],
        body: JSONValue? = nil,
        effect: ProviderRequest.Effect
    ) -> ProviderRequest {
        let token = String(decoding: account.accessToken?.bytes ?? [], as: UTF8.self)
        let type = body == nil ? [] : [("content-type", "application/json; charset=utf-8")]
        return ProviderRequest(
            method,
            account.baseURL + path + (query.isEmpty ? "" : "?\(WireText.form(query))"),
            headers: [("authorization", "Bearer \(token)"), ("accept", "application/json")] + type + headers,
            body: body.map { .bytes($0.serialized()) } ?? .none,
            effect: effect
        )
    }

    private func path(_ place: CalendarTarget) -> String {
        "\(events(place.calendar))/\(WireText.percentEncoded(place.item))"
    }

    private func notice(_ item: CalendarItemInput) -> [(String, String)] {
        [("sendUpdates", item.attendees.isEmpty ? "none" : "all")]
    }

    private func content(_ item: CalendarItemInput, _ call: CallRequest) -> [JSONMember] {
        let isNew = call.operation == .calendarCreate
        let text = { (text: String?) -> JSONValue in text.map { .string($0) } ?? .null }
        var members = [
            JSONMember("summary", .string(item.title)), JSONMember("description", text(item.text)),
            JSONMember("location", text(item.place)), JSONMember("start", time(item.start, isNew: isNew)),
            JSONMember("end", time(item.end, isNew: isNew)),
            JSONMember("transparency", item.isBusy ? "opaque" : "transparent"),
            JSONMember("visibility", item.isPrivate ? "private" : "default"),
        ].filter { !isNew || !$0.value.isNull }
        if !item.attendees.isEmpty {
            members.append(
                JSONMember("attendees", .array(item.attendees.map { ["email": .string($0.text)] }))
            )
        }
        if !item.recurrence.isEmpty {
            members.append(JSONMember("recurrence", .array(item.recurrence.map { .string($0) })))
        }
        let marks: JSONValue = ["usher_call": .string(call.tag), "usher_attempt": .string(call.key)]
        return members + [JSONMember("extendedProperties", ["private": marks])]
    }

    /// A time; of an item that is there, the other form is taken away.
    private func time(_ time: CalendarTime, isNew: Bool) -> JSONValue {
        let members: [(String, JSONValue)] =
            switch time {
            case .at(let local, let zone):
                [("date", .null), ("dateTime", .string("\(local)")), ("timeZone", .string(zone))]
            case .date(let date): [("date", .string("\(date)")), ("dateTime", .null), ("timeZone", .null)]
            }
        return .object(members.filter { !isNew || !$0.1.isNull }.map { JSONMember($0.0, $0.1) })
    }
}
