import Domain

/// What an operation at PayPal is about, as outcomes refer to it: `order:5O1…`, `authorization:0AW…`, `capture:2GG…`,
/// `refund:1JU…`.
struct PayPalReference: Hashable, Sendable, CustomStringConvertible {
    /// What sort of object it is.
    enum Kind: String, CaseIterable, Hashable, Sendable {
        case order
        case authorization
        case capture
        case refund

        /// Where its objects are.
        var path: String {
            switch self {
            case .order: "/v2/checkout/orders"
            case .authorization: "/v2/payments/authorizations"
            case .capture: "/v2/payments/captures"
            case .refund: "/v2/payments/refunds"
            }
        }
    }

    let kind: Kind
    let id: String

    init(_ kind: Kind, _ id: String) {
        self.kind = kind
        self.id = id
    }

    /// Reads a reference; nil for anything else.
    init?(_ text: String?) {
        let parts = (text ?? "").split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let kind = Kind(rawValue: String(parts[0])), !parts[1].isEmpty else {
            return nil
        }
        self.init(kind, String(parts[1]))
    }

    var description: String { "\(kind.rawValue):\(id)" }

    /// Where it is read.
    var path: String { "\(kind.path)/\(WireText.percentEncoded(id))" }
}

/// An authorization, a capture or a refund at PayPal, as far as it matters here.
struct PayPalPayment: Sendable {
    let reference: PayPalReference
    let status: String
    let json: JSONValue

    /// Reads an object of a kind; nil for anything else.
    init?(_ kind: PayPalReference.Kind, _ json: JSONValue?) {
        guard let json, let id = json["id"]?.string, !id.isEmpty, let status = json["status"]?.string else {
            return nil
        }
        reference = PayPalReference(kind, id)
        self.status = status
        self.json = json
    }

    /// The order that it belongs to; nil when the object does not tell.
    var order: String? { json["supplementary_data"]?["related_ids"]?["order_id"]?.string }

    /// | kind | status at PayPal | status |
    /// |---|---|---|
    /// | capture | `COMPLETED`, `PARTIALLY_REFUNDED` | succeeded |
    /// | capture | `REFUNDED` | refunded |
    /// | capture | `DECLINED`, `FAILED` | failed |
    /// | authorization | `CREATED` | authorized |
    /// | authorization | `CAPTURED`, `PARTIALLY_CAPTURED` | succeeded |
    /// | authorization | `VOIDED` | voided |
    /// | authorization | `DENIED`, `EXPIRED` | failed |
    /// | refund | `COMPLETED` | refunded |
    /// | refund | `FAILED`, `CANCELLED` | failed |
    /// | any | `PENDING` | processing |
    private var state: PaymentReply.Status? {
        switch (reference.kind, status) {
        case (_, "PENDING"): .processing
        case (.capture, "COMPLETED"), (.capture, "PARTIALLY_REFUNDED"): .succeeded
        case (.capture, "REFUNDED"): .refunded
        case (.capture, "DECLINED"), (.capture, "FAILED"): .failed
        case (.authorization, "CREATED"): .authorized
        case (.authorization, "CAPTURED"), (.authorization, "PARTIALLY_CAPTURED"): .succeeded
        case (.authorization, "VOIDED"): .voided
        case (.authorization, "DENIED"), (.authorization, "EXPIRED"): .failed
        case (.refund, "COMPLETED"): .refunded
        case (.refund, "FAILED"), (.refund, "CANCELLED"): .failed
        default: nil
        }
    }

    /// What was given back so far, as far as the object tells.
    private func refunded(_ amount: Money) -> Int64 {
        if let total = PayPalMoney.money(json["seller_payable_breakdown"]?["total_refunded_amount"]) {
            return total.minorUnits
        }
        return state == .refunded ? amount.minorUnits : 0
    }

    /// The outcome of an operation that found the object like this; nil when it tells too little.
    func outcome(fallback: Money?) -> CallOutcome? {
        guard let state, let amount = PayPalMoney.money(json["amount"]) ?? fallback else { return nil }
        let reply = PaymentReply(status: state, id: reference.id, amount: amount, refunded: refunded(amount))
        return CallOutcome(
            reply: reply.json,
            reference: reference.description,
            external: .payment(.paypal, reference.kind.rawValue, reference.id)
        )
    }

    /// What the object says of the operation that made it; nil when it tells too little.
    func made(fallback: Money?) -> CallVerdict? {
        guard let state, let outcome = outcome(fallback: fallback) else { return nil }
        switch state {
        case .failed:
            let detail = json["status_details"]?["reason"]?.string
            return .refused(
                ProviderFailure(
                    .declined,
                    code: detail ?? status,
                    message: "PayPal answered that the \(reference.kind.rawValue) is \(status)"
                )
            )
        case .voided:
            return .notApplied(
                ProviderFailure(
                    .rejected,
                    code: status,
                    message: "The authorization has been voided at PayPal"
                )
            )
        default: return .succeeded(outcome)
        }
    }
}

/// An order at PayPal, as far as it matters here.
struct PayPalOrder: Sendable {
    let id: String
    let status: String
    let json: JSONValue

    /// Reads an order; nil for anything else.
    init?(_ json: JSONValue?) {
        guard let json, let id = json["id"]?.string, !id.isEmpty, let status = json["status"]?.string else {
            return nil
        }
        self.id = id
        self.status = status
        self.json = json
    }

