import Domain

/// A payment intent with its one charge.
struct StripeVendorIntent: Sendable {
    /// Where it stands.
    enum Status: String, Sendable {
        case requiresPaymentMethod = "requires_payment_method"
        case requiresConfirmation = "requires_confirmation"
        case requiresAction = "requires_action"
        case processing
        case requiresCapture = "requires_capture"
        case canceled
        case succeeded
    }

    let id: String
    let secret: String
    let amount: Int64
    let currency: String
    let customer: String?
    let note: String?
    let isManual: Bool
    let isOffSession: Bool
    let metadata: [JSONMember]
    let created: Instant
    var method: String?
    var status: Status
    var charge: String?
    var received: Int64 = 0
    var refunded: Int64 = 0
    var decline: StripeVendorDecline?
    var cancellation: String?
    /// When `processing` or `requires_capture` began.
    var heldSince: Instant?

    /// Usher's tag of the call that made it.
    var tag: String? { metadata.tag }

    /// What may still be given back.
    var refundable: Int64 { received - refunded }

    /// The intent as the API shows it; `expanded` shows the charge whole.
    func json(expanded: Bool = false) -> JSONValue {
        let capturable = status == .requiresCapture ? amount : 0
        let latest: JSONValue = charge == nil ? .null : (expanded ? chargeJSON : text(charge))
        return [
            "id": .string(id), "object": "payment_intent", "amount": .integer(amount),
            "amount_capturable": .integer(capturable), "amount_received": .integer(received),
            "automatic_payment_methods": ["allow_redirects": "never", "enabled": true],
            "canceled_at": status == .canceled ? .integer((heldSince ?? created).seconds) : .null,
            "cancellation_reason": text(cancellation), "capture_method": isManual ? "manual" : "automatic",
            "client_secret": .string("\(id)_secret_\(secret)"), "confirmation_method": "automatic",
            "created": .integer(created.seconds), "currency": .string(currency), "customer": text(customer),
            "description": text(note), "last_payment_error": decline?.json ?? .null, "latest_charge": latest,
            "livemode": false, "metadata": .object(metadata), "next_action": nextAction,
            "payment_method": status == .requiresPaymentMethod ? .null : text(method),
            "payment_method_types": ["card"], "status": .string(status.rawValue),
        ]
    }

    /// The charge as the API shows it.
    var chargeJSON: JSONValue {
        [
            "id": text(charge), "object": "charge", "amount": .integer(amount),
            "amount_captured": .integer(received), "amount_refunded": .integer(refunded),
            "captured": .bool(received > 0), "created": .integer(created.seconds),
            "currency": .string(currency),
            "customer": text(customer), "description": text(note), "disputed": false,
            "failure_code": text(decline?.code), "failure_message": text(decline?.message), "livemode": false,
            "metadata": .object(metadata), "paid": .bool(status == .succeeded || status == .requiresCapture),
            "payment_intent": .string(id), "payment_method": text(method),
            "refunded": .bool(received > 0 && refunded == received),
            "status": .string(decline == nil ? (status == .processing ? "pending" : "succeeded") : "failed"),
        ]
    }

    private var nextAction: JSONValue {
        guard status == .requiresAction else { return .null }
        return [
            "type": "use_stripe_sdk",
            "use_stripe_sdk": ["type": "three_d_secure_redirect", "source": .string("src_\(secret)")],
        ]
    }

    private func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}

/// A refund.
struct StripeVendorRefund: Sendable {
    let id: String
    let intent: String
    let charge: String
    let amount: Int64
    let currency: String
    let reason: String?
    let metadata: [JSONMember]
    let created: Instant

    /// The refund as the API shows it; `charge` is shown whole when given.
    func json(charge whole: JSONValue? = nil) -> JSONValue {
        [
            "id": .string(id), "object": "refund", "amount": .integer(amount),
            "charge": whole ?? .string(charge), "created": .integer(created.seconds),
            "currency": .string(currency), "metadata": .object(metadata), "payment_intent": .string(intent),
            "reason": reason.map { .string($0) } ?? .null, "status": "succeeded",
        ]
    }
}

/// An event, as `/v1/events` lists it and webhooks carry it.
struct StripeVendorEvent: Sendable {
    let id: String
    let type: String
    let created: Instant
    let json: JSONValue
    /// Whether every webhook endpoint has taken it; true when there is none.
    var isDelivered: Bool
}

extension [JSONMember] {
    /// Usher's tag of a call in an object's metadata.
    var tag: String? { first { sameText($0.name, "usher_call") }?.value.string }
}
