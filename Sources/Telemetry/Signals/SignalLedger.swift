/// What one node told and still keeps: a ring for each kind, so that those that come thousands of times a second do not
/// push out the rare ones.
///
/// A kind of the busy ones is kept from the first watcher on, and on for a while after the last, so that who was cut off
/// finds everything; else telling it costs next to nothing. When keeping begins anew a number is passed over, and whoever
/// stands before it learns that something is gone.
///
///     not kept -watched-> kept -nobody, for graceTime-> not kept
struct SignalLedger {
    /// The number of the latest signal.
    private(set) var last: UInt64 = 0
    /// The kinds that are kept.
    private(set) var kept = SignalKinds.all.subtracting(.busy)
    private var rings: [SignalRing]
    /// How many watch each kind.
    private var watchers: [Int]
    /// Until when each kind is kept though nobody watches it.
    private var keptUntil: [Duration]

    init() {
        rings = SignalKind.allCases.map { kind in
            SignalRing(capacity: kind.isBusy ? SignalHub.busyKeptMax : SignalHub.keptMax)
        }
        watchers = Array(repeating: 0, count: rings.count)
        keptUntil = Array(repeating: .zero, count: rings.count)
    }

    /// Whether anybody watches a kind.
    func isWatched(_ kind: SignalKind) -> Bool { watchers[kind.ordinal] > 0 }

    /// Takes a signal in, which `make` is given the number of; false when its kind is not kept.
    mutating func tell(_ kind: SignalKind, _ make: (UInt64) -> KeptSignal) -> Bool {
        guard kept.contains(SignalKinds(kind)) else { return false }
        last += 1
        rings[kind.ordinal].append(make(last))
        return true
    }

    /// Somebody begins to watch.
    mutating func watch(_ kinds: SignalKinds) {
        for kind in kinds.kinds {
            watchers[kind.ordinal] += 1
            guard kept.insert(SignalKinds(kind)).inserted else { continue }
            last += 1
            rings[kind.ordinal].lose(through: last)
        }
    }

    /// Somebody stops watching.
    mutating func unwatch(_ kinds: SignalKinds, now: Duration) {
        for kind in kinds.kinds {
            watchers[kind.ordinal] -= 1
            keptUntil[kind.ordinal] = now + SignalHub.graceTime
        }
    }

    /// Drops what nobody has watched for a while.
    mutating func settle(now: Duration) {
        for kind in SignalKinds.busy.intersection(kept).kinds {
            guard watchers[kind.ordinal] == 0, keptUntil[kind.ordinal] <= now else { continue }
            kept.remove(SignalKinds(kind))
            rings[kind.ordinal].lose(through: last)
        }
    }

    /// Whether something of these kinds after a number is gone.
    func isGone(after number: UInt64, _ kinds: SignalKinds) -> Bool {
        !kept.isSuperset(of: kinds) || kinds.ordinals.contains { rings[$0].lostThrough > number }
    }

    /// The signals of these kinds after a number, at most `limit`, and through which number that is all of them.
    func told(after number: UInt64, _ kinds: SignalKinds, limit: Int) -> ([KeptSignal], through: UInt64) {
        guard number < last else { return ([], last) }
        var signals: [KeptSignal] = []
        var sources = 0
        for ordinal in kinds.ordinals {
            let count = signals.count
            rings[ordinal].collect(after: number, limit: limit, into: &signals)
            if signals.count > count { sources += 1 }
        }
        if sources > 1 { signals.sort { $0.id.number < $1.id.number } }
        guard signals.count >= limit else { return (signals, last) }
        signals.removeLast(signals.count - limit)
        return (signals, signals.last?.id.number ?? last)
    }
}
