import Domain

/// An answer of Square that is no success: `{"errors": […]}`.
struct SquareVendorFault: Error, Sendable {
    let status: Int
    let category: String
    let code: String
    let detail: String
    let field: String?
    /// The payment that a decline left behind.
    var payment: JSONValue?

    init(_ status: Int, _ category: String, _ code: String, _ detail: String, field: String? = nil) {
        self.status = status
        self.category = category
        self.code = code
        self.detail = detail
        self.field = field
    }

    /// The answer.
    var answer: VendorAnswer {
        var error = [
            JSONMember("category", .string(category)), JSONMember("code", .string(code)),
            JSONMember("detail", .string(detail)),
        ]
        if let field { error.append(JSONMember("field", .string(field))) }
        var members = [JSONMember("errors", [.object(error)])]
        if let payment { members.append(JSONMember("payment", payment)) }
        return VendorAnswer(status: status, json: .object(members))
    }

    /// A request that cannot be fulfilled as it is.
    static func invalid(_ code: String, _ detail: String, field: String? = nil) -> Self {
        Self(400, "INVALID_REQUEST_ERROR", code, detail, field: field)
    }

    /// There is no such object.
    static func missing(_ kind: String, _ id: String) -> Self {
        Self(404, "INVALID_REQUEST_ERROR", "NOT_FOUND", "Could not find \(kind) with id: \(id)")
    }

    static var noEndpoint: Self {
        Self(404, "INVALID_REQUEST_ERROR", "NOT_FOUND", "Resource not found.")
    }

    static var overLimit: Self {
        Self(429, "RATE_LIMIT_ERROR", "RATE_LIMITED", "Your request has been rate limited.")
    }

    static var keyReused: Self {
        invalid(
            "IDEMPOTENCY_KEY_REUSED",
            "Different request parameters used for the same idempotency_key.",
            field: "idempotency_key"
        )
    }

    static var keyInUse: Self {
        Self(409, "API_ERROR", "CONFLICT", "Another request with the same idempotency_key is in progress.")
    }

    /// The bank's answer to a source; nil for one that pays.
    static func declined(_ source: String) -> Self? {
        let refusal = { (code: String) in
            Self(402, "PAYMENT_METHOD_ERROR", code, "Authorization error: '\(code)'")
        }
        return switch source {
        case "cnon:card-nonce-declined", "ccof:customer-card-id-declined": refusal("GENERIC_DECLINE")
        case "cnon:card-nonce-rejected-cvv": refusal("CVV_FAILURE")
        case "cnon:card-nonce-rejected-postalcode": refusal("ADDRESS_VERIFICATION_FAILURE")
        case "cnon:card-nonce-rejected-expiration": refusal("INVALID_EXPIRATION")
        case "cnon:card-nonce-insufficient-funds": refusal("INSUFFICIENT_FUNDS")
        case "cnon:card-nonce-requires-verification": refusal("CARD_DECLINED_VERIFICATION_REQUIRED")
        default: nil
        }
    }
}

/// The body of a request to Square.
struct SquareVendorBody: Sendable {
    let json: JSONValue

    init(_ request: VendorRequest) throws(SquareVendorFault) {
        guard !request.body.isEmpty else {
            json = [:]
            return
        }
        guard request.headers.first("content-type")?.hasPrefix("application/json") ?? false else {
            throw .invalid("UNSUPPORTED_MEDIA_TYPE", "The content type must be application/json.")
        }
        guard let json = request.json, json.object != nil else {
            throw .invalid("BAD_REQUEST", "The request body is no JSON object.")
        }
        self.json = json
    }

    /// A text of at most `charactersMax` characters; nil when it is missing.
    func text(_ name: String, charactersMax: Int) throws(SquareVendorFault) -> String? {
        guard let value = json[name], !value.isNull else { return nil }
        guard let text = value.string else {
            throw .invalid("EXPECTED_STRING", "Expected a string value.", field: name)
        }
        guard text.unicodeScalars.count <= charactersMax else {
            throw .invalid(
                "VALUE_TOO_LONG",
                "Field must not be greater than \(charactersMax) in length",
                field: name
            )
        }
        return text
    }

    /// A text that must be there.
    func required(_ name: String, charactersMax: Int) throws(SquareVendorFault) -> String {
        guard let text = try text(name, charactersMax: charactersMax), !text.isEmpty else {
            throw .invalid("MISSING_REQUIRED_PARAMETER", "Missing required parameter.", field: name)
        }
        return text
    }

    /// `amount_money` above zero; nil when it is missing.
    func money(_ value: JSONValue?, field: String = "amount_money") throws(SquareVendorFault) -> Money? {
        guard let value, !value.isNull else { return nil }
        guard let amount = value["amount"]?.int64 else {
            throw .invalid("EXPECTED_INTEGER", "Expected an integer value.", field: "\(field).amount")
        }
        guard amount >= 1 else {
            throw .invalid(
                "VALUE_TOO_LOW",
                "`\(field).amount` must be greater than 0.",
                field: "\(field).amount"
            )
        }
        guard let code = value["currency"]?.string, let currency = Currency(code),
            sameText(currency.code, code)
        else { throw .invalid("INVALID_ENUM_VALUE", "This is not a currency.", field: "\(field).currency") }
        guard let money = Money(minorUnits: amount, currency: currency) else {
            throw .invalid("VALUE_TOO_HIGH", "The amount is too high.", field: "\(field).amount")
        }
        return money
    }
}
