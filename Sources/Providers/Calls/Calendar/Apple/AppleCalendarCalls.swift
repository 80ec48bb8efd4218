package import Domain
package import Resilience

/// iCloud calendars and every other CalDAV server.
///
/// | operation | requests |
/// |---|---|
/// | any, when no calendar is named | `PROPFIND` principal, home, calendars: the first that holds events is meant |
/// | create | `PUT {calendar}{key}.ics`, `If-None-Match: *`; then `GET`, for servers rewrite what they store |
/// | update | `GET`, `PUT` with `If-Match`, `GET` |
/// | cancel | `DELETE`; one that is gone is cancelled |
/// | get | `GET` |
/// | changes | `REPORT` sync-collection, then multiget; after `valid-sync-token` a full list |
///
/// An update keeps what Usher does not know (alarms, exceptions), and attendees and recurrence when the input has none.
/// No invitations are sent: guests are written down only. Items beyond the first `itemsMax` of a list have names and
/// versions only.
package struct AppleCalendarCalls: CallDialect {
    /// The items of one multiget.
    package static let batchItems = 50
    /// The items of one list that are read whole.
    package static let itemsMax = 200

    package let facts = ProviderFacts(
        provider: .appleCalendar,
        title: "Apple Calendar (CalDAV)",
        operations: Set(Capability.calendar.operations),
        baseURL: "https://caldav.icloud.com",
        credential: [
            CredentialField("user", isSecret: false, help: "the Apple Account's e-mail address"),
            CredentialField("password", isSecret: true, help: "an app-specific password (account.apple.com)"),
            CredentialField(
                "calendar",
                isSecret: false,
                isRequired: false,
                help:
                    "URL or path of the calendar that is meant when a call names none; by default the first one"
            ),
        ],
        authentication: .credential,
        idempotency: .ownName,
        // Nothing is published: what is known not to be too much.
        limits: [
            ProviderLimit("account", .tokenBucket(ratePerSecond: 1, burst: 5)),
            ProviderLimit("concurrency", .concurrency(count: 1)),
        ],
        statusPage: StatusPage(
            url: "https://www.apple.com/support/systemstatus/data/system_status_en_US.js",
            format: .apple
        )
    )

    /// Makes the dialect.
    package init() {}

    package func check(_ call: CallRequest) throws(CallInputError) {
        switch call.input {
        case .calendarItem(let item):
            try CalendarVerdicts.check(calendar: item.calendar, version: item.version)
            for (index, line) in item.recurrence.enumerated() where ContentLine(Array(line.utf8)[...]) == nil
            {
                throw CallInputError(.invalidField, at: "/recurrence/\(index)", "must be a well-formed line")
            }
            if call.operation == .calendarUpdate { _ = try CalendarTarget.required(call) }
        case .calendarChanges(let input):
            try CalendarVerdicts.check(calendar: input.calendar, version: nil)
            if let since = input.since { _ = try Self.cursor(since) }
        case .target where call.operation == .calendarGet || call.operation == .calendarCancel:
            _ = try CalendarTarget.required(call)
        default:
            throw CallInputError(.unsupportedOperation, at: "", "a CalDAV calendar has no \(call.operation)")
        }
    }

    package func next(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        now: Instant
    ) throws(CallInputError) -> ProviderRequest {
        let requests = DAVRequests(account)
        let state = DAVProgress(progress)
        guard let collection = try Self.collection(call, account, state) else {
            switch state.step {
            case .home: return requests.home(state.url ?? requests.root)
            case .calendars: return requests.calendars(state.url ?? requests.root)
            default: return requests.principal(requests.root)
            }
        }
        if case .calendarChanges(let input) = call.input {
            if state.step == .items {
                let pending = AppleChanges.pending(progress).prefix(Self.batchItems)
                return requests.multiget(collection, items: pending.map(\.item))
            }
            let token = try input.since.map { since throws(CallInputError) in try Self.cursor(since).token }
            return requests.sync(collection, token: state.step == .anew ? "" : token ?? "")
        }
        let url = try collection + Self.item(call)
        switch (state.step, call.operation, call.input) {
        case (.stored, _, _), (.check, _, _): return requests.get(url, effect: .takesEffect)
        case (_, .calendarCreate, .calendarItem(let item)):
            let object = ICalendarEvent.new(item, call, organizer: account.text("user"))
            return requests.put(object, at: url, condition: ("if-none-match", "*"))
        case (.put, .calendarUpdate, .calendarItem(let item)):
            guard let stored = state.object.flatMap({ ICalendarComponent.read(Array($0.utf8)) }),
                let object = ICalendarEvent.changed(stored, item, call, organizer: account.text("user"))
            else { throw CallInputError(.invalidField, at: "/target", "must be an event") }
            return requests.put(object, at: url, condition: state.etag.map { ("if-match", $0) })
        case (_, .calendarCancel, _): return requests.delete(url)
        default: return requests.get(url, effect: .none)
        }
    }

    package func read(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue
    ) -> CallVerdict {
        let state = DAVProgress(progress)
        guard let collection = try? Self.collection(call, account, state) else {
            return AppleDiscovery(answer: answer, account: account, state: state).verdict
        }
        if case .calendarChanges = call.input {
            return AppleChanges(answer: answer, call: call, account: account, collection: collection).verdict(
                progress
            )
        }
        guard let reader = AppleAnswers(answer, call, account, collection: collection, state: state) else {
            return CalendarVerdicts.unreadable(answer, mayHaveHappened: false)
        }
        switch (state.step, call.operation) {
        case (.stored, _): return reader.stored
        case (.check, _): return reader.checked
        case (_, .calendarCreate), (.put, .calendarUpdate): return reader.put
        case (_, .calendarUpdate): return reader.compared
        case (_, .calendarCancel): return reader.cancelled
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
            guard let collection = try Self.collection(call, account, DAVProgress(progress)) else {
                throw CallInputError(.missingField, at: "/calendar", "is not known yet")
            }
            return DAVRequests(account).get(collection + (try Self.item(call)), effect: .none)
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
        let state = DAVProgress(progress)
        guard let collection = try? Self.collection(call, account, state),
            let reader = AppleAnswers(answer, call, account, collection: collection, state: state)
        else { return .unknown }
        return reader.settled
    }

    package func probe(_ account: IntegrationAccount, now: Instant) -> ProviderRequest {
        let requests = DAVRequests(account)
        return requests.principal(requests.root)
    }

    package func limits(in answer: ProviderAnswer) -> [LimitNews] {
        let wait = CalendarVerdicts.wait(answer)
        guard answer.status == 429 || (answer.status == 503 && wait != nil) else { return [] }
        return [.refused(limit: "account", wait: wait)]
    }

    /// The URL of the call's calendar; nil while it is to be discovered.
    private static func collection(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        _ state: DAVProgress
    ) throws(CallInputError) -> String? {
        let named: String?
        switch call.input {
        case .calendarItem(let item) where call.operation == .calendarCreate: named = item.calendar
        case .calendarChanges(let input):
            named =
                try input.since.map { since throws(CallInputError) in try cursor(since).calendar }
                ?? input.calendar
        default: named = try CalendarTarget.required(call).calendar
        }
        let own = account.text("calendar")
        guard let text = named ?? (own.isEmpty ? state.collection : own) else { return nil }
        guard let collection = DAVAddress(account).collection(text) else {
            throw CallInputError(
                .invalidField,
                at: "/calendar",
                "must be the path of a calendar at this server"
            )
        }
        return collection
    }

    /// The name of the call's item; that of what is created is the attempt's key.
    private static func item(_ call: CallRequest) throws(CallInputError) -> String {
        if call.operation == .calendarCreate { return "\(call.key).ics" }
        let item = try CalendarTarget.required(call).item
        guard DAVAddress.isItem(item) else {
            throw CallInputError(.invalidField, at: "/target", "must be the `target` of a calendar's item")
        }
        return item
    }

    static func cursor(_ text: String) throws(CallInputError) -> CalendarCursor {
        try CalendarCursor.read(text, .appleCalendar, kinds: ["sync"])
    }
}
