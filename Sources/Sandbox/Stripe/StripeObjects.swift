import Domain
import Providers

/// The couples and vendors that the sandbox plays.
struct StripeBooking: Sendable {
    let couple: String
    let wedding: String
    let vendor: String
    let vendorName: String
    let service: String
    /// In cents.
    let amount: Int

    init(_ dice: inout Dice) {
        let pair = dice.pick(SampleCast.couples)
        let supplier = dice.pick(SampleCast.suppliers)
        couple = pair.title
        wedding = pair.wedding
        vendor = supplier.vendor
        vendorName = supplier.title
        service = supplier.service
        amount = dice.number(30...900) * 1_000
    }
}

/// The objects of one payment, with the ids that hold them together.
struct StripeObjects: Sendable {
    let booking: StripeBooking
    let intent: String
    let charge: String
    let session: String
    let invoice: String
    let customer: String

    init(_ dice: inout Dice) {
        booking = StripeBooking(&dice)
        intent = dice.name("pi_3", 23)
        charge = dice.name("ch_3", 23)
        session = dice.name("cs_test_a1", 56)
        invoice = dice.name("in_1", 23)
        customer = dice.name("cus_", 14)
    }

    /// The payment intent in `status`, with the decline when the last try failed.
    func paymentIntent(_ status: String, declined: Bool = false, now: Instant) -> JSONValue {
        let paid = status == "succeeded"
        return [
            "id": .string(intent),
            "object": "payment_intent",
            "amount": .integer(booking.amount),
            "amount_capturable": 0,
            "amount_received": .integer(paid ? booking.amount : 0),
            "capture_method": "automatic_async",
            "confirmation_method": "automatic",
            "created": .integer(now.seconds),
            "currency": "eur",
            "customer": .string(customer),
            "description": "\(booking.service) for \(booking.couple)",
            "last_payment_error": declined ? Self.decline : .null,
            "latest_charge": paid || declined ? .string(charge) : .null,
            "livemode": false,
            "metadata": metadata,
            "next_action": .null,
            "payment_method_types": ["card", "sepa_debit"],
            "receipt_email": "hello@\(booking.wedding).example",
            "statement_descriptor_suffix": "WEDDING",
            "status": .string(status),
            "transfer_group": .string(booking.wedding),
        ]
    }

    /// The charge that paid, refunded or not.
    func charge(refunded: Bool, now: Instant) -> JSONValue {
        [
            "id": .string(charge),
            "object": "charge",
            "amount": .integer(booking.amount),
            "amount_captured": .integer(booking.amount),
            "amount_refunded": .integer(refunded ? booking.amount : 0),
            "billing_details": [
                "address": ["city": "Konstanz", "country": "DE", "line1": .null, "postal_code": "78462"],
                "email": "hello@\(booking.wedding).example",
                "name": .string(booking.couple),
                "phone": .null,
            ],
            "captured": true,
            "created": .integer(now.seconds),
            "currency": "eur",
            "customer": .string(customer),
            "description": "\(booking.service) for \(booking.couple)",
            "disputed": false,
            "livemode": false,
            "metadata": metadata,
            "outcome": [
                "network_status": "approved_by_network", "risk_level": "normal", "type": "authorized",
            ],
            "paid": true,
            "payment_intent": .string(intent),
            "payment_method_details": [
                "card": ["brand": "visa", "country": "DE", "funding": "credit", "last4": "4242"],
                "type": "card",
            ],
            "refunded": .bool(refunded),
            "status": "succeeded",
            "transfer_group": .string(booking.wedding),
        ]
    }

    /// The checkout page that the couple has just completed.
    func completedSession(now: Instant) -> JSONValue {
        [
            "id": .string(session),
            "object": "checkout.session",
            "amount_subtotal": .integer(booking.amount),
            "amount_total": .integer(booking.amount),
            "client_reference_id": .string(booking.wedding),
            "created": .integer(now.seconds),
            "currency": "eur",
            "customer": .string(customer),
            "customer_details": [
                "email": "hello@\(booking.wedding).example", "name": .string(booking.couple),
            ],
            "livemode": false,
            "metadata": metadata,
            "mode": "payment",
            "payment_intent": .string(intent),
            "payment_method_types": ["card", "klarna", "sepa_debit"],
            "payment_status": "paid",
            "status": "complete",
            "success_url": "https://app.example.com/weddings/\(booking.wedding)/paid",
        ]
    }

    /// The invoice, sent or paid.
    func invoice(paid: Bool, now: Instant) -> JSONValue {
        [
            "id": .string(invoice),
            "object": "invoice",
            "account_name": .string(booking.vendorName),
            "amount_due": .integer(booking.amount),
            "amount_paid": .integer(paid ? booking.amount : 0),
            "amount_remaining": .integer(paid ? 0 : booking.amount),
            "attempted": .bool(paid),
            "collection_method": "send_invoice",
            "created": .integer(now.seconds),
            "currency": "eur",
            "customer": .string(customer),
            "customer_email": "hello@\(booking.wedding).example",
            "customer_name": .string(booking.couple),
            "due_date": .integer(now.seconds + 14 * 86_400),
            "livemode": false,
            "metadata": metadata,
            "status": paid ? "paid" : "open",
            "total": .integer(booking.amount),
        ]
    }

    /// What the app attaches to every payment, so that the wedding can be found again.
    private var metadata: JSONValue {
        [
            "wedding_id": .string(booking.wedding), "vendor": .string(booking.vendor),
        ]
    }

    private static let decline: JSONValue = [
        "code": "card_declined",
        "decline_code": "insufficient_funds",
        "doc_url": "https://stripe.com/docs/error-codes/card-declined",
        "message": "Your card has insufficient funds.",
        "type": "card_error",
    ]
}
