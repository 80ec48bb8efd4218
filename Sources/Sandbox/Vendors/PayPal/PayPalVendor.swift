package import Domain
package import Providers
import Resilience
import Signatures

/// PayPal's Orders v2, Payments v2 and webhook events as they behave.
///
/// An order is paid by its payer's approval, or at once by what is vaulted (`payment_source.token.id`,
/// `.paypal.vault_id`, `.card.vault_id`).
///
/// | order or vault id | what happens |
/// |---|---|
/// | `APPROVED-12500-EUR-7` as an order | an approved order of 125.00 EUR that somebody else made |
/// | `AUTHORIZE-12500-EUR-7` as an order | the same, with the intent to hold the money |
/// | `DECLINED-12500-EUR-7` as an order | one whose payer's bank says no: 422 `INSTRUMENT_DECLINED` |
/// | vault id that holds `declined` | 422 `INSTRUMENT_DECLINED` |
/// | vault id that holds `denied` | 201, and the capture in it is `DECLINED` |
/// | vault id that holds `pending` | the capture is `PENDING`, and after a minute `COMPLETED` |
/// | vault id that holds `payer-action` | `PAYER_ACTION_REQUIRED` |
/// | vault id that holds `missing` | 422 `TOKEN_ID_NOT_FOUND` |
/// | any other vault id | the money is taken or held |
///
/// Any other order starts as `CREATED`; `GET /checkoutnow?token=…`, where the `approve` link leads, approves it.
///
/// A `PayPal-Request-Id` is remembered for 6 hours at orders and for 45 days at payments. Repeated, it gets 200 in
/// place of 201 and what became of the request since, not the bytes of then; a request that failed is tried afresh.
/// That another body under the same id is refused as `DUPLICATE_REQUEST_ID` is not documented for v2. PayPal does not
/// publish its limits: 30 requests a second, 60 at once, and 5 tokens a second are the sandbox's own.
///
/// Source: PayPal's OpenAPI documents of 2024-02-03, developer.paypal.com "Idempotency", "Rate limiting".
package struct PayPalVendor: VendorMachine {
    /// The client id that is accepted unless told otherwise.
    package static let clientIDDefault = "usher-sandbox-client"
    /// The client secret that is accepted unless told otherwise.
    package static let clientSecretDefault = "usher-sandbox-secret"
    /// The most objects of each kind that are remembered.
    package static let objectsMax = 20_000
    /// The most access tokens that are remembered.
    package static let tokensMax = 1_000
    /// How long an access token is good.
    package static let tokenLifetime = Duration.seconds(32_400)
    /// How long orders remember a request's id.
    package static let orderKeyLifetime = Duration.seconds(6 * 3_600)
    /// How long payments remember a request's id.
    package static let paymentKeyLifetime = Duration.seconds(45 * 86_400)
    /// The longest request id.
    package static let keyCharactersMax = 108
    /// How long a capture is pending.
    package static let pendingTime = Duration.seconds(60)
    /// How long money is held.
    package static let authorizationLifetime = Duration.seconds(29 * 86_400)

    package let provider = APIProvider.paypal
    package var conditions = VendorConditions()
    let clientID: String
    let clientSecret: String
    let settings: VendorSettings
    var book = VendorLedger()
    var orders = BoundedRecord<PayPalVendorOrder>(countMax: objectsMax)
    var authorizations = BoundedRecord<PayPalVendorAuthorization>(countMax: objectsMax)
    var captures = BoundedRecord<PayPalVendorCapture>(countMax: objectsMax)
    var refunds = BoundedRecord<PayPalVendorRefund>(countMax: objectsMax)
    var events = BoundedRecord<PayPalVendorEvent>(countMax: objectsMax)
    var outbox = VendorOutbox()
    /// Captures whose state time will change.
    var unsettled: Set<String> = []
    private var tokens = BoundedRecord<Instant>(countMax: tokensMax)
    private var orderKeys = VendorKeys(lifetime: orderKeyLifetime)
    private var paymentKeys = VendorKeys(lifetime: paymentKeyLifetime)
    private var limiter = VendorLimiter(.tokenBucket(ratePerSecond: 30, burst: 60))
    private var tokenLimiter = VendorLimiter(.tokenBucket(ratePerSecond: 5, burst: 20))

    /// Makes an account without any orders.
    /// - Parameter settings: where webhooks go; the private key of their keys signs them.
    package init(
        clientID: String = clientIDDefault,
        clientSecret: String = clientSecretDefault,
        settings: VendorSettings = VendorSettings()
    ) {
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.settings = settings
    }

    package var ledger: [LedgerEntry] { book.entries }

    package mutating func takeWebhooks(now: Instant) -> [VendorWebhook] {
        outbox.take(now: now)
    }

    package mutating func answer(
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) -> VendorAnswer {
        settle(now: now, random: &random)
        let id = random.hexadecimal("", 13)
        var answer: VendorAnswer
        do {
            answer = try admitted(PayPalVendorCall(request: request, debugID: id, now: now), random: &random)
        } catch {
            answer = error.answer(debugID: id)
        }
        answer.headers.append(lowercaseName: "paypal-debug-id", value: id)
        return answer
    }

    package func failure(status: Int, random: inout SeededRandom) -> VendorAnswer {
        PayPalVendorFault(
            status,
            status == 503 ? "SERVICE_UNAVAILABLE" : "INTERNAL_SERVER_ERROR",
            "An internal server error has occurred."
        ).answer(debugID: random.hexadecimal("", 13))
    }

    package func overLimit(random: inout SeededRandom) -> VendorAnswer {
        PayPalVendorFault.overLimit.answer(debugID: random.hexadecimal("", 13))
    }

    private mutating func admitted(
        _ call: PayPalVendorCall,
        random: inout SeededRandom
    ) throws(PayPalVendorFault) -> VendorAnswer {
        guard let segments = call.request.segments else { throw .noEndpoint }
        if call.request.method == "POST", segments == ["v1", "oauth2", "token"] {
            return try token(call, random: &random)
        }
        if call.request.method == "GET", segments == ["checkoutnow"] {
            return try approve(call.request.queryFields?.text("token") ?? "", call, random: &random)
        }
        guard let token = call.request.bearer, let since = tokens[token],
            call.now - since < Self.tokenLifetime, call.now >= since
        else { throw .unauthorized }
        guard limiter.take(now: call.now, share: conditions.limitShare).isWithin else { throw .overLimit }
        guard segments.count >= 3 else { throw .noEndpoint }
        return try route(call, segments, random: &random)
    }

    private mutating func route(
        _ call: PayPalVendorCall,
        _ segments: [String],
        random: inout SeededRandom
    ) throws(PayPalVendorFault) -> VendorAnswer {
        let id = segments.count > 3 ? segments[3] : ""
        let verb = segments.count > 4 ? segments[4] : ""
        let place = "\(call.request.method) \(segments[0])/\(segments[1])/\(segments[2])"
        switch (place, segments.count) {
        case ("POST v2/checkout/orders", 3): return try createOrder(call, random: &random)
        case ("GET v2/checkout/orders", 4): return try readOrder(id, call)
        case ("PATCH v2/checkout/orders", 4): return try changeOrder(id, call)
        case ("POST v2/checkout/orders", 5) where verb == "capture" || verb == "authorize":
            return try payOrder(id, isCapture: verb == "capture", call, random: &random)
        case ("GET v2/payments/authorizations", 4): return try readAuthorization(id, call)
        case ("POST v2/payments/authorizations", 5) where verb == "capture":
            return try captureAuthorization(id, call, random: &random)
        case ("POST v2/payments/authorizations", 5) where verb == "void":
            return try voidAuthorization(id, call, random: &random)
        case ("GET v2/payments/captures", 4): return try readCapture(id, call)
        case ("POST v2/payments/captures", 5) where verb == "refund":
            return try refundCapture(id, call, random: &random)
        case ("GET v2/payments/refunds", 4): return try readRefund(id, call)
        case ("GET v1/notifications/webhooks-events", 3): return try listEvents(call)
        case ("GET v1/notifications/webhooks-events", 4): return try readEvent(id)
        case ("POST v1/notifications/webhooks-events", 5) where verb == "resend":
            return try resendEvent(id, call, random: &random)
        case ("GET v1/notifications/webhooks", 3): return VendorAnswer(status: 200, json: webhooksJSON)
        default: throw .noEndpoint
        }
    }

    private mutating func token(
        _ call: PayPalVendorCall,
        random: inout SeededRandom
    ) throws(PayPalVendorFault) -> VendorAnswer {
        guard tokenLimiter.take(now: call.now, share: conditions.limitShare).isWithin else {
            throw .overLimit
        }
        guard let basic = call.request.basic, sameText(basic.user, clientID),
            sameText(basic.password, clientSecret)
        else {
            return VendorAnswer(
                status: 401,
                json: ["error": "invalid_client", "error_description": "Client Authentication failed"]
            )
        }
        guard call.request.formFields?.text("grant_type") == "client_credentials" else {
            return VendorAnswer(
                status: 400,
                json: ["error": "unsupported_grant_type", "error_description": "Grant Type is NULL"]
            )
        }
        let token = random.name("A21AA", 60)
        tokens[token] = call.now
        return VendorAnswer(
            status: 200,
            json: [
                "scope":
                    "https://uri.paypal.com/services/payments/payment https://uri.paypal.com/services/vault",
                "access_token": .string(token), "token_type": "Bearer", "app_id": "APP-80W284485P519543T",
                "expires_in": .integer(Self.tokenLifetime.microseconds / 1_000_000),
            ]
        )
    }

    /// Which memory of request ids an endpoint has.
    enum Memory: Sendable {
        case orders
        case payments
    }

    /// Does something once for each `PayPal-Request-Id` of an endpoint, and then shows what became of it.
    /// - Parameter work: gives the id of what it made.
    /// - Parameter shown: what is shown of the thing with that id, now.
    mutating func once(
        _ memory: Memory,
        _ call: PayPalVendorCall,
        random: inout SeededRandom,
        work: (inout Self, inout SeededRandom) throws(PayPalVendorFault) -> String,
        shown: (Self, String, _ isRepeated: Bool) -> VendorAnswer
    ) throws(PayPalVendorFault) -> VendorAnswer {
        guard let key = call.request.headers.first("paypal-request-id") else {
            let made = try work(&self, &random)
            return shown(self, made, false)
        }
        guard (1...Self.keyCharactersMax).contains(key.unicodeScalars.count) else {
            throw .invalid("INVALID_STRING_LENGTH", "PayPal-Request-Id has 1 to 108 characters.", "")
        }
        let name = "\(call.request.path) \(key)"
        let fingerprint = VendorKeys.fingerprint(call.request)
        let kept =
            memory == .orders ? orderKeys.find(name, now: call.now) : paymentKeys.find(name, now: call.now)
        if let kept {
            guard kept.fingerprint == fingerprint else { throw .unprocessable("DUPLICATE_REQUEST_ID") }
            guard call.now >= kept.readyAt else { throw .inProgress }
            return shown(self, kept.made, true)
        }
        let made = try work(&self, &random)
        let answer = shown(self, made, false)
        let entry = VendorKeys.Kept(
            fingerprint: fingerprint,
            answer: answer,
            made: made,
            at: call.now,
            readyAt: call.now + conditions.answersAfter
        )
        switch memory {
        case .orders: orderKeys.keep(name, entry)
        case .payments: paymentKeys.keep(name, entry)
        }
        return answer
    }

    private var webhooksJSON: JSONValue {
        guard let url = settings.webhookURL else { return ["webhooks": []] }
        return [
            "webhooks": [
                [
                    "id": .string(settings.webhookID), "url": .string(url),
                    "event_types": [["name": "*", "description": "ALL"]],
                ]
            ]
        ]
    }
}

/// One request to PayPal, read.
struct PayPalVendorCall: Sendable {
    let request: VendorRequest
    /// What `PayPal-Debug-Id` says.
    let debugID: String
    let now: Instant

    /// Whether the answer is to show everything.
    var wantsAll: Bool { request.headers.first("prefer") == "return=representation" }

    /// The body; an empty one is an empty object.
    func body() throws(PayPalVendorFault) -> JSONValue {
        guard request.headers.first("content-type")?.hasPrefix("application/json") ?? false else {
            throw PayPalVendorFault(
                415,
                "UNSUPPORTED_MEDIA_TYPE",
                "The server does not support the request payload's media type."
            )
        }
        guard !request.body.isEmpty else { return [:] }
        guard let json = request.json else {
            throw .invalid("MALFORMED_REQUEST_JSON", "The request JSON is not well formed.", "")
        }
        return json
    }
}
