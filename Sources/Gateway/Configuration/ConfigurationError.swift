/// A place in a file; both count from 1, columns in Unicode scalars.
package struct FilePosition: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The line.
    package let line: Int
    /// The column.
    package let column: Int

    /// Makes a place.
    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package var description: String { "\(line):\(column)" }

    package static func < (left: FilePosition, right: FilePosition) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// One thing that is wrong in a configuration file.
package struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
    /// Where it stands.
    package let position: FilePosition
    /// The key it is about, as a path: `destinations.app.url`; empty for the file as a whole.
    package let key: String
    /// What is wrong and what would be right; never the value of a secret.
    package let message: String

    /// Makes a problem.
    package init(position: FilePosition, key: String, message: String) {
        self.position = position
        self.key = key
        self.message = message
    }

    package var description: String {
        key.isEmpty ? "\(position): \(message)" : "\(position): \(key): \(message)"
    }
}

/// Why a configuration file was not taken.
package enum ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file cannot be read; the text says why.
    case unreadable(file: String, reason: String)
    /// The file is over `ConfigurationDocument.bytesMax`.
    case tooLarge(file: String)
    /// Everything that is wrong in the file, in the order of its lines; never empty.
    case invalid(file: String, problems: [ConfigurationProblem])

    /// A stable name for the kind of error.
    package var code: String {
        switch self {
        case .unreadable: "configuration_unreadable"
        case .tooLarge: "configuration_too_large"
        case .invalid: "configuration_invalid"
        }
    }

    package var description: String {
        switch self {
        case .unreadable(let file, let reason):
            "cannot read \(file): \(reason)"
        case .tooLarge(let file):
            "\(file) is larger than \(ConfigurationDocument.bytesMax) bytes, the most a configuration may have"
        case .invalid(let file, let problems):
            problems.map { "\(file):\($0)" }.joined(separator: "\n")
        }
    }
}
