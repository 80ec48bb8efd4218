/// Which data keys are in memory, which are being fetched, and who waits for them.
///
///     unknown -ask(.fetch)-> fetching -ask(.wait)-> fetching -arrived-> held -ask(.held)-> held
///                            fetching -failed-> unknown            held (low) -ask(.fetch)-> fetching
///
/// One caller fetches the key of a place, the others wait for it: a thousand requests at midnight reserve uses
/// once. Bounded: the key used longest ago makes room.
struct PayloadKeyCache<Waiter> {
    /// A scope on a UTC day.
    struct Place: Hashable {
        let scope: String
        let day: Int
    }

    enum Answer {
        /// Use this key.
        case held(DataKey)
        /// The caller is the one who fetches, and then calls `arrived` or `failed`.
        case fetch
        /// Somebody fetches already: wait, then ask again.
        case wait
        /// Too many wait.
        case refuse
    }

    private struct Entry {
        let key: DataKey
        var lastUse: UInt64
    }

    private let limits: PayloadLimits
    private var entries: [[UInt8]: Entry] = [:]
    private var sealing: [Place: [UInt8]] = [:]
    private var waiting: [Place: [Waiter]] = [:]
    private var uses: UInt64 = 0
    /// How often keys were forgotten: what was read before the latest time may be one of them.
    private(set) var forgettings: UInt64 = 0

    init(limits: PayloadLimits) {
        self.limits = limits
    }

    /// The key that seals for `place`, unless it is unknown or low on uses.
    mutating func sealingKey(_ place: Place) -> DataKey? {
        guard let id = sealing[place], let key = key(id), !key.isLow else { return nil }
        return key
    }

    /// What a caller who needs the key of `place` must do.
    mutating func ask(_ place: Place) -> Answer {
        if let key = sealingKey(place) { return .held(key) }
        guard let waiters = waiting[place] else {
            waiting[place] = []
            return .fetch
        }
        return waiters.count < limits.waitingMax ? .wait : .refuse
    }

    /// Notes a waiter; false when the fetch has ended meanwhile.
    mutating func waits(_ waiter: Waiter, for place: Place) -> Bool {
        guard waiting[place] != nil else { return false }
        waiting[place]?.append(waiter)
        return true
    }

    /// The key of `place` was fetched and `limits.usesReserved` uses reserved: gives the key to use (the one
    /// in memory when it is there already) and the waiters to wake.
    mutating func arrived(_ key: DataKey, for place: Place) -> (key: DataKey, waiters: [Waiter]) {
        let kept = insert(key)
        kept.granted(limits.usesReserved)
        sealing[place] = kept.id
        return (kept, waiting.removeValue(forKey: place) ?? [])
    }

    /// The fetch ended without a key: gives the waiters to wake.
    mutating func failed(_ place: Place) -> [Waiter] {
        waiting.removeValue(forKey: place) ?? []
    }

    /// The key with this id, if it is in memory.
    mutating func key(_ id: [UInt8]) -> DataKey? {
        guard let index = entries.index(forKey: id) else { return nil }
        uses += 1
        entries.values[index].lastUse = uses
        return entries.values[index].key
    }

    /// Drops keys that have been destroyed.
    mutating func forget(_ ids: [[UInt8]]) {
        forgettings += 1
        for id in ids { entries.removeValue(forKey: id) }
        let forgotten = Set(ids)
        sealing = sealing.filter { !forgotten.contains($0.value) }
    }

    /// Keeps a key; gives the one that was there when there was one.
    mutating func insert(_ key: DataKey) -> DataKey {
        if let kept = self.key(key.id) { return kept }
        if entries.count >= limits.cachedKeysMax,
            let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            entries.removeValue(forKey: oldest.key)
            sealing = sealing.filter { $0.value != oldest.key }
        }
        uses += 1
        entries[key.id] = Entry(key: key, lastUse: uses)
        return key
    }
}
