package import Domain
package import Resilience
import Synchronization

/// Counts in memory what happens at each integration, until it is written down.
///
/// Counting takes a lock and no memory beyond one rollup for each integration and minute not yet written.
package final class RollupTally: Sendable {
    /// The most rollups that wait to be written; beyond it the oldest minute is dropped.
    package static let waitingMax = 20_000

    /// Which rollup.
    struct Key: Hashable, Sendable {
        let integration: Int64
        let minute: Instant
    }

    private let time: Time
    private let waiting = Mutex([Key: Rollup]())

    /// Counts nothing yet.
    package init(time: Time) {
        self.time = time
    }

    /// Takes in one request that ended.
    package func attempted(_ integration: Int64, _ outcome: ExchangeOutcome, latency: Duration) {
        change(integration) { $0.record(outcome, latency: latency) }
    }

    /// Takes in that an integration was in a state for some time.
    package func spent(_ integration: Int64, in state: IntegrationHealth.State, _ duration: Duration) {
        guard duration > .zero else { return }
        change(integration) { $0.times[state, default: .zero] += duration }
    }

    /// Takes out what is to be written.
    func take() -> [Key: Rollup] {
        waiting.withLock { waiting in
            defer { waiting = [:] }
            return waiting
        }
    }

    /// Puts back what could not be written.
    func putBack(_ rollups: [Key: Rollup]) {
        waiting.withLock { waiting in
            waiting.merge(rollups) { left, right in
                var sum = left
                sum.add(right)
                return sum
            }
            Self.shorten(&waiting)
        }
    }

    private func change(_ integration: Int64, _ body: (inout Rollup) -> Void) {
        let key = Key(integration: integration, minute: RollupWindow.minute.start(of: time.now()))
        waiting.withLock { body(&$0[key, default: Rollup()]) }
    }

    private static func shorten(_ waiting: inout [Key: Rollup]) {
        while waiting.count > waitingMax, let oldest = waiting.keys.map(\.minute).min() {
            waiting = waiting.filter { $0.key.minute > oldest }
        }
    }
}
