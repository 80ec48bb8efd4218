import Domain
import Synchronization

/// Where the hub finds a watcher.
final class WatcherSeat: Sendable {
    /// What is watched; changed under the hub's lock only.
    let kinds: Exchangeable
    let bell = Doorbell()

    init(kinds: SignalKinds) {
        self.kinds = Exchangeable(kinds)
    }

    /// A set that is read and exchanged whole.
    final class Exchangeable: Sendable {
        private let bits: Atomic<UInt32>

        init(_ kinds: SignalKinds) {
            bits = Atomic(kinds.rawValue)
        }

        var value: SignalKinds { SignalKinds(rawValue: bits.load(ordering: .relaxed)) }

        func exchange(_ kinds: SignalKinds) -> SignalKinds {
            SignalKinds(rawValue: bits.exchange(kinds.rawValue, ordering: .relaxed))
        }
    }
}

/// One watcher: reads what is told in batches, from where it began; it ends with its last reference.
///
/// `next` is for one task; `change` may be called from anywhere.
package final class SignalWatch: Sendable {
    /// The most signals of a batch.
    package static let batchMax = 256

    /// Why some signals will never come.
    package enum Loss: String, Hashable, Sendable {
        /// They were told before a restart, or by another node.
        case restarted
        /// More was told than is kept.
        case fellBehind = "fell_behind"
    }

    /// Where a watcher begins.
    struct Start {
        let number: UInt64
        let loss: Loss?
        /// Where the client says it was, when that is no place to begin at.
        var before: SignalPlace?
    }

    /// What `next` brings.
    package struct Batch: Sendable {
        /// The signals, in order; empty when the watcher was woken for nothing.
        package let signals: [KeptSignal]
        /// How far everything that is wanted has been brought.
        package let place: SignalPlace
        /// Why some before `signals` are gone; nil when none are.
        package let loss: Loss?
        /// Where the watcher was before it lost some; nil when it did not.
        package let before: SignalPlace?
    }

    private struct State {
        var filter: SignalFilter
        var place: SignalPlace
        /// Told with the next batch.
        var loss: Loss?
        /// Where the client says it was, before a loss at the start.
        var before: SignalPlace?
        /// Raised by each change of the filter.
        var version = 0
    }

    private let hub: SignalHub
    private let seat: WatcherSeat
    private let number: Int
    private let state: Mutex<State>

    init(hub: SignalHub, seat: WatcherSeat, number: Int, filter: SignalFilter, start: Start) {
        self.hub = hub
        self.seat = seat
        self.number = number
        let place = hub.place(start.number)
        state = Mutex(State(filter: filter, place: place, loss: start.loss, before: start.before))
    }

    deinit {
        hub.leave(number)
    }

    /// Goes on with another filter: from now on, or from where the client was.
    package func change(to filter: SignalFilter, after place: SignalPlace? = nil) {
        let last = hub.change(seat, to: filter.kinds)
        let start = hub.start(place, last)
        let begin = hub.place(start.number)
        state.withLock { state in
            state.filter = filter
            state.place = begin
            state.loss = start.loss
            state.before = start.before
            state.version += 1
        }
        seat.bell.ring()
    }

    /// The next batch: at once when there is something, else when the watcher is woken; nil once the task is cancelled.
    ///
    /// It may be empty: then the watcher was woken for a beat, or for what its filter does not let through.
    package func next(limit: Int = SignalWatch.batchMax) async -> Batch? {
        if Task.isCancelled { return nil }
        if let batch = read(limit) { return batch }
        await seat.bell.wait()
        if Task.isCancelled { return nil }
        return read(limit) ?? Batch(signals: [], place: state.withLock { $0.place }, loss: nil, before: nil)
    }

    /// What there is now; nil when nothing of it is wanted.
    private func read(_ limit: Int) -> Batch? {
        while true {
            let (filter, from, loss, before, version) = state.withLock { state in
                defer { state.loss = nil }
                return (state.filter, state.place, state.loss, state.before, state.version)
            }
            let (found, through) = hub.look(after: from.id.number, filter.kinds, limit: limit)
            let place = hub.place(through)
            // What another filter has been given meanwhile is left to the next read.
            let isCurrent = state.withLock { state in
                guard state.version == version else { return false }
                state.place = place
                return true
            }
            guard isCurrent else { continue }
            guard let found else {
                let lost = loss.map { ($0, before) } ?? (.fellBehind, from)
                return Batch(signals: [], place: place, loss: lost.0, before: lost.1)
            }
            let wanted = found.filter { filter.lets($0) }
            if !wanted.isEmpty || loss != nil {
                return Batch(signals: wanted, place: place, loss: loss, before: loss == nil ? nil : before)
            }
            if found.count < limit { return nil }
        }
    }
}

extension SignalHub {
    /// The place of a number as of now.
    func place(_ number: UInt64) -> SignalPlace {
        SignalPlace(
            id: SignalID(epoch: epoch, number: number),
            milliseconds: max(0, time.now().milliseconds)
        )
    }
}
