import Domain

/// An order at PayPal, with its one purchase unit.
struct PayPalVendorOrder: Sendable {
    /// Where it stands.
    enum Status: String, Sendable {
        case created = "CREATED"
        case approved = "APPROVED"
        case payerActionRequired = "PAYER_ACTION_REQUIRED"
        case completed = "COMPLETED"
    }

    let id: String
    let isCapture: Bool
    let referenceID: String
    let created: Instant
    var amount: Money
    var custom: String?
    var invoice: String?
    var note: String?
    var status: Status
    /// What is vaulted and pays; nil waits for the payer's approval.
    var vault: String?
    /// What the payer's bank will say.
    var isDeclined = false
    var captures: [String] = []
    var authorizations: [String] = []
}

/// Money held by PayPal.
struct PayPalVendorAuthorization: Sendable {
    /// Where it stands.
    enum Status: String, Sendable {
        case created = "CREATED"
        case partiallyCaptured = "PARTIALLY_CAPTURED"
        case captured = "CAPTURED"
        case voided = "VOIDED"
    }

    let id: String
    let order: String
    let amount: Money
    let custom: String?
    let invoice: String?
    let created: Instant
    var captured: Int64 = 0
    var status = Status.created
    var updated: Instant

    /// The authorization as the API shows it.
    func json(all: Bool) -> JSONValue {
        let links = [
            payPalLink("/v2/payments/authorizations/\(id)", "self", "GET"),
            payPalLink("/v2/payments/authorizations/\(id)/capture", "capture", "POST"),
            payPalLink("/v2/payments/authorizations/\(id)/void", "void", "POST"),
        ]
        guard all else { return payPalMinimal(id, status.rawValue, links) }
        return [
            "id": .string(id), "status": .string(status.rawValue), "amount": amount.payPalJSON,
            "custom_id": custom.map { .string($0) } ?? .null,
            "invoice_id": invoice.map { .string($0) } ?? .null,
            "expiration_time": .string("\(created + PayPalVendor.authorizationLifetime)"),
            "create_time": .string("\(created)"), "update_time": .string("\(updated)"),
            "supplementary_data": ["related_ids": ["order_id": .string(order)]], "links": .array(links),
        ]
    }
}

/// Money taken by PayPal.
struct PayPalVendorCapture: Sendable {
    /// Where it stands.
    enum Status: String, Sendable {
        case completed = "COMPLETED"
        case pending = "PENDING"
        case declined = "DECLINED"
        case partiallyRefunded = "PARTIALLY_REFUNDED"
        case refunded = "REFUNDED"
    }

    let id: String
    let order: String
    /// What held the money; nil when it was taken at once.
    let authorization: String?
    let amount: Money
    let custom: String?
    let invoice: String?
    let isFinal: Bool
    let created: Instant
    var status: Status
    var refunded: Int64 = 0
    var updated: Instant

    /// The capture as the API shows it.
    func json(all: Bool) -> JSONValue {
        var links = [
            payPalLink("/v2/payments/captures/\(id)", "self", "GET"),
            payPalLink("/v2/payments/captures/\(id)/refund", "refund", "POST"),
            payPalLink("/v2/checkout/orders/\(order)", "up", "GET"),
        ]
        if let authorization {
            links[2] = payPalLink("/v2/payments/authorizations/\(authorization)", "up", "GET")
        }
        guard all else { return payPalMinimal(id, status.rawValue, links) }
        var members = [
            JSONMember("id", .string(id)), JSONMember("status", .string(status.rawValue)),
            JSONMember("amount", amount.payPalJSON), JSONMember("final_capture", .bool(isFinal)),
            JSONMember("create_time", .string("\(created)")),
            JSONMember("update_time", .string("\(updated)")),
            JSONMember("supplementary_data", ["related_ids": ["order_id": .string(order)]]),
        ]
        if status == .pending {
            members.append(JSONMember("status_details", ["reason": "PENDING_REVIEW"]))
        }
        for (name, text) in [("custom_id", custom), ("invoice_id", invoice)] {
            if let text { members.append(JSONMember(name, .string(text))) }
        }
        return .object(members + [JSONMember("links", .array(links))])
    }
}

