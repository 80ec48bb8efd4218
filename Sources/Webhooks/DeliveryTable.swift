package import Domain
import Registry
package import Storage

/// What has become of a delivery; raw values are stored.
package enum DeliveryState: Int64, Sendable, CaseIterable {
    /// It waits in its lane, or is being tried.
    case waiting = 0
    /// The destination answered 2xx.
    case delivered = 1
    /// Usher gave up; it can be replayed.
    case dead = 2
    /// It was dead and has been queued anew.
    case replayed = 3

    /// The name used in documents.
    package var name: String {
        switch self {
        case .waiting: "waiting"
        case .delivered: "delivered"
        case .dead: "dead"
        case .replayed: "replayed"
        }
    }

    /// Reads the name used in documents.
    package init?(name: String) {
        guard let match = DeliveryState.allCases.first(where: { $0.name == name }) else { return nil }
        self = match
    }
}

/// Writes deliveries and keeps their lanes in step: both change in the same transaction or not at all.
package enum DeliveryTable {
    private static let insertStatement = Statement(
        """
        INSERT INTO deliveries (seq, event_seq, destination_id, lane, state, priority, deadline, created_at, replay_id,
            wedding_id, own_priority)
        VALUES ($1, $2, $3, $4, 0, $5, $6, $7, $8, $9, $10)
        """
    )
    private static let joinLane = Statement(
        """
        INSERT INTO lanes (destination_id, lane, state, due_at, priority, deadline, head_seq, pending, epoch)
        VALUES ($1, $2, 1, 0, $3, $4, $5, 1, 0)
        ON CONFLICT (destination_id, lane) DO UPDATE SET
            pending = pending + 1,
            priority = MIN(priority, excluded.priority),
            deadline = MIN(deadline, excluded.deadline)
        """
    )
    private static let abandonAll = Statement(
        """
        UPDATE deliveries SET state = 2, finished_at = $2, error = 'destination_removed'
        WHERE destination_id = $1 AND state = 0
        """
    )
    private static let removeLanes = Statement("DELETE FROM lanes WHERE destination_id = $1")

    /// Queues deliveries at the ends of their lanes.
    static func insert(_ deliveries: [QueuedDelivery], _ transaction: Transaction) throws {
        switch transaction.dialect {
        case .sqlite: for delivery in deliveries { try insert(delivery, transaction) }
        case .postgres: try insertTogether(deliveries, transaction)
        }
    }

    /// Queues a delivery at the end of its lane.
    static func insert(_ delivery: QueuedDelivery, _ transaction: Transaction) throws {
        let priority = SQLValue.integer(Int64(delivery.rank.priority.rawValue))
        let deadline = SQLValue.integer(delivery.rank.deadline.microseconds)
        try transaction.execute(
            insertStatement,
            [
                .integer(delivery.seq), .integer(delivery.eventSeq), .integer(delivery.destinationID),
                .integer(delivery.lane), priority, deadline, .integer(delivery.createdAt.microseconds),
                delivery.replay.map { .blob($0.bytes) } ?? .null,
                delivery.wedding.map { .text($0.text) } ?? .null,
                .integer(Int64(delivery.rank.own.rawValue)),
            ]
        )
        try transaction.execute(
            joinLane,
            [
                .integer(delivery.destinationID), .integer(delivery.lane), priority, deadline,
                .integer(delivery.seq),
            ]
        )
    }

    /// Makes dead letters of everything that waits for a destination that is being removed.
    package static func abandon(destination: Int64, now: Instant, _ transaction: Transaction) throws {
        try transaction.execute(abandonAll, [.integer(destination), .integer(now.microseconds)])
        try transaction.execute(removeLanes, [.integer(destination)])
    }
}

/// A delivery about to be queued.
struct QueuedDelivery {
    let seq: Int64
    let eventSeq: Int64
    let destinationID: Int64
    let lane: Int64
    let rank: DeliveryRank
    let wedding: WeddingID?
    let createdAt: Instant
    let replay: ReplayID?
}

extension QueuedDelivery {
    /// A new event for one destination.
    init(_ event: NewEvent, eventSeq: Int64, _ destination: Int64, seq: Int64) {
        self.init(
            seq: seq,
            eventSeq: eventSeq,
            destinationID: destination,
            lane: event.lane,
            rank: event.rank,
            wedding: event.owner.wedding,
            createdAt: event.receivedAt,
            replay: nil
        )
    }
}
