import Domain

/// Stripe's events with whole objects, as API version 2026-10-28 sends them.
struct StripeSamples {
    /// The types that can be made.
    static let types = [
        "payment_intent.succeeded", "payment_intent.payment_failed", "charge.refunded",
        "checkout.session.completed", "invoice.paid",
    ]

    let id: String
    let type: String
    let now: Instant
    let dice: SampleDice
    let booking: SampleBooking

    /// The event with the object it is about.
    var event: JSONValue {
        [
            "id": .string(id),
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": .integer(now.seconds),
            "data": ["object": object],
            "livemode": false,
            "pending_webhooks": 1,
            "request": ["id": .string(dice.name("req_", 14)), "idempotency_key": .string(dice.name("", 22))],
            "type": .string(type),
        ]
    }

    private var object: JSONValue {
        switch type {
        case "payment_intent.succeeded": paymentIntent(succeeded: true)
        case "payment_intent.payment_failed": paymentIntent(succeeded: false)
        case "charge.refunded": refundedCharge
        case "checkout.session.completed": checkoutSession
        default: paidInvoice
        }
    }

    private var created: JSONValue { .integer(now.seconds - Int64(dice.number(2...90))) }
    private var amount: JSONValue { .integer(booking.amount) }

    private func name(_ prefix: String, _ count: Int = 24) -> JSONValue {
        .string(dice.name(prefix, count))
    }

    private func paymentIntent(succeeded: Bool) -> JSONValue {
        let intent = dice.name("pi_3", 23)
        return [
            "id": .string(intent),
            "object": "payment_intent",
            "amount": amount,
            "amount_capturable": 0,
            "amount_details": ["tip": [:]],
            "amount_received": succeeded ? amount : 0,
            "application": .null,
            "application_fee_amount": .null,
            "automatic_payment_methods": ["allow_redirects": "always", "enabled": true],
            "canceled_at": .null,
            "cancellation_reason": .null,
            "capture_method": "automatic_async",
            "client_secret": .string("\(intent)_secret_\(dice.name("", 25))"),
            "confirmation_method": "automatic",
            "created": created,
            "currency": "eur",
            "customer": name("cus_", 14),
            "description": "\(booking.service) for \(booking.couple)",
            "last_payment_error": succeeded ? .null : cardDeclined,
            "latest_charge": name("ch_3", 23),
            "livemode": false,
            "metadata": booking.metadata,
            "next_action": .null,
            "on_behalf_of": .null,
            "payment_method": succeeded ? name("pm_1", 23) : .null,
            "payment_method_types": ["card", "sepa_debit"],
            "processing": .null,
            "receipt_email": "hello@\(booking.wedding).example",
            "setup_future_usage": .null,
            "shipping": .null,
            "statement_descriptor": .null,
            "statement_descriptor_suffix": "WEDDING",
            "status": succeeded ? "succeeded" : "requires_payment_method",
            "transfer_data": .null,
            "transfer_group": .string(booking.wedding),
        ]
    }

    private var cardDeclined: JSONValue {
        [
            "advice_code": "try_again_later",
            "charge": name("ch_3", 23),
            "code": "card_declined",
            "decline_code": "insufficient_funds",
            "doc_url": "https://stripe.com/docs/error-codes/card-declined",
            "message": "Your card has insufficient funds.",
            "payment_method": [
                "id": name("pm_1", 23),
                "object": "payment_method",
                "billing_details": billingDetails,
                "card": card,
                "created": created,
                "customer": .null,
                "livemode": false,
                "metadata": [:],
                "type": "card",
            ],
            "type": "card_error",
        ]
    }

    private var billingDetails: JSONValue {
        [
            "address": [
                "city": "Konstanz", "country": "DE", "line1": .null, "line2": .null, "postal_code": "78462",
                "state": .null,
            ],
            "email": "hello@\(booking.wedding).example",
            "name": .string(booking.couple),
            "phone": .null,
        ]
    }

    private var card: JSONValue {
        [
            "brand": "visa",
            "checks": [
                "address_line1_check": .null, "address_postal_code_check": "pass", "cvc_check": "pass",
            ],
            "country": "DE",
            "exp_month": 9,
            "exp_year": 2_029,
            "fingerprint": name("", 16),
            "funding": "credit",
            "last4": "4242",
            "network": "visa",
            "three_d_secure": .null,
            "wallet": .null,
        ]
    }

