package import Domain

/// How many calls of an integration may be in flight: a provider that hangs takes its own places only, and
/// what is not critical never takes the last ones.
///
/// A call of a priority may start while fewer calls than its line are in flight, of whatever priority: lines stand
/// at 100, 85, 70 and 50 %, at least 1, rounded down.
///
/// | in flight at most | 4 | 8 | 32 | 100 |
/// |---|---|---|---|---|
/// | critical starts below | 4 | 8 | 32 | 100 |
/// | high | 3 | 6 | 27 | 85 |
/// | normal | 2 | 5 | 22 | 70 |
/// | low | 2 | 4 | 16 | 50 |
package struct Bulkhead: Hashable, Sendable {
    /// The most calls in flight.
    package let inFlightMax: Int
    /// Calls in flight.
    package private(set) var inFlight = 0

    /// Makes an empty one; at least one call must be able to be in flight.
    package init(inFlightMax: Int) {
        precondition(inFlightMax >= 1, "a bulkhead has at least one place")
        self.inFlightMax = inFlightMax
    }

    /// Whether a call of this priority may start.
    package func hasRoom(_ priority: Priority) -> Bool {
        inFlight < line(priority)
    }

    /// The number of calls in flight below which a call of this priority may start.
    package func line(_ priority: Priority) -> Int {
        switch priority {
        case .critical: inFlightMax
        case .high: max(inFlightMax * 85 / 100, 1)
        case .normal: max(inFlightMax * 70 / 100, 1)
        case .low: max(inFlightMax / 2, 1)
        }
    }

    /// Takes a place; false when there is none for this priority.
    package mutating func enter(_ priority: Priority) -> Bool {
        guard hasRoom(priority) else { return false }
        inFlight += 1
        return true
    }

    /// Gives a place back.
    package mutating func leave() {
        precondition(inFlight > 0, "only who entered leaves")
        inFlight -= 1
    }
}
