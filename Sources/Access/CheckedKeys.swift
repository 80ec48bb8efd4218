import Domain

/// The keys that were checked lately, by keyed hash, so that most requests need no database; and which were used.
///
/// An entry lasts until the key expires, is revoked here, or the check is a minute old: so long may a revocation
/// on another node take. Bounded: the oldest check makes room.
struct CheckedKeys: Sendable {
    private struct Entry {
        let scope: AccessScope
        let expiresAt: Instant?
        let checkedAt: Duration
        /// Counts checks: tells the oldest also among those of one instant.
        let number: Int
    }

    /// How many keys are remembered.
    let keysMax: Int
    /// How long a check counts.
    let freshness: Duration
    private var entries: [[UInt8]: Entry] = [:]
    private var uses: [APIKeyID: Instant] = [:]
    private var checks = 0
    /// How many revocations there were: a check that began before one may not be kept after it.
    private(set) var revocations = 0

    init(keysMax: Int, freshness: Duration) {
        self.keysMax = keysMax
        self.freshness = freshness
    }

    /// The scope of the key with this hash, if it was checked lately; notes that it was used.
    mutating func use(_ hash: [UInt8], now: Instant, elapsed: Duration) -> AccessScope? {
        guard let entry = entries[hash] else { return nil }
        guard elapsed - entry.checkedAt < freshness, entry.expiresAt.map({ now < $0 }) ?? true else {
            entries[hash] = nil
            return nil
        }
        noteUse(entry.scope, now)
        return entry.scope
    }

    /// A key was checked and is good; `revocations` is the count from before the check began.
    mutating func checked(
        _ hash: [UInt8],
        _ record: APIKeyRecord,
        now: Instant,
        elapsed: Duration,
        revocations: Int
    ) {
        noteUse(record.scope, now)
        guard revocations == self.revocations else { return }
        if entries[hash] == nil, entries.count >= keysMax,
            let oldest = entries.min(by: { $0.value.number < $1.value.number })
        {
            entries[oldest.key] = nil
        }
        checks += 1
        entries[hash] = Entry(
            scope: record.scope,
            expiresAt: record.expiresAt,
            checkedAt: elapsed,
            number: checks
        )
    }

    /// A key was revoked, durably.
    mutating func revoked(_ id: APIKeyID) {
        revocations += 1
        entries = entries.filter { $0.value.scope.keyID != id }
    }

    /// Takes out which keys were used since the last call, and when last.
    mutating func takeUses() -> [APIKeyID: Instant] {
        defer { uses = [:] }
        return uses
    }

    private mutating func noteUse(_ scope: AccessScope, _ now: Instant) {
        guard let id = scope.keyID, uses[id] != nil || uses.count < keysMax else { return }
        uses[id] = now
    }
}
