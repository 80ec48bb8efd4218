/// The header fields of one HTTP message, in order, repeats kept.
///
/// Names are compared without case as ASCII bytes; values are kept as they came.
package struct Headers: Hashable, Sendable {
    /// One field: a name in lower case and its value.
    package struct Field: Hashable, Sendable {
        /// The field's name in lower case.
        package let name: String
        /// The field's value, without surrounding white space.
        package let value: String
    }

    /// All fields in the order they came.
    package private(set) var fields: [Field]

    /// Makes an empty list.
    package init() {
        fields = []
    }

    /// Makes a list from pairs; names are lower-cased as ASCII.
    package init(_ pairs: [(String, String)]) {
        fields = pairs.map { Field(name: lowercasedASCII($0.0), value: $0.1) }
    }

    /// Adds a field whose name is known to be lower case.
    package mutating func append(lowercaseName name: String, value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// Adds a field.
    package mutating func append(_ name: String, _ value: String) {
        fields.append(Field(name: lowercasedASCII(name), value: value))
    }

    /// Every value of the field `name` (lower case), in order.
    package func values(_ name: String) -> [String] {
        fields.lazy.filter { $0.name == name }.map(\.value)
    }

    /// The value of the field `name` (lower case) when it stands there exactly once or several times: the first.
    package func first(_ name: String) -> String? {
        fields.first { $0.name == name }?.value
    }
}

/// Lower-cases `A`–`Z` only, so that no other script's letter folds into an ASCII one.
package func lowercasedASCII(_ text: String) -> String {
    guard text.utf8.contains(where: { (0x41...0x5A).contains($0) }) else { return text }
    return String(decoding: text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
}
