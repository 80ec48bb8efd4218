package import Domain
package import Providers
import Resilience
import Signatures

/// Twilio's Messages API, version 2010-04-01, as it behaves: messages, their states, and signed status callbacks.
///
/// | recipient | what happens |
/// |---|---|
/// | `+15005550001` | 400, 21211: no number |
/// | `+15005550002` | 400, 21612: not reachable from this sender |
/// | `+15005550003` | 400, 21408: the region is not enabled |
/// | `+15005550004` | 400, 21610: the recipient said STOP |
/// | `+15005550009` | 400, 21614: cannot get SMS |
/// | `+…30003` to `+…30008` | accepted, and `undelivered` with that code |
/// | any other number | `queued`, `sent` after two seconds, `delivered` after five |
///
/// A sender `+15005550007` is not the account's (21606), and the queue of `+15005550008` is full (21611). There are no
/// idempotency keys: a request that comes twice is two messages.
///
/// Source: twilio.com/docs/messaging/api/message-resource, twilio.com/docs/iam/test-credentials.
package struct TwilioVendor: VendorMachine {
    /// The account that is accepted unless told otherwise.
    package static let accountDefault = "AC0123456789abcdef0123456789abcdef"
    /// Its auth token, which signs callbacks too.
    package static let tokenDefault = "usher_sandbox_twilio_auth_token"
    /// The most messages that are remembered.
    package static let messagesMax = 20_000
    /// The most callbacks that wait; one more takes the oldest one's place.
    package static let callbacksMax = 10_000
    /// The requests a second that the account may make: Twilio limits those at a time and publishes no number.
    package static let requestsPerSecond = 100
    /// The most messages of one page.
    static let pageSizeMax = 1_000
    /// The longest text, in UTF-16 units.
    static let bodyUnitsMax = 1_600

    package let provider = APIProvider.twilio
    package var conditions = VendorConditions()
    let account: String
    let token: String
    let settings: VendorSettings
    private var book = VendorLedger()
    private var messages = BoundedRecord<TwilioVendorMessage>(countMax: messagesMax)
    private var callbacks: [TwilioVendorCallback] = []
    private var limiter = VendorLimiter(
        .tokenBucket(ratePerSecond: Double(requestsPerSecond), burst: requestsPerSecond)
    )

    /// Makes an account without any messages.
    /// - Parameter settings: where callbacks of messages without `StatusCallback` go, and what signs all of them if not
    ///   the auth token.
    package init(
        account: String = accountDefault,
        token: String = tokenDefault,
        settings: VendorSettings = VendorSettings()
    ) {
        self.account = account
        self.token = token
        self.settings = settings
    }

    package var ledger: [LedgerEntry] { book.entries }

    /// Twilio repeats once, and only where there was no connection.
    package var webhookPauses: [Duration] { [.seconds(1)] }

    package mutating func answer(
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) -> VendorAnswer {
        var answer = admitted(request, now: now, random: &random)
        answer.headers.append("Twilio-Request-Id", random.hexadecimal("RQ", 32))
        answer.headers.append("Twilio-Concurrent-Requests", "1")
        answer.headers.append("Twilio-Request-Duration", "0.041")
        return answer
    }

    package func failure(status: Int, random: inout SeededRandom) -> VendorAnswer {
        Self.error(status, 20500, "An internal server error has occurred")
    }

    package func overLimit(random: inout SeededRandom) -> VendorAnswer {
        Self.error(429, 20429, "Too Many Requests")
    }

    package mutating func takeWebhooks(now: Instant) -> [VendorWebhook] {
        let due = callbacks.filter { $0.due <= now }.sorted { $0.due < $1.due }
        callbacks.removeAll { $0.due <= now }
        let secret = settings.webhookKeys?.secrets.first ?? Secret(token)
        return due.map { $0.webhook(secret) }
    }

    private mutating func admitted(
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) -> VendorAnswer {
        guard let basic = request.basic, sameText(basic.user, account), sameText(basic.password, token) else {
            return Self.error(401, 20003, "Authenticate")
        }
        guard limiter.take(now: now, share: conditions.limitShare).isWithin else {
            return overLimit(random: &random)
        }
        guard let segments = request.segments, segments.count >= 3, segments[0] == "2010-04-01",
            segments[1] == "Accounts"
        else { return missing(request) }
        switch (request.method, Array(segments[2...])) {
        case ("GET", ["\(account).json"]): return VendorAnswer(status: 200, json: resource)
        case ("POST", [account, "Messages.json"]): return send(request, now: now, random: &random)
        case ("GET", [account, "Messages.json"]): return list(request, now: now)
        case ("GET", let path) where path.count == 3 && path[0] == account && path[1] == "Messages":
            guard path[2].hasSuffix(".json"), let message = messages[String(path[2].dropLast(5))],
                isVisible(message, now)
            else { return missing(request) }
            return VendorAnswer(status: 200, json: message.json(account, now: now))
        default: return missing(request)
        }
    }

    private func missing(_ request: VendorRequest) -> VendorAnswer {
        Self.error(404, 20404, "The requested resource \(request.path) was not found")
    }

    private func isVisible(_ message: TwilioVendorMessage, _ now: Instant) -> Bool {
        now - message.created >= conditions.lookUpDelay
    }

    private mutating func send(
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) -> VendorAnswer {
        guard let form = request.formFields else { return Self.error(400, 20001, "The form cannot be read") }
        if let fault = TwilioVendorFault.first(in: form) { return Self.error(400, fault.code, fault.message) }
        let callback = form.text("StatusCallback") ?? settings.webhookURL
        let service = form.text("MessagingServiceSid")
        let message = TwilioVendorMessage(
            sid: random.hexadecimal("SM", 32),
            to: form.text("To") ?? "",
            from: service == nil ? form.text("From") : "+15005550006",
            service: service,
            body: form.text("Body") ?? "",
            created: now
        )
        messages[message.sid] = message
        book.append(LedgerEntry(kind: "sms", id: message.sid, tag: callback.flatMap(Self.tag), at: now))
        if let callback {
            for (status, due) in message.news {
                callbacks.append(
                    TwilioVendorCallback(
                        url: String(callback.prefix { $0 != "#" }),
                        form: message.form(status, account),
                        token: random.uuid(),
                        id: "\(message.sid) \(status)",
                        due: due
                    )
                )
            }
            if callbacks.count > Self.callbacksMax {
                callbacks.removeFirst(callbacks.count - Self.callbacksMax)
            }
        }
        return VendorAnswer(status: 201, json: message.json(account, now: now))
    }

    private func list(_ request: VendorRequest, now: Instant) -> VendorAnswer {
        guard let query = request.queryFields else {
            return Self.error(400, 20001, "The query cannot be read")
        }
        let size = query.text("PageSize").flatMap { Int($0) } ?? 50
        guard (1...Self.pageSizeMax).contains(size) else {
            return Self.error(400, 20006, "Page size must be between 1 and \(Self.pageSizeMax)")
        }
        let found = messages.inOrder.reversed().filter { message in
            isVisible(message, now) && Self.isMatch(message, query, now: now)
        }
        let uri = "\(request.path)?\(request.query)"
        return VendorAnswer(
            status: 200,
            json: [
                "first_page_uri": .string(uri), "end": .integer(max(min(found.count, size) - 1, 0)),
                "previous_page_uri": .null,
                "messages": .array(found.prefix(size).map { $0.json(account, now: now) }),
                "uri": .string(uri),
                "page_size": .integer(size), "start": 0,
                "next_page_uri": found.count > size ? .string("\(uri)&Page=1") : .null, "page": 0,
            ]
        )
    }

    private static func isMatch(_ message: TwilioVendorMessage, _ query: FormFields, now: Instant) -> Bool {
        if let to = query.text("To"), !sameText(to, message.to) { return false }
        if let from = query.text("From"), message.sender(now).map({ !sameText(from, $0) }) ?? true {
            return false
        }
        // A message that waits has no day on which it was sent.
        let sent = message.sent(now).map { CivilDate(daysSinceEpoch: $0.dayNumber) }
        for (field, isIn) in [
            ("DateSent", { $0 == $1 }), ("DateSent>", { $0 >= $1 }), ("DateSent<", { $0 <= $1 }),
        ]
            as [(String, (CivilDate, CivilDate) -> Bool)]
        {
            guard let day = query.text(field).flatMap({ CivilDate($0) }) else { continue }
            guard let sent, isIn(sent, day) else { return false }
        }
        return true
    }

    private var resource: JSONValue {
        [
            "sid": .string(account), "friendly_name": "Usher's sandbox", "status": "active", "type": "Full",
            "owner_account_sid": .string(account), "uri": .string("/2010-04-01/Accounts/\(account).json"),
        ]
    }

    /// The value of `usher_call` in a callback's query.
    private static func tag(_ url: String) -> String? {
        FormFields(TwilioSignature.query(String(url.prefix { $0 != "#" })))?.text(TwilioCalls.tagField)
    }

    static func error(_ status: Int, _ code: Int, _ message: String) -> VendorAnswer {
        VendorAnswer(
            status: status,
            json: [
                "code": .integer(code), "message": .string(message),
                "more_info": .string("https://www.twilio.com/docs/errors/\(code)"),
                "status": .integer(status),
            ]
        )
    }
}
