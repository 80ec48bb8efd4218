import Domain

/// Checks a JSON value from a client against the schema its route documents.
struct SchemaCheck {
    /// What does not fit, where.
    struct Misfit: Error, Hashable {
        /// A JSON pointer (RFC 6901) to the value; empty for the whole body.
        let pointer: String
        /// What is wrong, fit to show to the client: names of ours and limits, never the value itself.
        let reason: String
    }

    let catalogue: SchemaCatalogue

    /// Throws the first misfit.
    func check(_ value: JSONValue, _ schema: Schema, at pointer: String = "") throws(Misfit) {
        switch schema {
        case .any: break
        case .named(let name): try check(value, catalogue[name], at: pointer)
        case .nullable(let schema):
            if !value.isNull { try check(value, schema, at: pointer) }
        case .string(let length, _):
            guard let count = value.string?.unicodeScalars.count else {
                throw misfit(pointer, "must be a string")
            }
            guard length.contains(count) else {
                throw misfit(pointer, "must have \(length.lowerBound) to \(length.upperBound) characters")
            }
        case .choice(let choices):
            guard let text = value.string, choices.contains(where: { $0.utf8.elementsEqual(text.utf8) })
            else {
                throw misfit(pointer, "must be one of: " + choices.joined(separator: ", "))
            }
        case .integer(let range):
            guard let number = value.int64, range.contains(number) else {
                throw misfit(
                    pointer,
                    "must be a whole number from \(range.lowerBound) to \(range.upperBound)"
                )
            }
        case .number:
            guard value.number != nil else { throw misfit(pointer, "must be a number") }
        case .boolean:
            guard value.bool != nil else { throw misfit(pointer, "must be true or false") }
        case .array(let element, let count):
            try check(value, arrayOf: element, count, at: pointer)
        case .object(let properties):
            try check(value, objectOf: properties, at: pointer)
        case .map(let element):
            guard let members = value.object else { throw misfit(pointer, "must be an object") }
            for member in members {
                try check(member.value, element, at: pointer + "/" + escape(member.name))
            }
        }
    }

    private func check(
        _ value: JSONValue,
        arrayOf element: Schema,
        _ count: ClosedRange<Int>,
        at pointer: String
    ) throws(Misfit) {
        guard let elements = value.array else { throw misfit(pointer, "must be an array") }
        guard count.contains(elements.count) else {
            throw misfit(pointer, "must have \(count.lowerBound) to \(count.upperBound) elements")
        }
        for (index, value) in elements.enumerated() { try check(value, element, at: "\(pointer)/\(index)") }
    }

    private func check(
        _ value: JSONValue,
        objectOf properties: [Schema.Property],
        at pointer: String
    ) throws(Misfit) {
        guard let members = value.object else { throw misfit(pointer, "must be an object") }
        for member in members {
            let property = properties.first { $0.name.utf8.elementsEqual(member.name.utf8) }
            guard let property else {
                let known = properties.map(\.name).joined(separator: ", ")
                throw misfit(pointer, "has a member that is not known; known are: \(known)")
            }
            try check(member.value, property.schema, at: pointer + "/" + escape(member.name))
        }
        for property in properties where property.isRequired && value[property.name] == nil {
            throw misfit(pointer, "lacks the member \(property.name)")
        }
    }

    private func misfit(_ pointer: String, _ reason: String) -> Misfit {
        Misfit(pointer: pointer, reason: reason)
    }

    private func escape(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else {
            return name
        }
        return name.replacing("~", with: "~0").replacing("/", with: "~1")
    }
}
