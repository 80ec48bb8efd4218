package import Domain

/// One event as Stripe's own books have it.
package struct StripeLedgerEntry: Hashable, Sendable {
    /// What has become of its delivery.
    package enum Outcome: Hashable, Sendable {
        /// To be sent, on its way, or waiting to be tried again.
        case open
        /// Answered with 2xx.
        case acknowledged(at: Instant)
        /// Every try was used up.
        case givenUp(at: Instant)
    }

    /// The event's id.
    package let id: String
    /// The event's type.
    package let type: String
    /// The payment intent, or the invoice without one: events of one subject have an order.
    package let subject: String
    /// Its place among all events, from 0: the order in which they happened.
    package let number: Int
    /// When it happened.
    package let createdAt: Instant
    /// How often it was sent, copies included.
    package fileprivate(set) var sent = 0
    /// What has become of it.
    package fileprivate(set) var outcome = Outcome.open

    /// Whether Usher has promised to keep it.
    package var isAcknowledged: Bool {
        guard case .acknowledged = outcome else { return false }
        return true
    }
}

/// What Stripe knows happened: the truth that Usher's store is compared with.
package struct StripeLedger: Sendable {
    /// The most events that are remembered.
    package static let entriesMax = 200_000

    private var entries = BoundedRecord<StripeLedgerEntry>(countMax: entriesMax)
    /// Events that happened.
    package private(set) var happened = 0
    /// Events that were answered with 2xx.
    package private(set) var acknowledged = 0
    /// Events whose every try was used up.
    package private(set) var givenUp = 0
    /// Requests that were sent, forged ones aside.
    package private(set) var sent = 0
    /// Forged requests that were sent.
    package private(set) var forgeriesSent = 0
    /// Forged requests that were answered with 2xx: must stay 0.
    package private(set) var forgeriesAccepted = 0

    /// Every remembered event in the order in which it happened.
    package var events: [StripeLedgerEntry] { entries.inOrder }

    /// The event `id`; nil when it never happened or is forgotten.
    package subscript(id: String) -> StripeLedgerEntry? { entries[id] }

    mutating func happened(id: String, type: String, subject: String, at instant: Instant) {
        entries[id] = StripeLedgerEntry(
            id: id,
            type: type,
            subject: subject,
            number: happened,
            createdAt: instant
        )
        happened += 1
    }

    mutating func sent(_ id: String) {
        sent += 1
        entries[id]?.sent += 1
    }

    /// Books a 2xx; a second one for the same event changes nothing.
    mutating func acknowledged(_ id: String, at instant: Instant) {
        guard let entry = entries[id], !entry.isAcknowledged else { return }
        acknowledged += 1
        if case .givenUp = entry.outcome { givenUp -= 1 }
        entries[id]?.outcome = .acknowledged(at: instant)
    }

    mutating func givenUp(_ id: String, at instant: Instant) {
        givenUp += 1
        entries[id]?.outcome = .givenUp(at: instant)
    }

    mutating func forgerySent() {
        forgeriesSent += 1
    }

    mutating func forgeryAccepted() {
        forgeriesAccepted += 1
    }
}
