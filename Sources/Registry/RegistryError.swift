/// Why the registry did not do what it was asked.
package enum RegistryError: Error, Equatable, Sendable, CustomStringConvertible {
    /// One or more parts of a definition are wrong; each problem names its field and says what to do.
    case invalid([DefinitionProblem])
    /// Something of this name is there already.
    case alreadyExists(String)
    /// Nothing of this name is there.
    case notFound(String)
    /// The configuration file owns it: change the file and run `usher apply`.
    case ownedByFile(String)
    /// There are as many as are allowed.
    case tooMany(limit: Int)
    /// Something else still needs it; says what, and what to do.
    case inUse(String)

    /// A stable word for metrics and problem documents.
    package var code: String {
        switch self {
        case .invalid: "invalid_definition"
        case .alreadyExists: "already_exists"
        case .notFound: "not_found"
        case .ownedByFile: "owned_by_file"
        case .tooMany: "too_many"
        case .inUse: "in_use"
        }
    }

    package var description: String {
        switch self {
        case .invalid(let problems):
            problems.map(\.description).joined(separator: "; ")
        case .alreadyExists(let name):
            "\(name) exists already"
        case .notFound(let name):
            "there is no \(name)"
        case .ownedByFile(let name):
            "\(name) is owned by the configuration file: change it there and run `usher apply`"
        case .tooMany(let limit):
            "there are \(limit) already, which is the most this build allows"
        case .inUse(let text):
            text
        }
    }
}

/// One thing that is wrong with a definition.
package struct DefinitionProblem: Hashable, Sendable, CustomStringConvertible {
    /// The field, as written in the configuration file: `secrets`, `url`, `settings.header`.
    package let field: String
    /// What is wrong and what to do.
    package let message: String

    /// Names a field and what is wrong with it.
    package init(_ field: String, _ message: String) {
        self.field = field
        self.message = message
    }

    package var description: String { "\(field): \(message)" }
}
