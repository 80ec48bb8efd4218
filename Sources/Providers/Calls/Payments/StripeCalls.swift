package import Domain
import Resilience

/// Payments through Stripe's API v1: form-encoded requests, one `Idempotency-Key` per POST.
///
/// | operation | requests | effect |
/// |---|---|---|
/// | `charge`, `authorize` | create an unconfirmed PaymentIntent (key `…-create`), then confirm it | the confirmation |
/// | `capture` | `POST …/capture` | it |
/// | `refund` | `POST /v1/refunds` | it |
/// | `void` | `POST …/cancel` | it |
/// | `get` | `GET /v1/payment_intents/{id}`, `GET /v1/refunds/{id}` | none |
///
/// Charging takes two requests so that the intent's id is stored before money can move: whatever happens to the
/// confirmation, the intent can be asked for, and cancelled. Before a `capture` or `refund` of a part the intent is
/// read, because Stripe's requests carry no currency: 50.00 EUR must not become 50.00 USD.
///
/// A payment that ends in `requires_action` is *not paid*. The call has succeeded with that status and the intent's id,
/// and the application goes on with the payer (3-D Secure); a webhook or `payments.get` tells the end. `processing` is
/// the same for slow banks. No `off_session` is sent: a card that wants its owner answers `requires_action`.
///
/// The references of outcomes are Stripe's ids: `pi_…`, and `re_…` of refunds.
package struct StripeCalls: CallDialect {
    /// How long a key surely is remembered: 24 hours, less a margin for clocks and slow requests.
    static let replayAgeMax = Duration.seconds(23 * 3_600)
    /// The longest name in `metadata`, in characters.
    static let metadataNameMax = 40

    /// Makes the dialect.
    package init() {}

    package var facts: ProviderFacts { Self.facts }

    private static let facts = ProviderFacts(
        provider: .stripe,
        title: "Stripe",
        operations: [
            .paymentsAuthorize, .paymentsCharge, .paymentsCapture, .paymentsRefund, .paymentsVoid,
            .paymentsGet,
        ],
        baseURL: "https://api.stripe.com",
        credential: [
            CredentialField(
                "key",
                isSecret: true,
                help: """
                    the secret key sk_live_…, or a restricted key rk_live_… that may write PaymentIntents and Charges \
                    and read Balance and Events: Stripe's dashboard, Developers, API keys
                    """
            )
        ],
        authentication: .credential,
        idempotency: .header("idempotency-key", lifetime: .seconds(24 * 3_600)),
        limits: [
            ProviderLimit("global", .tokenBucket(ratePerSecond: 100, burst: 100)),
            // Each endpoint has 25 a second; a charge asks two of them in turn.
            ProviderLimit(
                "charges",
                .tokenBucket(ratePerSecond: 50, burst: 25),
                operations: [.paymentsCharge, .paymentsAuthorize]
            ),
            ProviderLimit("captures", endpointLimit, operations: [.paymentsCapture]),
            ProviderLimit("refunds", endpointLimit, operations: [.paymentsRefund]),
            ProviderLimit("voids", endpointLimit, operations: [.paymentsVoid]),
            ProviderLimit("reads", endpointLimit, operations: [.paymentsGet]),
        ],
        apiVersion: "2026-10-28.endive",
        versionHeader: "stripe-version",
        statusPage: StatusPage(url: "https://status.stripe.com/current", format: .stripe),
        timeout: .seconds(30),
        probeInterval: .seconds(30)
    )

    private static let endpointLimit = LimitKind.tokenBucket(ratePerSecond: 25, burst: 25)

    package func check(_ call: CallRequest) throws(CallInputError) {
        switch call.operation {
        case .paymentsCharge, .paymentsAuthorize: try checkPayment(call.paymentInput())
        case .paymentsCapture, .paymentsRefund, .paymentsVoid:
            try checkAmount(call.paymentChange().amount)
            _ = try intentID(call)
        case .paymentsGet:
            _ = try call.paymentChange()
            guard isRefund(call) || (call.target ?? "").hasPrefix("pi_") else { throw call.targetUnknown }
        default: throw call.operationUnsupported
        }
    }

    private func checkPayment(_ input: PaymentInput) throws(CallInputError) {
        guard input.sources[.stripe] != nil else {
            throw CallInputError(
                .missingSource,
                at: "/sources/stripe",
                "is missing: write a payment method `pm_…`"
            )
        }
        try checkAmount(input.amount)
        for name in input.metadata.keys.sorted() {
            let isFit =
                (1...Self.metadataNameMax).contains(name.unicodeScalars.count)
                && !name.utf8.contains { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "]") }
            guard isFit, !name.hasPrefix("usher_") else {
                throw CallInputError(
                    .invalidField,
                    at: "/metadata/\(name)",
                    "must have a name of at most \(Self.metadataNameMax) characters, without [ and ], not usher_…"
                )
            }
        }
    }

    private func checkAmount(_ amount: Money?) throws(CallInputError) {
        guard let amount, StripeMoney.units(amount) == nil else { return }
        throw CallInputError(
            .invalidMoney,
            at: "/amount/amount",
            "must be a multiple of \(amount.currency.digits == 3 ? 10 : 100): Stripe takes no finer \(amount.currency)"
        )
    }

    package func next(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        now: Instant
    ) throws(CallInputError) -> ProviderRequest {
        try check(call)
        switch call.operation {
        case .paymentsCharge, .paymentsAuthorize:
            guard let intent = progress["intent"]?.string else { return try creation(call, account) }
            return post("/v1/payment_intents/\(pathPart(intent))/confirm", [], key: call.key, account)
        case .paymentsCapture: return try capture(call, account, progress)
        case .paymentsRefund: return try refund(call, account, progress)
        case .paymentsVoid:
            return post(
                "/v1/payment_intents/\(pathPart(try intentID(call)))/cancel",
                [],
                key: call.key,
                account
            )
        default: return isRefund(call) ? refundReading(call, account) : reading(try intentID(call), account)
        }
    }

    private func creation(
        _ call: CallRequest,
        _ account: IntegrationAccount
    ) throws(CallInputError) -> ProviderRequest {
        let input = try call.paymentInput()
        var form = [
            ("amount", "\(StripeMoney.units(input.amount) ?? 0)"),
            ("currency", input.amount.currency.lowercaseCode),
            ("payment_method", input.sources[.stripe] ?? ""),
        ]
        if let customer = input.customers[.stripe] { form.append(("customer", customer)) }
        form += [
            ("capture_method", call.operation == .paymentsAuthorize ? "manual" : "automatic"),
            ("automatic_payment_methods[enabled]", "true"),
            ("automatic_payment_methods[allow_redirects]", "never"),
        ]
        if let description = input.description { form.append(("description", description)) }
        form += Self.marks(call)
        if let reference = input.reference { form.append(("metadata[usher_reference]", reference)) }
        for (name, text) in input.metadata.sorted(by: { $0.key < $1.key }) {
            form.append(("metadata[\(name)]", text))
        }
        var request = post("/v1/payment_intents", form, key: "\(call.key)-create", account)
        request.effect = .none
        return request
    }

    private func capture(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        _ progress: JSONValue
    ) throws(CallInputError) -> ProviderRequest {
        let id = try intentID(call)
        let amount = try call.paymentChange().amount
        guard amount == nil || progress["currency"] != nil else { return reading(id, account) }
        let form = amount.flatMap { StripeMoney.units($0) }.map { [("amount_to_capture", "\($0)")] } ?? []
        return post("/v1/payment_intents/\(pathPart(id))/capture", form, key: call.key, account)
    }

    private func refund(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        _ progress: JSONValue
    ) throws(CallInputError) -> ProviderRequest {
        let id = try intentID(call)
        let change = try call.paymentChange()
        let isLooking = progress["refunded"] != nil || (change.amount != nil && progress["currency"] == nil)
        guard !isLooking else { return reading(id, account) }
        var form = [("payment_intent", id)]
        if let units = change.amount.flatMap({ StripeMoney.units($0) }) {
            form.append(("amount", "\(units)"))
        }
        form += Self.marks(call)
        if let reason = change.reason { form.append(("metadata[usher_reason]", reason)) }
        form.append(("expand[]", "charge"))
        return post("/v1/refunds", form, key: call.key, account)
    }

    /// What tells webhooks whose payment it is: the call, and which of its attempts.
    private static func marks(_ call: CallRequest) -> [(String, String)] {
        [("metadata[usher_call]", call.tag), ("metadata[usher_attempt]", call.key)]
    }

    func reading(_ intent: String, _ account: IntegrationAccount) -> ProviderRequest {
        get(
            "/v1/payment_intents/\(pathPart(intent))?\(WireText.form([("expand[]", "latest_charge")]))",
            account
        )
    }

    private func refundReading(_ call: CallRequest, _ account: IntegrationAccount) -> ProviderRequest {
        get("/v1/refunds/\(pathPart(call.target ?? ""))?\(WireText.form([("expand[]", "charge")]))", account)
    }

    package func probe(_ account: IntegrationAccount, now: Instant) -> ProviderRequest {
        get("/v1/balance", account)
    }

    /// Whether the operation is about a refund, by the reference that the refund's outcome had.
    func isRefund(_ call: CallRequest) -> Bool {
        let target = call.target ?? ""
        return target.hasPrefix("re_") || target.hasPrefix("pyr_")
    }

    /// The intent that the operation is about.
    func intentID(_ call: CallRequest) throws(CallInputError) -> String {
        guard let target = call.target, target.hasPrefix("pi_") else { throw call.targetUnknown }
        return target
    }

    func get(_ path: String, _ account: IntegrationAccount) -> ProviderRequest {
        ProviderRequest("GET", account.baseURL + path, headers: headers(account), effect: .none)
    }

    func post(
        _ path: String,
        _ form: [(String, String)],
        key: String,
        _ account: IntegrationAccount
    ) -> ProviderRequest {
        ProviderRequest(
            "POST",
            account.baseURL + path,
            headers: headers(account) + [
                ("idempotency-key", key), ("content-type", "application/x-www-form-urlencoded"),
            ],
            body: .bytes(Array(WireText.form(form).utf8)),
            effect: .takesEffect
        )
    }

    func pathPart(_ id: String) -> String { WireText.percentEncoded(id) }

    private func headers(_ account: IntegrationAccount) -> [(String, String)] {
        [
            ("authorization", "Bearer \(account.text("key"))"),
            ("stripe-version", Self.facts.apiVersion),
        ]
    }
}
