package import Domain
package import Providers
import Resilience
import Signatures

/// Zoom's Meetings API, version 2, and its token endpoint, as they behave for a server-to-server app of a free account.
///
/// - Tokens live for an hour; a request with an older one is answered with 401 and code 124.
/// - A user whose name begins with `nobody`, and `me`, do not exist (404, 1001).
/// - Four Light and two Medium requests a second; 100 creations and changes a day for each user, after which
///   `Retry-After` is the instant of the next midnight, UTC.
/// - The list of a user's meetings cuts agendas after 250 characters.
///
/// There are no idempotency keys: a request that comes twice makes two meetings. Paths begin with `/v2` or without.
///
/// Source: developers.zoom.us/docs/api, github.com/zoom/skills 2026-07-13.
package struct ZoomVendor: VendorMachine {
    /// The account's id unless told otherwise.
    package static let accountDefault = "usher-sandbox-account"
    /// The app's client id.
    package static let clientDefault = "usher-sandbox-client"
    /// The app's client secret.
    package static let secretDefault = "usher-sandbox-client-secret"
    /// How long a token lives.
    package static let tokenLifetimeDefault = Duration.seconds(3_600)
    /// The most meetings that are remembered.
    package static let meetingsMax = 20_000
    /// The most tokens that are remembered.
    package static let tokensMax = 1_000
    /// The most webhooks that wait.
    package static let webhooksMax = 10_000
    /// The most creations and changes of one user in a day.
    package static let changesPerDay = 100
    /// The characters of an agenda in lists.
    static let listedAgendaCharacters = 250

    package let provider = APIProvider.zoom
    package var conditions = VendorConditions()
    let account: String
    let client: String
    let secret: String
    let tokenLifetime: Duration
    let settings: VendorSettings
    private var book = VendorLedger()
    private var meetings = BoundedRecord<ZoomVendorMeeting>(countMax: meetingsMax)
    private var tokens = BoundedRecord<Instant>(countMax: tokensMax)
    private var webhooks: [VendorWebhook] = []
    private var light = VendorLimiter(.tokenBucket(ratePerSecond: 4, burst: 4))
    private var medium = VendorLimiter(.tokenBucket(ratePerSecond: 2, burst: 2))
    private var changes = ZoomVendorChanges()

    /// Makes an account without any meetings.
    /// - Parameter settings: where events go; their keys' first secret is the app's secret token.
    package init(
        account: String = accountDefault,
        client: String = clientDefault,
        secret: String = secretDefault,
        tokenLifetime: Duration = tokenLifetimeDefault,
        settings: VendorSettings = VendorSettings()
    ) {
        self.account = account
        self.client = client
        self.secret = secret
        self.tokenLifetime = tokenLifetime
        self.settings = settings
    }

    package var ledger: [LedgerEntry] { book.entries }

    /// After 5, 25 and 85 minutes.
    package var webhookPauses: [Duration] { [.seconds(300), .seconds(1_200), .seconds(3_600)] }

    package mutating func answer(
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) -> VendorAnswer {
        guard var segments = request.segments else { return Self.error(404, 404, "Not found.") }
        if segments.first == "v2" { segments.removeFirst() }
        var answer =
            segments == ["oauth", "token"]
            ? token(request, now: now, random: &random)
            : admitted(request, segments, now: now, random: &random)
        answer.headers.append("x-zm-trackingid", random.hexadecimal("v=2.0;clid=us01;rid=WEB_", 32))
        return answer
    }

    package func failure(status: Int, random: inout SeededRandom) -> VendorAnswer {
        Self.error(status, status, "Internal server error. Please try again later.")
    }

    package func overLimit(random: inout SeededRandom) -> VendorAnswer {
        Self.error(
            429,
            429,
            "You have reached the maximum per-second rate limit for this API. Try again later."
        )
    }

    package mutating func takeWebhooks(now: Instant) -> [VendorWebhook] {
        defer { webhooks = [] }
        return webhooks
    }

    static func error(
        _ status: Int,
        _ code: Int,
        _ message: String,
        errors: [(field: String, message: String)] = [],
        headers: [(String, String)] = []
    ) -> VendorAnswer {
        var members = [JSONMember("code", .integer(code)), JSONMember("message", .string(message))]
        if !errors.isEmpty {
            let list = errors.map {
                ["field": .string($0.field), "message": .string($0.message)] as JSONValue
            }
            members.append(JSONMember("errors", .array(list)))
        }
        return VendorAnswer(status: status, json: .object(members), headers: headers)
    }
}

