package import Domain

/// Reads the members of one object of a call's input; every fault names its place.
package struct CallInputReader: Sendable {
    private let members: [JSONMember]
    private let path: String

    /// Checks that `json` is an object without repeated names.
    package init(_ json: JSONValue, at path: String = "") throws(CallInputError) {
        guard let members = json.object else {
            throw CallInputError(.invalidField, at: path, "must be an object of names and values")
        }
        self.members = members
        self.path = path
    }

    /// Throws for the first member that is not `known`.
    package func finish(known: [String]) throws(CallInputError) {
        for member in members where !known.contains(where: { $0.utf8.elementsEqual(member.name.utf8) }) {
            let names =
                known.isEmpty ? "nothing is expected here" : "known are " + known.joined(separator: ", ")
            throw CallInputError(.unknownField, at: pointer(member.name), "is not known; \(names)")
        }
    }

    /// The pointer of a member.
    package func pointer(_ name: String) -> String { "\(path)/\(name)" }

    /// The value of a member; nil when it is absent or `null`.
    package func value(_ name: String) -> JSONValue? {
        members.first { $0.name.utf8.elementsEqual(name.utf8) }.flatMap { $0.value.isNull ? nil : $0.value }
    }

    /// A member as `convert` reads it; nil when it is absent.
    package func optional<Value>(
        _ name: String,
        _ expected: String,
        _ convert: (JSONValue) -> Value?
    ) throws(CallInputError) -> Value? {
        guard let json = value(name) else { return nil }
        guard let value = convert(json) else {
            throw CallInputError(.invalidField, at: pointer(name), "must be \(expected)")
        }
        return value
    }

    /// A member as `convert` reads it; throws when it is absent.
    package func required<Value>(
        _ name: String,
        _ expected: String,
        _ convert: (JSONValue) -> Value?
    ) throws(CallInputError) -> Value {
        guard let value = try optional(name, expected, convert) else {
            throw CallInputError(.missingField, at: pointer(name), "is missing: write \(expected)")
        }
        return value
    }

    /// A text of 1 to `bytesMax` bytes of UTF-8 without NUL; nil when it is absent.
    package func text(_ name: String, bytesMax: Int) throws(CallInputError) -> String? {
        try optional(name, "a text of 1 to \(bytesMax) bytes") { Self.text($0, bytesMax) }
    }

    /// A text of 1 to `bytesMax` bytes of UTF-8 without NUL.
    package func requiredText(_ name: String, bytesMax: Int) throws(CallInputError) -> String {
        try required(name, "a text of 1 to \(bytesMax) bytes") { Self.text($0, bytesMax) }
    }

    /// The reader of a member that is an object; nil when it is absent.
    package func object(_ name: String) throws(CallInputError) -> CallInputReader? {
        guard let json = value(name) else { return nil }
        return try CallInputReader(json, at: pointer(name))
    }

    /// The elements of a member that is an array of at most `countMax`, each as `convert` reads it; empty when absent.
    package func list<Value>(
        _ name: String,
        countMax: Int,
        _ expected: String,
        _ convert: (JSONValue) -> Value?
    ) throws(CallInputError) -> [Value] {
        guard let json = value(name) else { return [] }
        guard let elements = json.array, elements.count <= countMax else {
            throw CallInputError(.invalidField, at: pointer(name), "must be a list of at most \(countMax)")
        }
        var values: [Value] = []
        for (index, element) in elements.enumerated() {
            guard let value = convert(element) else {
                throw CallInputError(.invalidField, at: "\(pointer(name))/\(index)", "must be \(expected)")
            }
            values.append(value)
        }
        return values
    }

    /// The names and texts of a member that is an object of at most `countMax` texts; empty when absent.
    package func texts(
        _ name: String,
        countMax: Int,
        bytesMax: Int
    ) throws(CallInputError) -> [String: String] {
        guard let json = value(name) else { return [:] }
        guard let members = json.object, members.count <= countMax else {
            throw CallInputError(
                .invalidField,
                at: pointer(name),
                "must be an object of at most \(countMax) texts"
            )
        }
        var texts: [String: String] = [:]
        for member in members {
            guard let text = Self.text(member.value, bytesMax) else {
                throw CallInputError(
                    .invalidField,
                    at: "\(pointer(name))/\(member.name)",
                    "must be a text of 1 to \(bytesMax) bytes"
                )
            }
            texts[member.name] = text
        }
        return texts
    }

    /// `{"amount": 1250, "currency": "EUR"}` under `name`: whole minor units, ISO 4217; nil when it is absent.
    package func money(_ name: String) throws(CallInputError) -> Money? {
        guard let reader = try object(name) else { return nil }
        try reader.finish(known: ["amount", "currency"])
        let fault = { (place: String, text: String) in
            CallInputError(.invalidMoney, at: reader.pointer(place), text)
        }
        guard let amount = reader.value("amount")?.int64 else {
            throw fault("amount", "must be a whole number of minor units (cents), like 1250")
        }
        guard let code = reader.value("currency")?.string, let currency = Currency(code) else {
            throw fault("currency", "must be an ISO 4217 code, like EUR")
        }
        guard let money = Money(minorUnits: amount, currency: currency), amount > 0 else {
            throw fault("amount", "must be from 1 to \(Money.minorUnitsMax)")
        }
        return money
    }

    private static func text(_ json: JSONValue, _ bytesMax: Int) -> String? {
        json.string.flatMap { text in
            (1...bytesMax).contains(text.utf8.count) && !text.utf8.contains(0) ? text : nil
        }
    }
}
