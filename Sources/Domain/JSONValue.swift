/// One JSON value (RFC 8259), members in the order they came.
package indirect enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    /// The literal text of a number, checked against the grammar: nothing is rounded.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([JSONMember])
}

/// One member of a JSON object.
package struct JSONMember: Hashable, Sendable {
    /// The member's name, decoded.
    package let name: String
    /// The member's value.
    package let value: JSONValue

    /// Pairs a name with a value.
    package init(_ name: String, _ value: JSONValue) {
        self.name = name
        self.value = value
    }
}
