/// Why a call's input cannot be used; nothing has been sent.
package struct CallInputError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, stable: a problem document's code.
    package enum Code: String, Hashable, Sendable, CaseIterable {
        case unknownField = "input_unknown_field"
        case missingField = "input_missing_field"
        case invalidField = "input_invalid_field"
        case unsupportedOperation = "operation_unsupported"
        case missingSource = "payment_source_missing"
        case invalidMoney = "money_invalid"
    }

    /// The stable word.
    package let code: Code
    /// Where in the input: an RFC 6901 pointer, empty for the whole.
    package let pointer: String
    /// What to write instead, for people.
    package let description: String

    /// Describes a fault.
    package init(_ code: Code, at pointer: String, _ description: String) {
        self.code = code
        self.pointer = pointer
        self.description = description
    }
}
