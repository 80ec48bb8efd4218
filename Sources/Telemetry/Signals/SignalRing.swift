/// The latest signals of one kind, in the order of their numbers.
struct SignalRing {
    private let capacity: Int
    private var kept: [KeptSignal] = []
    /// Where in `kept` the next one goes, once it is full.
    private var next = 0
    /// The number of the latest signal that is not here any more, or never was; 0 when all are here.
    private(set) var lostThrough: UInt64 = 0

    init(capacity: Int) {
        precondition(capacity > 0, "a ring has room for one signal at least")
        self.capacity = capacity
    }

    mutating func append(_ signal: KeptSignal) {
        guard kept.count == capacity else { return kept.append(signal) }
        lostThrough = kept[next].id.number
        kept[next] = signal
        next = (next + 1) % capacity
    }

    /// Nothing of this kind up to `number` is known.
    mutating func lose(through number: UInt64) {
        kept = []
        next = 0
        lostThrough = number
    }

    /// The signals after a number, at most `limit`, into `signals`.
    func collect(after number: UInt64, limit: Int, into signals: inout [KeptSignal]) {
        // Nobody who is up to date pays for a search.
        guard let last, last.id.number > number else { return }
        var (low, high) = (0, kept.count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].id.number > number { high = middle } else { low = middle + 1 }
        }
        for index in low..<(low + min(kept.count - low, limit)) { signals.append(self[index]) }
    }

    private var last: KeptSignal? { kept.isEmpty ? nil : self[kept.count - 1] }

    /// By age, the oldest first.
    private subscript(index: Int) -> KeptSignal { kept[(next + index) % kept.count] }
}
