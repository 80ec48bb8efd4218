import Domain

/// A payment intent, as far as it matters here.
struct StripeIntent: Sendable {
    let id: String
    let status: String
    let currency: String
    let json: JSONValue

    /// Reads an intent; nil for anything else.
    init?(_ json: JSONValue?) {
        guard let json, let id = json["id"]?.string, id.hasPrefix("pi_"), let status = json["status"]?.string
        else {
            return nil
        }
        self.id = id
        self.status = status
        self.json = json
        currency = json["currency"]?.string ?? ""
    }

    /// The charge, where the answer was asked to show it or an event does.
    private var charge: JSONValue? { json["latest_charge"].flatMap { $0.object == nil ? nil : $0 } }

    /// What was given back so far, in minor units.
    private var refunded: Int64 { money(charge?["amount_refunded"])?.minorUnits ?? 0 }

    /// What the payment is about now: received, held, or asked for.
    private var amount: Money? {
        let current: Money? =
            switch status {
            case "succeeded": money(json["amount_received"])
            case "requires_capture": money(json["amount_capturable"])
            default: nil
            }
        if let current, current.minorUnits > 0 { return current }
        return money(json["amount"])
    }

    private var state: PaymentReply.Status? {
        switch status {
        case "succeeded": refunded > 0 && refunded >= (amount?.minorUnits ?? 0) ? .refunded : .succeeded
        case "requires_capture": .authorized
        case "processing": .processing
        case "requires_action": .requiresAction
        case "canceled": .voided
        case "requires_payment_method", "requires_confirmation": .failed
        default: nil
        }
    }

    /// The outcome of an operation that found the intent like this; nil when the intent tells too little.
    /// - Parameter fallback: the amount where the intent names none.
    func outcome(fallback: Money?) -> CallOutcome? {
        guard let state, let amount = amount ?? fallback else { return nil }
        let page = json["next_action"]?["redirect_to_url"]?["url"]?.string
        let reply = PaymentReply(
            status: state,
            id: id,
            amount: amount,
            refunded: refunded,
            actionURL: state == .requiresAction ? page : nil
        )
        return CallOutcome(
            reply: reply.json,
            reference: id,
            external: .payment(.stripe, "payment-intent", id)
        )
    }

    /// Why the payer's bank said no; nil when it did not.
    var decline: ProviderFailure? {
        guard status == "requires_payment_method", let error = json["last_payment_error"], !error.isNull
        else {
            return nil
        }
        return StripeFault(error).declined
    }

    private func money(_ json: JSONValue?) -> Money? {
        json?.int64.flatMap { StripeMoney.money($0, currency) }
    }
}

/// A refund, as far as it matters here.
struct StripeRefund: Sendable {
    let id: String
    let status: String
    let json: JSONValue

    /// Reads a refund; nil for anything else.
    init?(_ json: JSONValue?) {
        guard let json, let id = json["id"]?.string, id.hasPrefix("re_") || id.hasPrefix("pyr_"),
            let status = json["status"]?.string
        else { return nil }
        self.id = id
        self.status = status
        self.json = json
    }

    /// What became of the refund; nil when it tells too little.
    var verdict: CallVerdict? {
        guard let outcome else { return nil }
        switch status {
        case "succeeded", "pending", "requires_action": return .succeeded(outcome)
        case "failed":
            let reason = json["failure_reason"]?.string ?? "refund_failed"
            return .refused(
                ProviderFailure(
                    .declined,
                    code: reason,
                    message: "Stripe could not give the money back: \(reason)"
                )
            )
        case "canceled":
            return .notApplied(
                ProviderFailure(
                    .rejected,
                    code: "refund_canceled",
                    message: "The refund was cancelled at Stripe"
                )
            )
        default: return nil
        }
    }

    /// The outcome of reading the refund; nil when it tells too little.
    var outcome: CallOutcome? {
        let currency = json["currency"]?.string ?? ""
        guard let amount = json["amount"]?.int64.flatMap({ StripeMoney.money($0, currency) }) else {
            return nil
        }
        let soFar = json["charge"]?["amount_refunded"]?.int64.flatMap { StripeMoney.money($0, currency) }
        let state: PaymentReply.Status =
            switch status {
            case "succeeded": .refunded
            case "requires_action": .requiresAction
            case "failed", "canceled": .failed
            default: .processing
            }
        let reply = PaymentReply(
            status: state,
            id: id,
            amount: amount,
            refunded: state == .refunded ? soFar?.minorUnits ?? amount.minorUnits : soFar?.minorUnits ?? 0
        )
        return CallOutcome(reply: reply.json, reference: id, external: .payment(.stripe, "refund", id))
    }
}

/// The `error` of one of Stripe's answers.
struct StripeFault: Sendable {
    let type: String
    let code: String
    let message: String
    /// The intent as it is, where the error shows it.
    let intent: StripeIntent?

    /// Reads an error object; an unreadable one has empty texts.
    init(_ json: JSONValue?) {
        type = json?["type"]?.string ?? ""
        code = json?["code"]?.string ?? ""
        let reason = json?["decline_code"]?.string.map { " (\($0))" } ?? ""
        message = PaymentText.plain((json?["message"]?.string ?? "Stripe answered with an error") + reason)
        intent = StripeIntent(json?["payment_intent"])
    }

    /// The most telling word: the code, else the type, else `other`.
    func word(or other: String) -> String {
        code.isEmpty ? (type.isEmpty ? other : type) : code
    }

    /// The fault as a bank's refusal.
    var declined: ProviderFailure {
        ProviderFailure(.declined, code: word(or: "card_declined"), message: message)
    }
}
