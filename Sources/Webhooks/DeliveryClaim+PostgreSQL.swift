import Domain
import Storage

/// Claiming on PostgreSQL, where other nodes claim too: what they hold is passed over, not waited for.
///
/// Instants of an order are this node's; they are moved to the shared clock for the rows, and back for the outcome.
extension DeliveryClaim {
    /// The most lanes that one claim makes ready because their time has come.
    private static let dueMax: Int64 = 5_000

    private static let wakeDue = Statement(
        postgres: """
            UPDATE lanes SET state = 1 FROM (
                SELECT destination_id, lane FROM lanes WHERE state <> 1 AND due_at <= $1
                ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED
            ) due WHERE lanes.destination_id = due.destination_id AND lanes.lane = due.lane
            """
    )
    private static let lease = Statement(
        postgres: """
            WITH ready AS (
                SELECT l.destination_id, l.lane, s.ends_at
                FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS s (destination_id, places, ends_at)
                CROSS JOIN LATERAL (
                    SELECT destination_id, lane FROM lanes WHERE destination_id = s.destination_id AND state = 1
                        AND priority <= $4
                    ORDER BY priority, deadline, head_seq LIMIT s.places FOR UPDATE SKIP LOCKED
                ) l
            )
            UPDATE lanes SET state = 2, due_at = ready.ends_at, epoch = nextval('epoch_numbers') FROM ready
            WHERE lanes.destination_id = ready.destination_id AND lanes.lane = ready.lane
            RETURNING lanes.destination_id, lanes.lane, lanes.head_seq, lanes.priority, lanes.deadline,
                lanes.epoch
            """
    )
    private static let selectDeliveries = Statement(
        postgres: """
            SELECT d.seq, d.attempts, d.priority, d.created_at, e.seq, e.received_at, e.source_id,
                e.provider_event_id, e.type, e.content_type, e.body_day, e.wedding_id
            FROM deliveries d JOIN events e ON e.seq = d.event_seq WHERE d.seq = ANY($1::bigint[])
            """
    )
    private static let selectNextDue: Statement = "SELECT MIN(due_at) FROM lanes WHERE state <> 1"

    static func claimTogether(_ order: ClaimOrder, _ transaction: Transaction) throws -> ClaimOutcome {
        let now = try transaction.sharedNow(local: order.now)
        let ahead = now - order.now
        try transaction.execute(wakeDue, [.instant(now), .integer(dueMax)])
        let leased = try transaction.query(
            lease,
            [
                .array(.integers(order.shares.map(\.destinationID))),
                .array(.integers(order.shares.map { Int64($0.limit) })),
                .array(.integers(order.shares.map { ($0.leaseUntil + ahead).microseconds })),
                .integer(Int64(order.priorityMax.rawValue)),
            ]
        )
        let lanes = try leased.map(Lane.init).sorted { $0.urgency < $1.urgency }
        let nextDue = try transaction.first(selectNextDue)?.optionalInteger(0)
        return ClaimOutcome(
            deliveries: try deliveries(lanes, transaction),
            nextDue: nextDue.map { Instant(microseconds: $0) + (.zero - ahead) }
        )
    }

    private struct Lane {
        let destinationID: Int64
        let lane: Int64
        let head: Int64
        let epoch: Int64
        let urgency: (Int64, Int64, Int64)

        init(_ row: Row) throws {
            destinationID = try row.integer(0)
            lane = try row.integer(1)
            head = try row.integer(2)
            epoch = try row.integer(5)
            urgency = (try row.integer(3), try row.integer(4), head)
        }
    }

    private static func deliveries(
        _ lanes: [Lane],
        _ transaction: Transaction
    ) throws -> [ClaimedDelivery] {
        guard !lanes.isEmpty else { return [] }
        // A statement of its own sees every head that a lane just locked can name.
        let rows = try transaction.query(selectDeliveries, [.array(.integers(lanes.map(\.head)))])
        var found: [Int64: Row] = [:]
        var days: [Int: [Int64]] = [:]
        for row in rows {
            found[try row.integer(0)] = row
            days[Int(try row.integer(10)), default: []].append(try row.integer(4))
        }
        let bodies = try EventBodyTable.load(days, transaction)
        return try lanes.map { lane in
            guard let row = found[lane.head] else {
                throw StorageError.corrupt("the head of a lane is not there")
            }
            return try delivery(row, lane, body: bodies[try row.integer(4)])
        }
    }

    private static func delivery(
        _ row: Row,
        _ lane: Lane,
        body: [UInt8]?
    ) throws -> ClaimedDelivery {
        ClaimedDelivery(
            seq: lane.head,
            destinationID: lane.destinationID,
            lane: lane.lane,
            epoch: lane.epoch,
            attempts: Int(try row.integer(1)),
            priority: Priority(rawValue: Int(try row.integer(2))) ?? .normal,
            createdAt: try row.instant(3),
            event: ClaimedEvent(
                id: EventID(at: try row.instant(5), sequence: try row.integer(4)),
                sourceID: try row.integer(6),
                providerEventID: try row.blob(7),
                type: try row.text(8),
                contentType: try row.optionalText(9),
                sealedBody: body,
                wedding: try row.optionalText(11).flatMap { WeddingID($0) }
            )
        )
    }
}
