import Domain

/// Square's events with whole objects, as API version 2025-08-20 sends them.
struct SquareSamples {
    /// The types that can be made.
    static let types = ["payment.updated", "refund.updated", "invoice.payment_made", "dispute.created"]

    let id: String
    let type: String
    let now: Instant
    let dice: SampleDice
    let booking: SampleBooking

    /// The event with the object it is about.
    var event: SampleEvent {
        let (kind, objectID, object) = object
        let json: JSONValue = [
            "merchant_id": .string(dice.code("ML", 11)),
            "location_id": .string(dice.code("L", 12)),
            "type": .string(type),
            "event_id": .string(id),
            "created_at": .string("\(now)"),
            "data": [
                "type": .string(kind), "id": .string(objectID), "object": .object([JSONMember(kind, object)]),
            ],
        ]
        return SampleEvent(
            provider: .square,
            id: id,
            type: type,
            body: json.serialized(),
            contentType: "application/json",
            headers: Headers([
                ("square-environment", "Sandbox"), ("square-initial-delivery-timestamp", "\(now)"),
            ])
        )
    }

    private var object: (kind: String, id: String, JSONValue) {
        let id = dice.name("", 22)
        switch type {
        case "payment.updated": return ("payment", id, payment(id))
        case "refund.updated": return ("refund", id, refund(id))
        case "dispute.created": return ("dispute", id, dispute(id))
        default: return ("invoice", "inv:0-\(id)", invoice("inv:0-\(id)"))
        }
    }

    private var money: JSONValue { ["amount": .integer(booking.amount), "currency": "EUR"] }

    private var created: JSONValue { .string("\(now - .seconds(Int64(dice.number(2...90))))") }

    private func payment(_ id: String) -> JSONValue {
        [
            "id": .string(id),
            "created_at": created,
            "updated_at": .string("\(now)"),
            "amount_money": money,
            "total_money": money,
            "approved_money": money,
            "status": "COMPLETED",
            "delay_duration": "PT168H",
            "source_type": "CARD",
            "card_details": [
                "status": "CAPTURED",
                "card": [
                    "card_brand": "VISA", "last_4": "1111", "exp_month": 9, "exp_year": 2_029,
                    "fingerprint": .string(dice.name("sq-1-", 60)), "card_type": "CREDIT",
                ],
                "entry_method": "KEYED",
                "cvv_status": "CVV_ACCEPTED",
                "avs_status": "AVS_ACCEPTED",
            ],
            "location_id": .string(dice.code("L", 12)),
            "order_id": .string(dice.name("", 22)),
            "reference_id": .string(booking.wedding),
            "note": "\(booking.service) for \(booking.couple)",
            "version": .integer(1),
        ]
    }

    private func refund(_ id: String) -> JSONValue {
        [
            "id": .string(id),
            "status": "COMPLETED",
            "location_id": .string(dice.code("L", 12)),
            "amount_money": money,
            "payment_id": .string(dice.name("", 22)),
            "order_id": .string(dice.name("", 22)),
            "created_at": created,
            "updated_at": .string("\(now)"),
            "reason": "\(booking.wedding): the date was moved",
            "destination_type": "CARD",
        ]
    }

    private func invoice(_ id: String) -> JSONValue {
        [
            "id": .string(id),
            "version": .integer(dice.number(2...5)),
            "location_id": .string(dice.code("L", 12)),
            "order_id": .string(dice.name("", 22)),
            "payment_requests": [
                [
                    "uid": .string(dice.name("", 36)), "request_type": "BALANCE",
                    "due_date": .string(booking.date),
                    "computed_amount_money": money, "total_completed_amount_money": money,
                ]
            ],
            "invoice_number": .string(booking.wedding),
            "title": .string(booking.service),
            "description": "Second instalment for \(booking.couple)",
            "status": "PAID",
            "created_at": created,
            "updated_at": .string("\(now)"),
        ]
    }

    private func dispute(_ id: String) -> JSONValue {
        [
            "dispute_id": .string(id),
            "amount_money": money,
            "reason": "NOT_AS_DESCRIBED",
            "state": "EVIDENCE_REQUIRED",
            "due_at": .string("\(now + .seconds(86_400 * 14))"),
            "disputed_payment": ["payment_id": .string(dice.name("", 22))],
            "card_brand": "VISA",
            "created_at": .string("\(now)"),
            "updated_at": .string("\(now)"),
            "location_id": .string(dice.code("L", 12)),
            "version": .integer(1),
        ]
    }
}
