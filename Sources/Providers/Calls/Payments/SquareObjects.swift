import Domain

/// A payment at Square, as far as it matters here.
struct SquarePayment: Sendable {
    let id: String
    let status: String
    let json: JSONValue

    /// Reads a payment; nil for anything else.
    init?(_ json: JSONValue?) {
        guard let json, let id = json["id"]?.string, !id.isEmpty, let status = json["status"]?.string else {
            return nil
        }
        self.id = id
        self.status = status
        self.json = json
    }

    /// What the payer pays: the amount and a tip, if any.
    var total: Money? { squareMoney(json["total_money"]) ?? squareMoney(json["amount_money"]) }

    /// What was given back so far, in minor units.
    var refunded: Int64 { squareMoney(json["refunded_money"])?.minorUnits ?? 0 }

    private var state: PaymentReply.Status? {
        switch status {
        case "COMPLETED": refunded > 0 && refunded >= (total?.minorUnits ?? 0) ? .refunded : .succeeded
        case "APPROVED": .authorized
        case "PENDING": .processing
        case "CANCELED": .voided
        case "FAILED": .failed
        default: nil
        }
    }

    /// The outcome of an operation that found the payment like this; nil when it tells too little.
    func outcome(fallback: Money?) -> CallOutcome? {
        guard let state, let amount = total ?? fallback else { return nil }
        let reply = PaymentReply(status: state, id: id, amount: amount, refunded: refunded)
        return CallOutcome(reply: reply.json, reference: id, external: .payment(.square, "payment", id))
    }

    /// Why the bank said no, where the payment tells.
    var declined: ProviderFailure {
        let fault = SquareFault(json["card_details"]?["errors"])
        return ProviderFailure(.declined, code: fault.word(or: "payment_failed"), message: fault.message)
    }
}

/// A refund at Square, as far as it matters here.
struct SquareRefund: Sendable {
    let id: String
    let status: String
    let json: JSONValue

    /// The reference of a refund begins with this: its id alone looks like a payment's.
    static let prefix = "refund:"

    /// Reads a refund; nil for anything else.
    init?(_ json: JSONValue?) {
        guard let json, let id = json["id"]?.string, !id.isEmpty, let status = json["status"]?.string else {
            return nil
        }
        self.id = id
        self.status = status
        self.json = json
    }

    /// The outcome of reading the refund; nil when it tells too little.
    var outcome: CallOutcome? {
        guard let amount = squareMoney(json["amount_money"]) else { return nil }
        let state: PaymentReply.Status
        switch status {
        case "COMPLETED": state = .refunded
        case "PENDING": state = .processing
        case "REJECTED", "FAILED": state = .failed
        default: return nil
        }
        let reply = PaymentReply(
            status: state,
            id: id,
            amount: amount,
            refunded: state == .refunded ? amount.minorUnits : 0
        )
        return CallOutcome(
            reply: reply.json,
            reference: Self.prefix + id,
            external: .payment(.square, "refund", id)
        )
    }

    /// What became of the refund; nil when it tells too little.
    var verdict: CallVerdict? {
        guard let outcome else { return nil }
        guard status == "REJECTED" || status == "FAILED" else { return .succeeded(outcome) }
        let code = "refund_\(lowercasedASCII(status))"
        return .refused(
            ProviderFailure(.declined, code: code, message: "Square could not give the money back")
        )
    }

    /// Usher's tag at the end of the refund's reason; nil without one.
    var tag: String? {
        guard let reason = json["reason"]?.string else { return nil }
        let last = reason.split(separator: "(").last ?? ""
        let tag = last.hasSuffix(")") ? last.dropLast() : last
        return tag.hasPrefix("call_") ? String(tag) : nil
    }
}

/// The first of the `errors` of one of Square's answers.
struct SquareFault: Sendable {
    let category: String
    let code: String
    let message: String

    /// Reads a list of errors; an unreadable one has empty texts.
    init(_ errors: JSONValue?) {
        let first = errors?.array?.first
        category = first?["category"]?.string ?? ""
        code = first?["code"]?.string ?? ""
        message = PaymentText.plain(first?["detail"]?.string ?? "Square answered with an error")
    }

    /// The code, else the category, else `other`.
    func word(or other: String) -> String {
        code.isEmpty ? (category.isEmpty ? other : category) : code
    }

    /// Whether a bank said no.
    var isDecline: Bool { category == "PAYMENT_METHOD_ERROR" || Self.declines.contains(code) }

    private static let declines: Set<String> = [
        "CARD_DECLINED", "GENERIC_DECLINE", "INSUFFICIENT_FUNDS", "CVV_FAILURE",
        "ADDRESS_VERIFICATION_FAILURE",
        "CARD_EXPIRED", "INVALID_CARD", "INVALID_CARD_DATA", "INVALID_EXPIRATION", "INVALID_ACCOUNT",
        "PAN_FAILURE",
        "EXPIRATION_FAILURE", "TRANSACTION_LIMIT", "VOICE_FAILURE", "CARD_DECLINED_CALL_ISSUER",
        "CARD_DECLINED_VERIFICATION_REQUIRED", "CARD_TOKEN_USED", "CARD_TOKEN_EXPIRED", "CARD_NOT_SUPPORTED",
        "PAYMENT_LIMIT_EXCEEDED", "INVALID_PIN", "ALLOWABLE_PIN_TRIES_EXCEEDED",
    ]
}

/// `{"amount": 1250, "currency": "EUR"}`, in the smallest units of the currency; nil for anything else.
func squareMoney(_ json: JSONValue?) -> Money? {
    guard let units = json?["amount"]?.int64,
        let currency = json?["currency"]?.string.flatMap({ Currency($0) })
    else { return nil }
    return Money(minorUnits: units, currency: currency)
}

/// The JSON of an amount for Square.
func squareJSON(_ money: Money) -> JSONValue {
    ["amount": .integer(money.minorUnits), "currency": .string(money.currency.code)]
}
