package import Domain
package import Registry

/// A verified webhook on its way into the store, its body already sealed.
package struct NewEvent: Sendable {
    /// The source's row number.
    package let sourceID: Int64
    /// The row number of the secret that matched; nil where the provider signs with a certificate.
    package let secretID: Int64?
    /// The provider's id of the event: what makes it the same event again.
    package let providerEventID: [UInt8]
    /// The event's type.
    package let type: String
    /// How urgent its kind is.
    package let priority: Priority
    /// The wedding and the vendor it belongs to.
    package let owner: EventOwner
    /// What its wedding makes of it, as of `receivedAt`.
    package let rank: DeliveryRank
    /// When its last byte arrived.
    package let receivedAt: Instant
    /// When it happened, as the provider says.
    package let occurredAt: Instant?
    /// The lane it keeps its order in, at every destination.
    package let lane: Int64
    /// The `Content-Type` it came with.
    package let contentType: String?
    /// The size of the body as received, in bytes.
    package let bodyBytes: Int
    /// The sealed body.
    package let sealedBody: [UInt8]
    /// The row numbers of the destinations that want it.
    package let destinations: [Int64]
    /// The blind index of the identifiers in it.
    package let identifiers: [[UInt8]]
}

/// What became of a webhook that was handed to the store.
package enum AppendOutcome: Equatable, Sendable {
    /// It is durable, and so are its deliveries.
    case stored(EventID)
    /// The same event was there already; nothing was added but the count of repeats.
    case duplicate(of: EventID)

    /// The event that is stored, by now or by then.
    package var event: EventID {
        switch self {
        case .stored(let id), .duplicate(let id): id
        }
    }

    /// Whether nothing was added.
    package var isDuplicate: Bool {
        if case .duplicate = self { true } else { false }
    }
}
