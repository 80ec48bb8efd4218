import Domain

/// Checks values against JSON Schema as it stands in an OpenAPI document: the part of 2020-12 that ours uses.
///
/// It reads the document, not our `Schema`, so that a fault in writing the one is not repeated in reading it.
struct JSONSchemaCheck {
    let document: JSONValue

    /// What does not fit; empty when all does.
    func misfits(_ value: JSONValue, _ schema: JSONValue, at place: String = "$") -> [String] {
        if let reference = schema["$ref"]?.string {
            guard let target = resolve(reference) else { return ["\(place): \(reference) leads nowhere"] }
            return misfits(value, target, at: place)
        }
        if let choices = schema["anyOf"]?.array {
            return choices.contains { misfits(value, $0, at: place).isEmpty }
                ? [] : ["\(place): fits no choice"]
        }
        guard let type = schema["type"]?.string else { return [] }
        switch type {
        case "null": return value.isNull ? [] : ["\(place): is not null"]
        case "boolean": return value.bool != nil ? [] : ["\(place): is not a boolean"]
        case "number": return value.number != nil ? [] : ["\(place): is not a number"]
        case "integer": return integer(value, schema, place)
        case "string": return string(value, schema, place)
        case "array": return array(value, schema, place)
        case "object": return object(value, schema, place)
        default: return ["\(place): the type \(type) is not known"]
        }
    }

    /// What a reference into the document leads to.
    func resolve(_ reference: String) -> JSONValue? {
        guard reference.hasPrefix("#") else { return nil }
        return document.pointer(String(reference.dropFirst()))
    }

    private func integer(_ value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
        guard let number = value.int64 else { return ["\(place): is not an integer"] }
        let range = (schema["minimum"]?.int64 ?? .min)...(schema["maximum"]?.int64 ?? .max)
        return range.contains(number) ? [] : ["\(place): \(number) is out of range"]
    }

    private func string(_ value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
        guard let text = value.string else { return ["\(place): is not a string"] }
        if let choices = schema["enum"]?.array, !choices.contains(.string(text)) {
            return ["\(place): '\(text)' is no choice"]
        }
        let range = (schema["minLength"]?.int64 ?? 0)...(schema["maxLength"]?.int64 ?? .max)
        guard range.contains(Int64(text.unicodeScalars.count)) else {
            return ["\(place): has a wrong length"]
        }
        if schema["format"]?.string == "date-time", Instant(text) == nil {
            return ["\(place): is no date-time"]
        }
        return []
    }

    private func array(_ value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
        guard let elements = value.array else { return ["\(place): is not an array"] }
        let range = (schema["minItems"]?.int64 ?? 0)...(schema["maxItems"]?.int64 ?? .max)
        let count = range.contains(Int64(elements.count)) ? [] : ["\(place): has a wrong number of elements"]
        return count
            + elements.enumerated().flatMap { index, element in
                misfits(element, schema["items"] ?? [:], at: "\(place)[\(index)]")
            }
    }

    private func object(_ value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
        guard let members = value.object else { return ["\(place): is not an object"] }
        let properties = schema["properties"]
        let lacking = (schema["required"]?.array ?? []).compactMap(\.string).filter { value[$0] == nil }
        return lacking.map { "\(place): lacks \($0)" }
            + members.flatMap { member in
                if let property = properties?[member.name] {
                    return misfits(member.value, property, at: place + "." + member.name)
                }
                switch schema["additionalProperties"] {
                case .some(.bool(false)): return ["\(place): has the undocumented member \(member.name)"]
                case .some(let other) where other.object != nil:
                    return misfits(member.value, other, at: place + "." + member.name)
                default: return []
                }
            }
    }
}
