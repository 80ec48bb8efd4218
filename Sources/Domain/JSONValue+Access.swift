extension JSONValue {
    /// The text of a string; nil for anything else.
    package var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The literal text of a number; nil for anything else.
    package var number: String? {
        guard case .number(let literal) = self else { return nil }
        return literal
    }

    /// The value of a number that is written as a whole number within `Int64` (`3`, not `3.0` or `3e0`).
    package var int64: Int64? {
        guard case .number(let literal) = self else { return nil }
        return Int64(literal)
    }

    /// The `Double` nearest to a number; nil for anything else.
    package var double: Double? {
        guard case .number(let literal) = self else { return nil }
        return Double(literal)
    }

    /// A truth value; nil for anything else.
    package var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The elements of an array; nil for anything else.
    package var array: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The members of an object; nil for anything else.
    package var object: [JSONMember]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    /// Whether this is `null`.
    package var isNull: Bool {
        guard case .null = self else { return false }
        return true
    }

    /// The value of the member `name`, compared as bytes; nil without one and for anything but an object.
    package subscript(name: String) -> JSONValue? {
        object?.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    /// The value at an RFC 6901 pointer; nil when nothing stands there or `pointer` is none.
    package func pointer(_ pointer: String) -> JSONValue? {
        JSONPointer(pointer).flatMap { self[$0] }
    }

    /// The value at `pointer`; nil when nothing stands there.
    package subscript(pointer: JSONPointer) -> JSONValue? {
        var value = self
        for token in pointer.tokens {
            let next: JSONValue?
            if case .array(let elements) = value {
                next = arrayIndex(token).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
            } else {
                next = value[token]
            }
            guard let next else { return nil }
            value = next
        }
        return value
    }

    /// A whole number.
    package static func integer(_ value: some BinaryInteger) -> JSONValue {
        .number(String(value))
    }

    /// A number in the shortest text that reads back as the same `Double`; `null` when it is not finite.
    package static func fraction(_ value: Double) -> JSONValue {
        value.isFinite ? .number("\(value)") : .null
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
    ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) {
        self = .string(value)
    }

    package init(integerLiteral value: Int64) {
        self = .integer(value)
    }

    package init(booleanLiteral value: Bool) {
        self = .bool(value)
    }

    package init(arrayLiteral elements: JSONValue...) {
        self = .array(elements)
    }

    /// Keeps the order of the literal; names must not repeat.
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { JSONMember($0.0, $0.1) })
    }
}