extension ZoomVendor {
    /// RFC 6749 with Zoom's own grant; the parameters stand in the query or in the form.
    private mutating func token(
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) -> VendorAnswer {
        let refusal = { (error: String, reason: String) in
            VendorAnswer(status: 400, json: ["reason": .string(reason), "error": .string(error)])
        }
        guard request.method == "POST" else { return refusal("invalid_request", "Bad Request") }
        guard let basic = request.basic, sameText(basic.user, client), sameText(basic.password, secret) else {
            return refusal("invalid_client", "Invalid client_id or client_secret")
        }
        let parameter = { (name: String) in request.formFields?.text(name) ?? request.queryFields?.text(name)
        }
        guard parameter("grant_type") == "account_credentials" else {
            return refusal("unsupported_grant_type", "unsupported grant type")
        }
        guard parameter("account_id").map({ sameText($0, account) }) ?? false else {
            return refusal("invalid_request", "Bad Request")
        }
        let token = random.name("eyJzdiI6IjAwMDAwMSJ9.", 64)
        tokens[token] = now + tokenLifetime
        return VendorAnswer(
            status: 200,
            json: [
                "access_token": .string(token), "token_type": "bearer",
                "expires_in": .integer(max(tokenLifetime.components.seconds - 1, 1)),
                "scope": "meeting:read:admin meeting:write:admin user:read:admin",
                "api_url": "https://api.zoom.us",
            ]
        )
    }

    private mutating func admitted(
        _ request: VendorRequest,
        _ segments: [String],
        now: Instant,
        random: inout SeededRandom
    ) -> VendorAnswer {
        guard let bearer = request.bearer, let end = tokens[bearer] else {
            return Self.error(401, 124, "Invalid access token.")
        }
        guard now < end else { return Self.error(401, 124, "Access token is expired.") }
        let isCreation = request.method == "POST"
        let share = conditions.limitShare
        let outcome = isCreation ? medium.take(now: now, share: share) : light.take(now: now, share: share)
        let fields = Self.fields(isCreation ? "Medium" : "Light", isCreation ? 2 : 4, outcome, now)
        guard outcome.isWithin else {
            var answer = overLimit(random: &random)
            for (name, value) in fields { answer.headers.append(name, value) }
            return answer
        }
        var answer = route(request, segments, now: now, random: &random)
        guard answer.headers.first("x-ratelimit-type") == nil else { return answer }
        for (name, value) in fields { answer.headers.append(name, value) }
        return answer
    }

    private static func fields(
        _ category: String,
        _ limit: Int,
        _ outcome: VendorLimiter.Outcome,
        _ now: Instant
    ) -> [(String, String)] {
        let left = if case .within(let remaining) = outcome { remaining } else { 0 }
        return [
            ("X-RateLimit-Category", category), ("X-RateLimit-Type", "QPS"),
            ("X-RateLimit-Limit", "\(limit)"),
            ("X-RateLimit-Remaining", "\(left)"), ("X-RateLimit-Reset", "\(now.seconds + 1)"),
        ]
    }

    private mutating func route(
        _ request: VendorRequest,
        _ segments: [String],
        now: Instant,
        random: inout SeededRandom
    ) -> VendorAnswer {
        switch (request.method, segments.first, segments.count) {
        case ("GET", "users", 2):
            return user(segments[1]) ?? VendorAnswer(status: 200, json: Self.profile(segments[1]))
        case ("GET", "users", 3) where segments[2] == "meetings":
            return user(segments[1]) ?? list(segments[1], request, now: now)
        case ("POST", "users", 3) where segments[2] == "meetings":
            return user(segments[1]) ?? create(segments[1], request, now: now, random: &random)
        case ("GET", "meetings", 2): return found(segments[1], now: now) { $0.json() }
        case ("PATCH", "meetings", 2): return update(segments[1], request, now: now)
        case ("DELETE", "meetings", 2): return remove(segments[1], now: now)
        default: return Self.error(404, 2300, "This API endpoint is not recognized.")
        }
    }

    /// The refusal of a user that is none.
    private func user(_ name: String) -> VendorAnswer? {
        guard name == "me" || name.hasPrefix("nobody") else { return nil }
        return Self.error(404, 1001, "User does not exist: \(name).")
    }

    private static func profile(_ name: String) -> JSONValue {
        [
            "id": .string(name), "first_name": "Sandbox", "last_name": "Host", "email": .string(name),
            "type": 1,
            "timezone": "UTC", "status": "active",
        ]
    }

    private mutating func create(
        _ host: String,
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) -> VendorAnswer {
        guard let json = request.json, json.object != nil else {
            return Self.error(400, 300, "Request Body should be a valid JSON object.")
        }
        var meeting = ZoomVendorMeeting(
            id: Int64.random(in: 70_000_000_000...99_999_999_999, using: &random),
            uuid: random.name("", 22) + "==",
            host: host,
            password: random.name("", 6),
            created: now
        )
        if let fault = meeting.change(json) { return fault }
        if let refusal = overDailyLimit(host, now: now) { return refusal }
        meetings[meeting.key] = meeting
        book.append(LedgerEntry(kind: "meeting", id: meeting.key, tag: meeting.tag, at: now))
        tell("meeting.created", meeting, now: now)
        return VendorAnswer(status: 201, json: meeting.json())
    }

