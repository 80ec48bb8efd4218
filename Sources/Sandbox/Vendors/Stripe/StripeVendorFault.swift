import Domain

/// An answer of Stripe that is no success: `{"error": {…}}`.
struct StripeVendorFault: Error, Sendable {
    var status: Int
    var type: String
    var code: String?
    var declineCode: String?
    var message: String
    var parameter: String?
    /// The intent as it is, where the error shows it.
    var intent: JSONValue?
    var headers: [(String, String)] = []
    /// Whether the answer is stored under the request's key.
    var isExecuted = false

    /// The answer.
    var answer: VendorAnswer {
        var members = [JSONMember("message", .string(message)), JSONMember("type", .string(type))]
        if let code {
            members.insert(JSONMember("code", .string(code)), at: 0)
            members.append(JSONMember("doc_url", .string("https://stripe.com/docs/error-codes/\(code)")))
        }
        if let declineCode { members.append(JSONMember("decline_code", .string(declineCode))) }
        if let parameter { members.append(JSONMember("param", .string(parameter))) }
        if let intent {
            if let charge = intent["latest_charge"]?.string {
                members.append(JSONMember("charge", .string(charge)))
            }
            members.append(JSONMember("payment_intent", intent))
        }
        return VendorAnswer(status: status, json: ["error": .object(members)], headers: headers, pretty: true)
    }

    /// A request that cannot be fulfilled as it is.
    static func invalid(
        status: Int = 400,
        _ message: String,
        code: String? = nil,
        parameter: String? = nil,
        intent: JSONValue? = nil
    ) -> Self {
        Self(
            status: status,
            type: "invalid_request_error",
            code: code,
            message: message,
            parameter: parameter,
            intent: intent
        )
    }

    /// There is no such object: 404 for the one in the path.
    static func missing(_ kind: String, _ id: String, status: Int = 404, parameter: String = "intent") -> Self
    {
        invalid(
            status: status,
            "No such \(kind): '\(id)'",
            code: "resource_missing",
            parameter: parameter
        )
    }

    /// The intent is in a state that does not allow it: decided by executing, so it is stored.
    static func unexpectedState(_ message: String, _ intent: JSONValue) -> Self {
        var fault = invalid(message, code: "payment_intent_unexpected_state", intent: intent)
        fault.isExecuted = true
        return fault
    }

    /// The bank said no.
    static func declined(_ decline: StripeVendorDecline, _ intent: JSONValue) -> Self {
        Self(
            status: 402,
            type: "card_error",
            code: decline.code,
            declineCode: decline.reason,
            message: decline.message,
            intent: intent,
            isExecuted: true
        )
    }

    static func keyReused(_ key: String) -> Self {
        Self(
            status: 400,
            type: "idempotency_error",
            message: """
                Keys for idempotent requests can only be used with the same parameters they were first used with. \
                Try using a key other than '\(key)' if you meant to execute a different request.
                """
        )
    }

    static func keyInUse(_ key: String) -> Self {
        Self(
            status: 409,
            type: "idempotency_error",
            code: "idempotency_key_in_use",
            message: "There is currently another in-progress request using this Idempotent Key: \(key)"
        )
    }

    static func overLimit(_ reason: String) -> Self {
        Self(
            status: 429,
            type: "invalid_request_error",
            code: "rate_limit",
            message: "Request rate limit exceeded. Learn more at https://stripe.com/docs/rate-limits.",
            headers: [("stripe-rate-limited-reason", reason)]
        )
    }
}

/// How a bank says no.
struct StripeVendorDecline: Hashable, Sendable {
    let code: String
    let reason: String?
    let message: String

    /// `last_payment_error` of an intent.
    var json: JSONValue {
        [
            "code": .string(code), "decline_code": reason.map { .string($0) } ?? .null,
            "doc_url": .string("https://stripe.com/docs/error-codes/\(code)"), "message": .string(message),
            "type": "card_error",
        ]
    }

    /// The decline that belongs to a payment method; nil for one that pays.
    init?(method: String) {
        guard let range = method.firstRange(of: "chargeDeclined") else { return nil }
        switch String(method[range.upperBound...]) {
        case "InsufficientFunds":
            self.init("card_declined", "insufficient_funds", "Your card has insufficient funds.")
        case "LostCard": self.init("card_declined", "lost_card", "Your card was declined.")
        case "StolenCard": self.init("card_declined", "stolen_card", "Your card was declined.")
        case "FraudulentDecline", "Fraudulent":
            self.init("card_declined", "fraudulent", "Your card was declined.")
        case "ExpiredCard": self.init("expired_card", nil, "Your card has expired.")
        case "IncorrectCvc": self.init("incorrect_cvc", nil, "Your card's security code is incorrect.")
        case "ProcessingError":
            self.init(
                "processing_error",
                nil,
                "An error occurred while processing your card. Try again in a little bit."
            )
        default: self.init("card_declined", "generic_decline", "Your card was declined.")
        }
    }

    init(_ code: String, _ reason: String?, _ message: String) {
        self.code = code
        self.reason = reason
        self.message = message
    }

    /// The bank wants the payer, who is not there.
    static let authenticationRequired = Self(
        "authentication_required",
        "authentication_required",
        "Your card was declined. This transaction requires authentication."
    )
}
