import Domain
import Signatures

/// The idempotency keys a vendor remembers: what was asked under each, and what was answered.
///
/// Beyond `countMax` the oldest are forgotten, as after their lifetime.
struct VendorKeys: Sendable {
    /// The most keys.
    static let countMax = 20_000

    /// What is remembered of one key.
    struct Kept: Sendable {
        /// The request it came with: method, path and body, hashed.
        let fingerprint: [UInt8]
        /// The answer to the request.
        let answer: VendorAnswer
        /// What the request made, in the vendor's own words; empty when nothing.
        let made: String
        /// When it came first.
        let at: Instant
        /// When its answer was on its way: before, the key is in use.
        let readyAt: Instant
    }

    private var kept = BoundedRecord<Kept>(countMax: countMax)
    private let lifetime: Duration

    /// - Parameter lifetime: how long a key is remembered.
    init(lifetime: Duration) {
        self.lifetime = lifetime
    }

    /// What is remembered of `key` at `now`; nil when it is new or too old.
    func find(_ key: String, now: Instant) -> Kept? {
        kept[key].flatMap { now - $0.at < lifetime ? $0 : nil }
    }

    /// Remembers a key.
    mutating func keep(_ key: String, _ entry: Kept) {
        kept[key] = entry
    }

    /// What two requests under the same key must have in common.
    static func fingerprint(_ request: VendorRequest) -> [UInt8] {
        sha256([Array("\(request.method) \(request.path)\n".utf8), request.body])
    }
}

/// The webhooks a vendor has still to send; beyond `countMax` the oldest quarter is never sent.
struct VendorOutbox: Sendable {
    /// The most webhooks that wait.
    static let countMax = 10_000

    private var waiting: [(due: Instant, webhook: VendorWebhook)] = []

    /// Adds one that leaves at `due`.
    mutating func append(_ webhook: VendorWebhook, due: Instant) {
        waiting.append((due, webhook))
        if waiting.count > Self.countMax { waiting.removeFirst(Self.countMax / 4) }
    }

    /// Takes what is due by `now`, in the order it was added.
    mutating func take(now: Instant) -> [VendorWebhook] {
        let due = waiting.filter { $0.due <= now }.map(\.webhook)
        if !due.isEmpty { waiting.removeAll { $0.due <= now } }
        return due
    }
}
