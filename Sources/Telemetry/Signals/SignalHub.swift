package import Domain
import Synchronization

/// Takes in what happens and keeps the latest of it, for those who watch.
///
/// Telling never waits and never fails: who watches too slowly is told that some of it is gone.
package final class SignalHub: Sendable {
    /// The signals that are kept: what a watcher may miss before something is gone for it.
    package static let keptMax = 16_384

    private struct State {
        var last: UInt64 = 0
        var kept: [Signal] = []
        /// Where in `kept` the next one goes, once it is full.
        var next = 0
    }

    /// Names this process in the ids of its signals.
    package let epoch: UInt64
    private let time: Time
    private let state = Mutex(State())

    /// Begins to tell.
    package init(time: Time) {
        self.time = time
        epoch = UInt64(clamping: time.now().milliseconds)
    }

    /// Tells what happened.
    package func tell(
        _ kind: SignalKind,
        _ subject: String,
        wedding: WeddingID? = nil,
        vendor: ResourceName? = nil,
        body: JSONValue = .object([])
    ) {
        let now = time.now()
        state.withLock { state in
            state.last += 1
            let signal = Signal(
                id: SignalID(epoch: epoch, number: state.last),
                kind: kind,
                at: now,
                subject: subject,
                wedding: wedding,
                vendor: vendor,
                body: body
            )
            if state.kept.count < Self.keptMax {
                state.kept.append(signal)
            } else {
                state.kept[state.next] = signal
                state.next = (state.next + 1) % Self.keptMax
            }
        }
    }

    /// What was told after a number of this process, at most `limit`; nil when some of that is gone.
    package func told(after number: UInt64, limit: Int = .max) -> [Signal]? {
        state.withLock { state in
            let first = state.last - UInt64(state.kept.count) + 1
            guard number + 1 >= first else { return nil }
            guard number < state.last else { return [] }
            let skipped = Int(number + 1 - first)
            let count = min(limit, state.kept.count - skipped)
            return (0..<count).map { state.kept[(state.next + skipped + $0) % state.kept.count] }
        }
    }
}
