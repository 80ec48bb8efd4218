package import Domain
import Synchronization

/// Takes in what happens and keeps the latest of it, for those who watch.
///
/// Telling never waits and never fails: who watches too slowly is told that some of it is gone. Watchers are woken in
/// batches by `run`, never by who tells.
package final class SignalHub: Sendable {
    /// The signals that are kept of one kind.
    package static let keptMax = 4_096
    /// The signals that are kept of a kind that comes with every webhook or delivery.
    package static let busyKeptMax = 32_768
    /// How long such a kind is kept once nobody watches it.
    package static let graceTime = Duration.seconds(300)
    /// The most watchers at one time, unless told otherwise.
    package static let watchersMax = 2_000
    /// The least time between two wakings: what is told meanwhile leaves together.
    package static let batchEvery = Duration.milliseconds(50)
    /// How often each watcher is woken though nothing was told, so that it can say that it lives.
    package static let beatEvery = beatTick * beatGroups

    /// At each tick another group of the watchers is woken.
    private static let beatTick = Duration.seconds(1)
    private static let beatGroups = 5

    private struct State {
        var ledger = SignalLedger()
        var seats: [Int: WatcherSeat] = [:]
        var seatNumber = 0
        /// Kinds that were told since the last waking and are watched.
        var news: SignalKinds = []
    }

    /// Names this process in the ids of its signals.
    package let epoch: UInt64
    let time: Time
    private let watchersMax: Int
    private let state = Mutex(State())
    /// The kinds that are kept, readable without the lock.
    private let kept = Atomic<UInt32>(SignalLedger().kept.rawValue)
    private let bell = Doorbell()

    /// Begins to tell.
    package init(time: Time, watchersMax: Int = SignalHub.watchersMax) {
        self.time = time
        self.watchersMax = watchersMax
        epoch = UInt64(clamping: time.now().milliseconds)
    }

    /// Whether signals of a kind are kept now: where it costs something to tell one, ask before.
    package func keeps(_ kind: SignalKind) -> Bool {
        kept.load(ordering: .relaxed) & SignalKinds(kind).rawValue != 0
    }

    /// Tells what happened.
    package func tell(
        _ kind: SignalKind,
        _ subject: String,
        wedding: WeddingID? = nil,
        vendor: ResourceName? = nil,
        body: JSONValue = .object([])
    ) {
        tell(kind, wedding: wedding, vendor: vendor) { SignalText(subject, body) }
    }

    /// Tells what happened, where making the text of it costs too much to be done for nobody.
    ///
    /// - Parameter describe: called when somebody looks, perhaps more than once, from anywhere; never under a lock of the
    ///   hub's. What it captures is kept as long as the signal.
    package func tell(
        _ kind: SignalKind,
        wedding: WeddingID? = nil,
        vendor: ResourceName? = nil,
        describe: @escaping @Sendable () -> SignalText
    ) {
        guard keeps(kind) else { return }
        let now = time.now()
        let isFirst = state.withLock { state in
            let isKept = state.ledger.tell(kind) { number in
                KeptSignal(
                    id: SignalID(epoch: epoch, number: number),
                    kind: kind,
                    at: now,
                    wedding: wedding,
                    vendor: vendor,
                    describe: describe
                )
            }
            guard isKept, state.ledger.isWatched(kind) else { return false }
            defer { state.news.insert(SignalKinds(kind)) }
            return state.news.isEmpty
        }
        if isFirst { bell.ring() }
    }

    /// What was told after a number of this process, at most `limit`; nil when some of that is gone.
    ///
    /// Of the busy kinds only what was told while somebody watched them.
    package func told(after number: UInt64, limit: Int = .max) -> [Signal]? {
        let signals = state.withLock { state -> [KeptSignal]? in
            let kinds = state.ledger.kept
            guard !state.ledger.isGone(after: number, kinds) else { return nil }
            return state.ledger.told(after: number, kinds, limit: limit).0
        }
        return signals?.map(\.signal)
    }
}

// MARK: - Watching

