import Domain

/// A payment at Square.
struct SquareVendorPayment: Sendable {
    /// Where it stands.
    enum Status: String, Sendable {
        case approved = "APPROVED"
        case pending = "PENDING"
        case completed = "COMPLETED"
        case canceled = "CANCELED"
        case failed = "FAILED"
    }

    let id: String
    let source: String
    let reference: String?
    let note: String?
    let customer: String?
    let location: String
    let completesAfterDelay: Bool
    let delay: Duration
    let created: Instant
    let isManual: Bool
    var amount: Money
    var status: Status
    var updated: Instant
    var version: String
    var refunded: Int64 = 0
    var refundIDs: [String] = []

    /// What may still be given back.
    var refundable: Int64 { status == .completed ? amount.minorUnits - refunded : 0 }

    /// The payment as the API shows it.
    var json: JSONValue {
        let card: JSONValue = [
            "status": .string(cardStatus),
            "card": ["card_brand": "VISA", "last_4": "5858", "exp_month": 12, "exp_year": 2031],
            "entry_method": "KEYED",
        ]
        var members: [JSONMember] = [
            JSONMember("id", .string(id)), JSONMember("created_at", .string("\(created)")),
            JSONMember("updated_at", .string("\(updated)")), JSONMember("amount_money", amount.squareJSON),
            JSONMember("total_money", amount.squareJSON), JSONMember("status", .string(status.rawValue)),
            JSONMember("delay_duration", .string("PT\(delay.microseconds / 1_000_000)S")),
            JSONMember("delay_action", completesAfterDelay ? "COMPLETE" : "CANCEL"),
            JSONMember("delayed_until", .string("\(created + delay)")),
            JSONMember("source_type", source.hasPrefix("bnon:") ? "BANK_ACCOUNT" : "CARD"),
            JSONMember("location_id", .string(location)), JSONMember("order_id", .string("order-\(id)")),
            JSONMember("version_token", .string(version)),
        ]
        if !source.hasPrefix("bnon:") { members.append(JSONMember("card_details", card)) }
        for (name, text) in [("reference_id", reference), ("note", note), ("customer_id", customer)] {
            if let text { members.append(JSONMember(name, .string(text))) }
        }
        if refunded > 0, let money = Money(minorUnits: refunded, currency: amount.currency) {
            members.append(JSONMember("refunded_money", money.squareJSON))
            members.append(JSONMember("refund_ids", .array(refundIDs.map { .string($0) })))
        }
        if status == .completed {
            members.append(JSONMember("receipt_url", .string("https://squareup.com/receipt/preview/\(id)")))
        }
        return .object(members)
    }

    private var cardStatus: String {
        switch status {
        case .approved, .pending: "AUTHORIZED"
        case .completed: "CAPTURED"
        case .canceled: "VOIDED"
        case .failed: "FAILED"
        }
    }
}

/// A refund at Square: pending for a few seconds.
struct SquareVendorRefund: Sendable {
    let id: String
    let payment: String
    let amount: Money
    let reason: String?
    let location: String
    let created: Instant

    /// The refund as the API shows it at `now`.
    func json(now: Instant) -> JSONValue {
        let isPending = now - created < SquareVendor.refundTime
        var members: [JSONMember] = [
            JSONMember("id", .string(id)), JSONMember("status", isPending ? "PENDING" : "COMPLETED"),
            JSONMember("amount_money", amount.squareJSON), JSONMember("payment_id", .string(payment)),
            JSONMember("order_id", .string("order-\(id)")), JSONMember("location_id", .string(location)),
            JSONMember("created_at", .string("\(created)")),
            JSONMember("updated_at", .string("\(isPending ? created : created + SquareVendor.refundTime)")),
        ]
        if let reason { members.append(JSONMember("reason", .string(reason))) }
        return .object(members)
    }
}

/// An event at Square.
struct SquareVendorEvent: Sendable {
    let id: String
    let type: String
    let created: Instant
    let json: JSONValue
}

extension Money {
    /// `{"amount": 1250, "currency": "EUR"}`.
    var squareJSON: JSONValue {
        ["amount": .integer(minorUnits), "currency": .string(currency.code)]
    }
}

/// Durations as Square writes them: `P7D`, `PT36H`, `P1DT12H30M`.
enum SquareVendorDuration {
    /// Reads a duration; nil for anything else.
    static func parse(_ text: String) -> Duration? {
        guard text.hasPrefix("P"), text.utf8.count <= 20 else { return nil }
        var seconds: Int64 = 0
        var number = ""
        var isTime = false
        for character in text.dropFirst() {
            switch (character, isTime) {
            case ("0"..."9", _): number.append(character)
            case ("T", false): isTime = true
            case ("D", false), ("H", true), ("M", true), ("S", true):
                guard let count = Int64(number), count <= 1_000_000_000 else { return nil }
                let unit: Int64 =
                    character == "D" ? 86_400 : character == "H" ? 3_600 : character == "M" ? 60 : 1
                seconds += count * unit
                number = ""
            default: return nil
            }
        }
        return number.isEmpty && seconds > 0 ? .seconds(seconds) : nil
    }
}
