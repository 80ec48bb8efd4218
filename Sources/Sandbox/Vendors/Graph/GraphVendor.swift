package import Domain
package import Providers
import Resilience

/// Microsoft Graph's calendars as they behave, with their consent page and token endpoint.
///
/// - A `POST` that repeats a `transactionId` with the same body gets the first event; with another body, 409. How the real
///   service answers the first is not documented.
/// - `If-Match` with an older etag is 412. A deleted event is 404.
/// - Each refresh brings a new refresh token; the old one goes on working.
/// - Deltas are bound to their window; a series is one item, where the real service lists its occurrences.
/// - 10,000 requests in ten minutes, then 429 with `Retry-After`.
///
/// Source: learn.microsoft.com, msgraph-sdk 1.65.0.
package struct GraphVendor: VendorMachine {
    /// The most events that are remembered.
    package static let eventsMax = 20_000

    package let provider = APIProvider.microsoftGraph
    package var conditions = VendorConditions()
    /// The consents and tokens.
    package var tokens = VendorTokens(life: .seconds(3_600), rotates: true)
    var book = VendorLedger()
    var events = BoundedRecord<GraphVendorEvent>(countMax: eventsMax)
    /// The events made with each `transactionId`.
    var transactions = BoundedRecord<String>(countMax: eventsMax)
    /// Counts changes: a delta token is a place in that count.
    var changes = 0
    /// Delta tokens of an earlier round are gone.
    var syncRound = 0
    private var limiter = VendorLimiter(.fixedWindow(count: 10_000, length: .seconds(600)))

    /// Makes a mailbox without events.
    package init() {}

    package var ledger: [LedgerEntry] { book.entries }

    /// Makes every delta link given so far invalid: 410.
    package mutating func forgetDeltaTokens() { syncRound += 1 }

    package mutating func answer(
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) -> VendorAnswer {
        if request.path.hasSuffix("/oauth2/v2.0/token") { return token(request, now: now, random: &random) }
        if request.path.hasSuffix("/oauth2/v2.0/authorize") {
            return tokens.consent(request, now: now, random: &random)
        }
        do {
            return try admitted(GraphVendorCall(request: request, now: now), random: &random)
        } catch {
            return error.answer
        }
    }

    package func failure(status: Int, random: inout SeededRandom) -> VendorAnswer {
        let code = status == 503 ? "ErrorInternalServerTransientError" : "ErrorInternalServerError"
        return GraphVendorFault(status, code, "An internal server error occurred.").answer
    }

    package func overLimit(random: inout SeededRandom) -> VendorAnswer {
        GraphVendorFault(429, "TooManyRequests", "Too many requests.").answer
    }

    private mutating func token(
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) -> VendorAnswer {
        switch tokens.exchange(request, now: now, random: &random) {
        case .success(let json): return VendorAnswer(status: 200, json: json)
        case .failure(let fault):
            let number = fault == .invalidGrant ? 700_082 : fault == .invalidClient ? 7_000_215 : 900_144
            return VendorAnswer(
                status: fault.status,
                json: [
                    "error": .string(fault.rawValue),
                    "error_description": "AADSTS\(number): Refused by the sandbox.",
                    "error_codes": [.integer(number)],
                ]
            )
        }
    }

    private mutating func admitted(
        _ call: GraphVendorCall,
        random: inout SeededRandom
    ) throws(GraphVendorFault) -> VendorAnswer {
        guard tokens.accepts(call.request, now: call.now) else {
            throw GraphVendorFault(
                401,
                "InvalidAuthenticationToken",
                "Access token has expired or is not yet valid."
            )
        }
        if case .over(let wait) = limiter.take(now: call.now, share: conditions.limitShare) {
            var fault = GraphVendorFault(429, "TooManyRequests", "Application is over its Mailbox limit.")
            fault.retryAfter = max(wait.components.seconds, 1)
            throw fault
        }
        guard var path = call.request.segments else { throw .missing }
        if path.first == "v1.0" { path.removeFirst() }
        guard path.first == "me" else { throw .missing }
        path.removeFirst()
        var calendar = ""
        if path.count >= 3, path[0] == "calendars" {
            calendar = path[1]
            path.removeFirst(2)
        }
        switch (call.request.method, path.first ?? "", path.count) {
        case ("GET", "calendar", 1): return VendorAnswer(status: 200, json: ["id": "AAMkSandboxCalendar="])
        case ("POST", "events", 1): return try create(calendar, call, random: &random)
        case ("GET", "events", 1): return try search(calendar, call)
        case ("GET", "events", 2): return try read(path[1], call)
        case ("PATCH", "events", 2): return try update(path[1], call, random: &random)
        case ("DELETE", "events", 2): return try delete(path[1], call)
        case ("GET", "calendarView", 2) where path[1] == "delta": return try delta(calendar, call)
        default: throw .missing
        }
    }
}

/// One request to Graph, read.
struct GraphVendorCall: Sendable {
    let request: VendorRequest
    let now: Instant

    /// The body as a JSON object.
    func body() throws(GraphVendorFault) -> JSONValue {
        guard let json = request.json, json.object != nil else {
            throw GraphVendorFault(400, "BadRequest", "Unable to read JSON request payload.")
        }
        return json
    }

    /// Whether times are wanted in UTC.
    var prefersUTC: Bool { request.headers.first("prefer")?.contains("outlook.timezone=\"UTC\"") == true }
}

/// An answer of Graph's that is no success.
struct GraphVendorFault: Error, Sendable {
    let status: Int
    let code: String
    let message: String
    var retryAfter: Int64?

    init(_ status: Int, _ code: String, _ message: String) {
        self.status = status
        self.code = code
        self.message = message
    }

    var answer: VendorAnswer {
        VendorAnswer(
            status: status,
            json: ["error": ["code": .string(code), "message": .string(message)]],
            headers: retryAfter.map { [("retry-after", "\($0)")] } ?? []
        )
    }

    static var missing: Self {
        Self(404, "ErrorItemNotFound", "The specified object was not found in the store.")
    }

    static func invalid(_ message: String) -> Self { Self(400, "ErrorInvalidRequest", message) }
}
