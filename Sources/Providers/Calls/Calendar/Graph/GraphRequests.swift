import Domain

/// Builds the requests of Microsoft Graph's calendars.
struct GraphRequests {
    /// How the account's default calendar is called in targets and cursors; Graph itself has no such name.
    static let ownCalendar = "default"
    /// The extended property that carries the attempt's key; the GUID is Usher's own property set.
    static let attemptMark = "String {6c1f8b0e-5f0a-4d3b-9a53-2f6f0c1e7d41} Name UsherAttempt"
    /// The extended property that carries the call's tag.
    static let callMark = "String {6c1f8b0e-5f0a-4d3b-9a53-2f6f0c1e7d41} Name UsherCall"

    private let account: IntegrationAccount

    init(_ account: IntegrationAccount) {
        self.account = account
    }

    func create(_ item: CalendarItemInput, _ call: CallRequest) throws(CallInputError) -> ProviderRequest {
        let members =
            try content(item, call)
            + [JSONMember("transactionId", .string(call.key))]
        return request("POST", events(item.calendar), body: .object(members), effect: .takesEffect)
    }

    func update(
        _ item: CalendarItemInput,
        _ call: CallRequest,
        at place: CalendarTarget,
        etag: String?
    ) throws(CallInputError) -> ProviderRequest {
        request(
            "PATCH",
            path(place),
            headers: etag.map { [("if-match", $0)] } ?? [],
            body: .object(try content(item, call)),
            effect: .takesEffect
        )
    }

    func delete(_ place: CalendarTarget) -> ProviderRequest {
        request("DELETE", path(place), effect: .takesEffect)
    }

    func get(_ place: CalendarTarget, effect: ProviderRequest.Effect) -> ProviderRequest {
        request(
            "GET",
            path(place),
            query: [("$expand", "singleValueExtendedProperties($filter=id eq '\(Self.attemptMark)')")],
            effect: effect
        )
    }

    /// Looks for the event that carries the attempt's key.
    func search(_ call: CallRequest, calendar: String?, effect: ProviderRequest.Effect) -> ProviderRequest {
        let filter =
            "singleValueExtendedProperties/Any(ep: ep/id eq '\(Self.attemptMark)' and ep/value eq '\(call.key)')"
        return request("GET", events(calendar), query: [("$filter", filter), ("$top", "2")], effect: effect)
    }

    func delta(_ calendar: String, _ window: Range<Instant>) -> ProviderRequest {
        let query = [
            ("startDateTime", "\(window.lowerBound)"), ("endDateTime", "\(window.upperBound)"),
        ]
        return request(
            "GET",
            "\(parent(calendar))/calendarView/delta",
            query: query,
            preferences: [Self.pagePreference],
            effect: .none
        )
    }

    /// Asks for what a `@odata.nextLink` or `@odata.deltaLink` leads to: the rest of the URL behind the base URL's host,
    /// as `GraphAnswers.linkTarget` took it from the link.
    func follow(_ linkTarget: String) -> ProviderRequest {
        let origin = URLParts(account.baseURL)?.origin ?? account.baseURL
        return request(
            absolute: origin + linkTarget,
            "GET",
            preferences: [Self.pagePreference],
            effect: .none
        )
    }

    func request(
        _ method: String,
        _ path: String,
        query: [(String, String)] = [],
        headers: [(String, String)] = [],
        preferences: [String] = [],
        body: JSONValue? = nil,
        effect: ProviderRequest.Effect
    ) -> ProviderRequest {
        request(
            absolute: account.baseURL + path + (query.isEmpty ? "" : "?\(WireText.form(query))"),
            method,
            headers: headers,
            preferences: preferences,
            body: body,
            effect: effect
        )
    }

    private func request(
        absolute url: String,
        _ method: String,
        headers: [(String, String)] = [],
        preferences: [String] = [],
        body: JSONValue? = nil,
        effect: ProviderRequest.Effect
    ) -> ProviderRequest {
        let token = String(decoding: account.accessToken?.bytes ?? [], as: UTF8.self)
        let type = body == nil ? [] : [("content-type", "application/json")]
        let prefer = Self.preferences + preferences
        return ProviderRequest(
            method,
            url,
            headers: [
                ("authorization", "Bearer \(token)"), ("accept", "application/json"),
                ("prefer", prefer.joined(separator: ", ")),
            ] + type + headers,
            body: body.map { .bytes($0.serialized()) } ?? .none,
            effect: effect
        )
    }

    /// Ids that survive a move, times in UTC, plain text.
    private static let preferences = [
        "IdType=\"ImmutableId\"", "outlook.timezone=\"UTC\"", "outlook.body-content-type=\"text\"",
    ]

    private static let pagePreference = "odata.maxpagesize=\(GraphCalls.pageItems)"

    private func parent(_ calendar: String?) -> String {
        guard let calendar, calendar != Self.ownCalendar else { return "/me" }
        return "/me/calendars/\(WireText.percentEncoded(calendar))"
    }

    private func events(_ calendar: String?) -> String { "\(parent(calendar))/events" }

    private func path(_ place: CalendarTarget) -> String {
        "/me/events/\(WireText.percentEncoded(place.item))"
    }

    private func content(
        _ item: CalendarItemInput,
        _ call: CallRequest
    ) throws(CallInputError) -> [JSONMember] {
        let isAllDay = if case .date = item.start { true } else { false }
        var members = [
            JSONMember("subject", .string(item.title)),
            JSONMember("body", ["contentType": "text", "content": .string(item.text ?? "")]),
            JSONMember("start", time(item.start)), JSONMember("end", time(item.end)),
            JSONMember("isAllDay", .bool(isAllDay)),
            JSONMember("location", ["displayName": .string(item.place ?? "")]),
            JSONMember("showAs", item.isBusy ? "busy" : "free"),
            JSONMember("sensitivity", item.isPrivate ? "private" : "normal"),
        ]
        if !item.attendees.isEmpty {
            let attendees = item.attendees.map { address -> JSONValue in
                ["emailAddress": ["address": .string(address.text)], "type": "required"]
            }
            members.append(JSONMember("attendees", .array(attendees)))
        }
        if let pattern = try GraphRecurrence.pattern(item) {
            members.append(JSONMember("recurrence", pattern))
        }
        let marks: JSONValue = [
            ["id": .string(Self.attemptMark), "value": .string(call.key)],
            ["id": .string(Self.callMark), "value": .string(call.tag)],
        ]
        return members + [JSONMember("singleValueExtendedProperties", marks)]
    }

    /// A time without offset and its zone apart; a date is midnight, in UTC as Graph keeps days.
    private func time(_ time: CalendarTime) -> JSONValue {
        switch time {
        case .at(let local, let zone): ["dateTime": "\(local).0000000", "timeZone": .string(zone)]
        case .date(let date): ["dateTime": "\(date)T00:00:00.0000000", "timeZone": "UTC"]
        }
    }
}
