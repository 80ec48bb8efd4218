/// How urgent a piece of work is; raw values are stored and sort the most urgent first.
package enum Priority: Int, CaseIterable, Comparable, Sendable {
    case critical = 0
    case high = 1
    case normal = 2
    case low = 3

    /// Reads the name used in documents and configuration: `critical`, `high`, `normal`, `low`.
    package init?(name: String) {
        guard let match = Priority.allCases.first(where: { $0.name == name }) else { return nil }
        self = match
    }

    /// The name used in documents and configuration.
    package var name: String {
        switch self {
        case .critical: "critical"
        case .high: "high"
        case .normal: "normal"
        case .low: "low"
        }
    }

    /// `left < right` means that `left` is more urgent.
    package static func < (left: Priority, right: Priority) -> Bool {
        left.rawValue < right.rawValue
    }
}
