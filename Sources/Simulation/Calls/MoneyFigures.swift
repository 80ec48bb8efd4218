import Domain
import Synchronization

/// What was counted over any number of simulations of payments.
package final class MoneyFigures: Sendable {
    /// The counts so far.
    package struct Counts: Sendable, Hashable {
        /// Calls of applications.
        package var calls = 0
        /// Those that succeeded.
        package var succeeded = 0
        /// Attempts at processors.
        package var attempts = 0
        /// Attempts whose answer was lost for a time.
        package var inDoubt = 0
        /// Attempts that took effect late, when the call had moved on, and were undone.
        package var undone = 0
        /// Calls that were left to a person.
        package var held = 0
        /// Charges and authorizations at processors, undone ones included.
        package var charges = 0
    }

    private struct State {
        var counts = Counts()
        var ages: [Duration] = []
    }

    private let state = Mutex(State())

    /// Counts nothing yet.
    package init() {}

    /// What was counted.
    package var counts: Counts { state.withLock { $0.counts } }

    /// The age that 99 of 100 attempts in doubt did not exceed, from the request to the certainty; nil without any.
    package var doubtP99: Duration? { doubt(0.99) }

    /// The longest time from a request to the certainty of what became of it; nil without any in doubt.
    package var doubtMax: Duration? { doubt(1) }

    private func doubt(_ share: Double) -> Duration? {
        let ages = state.withLock { $0.ages }.sorted()
        return ages.isEmpty
            ? nil : ages[min(ages.count - 1, Int((Double(ages.count) * share).rounded(.up)) - 1)]
    }

    func add(_ counts: Counts, ages: [Duration]) {
        state.withLock { state in
            state.counts.calls += counts.calls
            state.counts.succeeded += counts.succeeded
            state.counts.attempts += counts.attempts
            state.counts.inDoubt += counts.inDoubt
            state.counts.undone += counts.undone
            state.counts.held += counts.held
            state.counts.charges += counts.charges
            state.ages += ages
        }
    }
}
