package import Domain
import Resilience

/// Payments through PayPal's Orders v2 and Payments v2: JSON, one `PayPal-Request-Id` per POST.
///
/// | operation | about | requests |
/// |---|---|---|
/// | `charge`, `authorize` | – | create an order with a saved payment token, which pays at once; when PayPal leaves it unpaid, `…/capture` or `…/authorize` with a request id of its own |
/// | `capture` | `authorization:` | `POST …/authorizations/{id}/capture` |
/// | `capture` | `order:` | `POST …/orders/{id}/capture`, once the payer has agreed |
/// | `refund` | `capture:` | `POST …/captures/{id}/refund` |
/// | `void` | `authorization:` | `POST …/authorizations/{id}/void` |
/// | `void` | `order:`, `capture:` | reads it: an unpaid order lapses by itself, what it holds is voided, a captured payment is to be refunded |
/// | `get` | any | `GET` it |
///
/// The source is the id of a payment token in PayPal's vault. An order that wants its payer (`PAYER_ACTION_REQUIRED`) is
/// *not paid*: the call has succeeded with the status `requires_action`, the reference `order:…` and the page where the
/// payer agrees; afterwards `payments.capture` of it takes the money.
///
/// The call's tag is the order's `custom_id`, which webhooks of captures carry, and its `invoice_id`, which PayPal does
/// not let be paid twice: a second net under the keys. The application's own `reference` is the unit's `reference_id`.
/// PayPal keeps no `metadata`.
///
/// "Already done" answers are looked at: the payment's own state decides.
package struct PayPalCalls: CallDialect {
    /// How long the request ids of orders surely are remembered: 6 hours less a margin.
    static let orderReplayAgeMax = Duration.seconds(5 * 3_600)
    /// How long those of captures, refunds and voids are: 45 days less a margin.
    static let paymentReplayAgeMax = Duration.seconds(44 * 86_400)
    /// The longest `description` of a purchase unit, in bytes; PayPal counts 127 characters.
    static let descriptionBytesMax = 127

    /// Makes the dialect.
    package init() {}

    package var facts: ProviderFacts { Self.facts }

    private static let facts = ProviderFacts(
        provider: .paypal,
        title: "PayPal",
        operations: [
            .paymentsAuthorize, .paymentsCharge, .paymentsCapture, .paymentsRefund, .paymentsVoid,
            .paymentsGet,
        ],
        baseURL: "https://api-m.paypal.com",
        credential: [
            CredentialField(
                "client_id",
                isSecret: false,
                help: "the client id of the REST app: PayPal's developer dashboard, Apps & Credentials"
            ),
            CredentialField("client_secret", isSecret: true, help: "the secret of the same app"),
        ],
        authentication: .oauth(OAuthGrant(kind: .clientCredentials, tokenEndpoint: "/v1/oauth2/token")),
        idempotency: .header("paypal-request-id", lifetime: .seconds(6 * 3_600)),
        limits: [],
        apiVersion: "v2",
        statusPage: StatusPage(url: "https://www.paypal-status.com/feed/atom", format: .atom),
        timeout: .seconds(30),
        probeInterval: .seconds(60)
    )

    package func check(_ call: CallRequest) throws(CallInputError) {
        switch call.operation {
        case .paymentsCharge, .paymentsAuthorize:
            let input = try call.paymentInput()
            guard input.sources[.paypal] != nil else {
                throw CallInputError(
                    .missingSource,
                    at: "/sources/paypal",
                    "is missing: write the id of a payment token in PayPal's vault"
                )
            }
            try checkAmount(input.amount)
        case .paymentsCapture:
            try checkAmount(call.paymentChange().amount)
            let target = try target(call, [.authorization, .order])
            guard target.kind == .authorization || call.askedAmount == nil else {
                throw CallInputError(
                    .invalidField,
                    at: "/amount",
                    "must be left out: an order is captured as a whole"
                )
            }
        case .paymentsRefund:
            try checkAmount(call.paymentChange().amount)
            _ = try target(call, [.capture])
        case .paymentsVoid:
            _ = try call.paymentChange()
            _ = try target(call, [.authorization, .capture, .order])
        case .paymentsGet:
            _ = try call.paymentChange()
            _ = try target(call, PayPalReference.Kind.allCases)
        default: throw call.operationUnsupported
        }
    }

    private func checkAmount(_ amount: Money?) throws(CallInputError) {
        guard let amount, PayPalMoney.text(amount) == nil else { return }
        throw CallInputError(
            .invalidMoney,
            at: "/amount/amount",
            "must be a multiple of 100: PayPal takes no finer \(amount.currency)"
        )
    }

    /// What the operation is about, which must be of one of these kinds.
    func target(
        _ call: CallRequest,
        _ kinds: [PayPalReference.Kind]
    ) throws(CallInputError) -> PayPalReference {
        guard let target = PayPalReference(call.target), kinds.contains(target.kind) else {
            throw call.targetUnknown
        }
        return target
    }

    /// What a void is about: the authorization that was found in an order, else the call's own target.
    func voidTarget(_ call: CallRequest, _ progress: JSONValue) -> PayPalReference? {
        PayPalReference(progress["void"]?.string) ?? PayPalReference(call.target)
    }

    package func next(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        now: Instant
    ) throws(CallInputError) -> ProviderRequest {
        try check(call)
        if let look = PayPalReference(progress["look"]?.string) {
            // What was done already may have been done by a request of this attempt: without an answer that stays open.
            var request = get(look.path, account)
            request.effect = .takesEffect
            return request
        }
        switch call.operation {
        case .paymentsCharge, .paymentsAuthorize:
            guard let order = progress["order"]?.string else { return try creation(call, account) }
            let verb = call.operation == .paymentsCharge ? "capture" : "authorize"
            return post(PayPalReference(.order, order), verb, [:], key: "\(call.key)-\(verb)", account)
        case .paymentsCapture: return try capture(call, account)
        case .paymentsRefund: return try refund(call, account)
        case .paymentsVoid:
            guard let target = voidTarget(call, progress) else { throw call.targetUnknown }
            guard target.kind == .authorization else { return get(target.path, account) }
            return post(target, "void", nil, key: call.key, account)
        default: return get(try target(call, PayPalReference.Kind.allCases).path, account)
        }
    }

    private func creation(
        _ call: CallRequest,
        _ account: IntegrationAccount
    ) throws(CallInputError) -> ProviderRequest {
        let input = try call.paymentInput()
        var unit: [JSONMember] = []
        if let reference = input.reference { unit.append(JSONMember("reference_id", .string(reference))) }
        if let description = input.description {
            let text = PaymentText.cut(description, bytesMax: Self.descriptionBytesMax)
            unit.append(JSONMember("description", .string(text)))
        }
        unit += [
            JSONMember("custom_id", .string(call.tag)), JSONMember("invoice_id", .string(call.tag)),
            JSONMember("amount", PayPalMoney.json(input.amount)),
        ]
        let token: JSONValue = [
            "id": .string(input.sources[.paypal] ?? ""), "type": "PAYMENT_METHOD_TOKEN",
        ]
        let json: JSONValue = [
            "intent": call.operation == .paymentsCharge ? "CAPTURE" : "AUTHORIZE",
            "purchase_units": [.object(unit)], "payment_source": ["token": token],
        ]
        return post("/v2/checkout/orders", json, key: call.key, account)
    }

    private func capture(
        _ call: CallRequest,
        _ account: IntegrationAccount
    ) throws(CallInputError) -> ProviderRequest {
        let target = try target(call, [.authorization, .order])
        guard target.kind == .authorization else {
            return post(target, "capture", [:], key: call.key, account)
        }
        var members: [JSONMember] = []
        if let amount = call.askedAmount { members.append(JSONMember("amount", PayPalMoney.json(amount))) }
        members.append(JSONMember("final_capture", true))
        return post(target, "capture", .object(members), key: call.key, account)
    }

    private func refund(
        _ call: CallRequest,
        _ account: IntegrationAccount
    ) throws(CallInputError) -> ProviderRequest {
        let change = try call.paymentChange()
        var members: [JSONMember] = []
        if let amount = change.amount { members.append(JSONMember("amount", PayPalMoney.json(amount))) }
        members.append(JSONMember("custom_id", .string(call.tag)))
        if let reason = change.reason { members.append(JSONMember("note_to_payer", .string(reason))) }
        return post(try target(call, [.capture]), "refund", .object(members), key: call.key, account)
    }

    package func probe(_ account: IntegrationAccount, now: Instant) -> ProviderRequest {
        get("/v1/notifications/webhooks", account)
    }

    func get(_ path: String, _ account: IntegrationAccount) -> ProviderRequest {
        ProviderRequest("GET", account.baseURL + path, headers: headers(account), effect: .none)
    }

    private func post(
        _ reference: PayPalReference,
        _ verb: String,
        _ json: JSONValue?,
        key: String,
        _ account: IntegrationAccount
    ) -> ProviderRequest {
        post("\(reference.path)/\(verb)", json, key: key, account)
    }

    private func post(
        _ path: String,
        _ json: JSONValue?,
        key: String,
        _ account: IntegrationAccount
    ) -> ProviderRequest {
        ProviderRequest(
            "POST",
            account.baseURL + path,
            headers: headers(account) + [
                ("paypal-request-id", key), ("prefer", "return=representation"),
                ("content-type", "application/json"),
            ],
            body: .bytes(json?.serialized() ?? []),
            effect: .takesEffect
        )
    }

    private func headers(_ account: IntegrationAccount) -> [(String, String)] {
        let token = String(decoding: account.accessToken?.bytes ?? [], as: UTF8.self)
        return [("authorization", "Bearer \(token)"), ("accept", "application/json")]
    }
}
