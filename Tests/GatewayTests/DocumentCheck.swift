import Domain
import HTTPAPI

/// Checks answers against the OpenAPI document that the gateway itself serves.
struct DocumentCheck {
    let document: JSONValue

    /// Every operation of the document, as `GET /api/events`.
    var operations: [String] {
        (document["paths"]?.object ?? []).flatMap { path in
            (path.value.object ?? []).map { "\($0.name.uppercased()) \(path.name)" }
        }
    }

    /// What is wrong with an answer to an operation; empty when it is as documented.
    func misfits(_ answer: APIResponse, _ method: RequestMethod, _ template: String) -> [String] {
        let operation = document["paths"]?[template]?[method.rawValue.lowercased()]
        guard let reply = operation?["responses"]?[String(answer.status)] else {
            return ["\(method.rawValue) \(template) has no documented answer \(answer.status)"]
        }
        guard let content = resolved(reply)["content"]?.object?.first else {
            return answer.body.isEmpty ? [] : ["a body where none is documented"]
        }
        guard answer.headers.first("content-type") == content.name else {
            return ["content-type \(answer.headers.first("content-type") ?? "none"), not \(content.name)"]
        }
        guard content.name.hasSuffix("json"), let schema = content.value["schema"] else { return [] }
        return misfits(answer.json, schema, "")
    }

    private func resolved(_ value: JSONValue) -> JSONValue {
        guard let reference = value["$ref"]?.string else { return value }
        return document.pointer(String(reference.dropFirst())) ?? .null
    }

    private func misfits(_ value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
        let schema = resolved(schema)
        if let choices = schema["anyOf"]?.array {
            let found = choices.map { misfits(value, $0, place) }
            return found.contains { $0.isEmpty } ? [] : found.first ?? []
        }
        if let allowed = schema["enum"]?.array, !allowed.contains(value) {
            return ["\(place): is not one of the documented values"]
        }
        switch schema["type"]?.string {
        case nil: return []
        case "null": return value.isNull ? [] : ["\(place): not null"]
        case "boolean": return value.bool == nil ? ["\(place): not a boolean"] : []
        case "integer": return value.int64 == nil ? ["\(place): not an integer"] : []
        case "number": return value.number == nil ? ["\(place): not a number"] : []
        case "string": return string(value, schema, place)
        case "array":
            guard let elements = value.array else { return ["\(place): not an array"] }
            return elements.enumerated().flatMap {
                misfits($0.element, schema["items"] ?? .null, "\(place)/\($0.offset)")
            }
        case "object": return object(value, schema, place)
        case .some(let type): return ["\(place): the document has an unknown type \(type)"]
        }
    }

    private func string(_ value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
        guard let text = value.string else { return ["\(place): not a string"] }
        let count = Int64(text.unicodeScalars.count)
        let range = (schema["minLength"]?.int64 ?? 0)...(schema["maxLength"]?.int64 ?? .max)
        guard range.contains(count) else { return ["\(place): \(count) characters"] }
        if schema["format"]?.string == "date-time", Instant(text) == nil { return ["\(place): no instant"] }
        return []
    }

    private func object(_ value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
        guard let members = value.object else { return ["\(place): not an object"] }
        let required = (schema["required"]?.array ?? []).compactMap(\.string)
        var found = required.filter { value[$0] == nil }.map { "\(place): lacks \($0)" }
        for member in members {
            if let known = schema["properties"]?[member.name] {
                found += misfits(member.value, known, "\(place)/\(member.name)")
            } else if schema["additionalProperties"]?.bool == false {
                found.append("\(place): has \(member.name), which is not documented")
            }
        }
        return found
    }
}
