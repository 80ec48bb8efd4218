import Domain

/// PayPal's events with whole resources, as version 1.0 of its webhooks sends them.
struct PayPalSamples {
    /// The types that can be made.
    static let types = [
        "PAYMENT.CAPTURE.COMPLETED", "CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.REFUNDED",
        "PAYMENT.CAPTURE.DENIED",
    ]

    let id: String
    let type: String
    let now: Instant
    let dice: SampleDice
    let booking: SampleBooking

    /// The event with the resource it is about.
    var event: SampleEvent {
        let (kind, summary, resource) = story
        let json: JSONValue = [
            "id": .string(id),
            "event_version": "1.0",
            "create_time": "\(now)",
            "resource_type": .string(kind),
            "resource_version": "2.0",
            "event_type": .string(type),
            "summary": .string(summary),
            "resource": resource,
            "links": [
                link("webhooks-events/\(id)", "self", "GET"),
                link("webhooks-events/\(id)/resend", "resend", "POST"),
            ],
        ]
        return SampleEvent(
            provider: .paypal,
            id: id,
            type: type,
            body: json.serialized(),
            contentType: "application/json"
        )
    }

    private var story: (kind: String, summary: String, resource: JSONValue) {
        switch type {
        case "CHECKOUT.ORDER.APPROVED":
            ("checkout-order", "An order has been approved by buyer", order)
        case "PAYMENT.CAPTURE.REFUNDED":
            ("refund", "A \(total) EUR capture payment was refunded", refund)
        case "PAYMENT.CAPTURE.DENIED":
            ("capture", "A EUR \(total) EUR capture payment was denied", capture("DECLINED"))
        default:
            ("capture", "Payment completed for EUR \(total) EUR", capture("COMPLETED"))
        }
    }

    private var total: String { "\(booking.amount / 100).00" }
    private var amount: JSONValue { ["currency_code": "EUR", "value": .string(total)] }
    private var customID: JSONValue { .string(booking.wedding) }

    private func link(_ path: String, _ rel: String, _ method: String) -> JSONValue {
        [
            "href": "https://api.paypal.com/v1/notifications/\(path)", "rel": .string(rel),
            "method": .string(method),
        ]
    }

    private func capture(_ status: String) -> JSONValue {
        [
            "id": .string(dice.code("", 17)),
            "status": .string(status),
            "amount": amount,
            "final_capture": true,
            "custom_id": customID,
            "invoice_id": .string(invoice),
            "seller_protection": ["status": "NOT_ELIGIBLE"],
            "supplementary_data": ["related_ids": ["order_id": .string(dice.code("", 17))]],
            "create_time": "\(now - .seconds(2))",
            "update_time": "\(now - .seconds(2))",
        ]
    }

    private var refund: JSONValue {
        [
            "id": .string(dice.code("", 17)),
            "status": "COMPLETED",
            "amount": amount,
            "custom_id": customID,
            "invoice_id": .string(invoice),
            "note_to_payer": "The date of \(booking.couple) has moved",
            "create_time": "\(now - .seconds(4))",
            "update_time": "\(now - .seconds(4))",
        ]
    }

    private var order: JSONValue {
        [
            "id": .string(dice.code("", 17)),
            "intent": "CAPTURE",
            "status": "APPROVED",
            "purchase_units": [
                [
                    "reference_id": "default",
                    "amount": amount,
                    "custom_id": customID,
                    "description": "\(booking.service) for \(booking.couple)",
                    "invoice_id": .string(invoice),
                    "payee": ["merchant_id": .string(dice.code("", 13))],
                ]
            ],
            "payer": [
                "email_address": "hello@\(booking.wedding).example", "payer_id": .string(dice.code("", 13)),
            ],
            "create_time": "\(now - .seconds(60))",
        ]
    }

    private var invoice: String { "\(booking.vendor)-\(dice.number(1_000...9_999))" }
}
