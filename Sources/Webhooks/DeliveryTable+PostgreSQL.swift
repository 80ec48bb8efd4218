import Domain
import Storage

/// Queueing on PostgreSQL: two statements for any number of deliveries, and a signal to the other nodes.
extension DeliveryTable {
    private static let insertDeliveries = Statement(
        postgres: """
            INSERT INTO deliveries (seq, event_seq, destination_id, lane, state, priority, deadline, created_at,
                replay_id, wedding_id, own_priority)
            SELECT seq, event_seq, destination_id, lane, 0, priority, deadline, created_at, replay_id, wedding_id,
                own_priority
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
                $7::bigint[], $8::bytea[], $9::text[], $10::bigint[])
                AS d (seq, event_seq, destination_id, lane, priority, deadline, created_at, replay_id, wedding_id,
                    own_priority)
            """
    )
    private static let joinLanes = Statement(
        postgres: """
            INSERT INTO lanes (destination_id, lane, state, due_at, priority, deadline, head_seq, pending, epoch)
            SELECT destination_id, lane, 1, 0, MIN(priority), MIN(deadline), MIN(seq), COUNT(*), 0
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
                AS d (destination_id, lane, priority, deadline, seq)
            GROUP BY destination_id, lane ORDER BY destination_id, lane
            ON CONFLICT (destination_id, lane) DO UPDATE SET
                pending = lanes.pending + excluded.pending,
                priority = LEAST(lanes.priority, excluded.priority),
                deadline = LEAST(lanes.deadline, excluded.deadline)
            """
    )

    /// Queues deliveries at the ends of their lanes.
    static func insertTogether(_ deliveries: [QueuedDelivery], _ transaction: Transaction) throws {
        guard !deliveries.isEmpty else { return }
        func integers(_ value: (QueuedDelivery) -> Int64) -> SQLValue {
            .array(.integers(deliveries.map(value)))
        }
        let destinations = integers { $0.destinationID }
        let lanes = integers { $0.lane }
        let priorities = integers { Int64($0.rank.priority.rawValue) }
        let deadlines = integers { $0.rank.deadline.microseconds }
        let numbers = integers { $0.seq }
        try transaction.execute(
            insertDeliveries,
            [
                numbers, integers { $0.eventSeq }, destinations, lanes, priorities, deadlines,
                integers { $0.createdAt.microseconds }, .array(.blobs(deliveries.map { $0.replay?.bytes })),
                .array(.texts(deliveries.map { $0.wedding?.text })), integers { Int64($0.rank.own.rawValue) },
            ]
        )
        try transaction.execute(joinLanes, [destinations, lanes, priorities, deadlines, numbers])
        try transaction.announce(.deliveries(for: Set(deliveries.map(\.destinationID))))
    }
}

extension SharedSignal {
    /// The topic of new deliveries.
    static let deliveriesTopic = "deliveries"

    /// Deliveries for these destinations were stored.
    static func deliveries(for destinations: Set<Int64>) -> SharedSignal {
        SharedSignal(deliveriesTopic, detail: destinations.sorted().map(String.init).joined(separator: ","))
    }

    /// The destinations a signal names; nil when it is about something else, none when it left them out.
    var destinations: [Int64]? {
        topic == Self.deliveriesTopic ? detail.split(separator: ",").compactMap { Int64($0) } : nil
    }
}
