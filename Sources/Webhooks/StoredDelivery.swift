package import Domain
import Registry
import Storage

/// A delivery as it is stored.
package struct StoredDelivery: Sendable {
    /// The delivery's id.
    package let id: DeliveryID
    /// The id of its event.
    package let eventID: EventID
    /// When its event was received.
    package let eventReceivedAt: Instant
    /// The event's type.
    package let eventType: String
    /// The source of its event: row number.
    package let sourceID: Int64
    /// The destination's row number.
    package let destinationID: Int64
    /// The destination's name, also when it has been removed since.
    package let destinationName: String
    /// What has become of it.
    package let state: DeliveryState
    /// Tries made.
    package let attempts: Int
    /// How urgent it is.
    package let priority: Priority
    /// By when it should have arrived.
    package let deadline: Instant
    /// When it was queued.
    package let createdAt: Instant
    /// When it ended.
    package let finishedAt: Instant?
    /// Why it was given up: a code.
    package let error: String?
    /// The replay that queued it.
    package let replayID: ReplayID?
    /// When its lane is looked at again; nil when it is ready, or not at the head.
    package let dueAt: Instant?
    /// Its place in its lane: true when nothing waits before it.
    package let isHead: Bool

    /// The wedding it belongs to.
    package let wedding: WeddingID?
    /// How urgent it is by itself; `priority` is what its wedding makes of it.
    package let ownPriority: Priority
    /// What it waits behind: the delivery at the head of its lane; nil when it is that itself, or does not wait.
    package let behind: DeliveryID?

    static let select = """
        SELECT d.seq, d.created_at, e.seq, e.received_at, e.type, e.source_id, d.destination_id, d.state, d.attempts,
            d.priority, d.deadline, d.finished_at, d.error, d.replay_id, l.head_seq, l.state, l.due_at,
            d.wedding_id, d.own_priority, h.created_at
        FROM deliveries d JOIN events e ON e.seq = d.event_seq
        LEFT JOIN lanes l ON l.destination_id = d.destination_id AND l.lane = d.lane AND d.state = 0
        LEFT JOIN deliveries h ON h.seq = l.head_seq
        """

    init(_ row: Row, _ snapshot: RegistrySnapshot, _ transaction: Transaction) throws {
        let seq = try row.integer(0)
        createdAt = try row.instant(1)
        id = DeliveryID(at: createdAt, sequence: seq)
        eventReceivedAt = try row.instant(3)
        eventID = EventID(at: eventReceivedAt, sequence: try row.integer(2))
        eventType = try row.text(4)
        sourceID = try row.integer(5)
        destinationID = try row.integer(6)
        destinationName =
            try snapshot.destination(id: destinationID)?.name.text
            ?? RemovedNameTable.name(.destination, destinationID, transaction) ?? "unknown"
        state = DeliveryState(rawValue: try row.integer(7)) ?? .dead
        attempts = Int(try row.integer(8))
        priority = Priority(rawValue: Int(try row.integer(9))) ?? .normal
        deadline = try row.instant(10)
        finishedAt = try row.optionalInteger(11).map(Instant.init(microseconds:))
        error = try row.optionalText(12)
        replayID = try row.optionalBlob(13).flatMap(ReplayID.init(bytes:))
        isHead = try row.optionalInteger(14) == seq
        wedding = try row.optionalText(17).flatMap { WeddingID($0) }
        ownPriority = try row.optionalInteger(18).flatMap { Priority(rawValue: Int($0)) } ?? priority
        behind =
            if !isHead, let head = try row.optionalInteger(14), let createdAt = try row.optionalInstant(19) {
                DeliveryID(at: createdAt, sequence: head)
            } else {
                nil
            }
        let waits = try row.optionalInteger(15) == 0
        dueAt = isHead && waits ? try row.optionalInteger(16).map(Instant.init(microseconds:)) : nil
    }
}

/// Which deliveries are meant; all parts must hold.
package struct DeliveryFilter: Hashable, Sendable {
    /// Only deliveries to this destination.
    package var destinationID: Int64?
    /// Only deliveries in this state.
    package var state: DeliveryState?
    /// Only deliveries of events of these sources, what an API key may see; nil is all.
    package var visibleSources: [Int64]?

    /// Makes a filter; without arguments it means every delivery.
    package init(destinationID: Int64? = nil, state: DeliveryState? = nil, visibleSources: [Int64]? = nil) {
        self.destinationID = destinationID
        self.state = state
        self.visibleSources = visibleSources
    }
}
