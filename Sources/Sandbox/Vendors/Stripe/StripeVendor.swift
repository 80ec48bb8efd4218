package import Domain
package import Providers
import Resilience
import Signatures

/// Stripe's API v1 as it behaves: payment intents, refunds, their events, idempotency keys and limits.
///
/// | payment method | what happens |
/// |---|---|
/// | `pm_card_visa`, any other `pm_…`, `tok_…`, `card_…` | the money is taken or held |
/// | `pm_card_chargeDeclined…`, `pm_card_visa_chargeDeclined…` | 402 `card_error` with the decline's code |
/// | `pm_card_authenticationRequired`, `pm_card_threeDSecure2Required` | `requires_action`; 402 off session |
/// | `pm_usBankAccount_success` | `processing`, and after a minute `succeeded` |
/// | `pm_usBankAccount_processing` | `processing` for ever |
/// | anything else | 400 `resource_missing` |
///
/// A key is remembered for 24 hours with the first answer that was executed, 500s and declines included; what fails
/// validation, is over a limit or collides with a request in flight is not. Authorizations lapse after 7 days.
///
/// Source: docs.stripe.com/api, /api/idempotent_requests, /rate-limits, /testing.
package struct StripeVendor: VendorMachine {
    /// The secret key that is accepted unless told otherwise.
    package static let secretKeyDefault = "sk_test_usher_sandbox"
    /// The most objects of each kind that are remembered.
    package static let objectsMax = 20_000
    /// How long a key is remembered.
    package static let keyLifetime = Duration.seconds(24 * 3_600)
    /// The longest key.
    package static let keyCharactersMax = 255
    /// How long a bank debit is processed.
    package static let processingTime = Duration.seconds(60)
    /// How long money is held.
    package static let authorizationLifetime = Duration.seconds(7 * 86_400)
    /// The version of an account that asks for none.
    package static let versionDefault = "2026-10-28.endive"

    package let provider = APIProvider.stripe
    package var conditions = VendorConditions()
    let secretKey: String
    let settings: VendorSettings
    var book = VendorLedger()
    var intents = BoundedRecord<StripeVendorIntent>(countMax: objectsMax)
    var refunds = BoundedRecord<StripeVendorRefund>(countMax: objectsMax)
    var events = BoundedRecord<StripeVendorEvent>(countMax: objectsMax)
    var outbox = VendorOutbox()
    /// Intents whose state time will change.
    var unsettled: Set<String> = []
    private var keys = VendorKeys(lifetime: keyLifetime)
    private var global = VendorLimiter(.tokenBucket(ratePerSecond: 100, burst: 100))
    private var endpoints: [StripeVendorRoute.Endpoint: VendorLimiter] = [:]

    /// Makes an account without any payments.
    /// - Parameter settings: where webhooks go; their keys' secrets sign them.
    package init(secretKey: String = secretKeyDefault, settings: VendorSettings = VendorSettings()) {
        self.secretKey = secretKey
        self.settings = settings
    }

    package var ledger: [LedgerEntry] { book.entries }

    package var storesFailures: Bool { true }

    /// The most tries are three in a sandbox, over a few hours; the pauses are not published.
    package var webhookPauses: [Duration] { [.seconds(60), .seconds(3_600)] }

    package mutating func answer(
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) -> VendorAnswer {
        settle(now: now, random: &random)
        let id = random.name("req_", 14)
        var answer = admitted(request, now: now, id: id, random: &random)
        answer.headers.append(lowercaseName: "request-id", value: id)
        answer.headers.append(
            lowercaseName: "stripe-version",
            value: request.headers.first("stripe-version") ?? Self.versionDefault
        )
        return answer
    }

    package func failure(status: Int, random: inout SeededRandom) -> VendorAnswer {
        StripeVendorFault(
            status: status,
            type: "api_error",
            message: "An error occurred on our end; see status.stripe.com.",
            isExecuted: true
        ).answer
    }

    package func overLimit(random: inout SeededRandom) -> VendorAnswer {
        StripeVendorFault.overLimit("global-rate").answer
    }

    private mutating func admitted(
        _ request: VendorRequest,
        now: Instant,
        id: String,
        random: inout SeededRandom
    ) -> VendorAnswer {
        if let refusal = unauthorized(request) { return refusal.answer }
        guard let route = StripeVendorRoute(request) else {
            return StripeVendorFault.invalid(
                status: 404,
                "Unrecognized request URL (\(request.method): \(request.path))."
            ).answer
        }
        if let refusal = overLimit(route.endpoint, now: now) { return refusal.answer }
        guard request.method == "POST", let key = request.headers.first("idempotency-key") else {
            let context = StripeVendorCall(request: request, id: id, key: nil, now: now)
            return perform(route, context, random: &random).answer
        }
        guard key.unicodeScalars.count <= Self.keyCharactersMax else {
            return StripeVendorFault.invalid("Idempotency keys must be at most 255 characters.").answer
        }
        let context = StripeVendorCall(request: request, id: id, key: key, now: now)
        return keyed(route, context, key, random: &random)
    }

    /// Performs a request under its key, or repeats what was answered.
    private mutating func keyed(
        _ route: StripeVendorRoute,
        _ call: StripeVendorCall,
        _ key: String,
        random: inout SeededRandom
    ) -> VendorAnswer {
        let fingerprint = VendorKeys.fingerprint(call.request)
        if let kept = keys.find(key, now: call.now) {
            guard kept.fingerprint == fingerprint else { return StripeVendorFault.keyReused(key).answer }
            guard call.now >= kept.readyAt else { return StripeVendorFault.keyInUse(key).answer }
            var answer = kept.answer
            answer.headers.append(lowercaseName: "idempotent-replayed", value: "true")
            answer.headers.append(lowercaseName: "original-request", value: kept.made)
            return answer
        }
        let reply = perform(route, call, random: &random)
        guard reply.isExecuted else { return reply.answer }
        keys.keep(
            key,
            .init(
                fingerprint: fingerprint,
                answer: reply.answer,
                made: call.id,
                at: call.now,
                readyAt: call.now + conditions.answersAfter
            )
        )
        return reply.answer
    }

    /// Performs a request, or fails in its place as the circumstances want it.
    private mutating func perform(
        _ route: StripeVendorRoute,
        _ call: StripeVendorCall,
        random: inout SeededRandom
    ) -> StripeVendorReply {
        if let failure = conditions.storedFailure, call.request.method == "POST" {
            if failure.takesEffect { _ = execute(route, call, random: &random) }
            return StripeVendorReply(
                answer: self.failure(status: failure.status, random: &random),
                isExecuted: true
            )
        }
        return execute(route, call, random: &random)
    }

    private mutating func execute(
        _ route: StripeVendorRoute,
        _ call: StripeVendorCall,
        random: inout SeededRandom
    ) -> StripeVendorReply {
        do {
            let json = try result(route, call, random: &random)
            return StripeVendorReply(
                answer: VendorAnswer(status: 200, json: json, pretty: true),
                isExecuted: true
            )
        } catch {
            return StripeVendorReply(answer: error.answer, isExecuted: error.isExecuted)
        }
    }

    private mutating func result(
        _ route: StripeVendorRoute,
        _ call: StripeVendorCall,
        random: inout SeededRandom
    ) throws(StripeVendorFault) -> JSONValue {
        switch route {
        case .createIntent: return try createIntent(call, random: &random)
        case .confirm(let id): return try confirm(id, call, random: &random)
        case .capture(let id): return try capture(id, call, random: &random)
        case .cancel(let id): return try cancel(id, call, random: &random)
        case .createRefund: return try createRefund(call, random: &random)
        case .intent(let id): return try readIntent(id, call)
        case .refund(let id): return try readRefund(id, call)
        case .charge(let id): return try readCharge(id, call)
        case .intents: return try listIntents(call)
        case .search: return try searchIntents(call)
        case .refunds: return try listRefunds(call)
        case .events: return try listEvents(call)
        case .event(let id): return try readEvent(id)
        case .balance: return Self.balance
        }
    }

    private func unauthorized(_ request: VendorRequest) -> StripeVendorFault? {
        guard let presented = request.bearer ?? request.basic?.user, !presented.isEmpty else {
            return .invalid(
                status: 401,
                "You did not provide an API key. You need to provide your API key in the Authorization header."
            )
        }
        guard sameText(presented, secretKey) else {
            return .invalid(status: 401, "Invalid API Key provided: \(presented.prefix(3))***")
        }
        return nil
    }

    private mutating func overLimit(
        _ endpoint: StripeVendorRoute.Endpoint,
        now: Instant
    ) -> StripeVendorFault? {
        let share = conditions.limitShare
        guard global.take(now: now, share: share).isWithin else { return .overLimit("global-rate") }
        var limiter = endpoints[endpoint] ?? endpoint.limiter
        defer { endpoints[endpoint] = limiter }
        return limiter.take(now: now, share: share).isWithin ? nil : .overLimit("endpoint-rate")
    }

    private static let balance: JSONValue = [
        "object": "balance", "available": [["amount": 0, "currency": "eur", "source_types": ["card": 0]]],
        "livemode": false, "pending": [["amount": 0, "currency": "eur", "source_types": ["card": 0]]],
    ]
}

/// One request to Stripe, read.
struct StripeVendorCall: Sendable {
    let request: VendorRequest
    /// `req_…`.
    let id: String
    /// The idempotency key; nil without one.
    let key: String?
    let now: Instant
}

/// What one request got.
struct StripeVendorReply: Sendable {
    let answer: VendorAnswer
    /// Whether it went so far that its answer is stored under its key.
    let isExecuted: Bool
}
