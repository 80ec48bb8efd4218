package import Domain
package import Providers
import Resilience

/// Google Calendar's API v3 as it behaves, with its consent page and token endpoint.
///
/// - An event's id may be the client's own; a second insert under it is 409, also after the event was deleted.
/// - A deleted event can still be read, as `cancelled`; a second deletion is 410.
/// - Times come back with an offset, as in the calendar's own zone: UTC here. A zone unknown to the sandbox comes back as
///   it was sent.
/// - The limit of 600 requests a minute answers 403 `userRateLimitExceeded`.
/// - Calendars are `primary` and those with an `@` in their id.
///
/// Source: discovery document `calendar.v3.json`, revision 20261030.
package struct GoogleCalendarVendor: VendorMachine {
    /// The most events that are remembered.
    package static let eventsMax = 20_000
    /// The most events of a page.
    package static let pageMax = 2_500

    package let provider = APIProvider.googleCalendar
    package var conditions = VendorConditions()
    /// The consents and tokens.
    package var tokens = VendorTokens(life: .seconds(3_599), rotates: false)
    var book = VendorLedger()
    var events = BoundedRecord<GoogleVendorEvent>(countMax: eventsMax)
    /// Counts changes over all calendars: a sync token is a place in that count.
    var changes = 0
    /// Sync tokens of an earlier round are gone.
    var syncRound = 0
    private var limiter = VendorLimiter(.fixedWindow(count: 600, length: .seconds(60)))

    /// Makes an account without events.
    package init() {}

    package var ledger: [LedgerEntry] { book.entries }

    /// Makes every sync token given so far invalid: 410.
    package mutating func forgetSyncTokens() { syncRound += 1 }

    package mutating func answer(
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) -> VendorAnswer {
        if request.path.hasSuffix("/token") { return token(request, now: now, random: &random) }
        if request.path.hasSuffix("/auth") { return tokens.consent(request, now: now, random: &random) }
        do {
            return try admitted(GoogleVendorCall(request: request, now: now), random: &random)
        } catch {
            return error.answer
        }
    }

    package func failure(status: Int, random: inout SeededRandom) -> VendorAnswer {
        GoogleVendorFault(status, "global", "backendError", "Backend Error").answer
    }

    package func overLimit(random: inout SeededRandom) -> VendorAnswer {
        GoogleVendorFault(429, "usageLimits", "rateLimitExceeded", "Rate Limit Exceeded").answer
    }

    private mutating func token(
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) -> VendorAnswer {
        switch tokens.exchange(request, now: now, random: &random) {
        case .success(let json): return VendorAnswer(status: 200, json: json)
        case .failure(let fault):
            let text: JSONValue =
                fault == .invalidGrant ? "Token has been expired or revoked." : "Bad Request"
            return VendorAnswer(
                status: fault.status,
                json: ["error": .string(fault.rawValue), "error_description": text]
            )
        }
    }

    private mutating func admitted(
        _ call: GoogleVendorCall,
        random: inout SeededRandom
    ) throws(GoogleVendorFault) -> VendorAnswer {
        guard tokens.accepts(call.request, now: call.now) else {
            throw GoogleVendorFault(401, "global", "authError", "Invalid Credentials")
        }
        guard limiter.take(now: call.now, share: conditions.limitShare).isWithin else {
            throw GoogleVendorFault(403, "usageLimits", "userRateLimitExceeded", "User Rate Limit Exceeded")
        }
        guard var path = call.request.segments else { throw .missing }
        if path.starts(with: ["calendar", "v3"]) { path.removeFirst(2) }
        guard path.count >= 3, path[0] == "calendars", path[2] == "events", path.count <= 4 else {
            throw .missing
        }
        guard path[1] == "primary" || path[1].contains("@") else { throw .missing }
        switch (call.request.method, path.count) {
        case ("POST", 3): return try insert(path[1], call, random: &random)
        case ("GET", 3): return try list(path[1], call)
        case ("GET", 4): return try read(path[1], path[3], call)
        case ("PATCH", 4): return try patch(path[1], path[3], call)
        case ("DELETE", 4): return try delete(path[1], path[3], call)
        default: throw .missing
        }
    }
}

/// One request to Google Calendar, read.
struct GoogleVendorCall: Sendable {
    let request: VendorRequest
    let now: Instant

    /// The body as a JSON object.
    func body() throws(GoogleVendorFault) -> JSONValue {
        guard let json = request.json, json.object != nil else {
            throw GoogleVendorFault(400, "global", "parseError", "Parse Error")
        }
        return json
    }
}

/// An answer of Google's that is no success.
struct GoogleVendorFault: Error, Sendable {
    let status: Int
    let domain: String
    let reason: String
    let message: String

    init(_ status: Int, _ domain: String, _ reason: String, _ message: String) {
        self.status = status
        self.domain = domain
        self.reason = reason
        self.message = message
    }

    var answer: VendorAnswer {
        let error: JSONValue = [
            "domain": .string(domain), "reason": .string(reason), "message": .string(message),
        ]
        return VendorAnswer(
            status: status,
            json: ["error": ["errors": [error], "code": .integer(status), "message": .string(message)]]
        )
    }

    static var missing: Self { Self(404, "global", "notFound", "Not Found") }

    static func invalid(_ message: String, reason: String = "invalid") -> Self {
        Self(400, "global", reason, message)
    }
}
