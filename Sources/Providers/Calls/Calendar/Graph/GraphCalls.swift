package import Domain
package import Resilience

/// Outlook calendars through Microsoft Graph v1.0.
///
/// | operation | requests |
/// |---|---|
/// | create | `POST …/events` with the attempt's key as `transactionId` and mark; after 409 a search for the mark |
/// | update | with a version `GET` and compare, then `PATCH` with `If-Match`; after 412 `GET` whether it was us |
/// | cancel | `DELETE /me/events/{id}`; one that is gone is cancelled |
/// | get | `GET /me/events/{id}` |
/// | changes | `GET …/calendarView/delta` of a window, then its links; a lost state begins anew |
///
/// An update leaves attendees and recurrence as they are when the input has none. Times come back in UTC; a series is
/// written as a pattern, which not every RRULE fits (`GraphRecurrence`).
package struct GraphCalls: CallDialect {
    /// The events of a page of changes: bodies come along, so few.
    package static let pageItems = 25
    /// How far the window of changes reaches when the caller names none.
    package static let windowDefault: Duration = .seconds(365 * 86_400)

    package let facts = ProviderFacts(
        provider: .microsoftGraph,
        title: "Microsoft Graph (Outlook)",
        operations: Set(Capability.calendar.operations),
        baseURL: "https://graph.microsoft.com/v1.0",
        credential: [
            CredentialField("client_id", isSecret: false, help: "application id of the app registration"),
            CredentialField("client_secret", isSecret: true, help: "a client secret's value (not its id)"),
            CredentialField("tenant", isSecret: false, help: "the directory's id, or `common`"),
            CredentialField(
                "refresh_token",
                isSecret: true,
                isRequired: false,
                help: "from an earlier consent; without one, connect the account"
            ),
        ],
        authentication: .oauth(
            OAuthGrant(
                kind: .refreshToken,
                tokenEndpoint: "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
                authorizationEndpoint: "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
                scope: "offline_access Calendars.ReadWrite",
                authorizationParameters: ["response_mode": "query"]
            )
        ),
        idempotency: .body("transactionId", lifetime: nil),
        limits: [
            ProviderLimit("mailbox", .fixedWindow(count: 10_000, length: .seconds(600))),
            ProviderLimit("concurrency", .concurrency(count: 4)),
        ],
        apiVersion: "v1.0",
        statusPage: StatusPage(
            url: "https://status.cloud.microsoft/api/posts/m365Consumer",
            format: .microsoftPosts
        )
    )

    /// Makes the dialect.
    package init() {}

    package func check(_ call: CallRequest) throws(CallInputError) {
        switch call.input {
        case .calendarItem(let item):
            try CalendarVerdicts.check(calendar: item.calendar, version: item.version)
            _ = try GraphRecurrence.pattern(item)
            if call.operation == .calendarUpdate { _ = try CalendarTarget.required(call) }
        case .calendarChanges(let input):
            try CalendarVerdicts.check(calendar: input.calendar, version: nil)
            if let since = input.since { _ = try Self.cursor(since) }
        case .target where call.operation == .calendarGet || call.operation == .calendarCancel:
            _ = try CalendarTarget.required(call)
        default:
            throw CallInputError(
                .unsupportedOperation,
                at: "",
                "Microsoft Graph's calendars have no \(call.operation)"
            )
        }
    }

    package func next(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        now: Instant
    ) throws(CallInputError) -> ProviderRequest {
        let requests = GraphRequests(account)
        let step = GraphStep(progress)
        switch (call.operation, call.input) {
        case (.calendarCreate, .calendarItem(let item)):
            if step == .check { return requests.search(call, calendar: item.calendar, effect: .takesEffect) }
            return try requests.create(item, call)
        case (.calendarUpdate, .calendarItem(let item)):
            let place = try CalendarTarget.required(call)
            if step == .check { return requests.get(place, effect: .takesEffect) }
            if item.version != nil, step.etag == nil { return requests.get(place, effect: .none) }
            return try requests.update(item, call, at: place, etag: step.etag)
        case (.calendarCancel, _): return requests.delete(try CalendarTarget.required(call))
        case (.calendarChanges, .calendarChanges(let input)):
            return try changes(input, call, requests, progress)
        default: return requests.get(try CalendarTarget.required(call), effect: .none)
        }
    }

    private func changes(
        _ input: CalendarChangesInput,
        _ call: CallRequest,
        _ requests: GraphRequests,
        _ progress: JSONValue
    ) throws(CallInputError) -> ProviderRequest {
        if let link = progress["cursor"]?.string { return requests.follow(link) }
        if let since = input.since, GraphStep(progress) != .anew {
            return requests.follow(try Self.cursor(since).token)
        }
        let window = input.window ?? call.startedAt..<(call.startedAt + Self.windowDefault)
        return requests.delta(try Self.calendar(input), window)
    }

    package func read(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue
    ) -> CallVerdict {
        let reader = GraphAnswers(answer: answer, call: call, account: account)
        let step = GraphStep(progress)
        switch (call.operation, call.input) {
        case (.calendarCreate, _): return step == .check ? reader.searched : reader.created
        case (.calendarUpdate, .calendarItem(let item)):
            if step == .check { return reader.checked }
            if let version = item.version, step.etag == nil { return reader.compared(version) }
            return reader.updated
        case (.calendarCancel, _): return reader.cancelled
        case (.calendarChanges, _): return reader.listed(progress)
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
            let requests = GraphRequests(account)
            if call.operation == .calendarCreate, case .calendarItem(let item) = call.input {
                return requests.search(call, calendar: item.calendar, effect: .none)
            }
            return requests.get(try CalendarTarget.required(call), effect: .none)
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
        GraphAnswers(answer: answer, call: call, account: account).settled
    }

    package func probe(_ account: IntegrationAccount, now: Instant) -> ProviderRequest {
        GraphRequests(account).request("GET", "/me/calendar", query: [("$select", "id")], effect: .none)
    }

    package func limits(in answer: ProviderAnswer) -> [LimitNews] {
        guard answer.status == 429 else { return [] }
        let message = answer.json?.pointer("/error/message")?.string ?? ""
        let limit = message.contains("MailboxConcurrency") ? "concurrency" : nil
        return [.refused(limit: limit, wait: CalendarVerdicts.wait(answer))]
    }

    static func cursor(_ text: String) throws(CallInputError) -> CalendarCursor {
        try CalendarCursor.read(text, .microsoftGraph, kinds: ["delta", "page"])
    }

    /// Which calendar a list of changes is about; empty for the account's own.
    static func calendar(_ input: CalendarChangesInput) throws(CallInputError) -> String {
        if let since = input.since { return try cursor(since).calendar }
        return input.calendar ?? GraphRequests.ownCalendar
    }
}

/// How far an attempt is, read from its progress.
enum GraphStep: Equatable {
    case first
    /// The version is the right one: the change is to be made on this etag.
    case change(etag: String)
    /// Whether a refused write was the attempt's own earlier one.
    case check
    /// The list's state is lost: it begins anew.
    case anew

    init(_ progress: JSONValue) {
        switch progress["step"]?.string {
        case "check": self = .check
        case "anew": self = .anew
        case "change": self = .change(etag: progress["etag"]?.string ?? "")
        default: self = .first
        }
    }

    var etag: String? {
        guard case .change(let etag) = self else { return nil }
        return etag
    }
}