    private mutating func update(_ id: String, _ request: VendorRequest, now: Instant) -> VendorAnswer {
        guard var meeting = meetings[id], !meeting.isDeleted else { return Self.missing(id) }
        guard let json = request.json, json.object != nil else {
            return Self.error(400, 300, "Request Body should be a valid JSON object.")
        }
        if let fault = meeting.change(json) { return fault }
        if let refusal = overDailyLimit(meeting.host, now: now) { return refusal }
        meetings[id] = meeting
        let tag = json["agenda"] == nil ? nil : meeting.tag
        book.append(LedgerEntry(kind: "update", id: id, of: id, tag: tag, at: now))
        tell("meeting.updated", meeting, now: now)
        return VendorAnswer(status: 204)
    }

    private mutating func remove(_ id: String, now: Instant) -> VendorAnswer {
        guard var meeting = meetings[id], !meeting.isDeleted else { return Self.missing(id) }
        meeting.isDeleted = true
        meetings[id] = meeting
        book.append(LedgerEntry(kind: "deletion", id: id, of: id, tag: nil, at: now))
        tell("meeting.deleted", meeting, now: now)
        return VendorAnswer(status: 204)
    }

    private func found(_ id: String, now: Instant, _ json: (ZoomVendorMeeting) -> JSONValue) -> VendorAnswer {
        guard let meeting = meetings[id], isVisible(meeting, now) else { return Self.missing(id) }
        return VendorAnswer(status: 200, json: json(meeting))
    }

    private func list(_ host: String, _ request: VendorRequest, now: Instant) -> VendorAnswer {
        let size = request.queryFields?.text("page_size").flatMap { Int($0) } ?? 30
        guard (1...300).contains(size) else {
            return Self.error(400, 300, "The value of page_size is invalid.")
        }
        let start = request.queryFields?.text("next_page_token").flatMap { Int($0) } ?? 0
        let all = meetings.inOrder.filter { isVisible($0, now) && sameText($0.host, host) }
        let page = all.dropFirst(max(start, 0)).prefix(size)
        let isMore = start + page.count < all.count
        return VendorAnswer(
            status: 200,
            json: [
                "page_size": .integer(size), "total_records": .integer(all.count),
                "next_page_token": .string(isMore ? "\(start + page.count)" : ""),
                "meetings": .array(page.map { $0.json(agendaCharacters: Self.listedAgendaCharacters) }),
            ]
        )
    }

    private func isVisible(_ meeting: ZoomVendorMeeting, _ now: Instant) -> Bool {
        !meeting.isDeleted && now - meeting.created >= conditions.lookUpDelay
    }

    private static func missing(_ id: String) -> VendorAnswer {
        error(404, 3001, "Meeting does not exist: \(id).")
    }

    private mutating func overDailyLimit(_ host: String, now: Instant) -> VendorAnswer? {
        let most = max(Int(Double(Self.changesPerDay) * conditions.limitShare), 1)
        guard !changes.take(host, now: now, most: most) else { return nil }
        let midnight = Instant(seconds: Int64(now.dayNumber + 1) * 86_400)
        return Self.error(
            429,
            429,
            """
            You have exceeded the daily rate limit (\(most)) of Meeting Create/Update API requests permitted for a \
            particular user. You can resume these requests at GMT 00:00:00.
            """,
            headers: [
                ("X-RateLimit-Category", "Medium"), ("X-RateLimit-Type", "Daily-limit"),
                ("X-RateLimit-Limit", "\(most)"), ("X-RateLimit-Remaining", "0"),
                ("Retry-After", "\(midnight)"),
            ]
        )
    }

    /// Sends an event, if anybody wants it.
    private mutating func tell(_ event: String, _ meeting: ZoomVendorMeeting, now: Instant) {
        guard let url = settings.webhookURL, let secret = settings.webhookKeys?.secrets.first else { return }
        let body: JSONValue = [
            "event": .string(event),
            "payload": [
                "account_id": .string(account), "operator": .string(meeting.host), "object": meeting.object,
            ],
            "event_ts": .integer(now.milliseconds),
        ]
        let unsigned = WebhookRequest(
            url: url,
            headers: Headers([
                ("content-type", "application/json; charset=utf-8"), ("user-agent", "Zoom Marketplace/1.0a"),
            ]),
            body: body.serialized()
        )
        let signed = unsigned.adding(ZoomSignature.sign(unsigned, secret: secret, now: now))
        let id = "\(event) \(now.milliseconds) \(meeting.uuid)"
        webhooks.append(VendorWebhook(id: id, url: url, headers: signed.headers, body: signed.body))
        if webhooks.count > Self.webhooksMax { webhooks.removeFirst(Self.webhooksMax / 4) }
    }
}