    var reference: PayPalReference { PayPalReference(.order, id) }

    private var unit: JSONValue? { json["purchase_units"]?.array?.first }

    private var amount: Money? { PayPalMoney.money(unit?["amount"]) }

    /// The page where the payer agrees; nil without one.
    var page: String? { Self.page(json["links"]) }

    /// The page among an answer's links where the payer agrees; nil without one.
    static func page(_ links: JSONValue?) -> String? {
        links?.array?.first { ["payer-action", "approve"].contains($0["rel"]?.string ?? "") }?["href"]?.string
    }

    /// What was paid or is held: a capture that stands, else the newest capture, else the newest authorization.
    var payment: PayPalPayment? {
        let captures = (unit?["payments"]?["captures"]?.array ?? []).compactMap {
            PayPalPayment(.capture, $0)
        }
        let standing = captures.last { $0.status != "DECLINED" && $0.status != "FAILED" }
        let authorizations = (unit?["payments"]?["authorizations"]?.array ?? [])
            .compactMap { PayPalPayment(.authorization, $0) }
        return standing ?? captures.last ?? authorizations.last
    }

    /// The outcome of reading the order; nil when it tells too little.
    func outcome(fallback: Money?) -> CallOutcome? {
        if let payment { return payment.outcome(fallback: amount ?? fallback) }
        switch status {
        case "CREATED", "SAVED", "APPROVED", "PAYER_ACTION_REQUIRED":
            return unpaid(.requiresAction, fallback: fallback, page: page)
        case "VOIDED": return unpaid(.voided, fallback: fallback)
        default: return nil
        }
    }

    /// An outcome for an order without a payment.
    func unpaid(_ state: PaymentReply.Status, fallback: Money?, page: String? = nil) -> CallOutcome? {
        guard let amount = amount ?? fallback else { return nil }
        return Self.unpaid(id, state, amount, page: page)
    }

    /// An outcome for an order without a payment, of which the id alone is known.
    static func unpaid(
        _ id: String,
        _ state: PaymentReply.Status,
        _ amount: Money,
        page: String?
    ) -> CallOutcome {
        let reply = PaymentReply(status: state, id: id, amount: amount, actionURL: page)
        return CallOutcome(
            reply: reply.json,
            reference: PayPalReference(.order, id).description,
            external: .payment(.paypal, "order", id)
        )
    }
}

/// One of PayPal's errors.
struct PayPalFault: Sendable {
    let name: String
    let issue: String
    let message: String

    /// Reads an error; an unreadable one has empty texts.
    init(_ json: JSONValue?) {
        let detail = json?["details"]?.array?.first
        name = json?["name"]?.string ?? ""
        issue = detail?["issue"]?.string ?? ""
        let text =
            detail?["description"]?.string ?? json?["message"]?.string ?? "PayPal answered with an error"
        let trace = json?["debug_id"]?.string.map { " (debug id \($0))" } ?? ""
        message = PaymentText.plain(text) + trace
    }

    /// The issue, else the name, else `other`.
    func word(or other: String) -> String {
        issue.isEmpty ? (name.isEmpty ? other : name) : issue
    }

    /// Whether the payer, the bank or the law said no.
    var isDecline: Bool { Self.declines.contains(issue) }

    /// Whether the payer must agree first.
    var wantsPayer: Bool { Self.payerWords.contains(issue) }

    /// Whether a request with the same meaning is being worked on, or ran before under another one.
    var isUnclear: Bool { Self.unclearWords.contains(issue) || Self.unclearWords.contains(name) }

    /// Whether the answer says that it was done before.
    var isDone: Bool { Self.doneWords.contains(issue) }

    private static let declines: Set<String> = [
        "INSTRUMENT_DECLINED", "PAYER_CANNOT_PAY", "TRANSACTION_REFUSED", "CARD_EXPIRED",
        "PAYMENT_SOURCE_DECLINED_BY_PROCESSOR", "TRANSACTION_BLOCKED_BY_PAYEE", "COMPLIANCE_VIOLATION",
        "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED", "TRANSACTION_LIMIT_EXCEEDED", "PAYER_ACCOUNT_RESTRICTED",
        "PAYER_ACCOUNT_LOCKED_OR_CLOSED", "PAYMENT_DENIED", "CARD_CLOSED",
    ]
    private static let payerWords: Set<String> = [
        "PAYER_ACTION_REQUIRED", "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING", "ORDER_NOT_APPROVED",
    ]
    private static let unclearWords: Set<String> = [
        "ORDER_COMPLETION_IN_PROGRESS", "PREVIOUS_REQUEST_IN_PROGRESS", "RESOURCE_CONFLICT",
        "DUPLICATE_INVOICE_ID",
        "DUPLICATE_REQUEST_ID",
    ]
    private static let doneWords: Set<String> = [
        "ORDER_ALREADY_CAPTURED", "ORDER_ALREADY_AUTHORIZED", "ORDER_ALREADY_COMPLETED",
        "AUTHORIZATION_ALREADY_CAPTURED", "CAPTURE_FULLY_REFUNDED", "PREVIOUSLY_VOIDED",
        "AUTHORIZATION_VOIDED",
        "PREVIOUSLY_CAPTURED",
    ]
}
