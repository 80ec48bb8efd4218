import Synchronization

/// Counts the requests that are being handled, over all connections, against one limit.
final class InFlightGauge: Sendable {
    private let count = Atomic<Int>(0)
    private let limit: Int

    /// Starts at zero.
    init(limit: Int) {
        self.limit = limit
    }

    /// Whether another request would be turned away now.
    var isFull: Bool {
        count.load(ordering: .relaxed) >= limit
    }

    /// Takes a place; false when there is none.
    func enter() -> Bool {
        guard count.wrappingAdd(1, ordering: .relaxed).newValue <= limit else {
            leave()
            return false
        }
        return true
    }

    /// Gives a place back.
    func leave() {
        count.wrappingSubtract(1, ordering: .relaxed)
    }
}
