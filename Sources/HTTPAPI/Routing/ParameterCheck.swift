import Domain

/// Checks a query against the parameters its route knows.
enum ParameterCheck {
    /// Throws a 400 that says which parameter is wrong, and which are known.
    ///
    /// - Parameter others: whether parameters that are not known are passed over.
    static func check(
        _ query: Query,
        _ known: [Route.Parameter],
        others: Bool = false
    ) throws(Problem) {
        for given in query.parameters {
            guard let parameter = known.first(where: { $0.name.utf8.elementsEqual(given.name.utf8) }) else {
                if others { continue }
                throw Problem(
                    status: 400,
                    code: "unknown-parameter",
                    title: "The query has a parameter that is not known here.",
                    detail: known.isEmpty ? "This path takes no parameters." : nil,
                    extensions: [JSONMember("known_parameters", .array(known.map { .string($0.name) }))]
                )
            }
            if let reason = misfit(given.value, parameter.schema) {
                throw .badRequest("invalid-parameter", "The parameter '\(parameter.name)' \(reason).")
            }
        }
    }

    private static func misfit(_ text: String, _ schema: Schema) -> String? {
        switch schema {
        case .string(let length, _):
            length.contains(text.unicodeScalars.count)
                ? nil : "must have \(length.lowerBound) to \(length.upperBound) characters"
        case .choice(let choices):
            choices.contains { $0.utf8.elementsEqual(text.utf8) }
                ? nil : "must be one of: " + choices.joined(separator: ", ")
        case .integer(let range):
            isDecimal(text) && Int64(text).map(range.contains) == true
                ? nil : "must be a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .boolean:
            text == "true" || text == "false" ? nil : "must be true or false"
        default:
            preconditionFailure("a parameter is a string, a choice, an integer or a boolean")
        }
    }

    /// Digits with perhaps a minus: `Int` also takes a plus, which no number here is written with.
    private static func isDecimal(_ text: String) -> Bool {
        let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
        return !digits.isEmpty && digits.count <= 19 && digits.allSatisfy { (0x30...0x39).contains($0) }
    }
}
