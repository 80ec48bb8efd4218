package import Domain

/// What a processor's webhook says of a payment that a call may have made.
///
/// The verdict is about the call that *made* the object, which is the one with this tag: a charge, an authorization or a
/// refund. It says nothing of later captures and voids of the same object, whose tags it does not carry.
///
/// | provider | events | object | tag |
/// |---|---|---|---|
/// | `stripe` | `payment_intent.*` | `pi_…` | `metadata.usher_call` |
/// | `stripe` | `charge.*` without disputes | its `pi_…` | `metadata.usher_call` |
/// | `stripe` | `refund.*`, `charge.refund.updated` | `re_…` | `metadata.usher_call` |
/// | `square` | `payment.*` | the payment | `reference_id` |
/// | `square` | `refund.*` | the refund | the end of `reason` |
/// | `paypal` | `CHECKOUT.ORDER.*` | the order | `custom_id` of its unit |
/// | `paypal` | `PAYMENT.CAPTURE.*`, `PAYMENT.AUTHORIZATION.*`, `PAYMENT.REFUND.*` | the resource | `custom_id` |
package struct PaymentNews: Hashable, Sendable {
    /// The tag of the call that made the object; nil when the object carries none.
    package let tag: String?
    /// The key of the attempt that made it (`CallRequest.key`); nil where the object has no place for it.
    package let attempt: String?
    /// The processor's id of the object, as in `CallOutcome.external`.
    package let objectID: String
    /// What became of it.
    package let verdict: SettleVerdict

    /// How the tags of calls begin; other texts in the same places are the application's own.
    static let tagPrefix = "call_"

    private init(tag: String?, attempt: String? = nil, objectID: String, verdict: CallVerdict?) {
        self.attempt = attempt
        self.tag = tag.flatMap { $0.hasPrefix(Self.tagPrefix) ? $0 : nil }
        self.objectID = objectID
        self.verdict = verdict?.settled ?? .unknown
    }

    /// Whether a webhook's body may carry the tag of a call, by its bytes; reading the others can be spared.
    ///
    /// | body | may |
    /// |---|---|
    /// | has `call_` somewhere | true |
    /// | has an escaped character of ASCII or Latin-1 (`\u00…`), as which a tag may be written | true |
    /// | anything else | false |
    package static func mayHaveTag(_ body: [UInt8]) -> Bool {
        body.holds(tagBytes) || body.holds(escapeBytes)
    }

    private static let tagBytes = Array(tagPrefix.utf8)
    private static let escapeBytes = Array("\\u00".utf8)

    /// Reads a webhook's body; nil when it is not about a payment, or cannot be read.
    package static func read(provider: APIProvider, eventType: String, body: JSONValue) -> PaymentNews? {
        switch provider {
        case .stripe: stripe(eventType, body["data"]?["object"])
        case .square: square(eventType, body["data"]?["object"])
        case .paypal: paypal(eventType, body)
        default: nil
        }
    }

    private static func stripe(_ type: String, _ object: JSONValue?) -> PaymentNews? {
        guard ["payment_intent.", "charge.", "refund."].contains(where: { type.hasPrefix($0) }) else {
            return nil
        }
        let tag = object?["metadata"]?["usher_call"]?.string
        let attempt = object?["metadata"]?["usher_attempt"]?.string
        switch object?["object"]?.string {
        case "payment_intent":
            return StripeIntent(object).map {
                PaymentNews(
                    tag: tag,
                    attempt: attempt,
                    objectID: $0.id,
                    verdict: StripeCalls().charged($0, fallback: nil)
                )
            }
        case "charge":
            return StripeCharge(object).map {
                PaymentNews(tag: tag, attempt: attempt, objectID: $0.intent, verdict: $0.verdict)
            }
        case "refund":
            return StripeRefund(object).map {
                PaymentNews(tag: tag, attempt: attempt, objectID: $0.id, verdict: $0.verdict)
            }
        default: return nil
        }
    }

    private static func square(_ type: String, _ object: JSONValue?) -> PaymentNews? {
        if type.hasPrefix("payment."), let payment = SquarePayment(object?["payment"]) {
            return PaymentNews(
                tag: payment.json["reference_id"]?.string,
                objectID: payment.id,
                verdict: SquareCalls().charged(payment, fallback: nil)
            )
        }
        if type.hasPrefix("refund."), let refund = SquareRefund(object?["refund"]) {
            return PaymentNews(tag: refund.tag, objectID: refund.id, verdict: refund.verdict)
        }
        return nil
    }

    private static func paypal(_ type: String, _ body: JSONValue) -> PaymentNews? {
        let resource = body["resource"]
        if type.hasPrefix("CHECKOUT.ORDER.") {
            return PayPalOrder(resource).map { order in
                PaymentNews(
                    tag: order.json["purchase_units"]?.array?.first?["custom_id"]?.string,
                    objectID: order.id,
                    verdict: PayPalCalls().paid(order, fallback: nil)
                )
            }
        }
        // `PAYMENT.CAPTURE.REFUNDED` and `.REVERSED` are about the refund, not the capture.
        let isRefund = body["resource_type"]?.string == "refund" || type.hasPrefix("PAYMENT.REFUND.")
        let kind: PayPalReference.Kind
        if isRefund, type.hasPrefix("PAYMENT.") {
            kind = .refund
        } else if type.hasPrefix("PAYMENT.CAPTURE.") {
            kind = .capture
        } else if type.hasPrefix("PAYMENT.AUTHORIZATION.") {
            kind = .authorization
        } else {
            return nil
        }
        return PayPalPayment(kind, resource).map { payment in
            PaymentNews(
                tag: payment.json["custom_id"]?.string,
                objectID: payment.reference.id,
                verdict: payment.made(fallback: nil)
            )
        }
    }
}

/// A charge of a payment intent at Stripe, as events show it.
struct StripeCharge: Sendable {
    let intent: String
    let json: JSONValue

    /// Reads a charge; nil for anything else, and for one without an intent.
    init?(_ json: JSONValue?) {
        guard let json, let intent = json["payment_intent"]?.string, json["status"]?.string != nil else {
            return nil
        }
        self.intent = intent
        self.json = json
    }

    private func money(_ name: String) -> Money? {
        json[name]?.int64.flatMap { StripeMoney.money($0, json["currency"]?.string ?? "") }
    }

    /// What became of the payment; nil when the charge tells too little.
    var verdict: CallVerdict? {
        if json["status"]?.string == "failed" {
            let code = json["failure_code"]?.string ?? "card_declined"
            let message = json["failure_message"]?.string ?? "The charge has failed"
            return .refused(ProviderFailure(.declined, code: code, message: PaymentText.plain(message)))
        }
        guard let asked = money("amount") else { return nil }
        let captured = money("amount_captured").flatMap { $0.minorUnits > 0 ? $0 : nil }
        let isCaptured = json["captured"]?.bool ?? false
        let amount = isCaptured ? captured ?? asked : asked
        let refunded = money("amount_refunded")?.minorUnits ?? 0
        let state: PaymentReply.Status
        if json["status"]?.string == "pending" {
            state = .processing
        } else if refunded > 0, refunded >= amount.minorUnits {
            state = isCaptured ? .refunded : .voided
        } else {
            state = isCaptured ? .succeeded : .authorized
        }
        let reply = PaymentReply(status: state, id: intent, amount: amount, refunded: refunded)
        return .succeeded(
            CallOutcome(
                reply: reply.json,
                reference: intent,
                external: .payment(.stripe, "payment-intent", intent)
            )
        )
    }
}