extension SignalHub {
    /// Begins to watch: from now on, or from where a client was.
    ///
    /// - Throws: `.tooManyWatchers`.
    package func watch(
        _ filter: SignalFilter,
        after place: SignalPlace? = nil
    ) throws(SignalError) -> SignalWatch {
        let seat = WatcherSeat(kinds: filter.kinds)
        let entry = state.withLock { state -> (Int, UInt64)? in
            guard state.seats.count < watchersMax else { return nil }
            state.seatNumber += 1
            state.seats[state.seatNumber] = seat
            state.ledger.watch(filter.kinds)
            kept.store(state.ledger.kept.rawValue, ordering: .relaxed)
            return (state.seatNumber, state.ledger.last)
        }
        guard let (number, last) = entry else { throw .tooManyWatchers(watchersMax) }
        return SignalWatch(hub: self, seat: seat, number: number, filter: filter, start: start(place, last))
    }

    /// How many watch now.
    package var watcherCount: Int { state.withLock { $0.seats.count } }

    /// Where a watcher begins who was at `place`.
    func start(_ place: SignalPlace?, _ last: UInt64) -> SignalWatch.Start {
        guard let place else { return SignalWatch.Start(number: last, loss: nil) }
        guard place.id.epoch == epoch, place.id.number <= last else {
            return SignalWatch.Start(number: last, loss: .restarted, before: place)
        }
        return SignalWatch.Start(number: place.id.number, loss: nil)
    }

    /// Exchanges what a seat watches; gives the number of the latest signal.
    func change(_ seat: WatcherSeat, to kinds: SignalKinds) -> UInt64 {
        let now = time.elapsed()
        return state.withLock { state in
            state.ledger.watch(kinds)
            state.ledger.unwatch(seat.kinds.exchange(kinds), now: now)
            kept.store(state.ledger.kept.rawValue, ordering: .relaxed)
            return state.ledger.last
        }
    }

    func leave(_ number: Int) {
        let now = time.elapsed()
        state.withLock { state in
            guard let seat = state.seats.removeValue(forKey: number) else { return }
            state.ledger.unwatch(seat.kinds.value, now: now)
        }
    }

    /// What there is after a number; nil when some of it is gone, with where it goes on.
    func look(
        after number: UInt64,
        _ kinds: SignalKinds,
        limit: Int
    ) -> (signals: [KeptSignal]?, through: UInt64) {
        state.withLock { state in
            guard !state.ledger.isGone(after: number, kinds) else { return (nil, state.ledger.last) }
            let (signals, through) = state.ledger.told(after: number, kinds, limit: limit)
            return (signals, through)
        }
    }

    /// Wakes watchers until cancelled.
    package func run() async {
        var tick = 0
        var nextTick = time.elapsed() + Self.beatTick
        while !Task.isCancelled {
            await bell.wait(atMost: nextTick - time.elapsed(), time)
            let now = time.elapsed()
            let isTick = now >= nextTick
            if isTick {
                tick = (tick + 1) % Self.beatGroups
                nextTick = now + Self.beatTick
            }
            for seat in takeWoken(beat: isTick ? tick : nil, now: now) { seat.bell.ring() }
            guard !isTick else { continue }
            try? await time.sleep(Self.batchEvery)
        }
    }

    /// Those who want what was told, and the group whose turn it is.
    private func takeWoken(beat: Int?, now: Duration) -> [WatcherSeat] {
        state.withLock { state in
            if beat != nil {
                state.ledger.settle(now: now)
                kept.store(state.ledger.kept.rawValue, ordering: .relaxed)
            }
            let news = state.news
            state.news = []
            return state.seats.compactMap { number, seat in
                let isDue = !seat.kinds.value.isDisjoint(with: news) || number % Self.beatGroups == beat
                return isDue ? seat : nil
            }
        }
    }
}

/// Why somebody cannot watch.
package enum SignalError: Error, Hashable, CustomStringConvertible {
    /// As many watch as may.
    case tooManyWatchers(Int)

    /// A bounded name for metrics and messages.
    package var code: String { "too_many_watchers" }

    /// Somebody may leave.
    package var isRetryable: Bool { true }

    package var description: String {
        switch self {
        case .tooManyWatchers(let limit): "\(limit) watch already"
        }
    }
}
