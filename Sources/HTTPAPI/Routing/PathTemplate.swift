/// The path of a route: literal segments and `{name}` segments, `/api/events/{id}`.
package struct PathTemplate: Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
    /// One segment.
    enum Segment: Hashable, Sendable {
        case literal(String)
        case parameter(String)
    }

    let segments: [Segment]
    package let description: String

    /// Reads a template; traps when it does not start with `/` or holds an empty segment.
    package init(stringLiteral text: String) {
        precondition(text.utf8.first == UInt8(ascii: "/"), "a path template starts with a slash")
        description = text
        segments = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { segment in
            precondition(!segment.isEmpty, "a path template has no empty segment")
            guard segment.first == "{", segment.last == "}" else { return .literal(String(segment)) }
            return .parameter(String(segment.dropFirst().dropLast()))
        }
    }

    /// The names of the parameters, in order.
    package var parameterNames: [String] {
        segments.compactMap { segment in
            guard case .parameter(let name) = segment else { return nil }
            return name
        }
    }

    /// How many segments are literal: of two templates that match, the one with more is meant.
    var literalCount: Int {
        segments.count - parameterNames.count
    }

    /// The decoded values of the parameters; nil when `path` (its segments, still encoded) does not match.
    func match(_ path: [Substring.UTF8View.SubSequence]) -> PathValues? {
        guard path.count == segments.count else { return nil }
        var values: [(name: String, value: String)] = []
        for (segment, part) in zip(segments, path) {
            switch segment {
            case .literal(let text):
                guard part.elementsEqual(text.utf8) else { return nil }
            case .parameter(let name):
                guard let value = PercentEncoding.decode(part), !value.isEmpty else { return nil }
                values.append((name, value))
            }
        }
        return PathValues(values: values)
    }
}

/// What stood in the path where its template has parameters.
package struct PathValues: Sendable {
    let values: [(name: String, value: String)]

    /// The decoded value of the parameter `name`; traps when the route's template has none of that name.
    package subscript(name: String) -> String {
        guard let value = values.first(where: { $0.name == name })?.value else {
            preconditionFailure("the route's path has no parameter \(name)")
        }
        return value
    }
}
