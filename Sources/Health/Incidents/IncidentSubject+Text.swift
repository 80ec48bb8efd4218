import Domain

extension IncidentSubject {
    /// What kind of thing it is: `integration`, `source`, `destination`.
    package var kind: String {
        switch self {
        case .integration: "integration"
        case .source: "source"
        case .destination: "destination"
        }
    }

    /// Its name.
    package var name: String {
        switch self {
        case .integration(let name), .destination(let name): name.text
        case .source(let name): name
        }
    }

    /// Reads a kind and a name; nil for a kind there is not, and for a name that is none.
    package init?(kind: String, name: String) {
        switch kind {
        case "integration":
            guard let name = ResourceName(name) else { return nil }
            self = .integration(name)
        case "source":
            guard !name.isEmpty else { return nil }
            self = .source(name)
        case "destination":
            guard let name = ResourceName(name) else { return nil }
            self = .destination(name)
        default: return nil
        }
    }
}
