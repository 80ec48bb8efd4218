package import Domain
package import Resilience

/// Google Calendar, API v3.
///
/// | operation | requests |
/// |---|---|
/// | create | `POST …/events` with the attempt's key as the event's id; after a duplicate `GET` whether it is ours |
/// | update | `PATCH …/events/{id}` of all that the input has, `If-Match` with a version; after 412 `GET` likewise |
/// | cancel | `DELETE …/events/{id}`; one that is gone is cancelled |
/// | get | `GET …/events/{id}` |
/// | changes | `GET …/events?syncToken=`; after 410 a full list |
///
/// An update leaves attendees and recurrence as they are when the input has none. Guests get mails whenever there are
/// attendees. Times come back in UTC, for Google writes them with the offset of the calendar's zone, not the event's.
package struct GoogleCalendarCalls: CallDialect {
    /// The events of a page of changes.
    package static let pageItems = 100

    package let facts = ProviderFacts(
        provider: .googleCalendar,
        title: "Google Calendar",
        operations: Set(Capability.calendar.operations),
        baseURL: "https://www.googleapis.com/calendar/v3",
        credential: [
            CredentialField("client_id", isSecret: false, help: "OAuth client of the Google Cloud project"),
            CredentialField("client_secret", isSecret: true, help: "the client's secret"),
            CredentialField(
                "refresh_token",
                isSecret: true,
                isRequired: false,
                help: "from an earlier consent; without one, connect the account"
            ),
            CredentialField(
                "calendar",
                isSecret: false,
                isRequired: false,
                help: "id of the calendar that is meant when a call names none; `primary` by default"
            ),
        ],
        authentication: .oauth(
            OAuthGrant(
                kind: .refreshToken,
                tokenEndpoint: "https://oauth2.googleapis.com/token",
                authorizationEndpoint: "https://accounts.google.com/o/oauth2/v2/auth",
                scope: "https://www.googleapis.com/auth/calendar.events",
                authorizationParameters: ["access_type": "offline", "prompt": "consent"]
            )
        ),
        idempotency: .ownName,
        limits: [
            ProviderLimit("project", .fixedWindow(count: 10_000, length: .seconds(60))),
            ProviderLimit("user", .fixedWindow(count: 600, length: .seconds(60))),
        ],
        apiVersion: "v3",
        statusPage: StatusPage(
            url: "https://www.google.com/appsstatus/dashboard/incidents.json",
            format: .googleIncidents
        )
    )

    /// Makes the dialect.
    package init() {}

    package func check(_ call: CallRequest) throws(CallInputError) {
        switch call.input {
        case .calendarItem(let item):
            try CalendarVerdicts.check(calendar: item.calendar, version: item.version)
            if call.operation == .calendarUpdate { _ = try CalendarTarget.required(call) }
        case .calendarChanges(let input):
            try CalendarVerdicts.check(calendar: input.calendar, version: nil)
            if let since = input.since { _ = try Self.cursor(since) }
        case .target where call.operation == .calendarGet || call.operation == .calendarCancel:
            _ = try CalendarTarget.required(call)
        default:
            throw CallInputError(.unsupportedOperation, at: "", "Google Calendar has no \(call.operation)")
        }
    }

    package func next(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        now: Instant
    ) throws(CallInputError) -> ProviderRequest {
        let requests = GoogleCalendarRequests(account)
        let place = try Self.place(call, account)
        if Self.isChecking(progress) { return requests.get(place, effect: .takesEffect) }
        switch (call.operation, call.input) {
        case (.calendarCreate, .calendarItem(let item)):
            return requests.create(item, call, in: place.calendar)
        case (.calendarUpdate, .calendarItem(let item)): return requests.update(item, call, at: place)
        case (.calendarCancel, _): return requests.delete(place)
        case (.calendarChanges, .calendarChanges(let input)):
            return requests.list(place.calendar, try Self.position(input, progress))
        default: return requests.get(place, effect: .none)
        }
    }

    package func read(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue
    ) -> CallVerdict {
        guard let place = try? Self.place(call, account) else {
            return CalendarVerdicts.unreadable(answer, mayHaveHappened: false)
        }
        let reader = GoogleCalendarAnswers(answer: answer, call: call, place: place)
        if Self.isChecking(progress) { return reader.checked }
        switch call.operation {
        case .calendarCreate, .calendarUpdate: return reader.written
        case .calendarCancel: return reader.cancelled
        case .calendarChanges: return reader.listed(progress)
        default: return reader.got
        }
    }

    package func settle(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        age: Duration,
        round: Int,
        now: Instant
    ) -> SettleStep {
        CalendarVerdicts.settle(call, round: round) {
            GoogleCalendarRequests(account).get(try Self.place(call, account), effect: .none)
        }
    }

    package func readSettled(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        age: Duration,
        round: Int
    ) -> SettleVerdict {
        guard let place = try? Self.place(call, account) else { return .unknown }
        return GoogleCalendarAnswers(answer: answer, call: call, place: place).settled
    }

    package func probe(_ account: IntegrationAccount, now: Instant) -> ProviderRequest {
        let requests = GoogleCalendarRequests(account)
        return requests.request(
            "GET",
            requests.events(requests.calendar),
            query: [("maxResults", "1"), ("fields", "etag")],
            effect: .none
        )
    }

    package func limits(in answer: ProviderAnswer) -> [LimitNews] {
        let reason = GoogleCalendarAnswers.reason(answer)
        guard answer.status == 429 || (answer.status == 403 && GoogleCalendarAnswers.isLimit(reason)) else {
            return []
        }
        return [
            .refused(
                limit: reason == "userRateLimitExceeded" ? "user" : nil,
                wait: GoogleCalendarAnswers.wait(answer)
            )
        ]
    }

    private static func isChecking(_ progress: JSONValue) -> Bool { progress["step"]?.string == "check" }

    /// Where the call's item is or is to be; the id of what is created is the attempt's key.
    private static func place(
        _ call: CallRequest,
        _ account: IntegrationAccount
    ) throws(CallInputError) -> CalendarTarget {
        let own = GoogleCalendarRequests(account).calendar
        switch (call.operation, call.input) {
        case (.calendarCreate, .calendarItem(let item)):
            return CalendarTarget(calendar: item.calendar ?? own, item: call.key)
        case (.calendarChanges, .calendarChanges(let input)):
            let calendar = try input.since.map { since throws(CallInputError) in try cursor(since).calendar }
            return CalendarTarget(calendar: calendar ?? input.calendar ?? own, item: "")
        default: return try CalendarTarget.required(call)
        }
    }

    private static func cursor(_ text: String) throws(CallInputError) -> CalendarCursor {
        try CalendarCursor.read(text, .googleCalendar, kinds: ["sync", "page"])
    }

    /// The parameters that say which page of which list.
    private static func position(
        _ input: CalendarChangesInput,
        _ progress: JSONValue
    ) throws(CallInputError) -> [(String, String)] {
        if progress["step"]?.string == "anew" { return [] }
        if let page = progress["cursor"]?.string {
            return GoogleCalendarAnswers.parameters(page)
        }
        guard let since = input.since else { return [] }
        let cursor = try cursor(since)
        return cursor.kind == "sync"
            ? [("syncToken", cursor.token)] : GoogleCalendarAnswers.parameters(cursor.token)
    }
}