/// Money given back by PayPal.
struct PayPalVendorRefund: Sendable {
    let id: String
    let capture: String
    let amount: Money
    let custom: String?
    let invoice: String?
    let note: String?
    let created: Instant

    /// The refund as the API shows it.
    func json(all: Bool) -> JSONValue {
        let links = [
            payPalLink("/v2/payments/refunds/\(id)", "self", "GET"),
            payPalLink("/v2/payments/captures/\(capture)", "up", "GET"),
        ]
        guard all else { return payPalMinimal(id, "COMPLETED", links) }
        var members = [
            JSONMember("id", .string(id)), JSONMember("status", "COMPLETED"),
            JSONMember("amount", amount.payPalJSON), JSONMember("create_time", .string("\(created)")),
            JSONMember("update_time", .string("\(created)")),
        ]
        for (name, text) in [("custom_id", custom), ("invoice_id", invoice), ("note_to_payer", note)] {
            if let text { members.append(JSONMember(name, .string(text))) }
        }
        return .object(members + [JSONMember("links", .array(links))])
    }
}

/// An event at PayPal.
struct PayPalVendorEvent: Sendable {
    let id: String
    let type: String
    let created: Instant
    let json: JSONValue
}

/// Amounts as PayPal writes them: decimals, and none for HUF, JPY and TWD.
enum PayPalVendorMoney {
    static let currencies: Set<String> = [
        "AUD", "BRL", "CAD", "CNY", "CZK", "DKK", "EUR", "HKD", "HUF", "ILS", "JPY", "MYR", "MXN", "TWD",
        "NZD",
        "NOK", "PHP", "PLN", "GBP", "SGD", "SEK", "CHF", "THB", "USD",
    ]
    static let withoutDecimals: Set<String> = ["HUF", "JPY", "TWD"]

    /// Reads `{"currency_code": "EUR", "value": "125.00"}`.
    static func parse(_ json: JSONValue, field: String) throws(PayPalVendorFault) -> Money {
        guard let code = json["currency_code"]?.string, let text = json["value"]?.string else {
            throw .invalid("MISSING_REQUIRED_PARAMETER", "A required field is missing.", field)
        }
        guard currencies.contains(code), let currency = Currency(code) else {
            throw .unprocessable("CURRENCY_NOT_SUPPORTED", field: "\(field)/currency_code")
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let isDecimal =
            (1...2).contains(parts.count) && text.utf8.count <= 32
            && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
        guard isDecimal else {
            throw .invalid(
                "INVALID_PARAMETER_SYNTAX",
                "The value does not conform to the format.",
                "\(field)/value"
            )
        }
        let fraction = parts.count == 2 ? parts[1] : ""
        guard fraction.isEmpty || !withoutDecimals.contains(code) else {
            throw .unprocessable("DECIMALS_NOT_SUPPORTED", field: "\(field)/value")
        }
        guard fraction.count <= currency.digits else {
            throw .unprocessable("DECIMAL_PRECISION", field: "\(field)/value")
        }
        let digits = parts[0] + fraction + String(repeating: "0", count: currency.digits - fraction.count)
        guard let units = Int64(digits), let money = Money(minorUnits: units, currency: currency) else {
            throw .unprocessable("MAX_VALUE_EXCEEDED", field: "\(field)/value")
        }
        guard units > 0 else { throw .unprocessable("CANNOT_BE_ZERO_OR_NEGATIVE", field: "\(field)/value") }
        return money
    }
}

extension Money {
    /// `{"currency_code": "EUR", "value": "125.00"}`.
    var payPalJSON: JSONValue {
        let isWhole = PayPalVendorMoney.withoutDecimals.contains(currency.code) && currency.digits > 0
        let value = isWhole ? String(decimalText.prefix { $0 != "." }) : decimalText
        return ["currency_code": .string(currency.code), "value": .string(value)]
    }
}

/// One of `links`.
func payPalLink(_ path: String, _ relation: String, _ method: String) -> JSONValue {
    [
        "href": .string("https://api-m.sandbox.paypal.com\(path)"), "rel": .string(relation),
        "method": .string(method),
    ]
}

/// What `Prefer: return=minimal` shows.
func payPalMinimal(_ id: String, _ status: String, _ links: [JSONValue]) -> JSONValue {
    ["id": .string(id), "status": .string(status), "links": .array(links)]
}