    private var refundedCharge: JSONValue {
        [
            "id": name("ch_3", 23),
            "object": "charge",
            "amount": amount,
            "amount_captured": amount,
            "amount_refunded": amount,
            "application": .null,
            "balance_transaction": name("txn_3", 23),
            "billing_details": billingDetails,
            "calculated_statement_descriptor": "USHER* WEDDING",
            "captured": true,
            "created": .integer(now.seconds - 86_400 * Int64(dice.number(3...60))),
            "currency": "eur",
            "customer": name("cus_", 14),
            "description": "\(booking.service) for \(booking.couple)",
            "disputed": false,
            "failure_code": .null,
            "failure_message": .null,
            "livemode": false,
            "metadata": booking.metadata,
            "outcome": [
                "network_status": "approved_by_network",
                "reason": .null,
                "risk_level": "normal",
                "risk_score": .integer(dice.number(4...48)),
                "seller_message": "Payment complete.",
                "type": "authorized",
            ],
            "paid": true,
            "payment_intent": name("pi_3", 23),
            "payment_method": name("pm_1", 23),
            "payment_method_details": ["card": card, "type": "card"],
            "receipt_email": "hello@\(booking.wedding).example",
            "receipt_number": .null,
            "refunded": true,
            "status": "succeeded",
            "transfer_group": .string(booking.wedding),
        ]
    }

    private var checkoutSession: JSONValue {
        [
            "id": name("cs_test_a1", 56),
            "object": "checkout.session",
            "allow_promotion_codes": false,
            "amount_subtotal": amount,
            "amount_total": amount,
            "automatic_tax": ["enabled": false, "liability": .null, "status": .null],
            "billing_address_collection": "auto",
            "cancel_url": "https://app.example.com/weddings/\(booking.wedding)/pay",
            "client_reference_id": .string(booking.wedding),
            "created": created,
            "currency": "eur",
            "customer": name("cus_", 14),
            "customer_details": [
                "address": ["city": "Konstanz", "country": "DE", "line1": .null, "postal_code": "78462"],
                "email": "hello@\(booking.wedding).example",
                "name": .string(booking.couple),
                "phone": .null,
                "tax_exempt": "none",
                "tax_ids": [],
            ],
            "expires_at": .integer(now.seconds + 86_400),
            "invoice": .null,
            "livemode": false,
            "locale": "de",
            "metadata": booking.metadata,
            "mode": "payment",
            "payment_intent": name("pi_3", 23),
            "payment_method_types": ["card", "klarna", "sepa_debit"],
            "payment_status": "paid",
            "status": "complete",
            "subscription": .null,
            "success_url": "https://app.example.com/weddings/\(booking.wedding)/paid",
            "total_details": ["amount_discount": 0, "amount_shipping": 0, "amount_tax": 0],
            "ui_mode": "hosted",
            "url": .null,
        ]
    }

    private var paidInvoice: JSONValue {
        let invoice = dice.name("in_1", 23)
        return [
            "id": .string(invoice),
            "object": "invoice",
            "account_country": "DE",
            "account_name": .string(booking.vendorName),
            "amount_due": amount,
            "amount_paid": amount,
            "amount_remaining": 0,
            "attempt_count": 1,
            "attempted": true,
            "auto_advance": false,
            "billing_reason": "manual",
            "collection_method": "send_invoice",
            "created": .integer(now.seconds - 86_400 * 14),
            "currency": "eur",
            "customer": name("cus_", 14),
            "customer_email": "hello@\(booking.wedding).example",
            "customer_name": .string(booking.couple),
            "due_date": .integer(now.seconds + 86_400),
            "hosted_invoice_url": "https://invoice.stripe.com/i/acct_example/\(dice.name("test_", 40))",
            "lines": ["object": "list", "data": [invoiceLine(invoice)], "has_more": false, "total_count": 1],
            "livemode": false,
            "metadata": booking.metadata,
            "number": .string("\(dice.name("", 8))-00\(dice.number(10...99))"),
            "period_end": .integer(now.seconds - 86_400 * 14),
            "period_start": .integer(now.seconds - 86_400 * 14),
            "status": "paid",
            "status_transitions": [
                "finalized_at": .integer(now.seconds - 86_400 * 13),
                "marked_uncollectible_at": .null,
                "paid_at": .integer(now.seconds),
                "voided_at": .null,
            ],
            "subtotal": amount,
            "total": amount,
        ]
    }

    private func invoiceLine(_ invoice: String) -> JSONValue {
        [
            "id": name("il_1", 23),
            "object": "line_item",
            "amount": amount,
            "currency": "eur",
            "description": "\(booking.service), second instalment",
            "discountable": true,
            "invoice": .string(invoice),
            "livemode": false,
            "metadata": booking.metadata,
            "quantity": 1,
        ]
    }
}
