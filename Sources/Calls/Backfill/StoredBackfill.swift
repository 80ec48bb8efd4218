package import Domain

/// What is read of an integration.
package enum BackfillKind: String, Hashable, Sendable {
    /// The provider's list of past events.
    case events
    /// A calendar's list of changes.
    case changes
}

/// How far one integration's past is known.
package struct StoredBackfill: Hashable, Sendable {
    /// The integration's row number.
    package let integration: Int64
    /// What is read.
    package let kind: BackfillKind
    /// Before this every event is known; nil until the first run has come through.
    ///
    /// For changes: when the list was last read to its end.
    package var through: Instant?
    /// Where a list of changes goes on, in the provider's words; nil reads it from its beginning.
    ///
    /// For events `BackfillRun.cutMark` after a run that was cut off.
    var position: String?
    /// Whether the list of changes is still being read for the first time: what it holds then is not news.
    var isFirst: Bool
    /// When the list of changes is begun anew, because its window has moved; nil for lists without a window.
    var renewAt: Instant?
    /// When it is looked at next.
    package var dueAt: Instant
    /// Until when somebody is at it; nil when nobody is.
    package var leaseUntil: Instant?
    /// Counts those who took it on: only the latest may write.
    var epoch: Int64
    /// When it was last begun.
    package var lastRunAt: Instant?
    /// Why the last run did not come through; nil when it did.
    package var lastError: String?
    /// How many events and changes were listed so far, known ones included.
    package var found: Int64
    /// How many of them were new to Usher.
    package var injected: Int64

    /// Whether it may be taken on: it is due and nobody is at it, or whoever was has died.
    func isClaimable(at now: Instant) -> Bool { leaseUntil.map { $0 <= now } ?? (dueAt <= now) }

    /// Whether somebody is at it.
    package func isRunning(at now: Instant) -> Bool { leaseUntil.map { now < $0 } ?? false }
}
