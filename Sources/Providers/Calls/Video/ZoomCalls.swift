package import Domain
package import Resilience

/// Zoom Meetings, version 2, for a server-to-server app.
///
/// Zoom has no idempotency keys: the call's tag is the first line of the agenda, because the list of a host's meetings
/// cuts agendas after 250 characters. Changes and cancellations can be repeated.
///
/// Source: developers.zoom.us/docs/api/meetings, github.com/zoom/skills 2026-07-13.
package struct ZoomCalls: CallDialect {
    /// What stands before the tag in the agenda.
    package static let tagPrefix = "usher:"

    package let facts = ProviderFacts(
        provider: .zoom,
        title: "Zoom Meetings",
        operations: [.videoCreate, .videoUpdate, .videoCancel, .videoGet],
        baseURL: "https://api.zoom.us/v2",
        credential: [
            CredentialField(
                "client_secret",
                isSecret: true,
                help: "The client secret of the server-to-server app."
            ),
            CredentialField("client_id", isSecret: false, help: "The client id of the server-to-server app."),
            CredentialField(
                "account_id",
                isSecret: false,
                help: "The account id of the server-to-server app."
            ),
            CredentialField(
                "host",
                isSecret: false,
                help: "Whose meetings they are where a call names no host: an e-mail address or a user id."
            ),
        ],
        authentication: .oauth(
            OAuthGrant(kind: .accountCredentials, tokenEndpoint: "https://zoom.us/oauth/token")
        ),
        idempotency: .none,
        // The least of all plans; larger ones have 30 to 80 and 20 to 60 a second.
        limits: [
            ProviderLimit(
                "light",
                .tokenBucket(ratePerSecond: 4, burst: 4),
                operations: [.videoGet, .videoUpdate, .videoCancel]
            ),
            ProviderLimit("medium", .tokenBucket(ratePerSecond: 2, burst: 2), operations: [.videoCreate]),
            // For each host; counted here for all of them.
            ProviderLimit(
                "daily",
                .fixedWindow(count: 100, length: .seconds(86_400)),
                operations: [.videoCreate, .videoUpdate]
            ),
        ],
        apiVersion: "v2",
        statusPage: StatusPage(url: "https://www.zoomstatus.com/api/v2/summary.json", format: .statuspage)
    )

    /// Makes the dialect.
    package init() {}

    package func check(_ call: CallRequest) throws(CallInputError) {
        switch (call.operation, call.input) {
        case (.videoCreate, .meeting): return
        case (.videoUpdate, .meeting), (.videoCancel, .target), (.videoGet, .target): _ = try meeting(call)
        default: throw .unsupported(call.operation, by: facts.title)
        }
    }

    package func next(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        now: Instant
    ) throws(CallInputError) -> ProviderRequest {
        switch (call.operation, call.input) {
        case (.videoCreate, .meeting(let input)):
            return Self.request(
                "POST",
                "\(Self.user(input, account))/meetings",
                account,
                Self.body(input, call)
            )
        case (.videoUpdate, .meeting(let input)):
            return Self.request("PATCH", "/meetings/\(try meeting(call))", account, Self.body(input, call))
        case (.videoCancel, _): return Self.request("DELETE", "/meetings/\(try meeting(call))", account)
        default: return Self.request("GET", "/meetings/\(try meeting(call))", account)
        }
    }

    package func probe(_ account: IntegrationAccount, now: Instant) -> ProviderRequest {
        Self.request("GET", "/users/\(WireText.percentEncoded(account.text("host")))", account)
    }

    /// Reads `X-RateLimit-Category`, `-Type`, `-Remaining` and `-Reset` (Unix seconds), and `Retry-After`.
    package func limits(in answer: ProviderAnswer) -> [LimitNews] {
        let isDaily =
            answer.headers.first("x-ratelimit-type").map { lowercasedASCII($0).hasPrefix("daily") } ?? false
        let category = answer.headers.first("x-ratelimit-category").map { lowercasedASCII($0) }
        let name = isDaily ? "daily" : category
        if answer.status == 429 { return [.refused(limit: name, wait: Self.wait(answer))] }
        guard let left = answer.headers.first("x-ratelimit-remaining").flatMap({ Int($0) }), left >= 0 else {
            return []
        }
        let reset = answer.headers.first("x-ratelimit-reset").flatMap { Int64($0) }
        return [
            .remaining(
                limit: name,
                count: left,
                resetIn: reset.map { min(max(Instant(seconds: $0) - answer.at, .zero), RetryAfter.longest) }
            )
        ]
    }
}

extension ZoomCalls {
    /// The line of an agenda that tells the call.
    static func tagLine(_ tag: String) -> String { tagPrefix + tag }

    /// The path of the host's own resources.
    static func user(_ input: MeetingInput, _ account: IntegrationAccount) -> String {
        "/users/\(WireText.percentEncoded(input.host ?? account.text("host")))"
    }

    /// How long a refusal asks to wait: an ISO 8601 instant on the daily limit, seconds or an HTTP date otherwise.
    static func wait(_ answer: ProviderAnswer) -> Duration? {
        guard let text = answer.headers.first("retry-after") else { return nil }
        if let instant = Instant(text) { return min(max(instant - answer.at, .zero), RetryAfter.longest) }
        return RetryAfter.parse(text, now: answer.at)
    }

    static func request(
        _ method: String,
        _ path: String,
        _ account: IntegrationAccount,
        _ body: JSONValue? = nil
    ) -> ProviderRequest {
        let token = String(decoding: account.accessToken?.bytes ?? [], as: UTF8.self)
        var headers = [("authorization", "Bearer \(token)")]
        if body != nil { headers.append(("content-type", "application/json")) }
        return ProviderRequest(
            method,
            account.baseURL + path,
            headers: headers,
            body: body.map { .bytes($0.serialized()) } ?? .none,
            effect: method == "GET" ? .none : .takesEffect
        )
    }

    /// A meeting's members; those that are nil stay as they are.
    private static func body(_ input: MeetingInput, _ call: CallRequest) -> JSONValue {
        var members: [JSONMember] = []
        if let topic = input.topic { members.append(JSONMember("topic", .string(topic))) }
        if call.operation == .videoCreate { members.append(JSONMember("type", 2)) }
        if case .at(let time, let zone) = input.start {
            members.append(JSONMember("start_time", .string("\(time)")))
            members.append(JSONMember("timezone", .string(zone)))
        }
        if let minutes = input.minutes { members.append(JSONMember("duration", .integer(minutes))) }
        if call.operation == .videoCreate || input.agenda != nil {
            let agenda = input.agenda.map { "\n\($0)" } ?? ""
            members.append(JSONMember("agenda", .string(tagLine(call.tag) + agenda)))
        }
        return .object(members)
    }

    /// A meeting's number: its id in URLs and in webhooks.
    private func meeting(_ call: CallRequest) throws(CallInputError) -> String {
        guard let target = call.target, (1...20).contains(target.utf8.count),
            target.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { throw .target }
        return target
    }
}
