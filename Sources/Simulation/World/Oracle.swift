import Synchronization

/// A promise that did not hold in a simulation.
package struct Violation: Hashable, Sendable, CustomStringConvertible {
    /// The promise's name in `docs/ARCHITECTURE.md`: `P1`.
    package let promise: String
    /// What was seen instead.
    package let finding: String

    /// Both, for the log.
    package var description: String { "\(promise): \(finding)" }
}

/// Collects what did not hold.
package final class Oracle: Sendable {
    /// The most violations kept of one simulation: the first ones tell the story.
    package static let violationsMax = 20

    private let found = Mutex<[Violation]>([])

    init() {}

    /// What did not hold, in the order it was found.
    package var violations: [Violation] { found.withLock { $0 } }

    /// Notes a violation unless `holds`.
    package func expect(_ holds: Bool, _ promise: String, _ finding: @autoclosure () -> String) {
        guard !holds else { return }
        let violation = Violation(promise: promise, finding: finding())
        found.withLock { if $0.count < Self.violationsMax { $0.append(violation) } }
    }
}
