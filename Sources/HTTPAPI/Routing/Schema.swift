import Domain

/// The shape of a JSON value: what OpenAPI tells clients, and what requests are checked against.
///
/// The part of JSON Schema 2020-12 that the API needs; objects have no members but the ones named.
package indirect enum Schema: Hashable, Sendable {
    /// Text of a number of Unicode scalars; `format` (`date-time`, `uri`) is told, not checked.
    case string(length: ClosedRange<Int> = 0...65_536, format: String? = nil)
    /// One of these texts.
    case choice([String])
    /// A whole number.
    case integer(ClosedRange<Int64>)
    /// Any number.
    case number
    case boolean
    /// Any JSON value.
    case any
    case array(Schema, count: ClosedRange<Int> = 0...10_000)
    case object([Property])
    /// An object whose member names are not known beforehand.
    case map(Schema)
    /// The schema of this name in `SchemaCatalogue`.
    case named(String)
    case nullable(Schema)

    /// One member of an object.
    package struct Property: Hashable, Sendable {
        let name: String
        let schema: Schema
        let isRequired: Bool
        let summary: String

        /// A member that must be there.
        package static func required(_ name: String, _ schema: Schema, _ summary: String) -> Property {
            Property(name: name, schema: schema, isRequired: true, summary: summary)
        }

        /// A member that may be left out.
        package static func optional(_ name: String, _ schema: Schema, _ summary: String) -> Property {
            Property(name: name, schema: schema, isRequired: false, summary: summary)
        }
    }
}

extension Schema {
    /// Whether it is an object that may be empty: then a request may leave out its body.
    var isWhollyOptional: Bool {
        guard case .object(let properties) = self else { return false }
        return properties.allSatisfy { !$0.isRequired }
    }
}

/// The schemas that have names, by name.
package struct SchemaCatalogue: Sendable {
    let schemas: [(name: String, schema: Schema)]

    /// Makes a catalogue; traps when a name is there twice.
    package init(_ schemas: [(name: String, schema: Schema)]) {
        precondition(Set(schemas.map(\.name)).count == schemas.count, "a schema has one name of its own")
        self.schemas = schemas
    }

    /// The schema called `name`; traps when there is none, which is a defect of a route table.
    subscript(name: String) -> Schema {
        guard let schema = schemas.first(where: { $0.name == name })?.schema else {
            preconditionFailure("there is no schema \(name)")
        }
        return schema
    }
}

extension Schema {
    /// The schema as JSON Schema.
    var json: JSONValue {
        switch self {
        case .string(let length, let format):
            var members = [JSONMember("type", "string")]
            if length.lowerBound > 0 { members.append(JSONMember("minLength", .integer(length.lowerBound))) }
            members.append(JSONMember("maxLength", .integer(length.upperBound)))
            if let format { members.append(JSONMember("format", .string(format))) }
            return .object(members)
        case .choice(let choices):
            return ["type": "string", "enum": .array(choices.map { .string($0) })]
        case .integer(let range):
            return [
                "type": "integer", "minimum": .integer(range.lowerBound),
                "maximum": .integer(range.upperBound),
            ]
        case .number: return ["type": "number"]
        case .boolean: return ["type": "boolean"]
        case .any: return [:]
        case .array(let element, let count):
            return [
                "type": "array", "items": element.json, "minItems": .integer(count.lowerBound),
                "maxItems": .integer(count.upperBound),
            ]
        case .object(let properties): return Self.json(properties)
        case .map(let value): return ["type": "object", "additionalProperties": value.json]
        case .named(let name): return ["$ref": .string("#/components/schemas/" + name)]
        case .nullable(let schema): return ["anyOf": [schema.json, ["type": "null"]]]
        }
    }

    private static func json(_ properties: [Property]) -> JSONValue {
        let members = properties.map { property in
            JSONMember(property.name, property.schema.json.described(property.summary))
        }
        return [
            "type": "object",
            "properties": .object(members),
            "required": .array(properties.filter(\.isRequired).map { .string($0.name) }),
            "additionalProperties": false,
        ]
    }
}

extension JSONValue {
    /// A JSON Schema with a description; one that is a reference keeps it beside the reference (allowed since 2020-12).
    fileprivate func described(_ summary: String) -> JSONValue {
        guard case .object(let members) = self, !summary.isEmpty else { return self }
        return .object(members + [JSONMember("description", .string(summary))])
    }
}
