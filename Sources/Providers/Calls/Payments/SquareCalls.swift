package import Domain
import Resilience

/// Payments through Square's API v2: JSON, the idempotency key in the body.
///
/// | operation | requests | effect |
/// |---|---|---|
/// | `charge`, `authorize` | `POST /v2/payments` with `autocomplete` true or false | it |
/// | `capture` | `POST /v2/payments/{id}/complete`; all of it, never a part | it |
/// | `refund` | `POST /v2/refunds`; without an amount the payment is read first for what is left | the refund |
/// | `void` | `POST /v2/payments/{id}/cancel` | it |
/// | `get` | `GET /v2/payments/{id}`, `GET /v2/refunds/{id}` | none |
///
/// The call's tag is the payment's `reference_id`, and stands in brackets at the end of a refund's `reason`; the
/// application's own `reference` goes into the `note`, before the description. Square keeps no `metadata`.
///
/// Completing and cancelling take no key: when Square refuses one, the payment is read, because it may be done already.
///
/// The references of outcomes are a payment's id, and `refund:` with a refund's id.
package struct SquareCalls: CallDialect {
    /// How long a key is taken to be remembered: Square publishes no period; 24 hours less a margin.
    static let replayAgeMax = Duration.seconds(23 * 3_600)
    /// The longest `note`, in bytes; Square counts 500 characters.
    static let noteBytesMax = 500
    /// The longest `reason` of a refund, in bytes; Square counts 192 characters.
    static let reasonBytesMax = 192

    /// Makes the dialect.
    package init() {}

    package var facts: ProviderFacts { Self.facts }

    private static let facts = ProviderFacts(
        provider: .square,
        title: "Square",
        operations: [
            .paymentsAuthorize, .paymentsCharge, .paymentsCapture, .paymentsRefund, .paymentsVoid,
            .paymentsGet,
        ],
        baseURL: "https://connect.squareup.com",
        credential: [
            CredentialField(
                "token",
                isSecret: true,
                help: """
                    an access token with PAYMENTS_READ, PAYMENTS_WRITE and MERCHANT_PROFILE_READ: Square's developer \
                    console, the application, Credentials
                    """
            ),
            CredentialField(
                "location",
                isSecret: false,
                isRequired: false,
                help: "the id of the location that takes the money, L…; without it the main location"
            ),
        ],
        authentication: .credential,
        idempotency: .body("idempotency_key", lifetime: nil),
        limits: [],
        apiVersion: "2026-09-16",
        versionHeader: "square-version",
        statusPage: StatusPage(url: "https://issquareup.com/api/v2/status.json", format: .statuspage),
        timeout: .seconds(30),
        probeInterval: .seconds(30)
    )

    package func check(_ call: CallRequest) throws(CallInputError) {
        switch call.operation {
        case .paymentsCharge, .paymentsAuthorize:
            guard try call.paymentInput().sources[.square] != nil else {
                throw CallInputError(
                    .missingSource,
                    at: "/sources/square",
                    "is missing: write a card on file `ccof:…` or a token `cnon:…`"
                )
            }
        case .paymentsCapture:
            guard try call.paymentChange().amount == nil else {
                throw CallInputError(
                    .invalidField,
                    at: "/amount",
                    "must be left out: Square captures all that was authorized"
                )
            }
            _ = try paymentID(call)
        case .paymentsRefund, .paymentsVoid:
            _ = try call.paymentChange()
            _ = try paymentID(call)
        case .paymentsGet:
            _ = try call.paymentChange()
            guard let target = call.target, !target.isEmpty else { throw call.targetUnknown }
        default: throw call.operationUnsupported
        }
    }

    package func next(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        now: Instant
    ) throws(CallInputError) -> ProviderRequest {
        try check(call)
        switch call.operation {
        case .paymentsCharge, .paymentsAuthorize: return try creation(call, account)
        case .paymentsRefund: return try refund(call, account, progress)
        case .paymentsGet: return reading(call, account)
        default:
            guard progress["look"] == nil else {
                // What was refused may have been done by a request before it: without an answer that stays open.
                var request = reading(call, account)
                request.effect = .takesEffect
                return request
            }
            let verb = call.operation == .paymentsCapture ? "complete" : "cancel"
            return post("/v2/payments/\(WireText.percentEncoded(try paymentID(call)))/\(verb)", [:], account)
        }
    }

    private func creation(
        _ call: CallRequest,
        _ account: IntegrationAccount
    ) throws(CallInputError) -> ProviderRequest {
        let input = try call.paymentInput()
        var members = [
            JSONMember("source_id", .string(input.sources[.square] ?? "")),
            JSONMember("idempotency_key", .string(call.key)),
            JSONMember("amount_money", squareJSON(input.amount)),
            JSONMember("autocomplete", .bool(call.operation == .paymentsCharge)),
        ]
        if !account.text("location").isEmpty {
            members.append(JSONMember("location_id", .string(account.text("location"))))
        }
        if let customer = input.customers[.square] {
            members.append(JSONMember("customer_id", .string(customer)))
        }
        members.append(JSONMember("reference_id", .string(call.tag)))
        let note = [input.reference, input.description].compactMap(\.self).joined(separator: ": ")
        if !note.isEmpty {
            members.append(JSONMember("note", .string(PaymentText.cut(note, bytesMax: Self.noteBytesMax))))
        }
        return post("/v2/payments", .object(members), account)
    }

    private func refund(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        _ progress: JSONValue
    ) throws(CallInputError) -> ProviderRequest {
        let change = try call.paymentChange()
        guard let amount = change.amount ?? squareMoney(progress) else { return reading(call, account) }
        let tag = change.reason == nil ? call.tag : " (\(call.tag))"
        let reason =
            PaymentText.cut(change.reason ?? "", bytesMax: Self.reasonBytesMax - tag.utf8.count) + tag
        return post(
            "/v2/refunds",
            [
                "idempotency_key": .string(call.key), "amount_money": squareJSON(amount),
                "payment_id": .string(try paymentID(call)), "reason": .string(reason),
            ],
            account
        )
    }

    /// Reads the payment or refund that the operation is about.
    func reading(_ call: CallRequest, _ account: IntegrationAccount) -> ProviderRequest {
        let target = call.target ?? ""
        guard isRefund(call) else { return get("/v2/payments/\(WireText.percentEncoded(target))", account) }
        let id = String(target.dropFirst(SquareRefund.prefix.count))
        return get("/v2/refunds/\(WireText.percentEncoded(id))", account)
    }

    package func probe(_ account: IntegrationAccount, now: Instant) -> ProviderRequest {
        get("/v2/merchants/me", account)
    }

    /// Whether the operation is about a refund.
    func isRefund(_ call: CallRequest) -> Bool { (call.target ?? "").hasPrefix(SquareRefund.prefix) }

    /// The payment that the operation is about.
    private func paymentID(_ call: CallRequest) throws(CallInputError) -> String {
        guard let target = call.target, !target.isEmpty, !isRefund(call) else { throw call.targetUnknown }
        return target
    }

    func get(_ path: String, _ account: IntegrationAccount) -> ProviderRequest {
        ProviderRequest("GET", account.baseURL + path, headers: headers(account), effect: .none)
    }

    func post(_ path: String, _ json: JSONValue, _ account: IntegrationAccount) -> ProviderRequest {
        ProviderRequest(
            "POST",
            account.baseURL + path,
            headers: headers(account) + [("content-type", "application/json")],
            body: .bytes(json.serialized()),
            effect: .takesEffect
        )
    }

    private func headers(_ account: IntegrationAccount) -> [(String, String)] {
        [
            ("authorization", "Bearer \(account.text("token"))"),
            ("square-version", Self.facts.apiVersion),
            ("accept", "application/json"),
        ]
    }
}
