package import Domain
package import Providers
import Resilience
import Signatures

/// Square's Payments, Refunds and Events APIs as they behave.
///
/// | source | what happens |
/// |---|---|
/// | `cnon:card-nonce-ok`, any other `cnon:…`, `ccof:…` | the money is taken or held |
/// | `cnon:card-nonce-declined`, `ccof:customer-card-id-declined` | 402 `GENERIC_DECLINE` |
/// | `cnon:card-nonce-rejected-cvv`, `-postalcode`, `-expiration` | 402 with the rejection's code |
/// | `cnon:card-nonce-requires-verification` | 402 `CARD_DECLINED_VERIFICATION_REQUIRED` |
/// | `cnon:card-nonce-already-used` | 400 `CARD_TOKEN_USED` |
/// | `bnon:bank-nonce-ok` | `PENDING`, and after a minute `COMPLETED` |
/// | anything else | 404 `NOT_FOUND` |
///
/// A declined payment is kept as `FAILED`. Keys stand in the body, one space of keys for each endpoint; Square
/// publishes no lifetime, so they are remembered for a year. `POST /v2/payments/cancel` voids the payment made with a
/// key, and succeeds without an effect when there is none: it does not stop a request that is still on its way.
/// Square publishes no limits: 30 requests a second, 60 at once, are the sandbox's own.
///
/// Source: Square's OpenAPI document of 2025-08-19, developer.squareup.com "Sandbox payments".
package struct SquareVendor: VendorMachine {
    /// The access token that is accepted unless told otherwise.
    package static let accessTokenDefault = "EAAA-usher-sandbox"
    /// The account's one location.
    package static let location = "LUSHERSANDBOX1"
    /// The account.
    package static let merchant = "MLUSHERSANDBOX"
    /// The version of an application that asks for none.
    package static let versionDefault = "2026-09-16"
    /// The most objects of each kind that are remembered.
    package static let objectsMax = 20_000
    /// The longest idempotency key.
    package static let keyCharactersMax = 45
    /// How long a bank transfer is pending.
    package static let pendingTime = Duration.seconds(60)
    /// How long a refund is pending.
    package static let refundTime = Duration.seconds(5)
    /// How long money is held unless `delay_duration` says otherwise.
    package static let delayDefault = Duration.seconds(7 * 86_400)
    /// How long events can be searched.
    package static let eventLifetime = Duration.seconds(28 * 86_400)

    package let provider = APIProvider.square
    package var conditions = VendorConditions()
    let accessToken: String
    let settings: VendorSettings
    var book = VendorLedger()
    var payments = BoundedRecord<SquareVendorPayment>(countMax: objectsMax)
    var refunds = BoundedRecord<SquareVendorRefund>(countMax: objectsMax)
    var events = BoundedRecord<SquareVendorEvent>(countMax: objectsMax)
    var keys = VendorKeys(lifetime: .seconds(365 * 86_400))
    var outbox = VendorOutbox()
    /// Payments whose state time will change.
    var unsettled: Set<String> = []
    var areEventsEnabled = true
    private var limiter = VendorLimiter(.tokenBucket(ratePerSecond: 30, burst: 60))

    /// Makes an account without any payments.
    /// - Parameter settings: where webhooks go; the first of their keys' secrets signs them.
    package init(accessToken: String = accessTokenDefault, settings: VendorSettings = VendorSettings()) {
        self.accessToken = accessToken
        self.settings = settings
    }

    package var ledger: [LedgerEntry] { book.entries }

    /// Eleven tries more within a day.
    package var webhookPauses: [Duration] {
        [60, 120, 240, 480, 960, 1_920, 3_600, 7_200, 14_400, 28_800, 28_800].map { .seconds($0) }
    }

    package mutating func answer(
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) -> VendorAnswer {
        settle(now: now, random: &random)
        var answer: VendorAnswer
        do {
            answer = try admitted(request, now: now, random: &random)
        } catch {
            answer = error.answer
        }
        answer.headers.append(
            lowercaseName: "square-version",
            value: request.headers.first("square-version") ?? Self.versionDefault
        )
        return answer
    }

    package func failure(status: Int, random: inout SeededRandom) -> VendorAnswer {
        let code =
            switch status {
            case 502: "BAD_GATEWAY"
            case 503: "SERVICE_UNAVAILABLE"
            case 504: "GATEWAY_TIMEOUT"
            default: "INTERNAL_SERVER_ERROR"
            }
        return SquareVendorFault(status, "API_ERROR", code, "An internal error has occurred.").answer
    }

    package func overLimit(random: inout SeededRandom) -> VendorAnswer {
        SquareVendorFault.overLimit.answer
    }

    package mutating func takeWebhooks(now: Instant) -> [VendorWebhook] {
        outbox.take(now: now)
    }

    private mutating func admitted(
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) throws(SquareVendorFault) -> VendorAnswer {
        guard let token = request.bearer, sameText(token, accessToken) else {
            throw SquareVendorFault(
                401,
                "AUTHENTICATION_ERROR",
                "UNAUTHORIZED",
                "This request could not be authorized."
            )
        }
        if let version = request.headers.first("square-version"), Instant("\(version)T00:00:00Z") == nil {
            throw SquareVendorFault.invalid(
                "INVALID_SQUARE_VERSION_FORMAT",
                "The `Square-Version` header has the wrong form: YYYY-MM-DD."
            )
        }
        guard limiter.take(now: now, share: conditions.limitShare).isWithin else { throw .overLimit }
        guard let segments = request.segments, segments.count >= 2, segments[0] == "v2" else {
            throw .noEndpoint
        }
        let call = SquareVendorCall(request: request, now: now)
        return try route(call, segments.dropFirst().joined(separator: "/"), segments, random: &random)
    }

    private mutating func route(
        _ call: SquareVendorCall,
        _ path: String,
        _ segments: [String],
        random: inout SeededRandom
    ) throws(SquareVendorFault) -> VendorAnswer {
        let id = segments.count > 2 ? segments[2] : ""
        let verb = segments.count == 4 ? segments[3] : ""
        switch (call.request.method, segments[1], segments.count) {
        case ("POST", "payments", 2): return try createPayment(call, random: &random)
        case ("GET", "payments", 2): return try listPayments(call)
        case ("POST", "payments", 3) where id == "cancel": return try cancelByKey(call, random: &random)
        case ("GET", "payments", 3): return try readPayment(id, call)
        case ("PUT", "payments", 3): return try updatePayment(id, call, random: &random)
        case ("POST", "payments", 4) where verb == "complete":
            return try completePayment(id, call, random: &random)
        case ("POST", "payments", 4) where verb == "cancel":
            return try cancelPayment(id, call, random: &random)
        case ("POST", "refunds", 2): return try createRefund(call, random: &random)
        case ("GET", "refunds", 2): return try listRefunds(call)
        case ("GET", "refunds", 3): return try readRefund(id, call)
        case ("POST", "events", 2): return try searchEvents(call)
        case ("PUT", "events", 3) where id == "enable" || id == "disable":
            areEventsEnabled = id == "enable"
            return VendorAnswer(status: 200, json: [:])
        case ("GET", "locations", 2):
            return VendorAnswer(status: 200, json: ["locations": [Self.locationJSON]])
        case ("GET", "merchants", 3) where id == "me":
            return VendorAnswer(status: 200, json: ["merchant": Self.merchantJSON])
        default: throw .noEndpoint
        }
    }

    private static let locationJSON: JSONValue = [
        "id": .string(location), "name": "Usher sandbox", "status": "ACTIVE", "currency": "EUR",
        "country": "DE",
        "merchant_id": .string(merchant), "capabilities": ["CREDIT_CARD_PROCESSING"],
    ]

    private static let merchantJSON: JSONValue = [
        "id": .string(merchant), "business_name": "Usher sandbox", "country": "DE", "currency": "EUR",
        "status": "ACTIVE", "main_location_id": .string(location),
    ]
}

/// One request to Square, read.
struct SquareVendorCall: Sendable {
    let request: VendorRequest
    let now: Instant
}
