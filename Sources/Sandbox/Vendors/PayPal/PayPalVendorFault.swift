import Domain

/// An answer of PayPal that is no success.
struct PayPalVendorFault: Error, Sendable {
    /// One of `details`.
    struct Detail: Hashable, Sendable {
        let issue: String
        let description: String
        let field: String
    }

    let status: Int
    let name: String
    let message: String
    let details: [Detail]
    /// Where the payer can do something about it.
    var payerAction: String?

    init(_ status: Int, _ name: String, _ message: String, details: [Detail] = []) {
        self.status = status
        self.name = name
        self.message = message
        self.details = details
    }

    func answer(debugID: String) -> VendorAnswer {
        let shown = details.map { detail -> JSONValue in
            var members = [
                JSONMember("issue", .string(detail.issue)),
                JSONMember("description", .string(detail.description)),
            ]
            if !detail.field.isEmpty { members.insert(JSONMember("field", .string(detail.field)), at: 0) }
            return .object(members)
        }
        var links: [JSONValue] = [
            [
                "href": .string("https://developer.paypal.com/api/rest/reference/orders/v2/errors/#\(name)"),
                "rel": "information_link", "method": "GET",
            ]
        ]
        if let payerAction {
            links.append(["href": .string(payerAction), "rel": "payer-action", "method": "GET"])
        }
        return VendorAnswer(
            status: status,
            json: [
                "name": .string(name), "message": .string(message), "debug_id": .string(debugID),
                "details": .array(shown), "links": .array(links),
            ]
        )
    }

    /// A malformed request.
    static func invalid(_ issue: String, _ description: String, _ field: String) -> Self {
        Self(
            400,
            "INVALID_REQUEST",
            "Request is not well-formed, syntactically incorrect, or violates schema.",
            details: [Detail(issue: issue, description: description, field: field)]
        )
    }

    /// A request that cannot be fulfilled as things are.
    static func unprocessable(_ issue: String, _ description: String = "", field: String = "") -> Self {
        let text =
            description.isEmpty ? "The requested action could not be performed: \(issue)." : description
        return Self(
            422,
            "UNPROCESSABLE_ENTITY",
            "The requested action could not be performed, semantically incorrect, or failed business validation.",
            details: [Detail(issue: issue, description: text, field: field)]
        )
    }

    /// There is no such object.
    static func missing(_ field: String) -> Self {
        Self(
            404,
            "RESOURCE_NOT_FOUND",
            "The specified resource does not exist.",
            details: [
                Detail(
                    issue: "INVALID_RESOURCE_ID",
                    description:
                        "Specified resource ID does not exist. Please check the resource ID and try again.",
                    field: field
                )
            ]
        )
    }

    static var noEndpoint: Self {
        Self(404, "NOT_FOUND", "The requested resource was not found.")
    }

    static var unauthorized: Self {
        Self(
            401,
            "AUTHENTICATION_FAILURE",
            "Authentication failed due to invalid authentication credentials or a missing Authorization header."
        )
    }

    static var overLimit: Self {
        Self(429, "RATE_LIMIT_REACHED", "Too many requests. Blocked due to rate limiting.")
    }

    static var inProgress: Self {
        Self(
            409,
            "RESOURCE_CONFLICT",
            "The server has detected a conflict while processing this request.",
            details: [
                Detail(
                    issue: "PREVIOUS_REQUEST_IN_PROGRESS",
                    description: "A previous request on this resource is currently in progress.",
                    field: ""
                )
            ]
        )
    }
}
