import Domain
import Signatures

/// The parameters of a request to Stripe, checked against those that the endpoint knows.
struct StripeVendorForm: Sendable {
    /// The most entries of `metadata`.
    static let metadataMax = 50
    /// The largest amount: eight digits.
    static let amountMax: Int64 = 99_999_999

    private let fields: FormFields

    /// Reads the body of a POST, or else the query.
    /// - Parameter known: the parameters; a name ending in `[` stands for all that begin with it.
    init(_ request: VendorRequest, known: [String]) throws(StripeVendorFault) {
        let isPost = request.method == "POST"
        guard let fields = isPost ? request.formFields : request.queryFields else {
            throw .invalid("Invalid request: the parameters are no application/x-www-form-urlencoded text.")
        }
        if isPost, !request.body.isEmpty {
            guard
                request.headers.first("content-type")?.hasPrefix("application/x-www-form-urlencoded") ?? false
            else {
                throw .invalid("Invalid request: the content type must be application/x-www-form-urlencoded.")
            }
        }
        for field in fields.fields {
            let name = String(decoding: field.name, as: UTF8.self)
            guard
                (known + ["expand["]).contains(where: { $0.hasSuffix("[") ? name.hasPrefix($0) : $0 == name })
            else {
                throw .invalid(
                    "Received unknown parameter: \(name)",
                    code: "parameter_unknown",
                    parameter: name
                )
            }
        }
        self.fields = fields
    }

    /// The text of a parameter; nil when it is missing or empty.
    func text(_ name: String) -> String? {
        fields.text(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The texts of a parameter that may be repeated: `types[]`, `types[0]`.
    func texts(_ name: String) -> [String] {
        fields.fields.filter { $0.name.starts(with: "\(name)[".utf8) }
            .map { String(decoding: $0.value, as: UTF8.self) }
    }

    /// Whether the answer is to show `name` whole.
    func expands(_ name: String) -> Bool {
        texts("expand").contains(name) || texts("expand").contains("data.\(name)")
    }

    /// A parameter that must be there.
    func required(_ name: String) throws(StripeVendorFault) -> String {
        guard let text = text(name) else {
            throw .invalid("Missing required param: \(name).", code: "parameter_missing", parameter: name)
        }
        return text
    }

    /// A whole number; nil when it is missing.
    func integer(_ name: String) throws(StripeVendorFault) -> Int64? {
        guard let text = text(name) else { return nil }
        guard let number = Int64(text) else {
            throw .invalid("Invalid integer: \(text)", code: "parameter_invalid_integer", parameter: name)
        }
        return number
    }

    /// A truth value, false when it is missing.
    func flag(_ name: String) throws(StripeVendorFault) -> Bool {
        switch text(name) {
        case "true": return true
        case "false", nil: return false
        default: throw .invalid("Invalid boolean: \(name)", parameter: name)
        }
    }

    /// One of some texts; nil when it is missing.
    func choice(_ name: String, _ choices: [String]) throws(StripeVendorFault) -> String? {
        guard let text = text(name) else { return nil }
        guard choices.contains(text) else {
            throw .invalid(
                "Invalid \(name): must be one of \(choices.joined(separator: ", "))",
                parameter: name
            )
        }
        return text
    }

    /// An amount of money above zero; nil when it is missing.
    func amount(_ name: String) throws(StripeVendorFault) -> Int64? {
        guard let amount = try integer(name) else { return nil }
        guard amount >= 1 else {
            throw .invalid(
                "This value must be greater than or equal to 1.",
                code: "parameter_invalid_integer",
                parameter: name
            )
        }
        guard amount <= Self.amountMax else {
            throw .invalid(
                "Amount must be no more than 999,999.99",
                code: "amount_too_large",
                parameter: name
            )
        }
        return amount
    }

    /// The entries of `metadata`.
    func metadata() throws(StripeVendorFault) -> [JSONMember] {
        var members: [JSONMember] = []
        for field in fields.fields {
            let name = String(decoding: field.name, as: UTF8.self)
            guard name.hasPrefix("metadata[") else { continue }
            let key = String(name.dropFirst(9).dropLast())
            let value = String(decoding: field.value, as: UTF8.self)
            guard name.hasSuffix("]"), (1...40).contains(key.unicodeScalars.count),
                value.unicodeScalars.count <= 500
            else {
                throw .invalid(
                    "Metadata keys have up to 40 characters and values up to 500.",
                    parameter: "metadata"
                )
            }
            members.append(JSONMember(key, .string(value)))
        }
        guard members.count <= Self.metadataMax else {
            throw .invalid("You cannot have more than 50 keys in metadata.", parameter: "metadata")
        }
        return members
    }
}
