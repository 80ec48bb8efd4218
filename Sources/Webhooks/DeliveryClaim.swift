package import Domain
import Storage

/// How many deliveries the dispatcher can start now, for which destinations.
package struct ClaimOrder: Sendable {
    /// How many lanes to claim for one destination.
    package struct Share: Equatable, Sendable {
        /// The destination's row number.
        package let destinationID: Int64
        /// The most lanes, at least 1.
        package let limit: Int
        /// When the claim ends by itself, should its holder vanish.
        package let leaseUntil: Instant

        /// Makes a share.
        package init(destinationID: Int64, limit: Int, leaseUntil: Instant) {
            self.destinationID = destinationID
            self.limit = limit
            self.leaseUntil = leaseUntil
        }
    }

    /// The shares; each destination at most once.
    package let shares: [Share]
    /// The time of the claim.
    package let now: Instant
    /// The least urgent lanes that are claimed; others wait.
    package let priorityMax: Priority

    /// Makes an order.
    package init(shares: [Share], now: Instant, priorityMax: Priority = .low) {
        self.shares = shares
        self.now = now
        self.priorityMax = priorityMax
    }
}

/// A delivery that this process may try now: the head of a lane it holds.
package struct ClaimedDelivery: Sendable {
    /// The delivery's row number.
    package let seq: Int64
    /// The destination's row number.
    package let destinationID: Int64
    /// The lane that is held.
    package let lane: Int64
    /// The fencing number of this claim: a finish with an older one changes nothing.
    package let epoch: Int64
    /// Tries made before.
    package let attempts: Int
    /// How urgent it is.
    package let priority: Priority
    /// When it was queued.
    package let createdAt: Instant
    /// The event it carries.
    package let event: ClaimedEvent

    /// Puts a claimed delivery together.
    package init(
        seq: Int64,
        destinationID: Int64,
        lane: Int64,
        epoch: Int64,
        attempts: Int,
        priority: Priority,
        createdAt: Instant,
        event: ClaimedEvent
    ) {
        self.seq = seq
        self.destinationID = destinationID
        self.lane = lane
        self.epoch = epoch
        self.attempts = attempts
        self.priority = priority
        self.createdAt = createdAt
        self.event = event
    }
}

/// What a delivery needs of its event.
package struct ClaimedEvent: Sendable {
    /// The event's id: the `webhook-id` of every try.
    package let id: EventID
    /// The source's row number.
    package let sourceID: Int64
    /// The provider's id of the event.
    package let providerEventID: [UInt8]
    /// The event's type.
    package let type: String
    /// The `Content-Type` it came with.
    package let contentType: String?
    /// The sealed body; nil when retention has dropped it.
    package let sealedBody: [UInt8]?
    /// The wedding it belongs to.
    package let wedding: WeddingID?

    /// Puts together what a delivery needs of its event.
    package init(
        id: EventID,
        sourceID: Int64,
        providerEventID: [UInt8],
        type: String,
        contentType: String?,
        sealedBody: [UInt8]?,
        wedding: WeddingID? = nil
    ) {
        self.id = id
        self.sourceID = sourceID
        self.providerEventID = providerEventID
        self.type = type
        self.contentType = contentType
        self.sealedBody = sealedBody
        self.wedding = wedding
    }
}

/// What a claim brought.
package struct ClaimOutcome: Sendable {
    /// What may be tried now.
    package let deliveries: [ClaimedDelivery]
    /// When the next waiting lane falls due or lease ends; nil when none will.
    package let nextDue: Instant?

    /// Collects the parts.
    package init(deliveries: [ClaimedDelivery], nextDue: Instant?) {
        self.deliveries = deliveries
        self.nextDue = nextDue
    }
}

/// The second hot path: leases the most urgent ready lanes of each destination.
enum DeliveryClaim {
    static let kind = BatchKind<ClaimOrder, ClaimOutcome>(
        name: "claim",
        itemsMax: 16,
        waitingMax: 64,
        apply: { transaction, orders in
            try orders.map { order in
                switch transaction.dialect {
                case .sqlite: try claim(order, transaction)
                case .postgres: try claimTogether(order, transaction)
                }
            }
        }
    )

    private static let wakeDue = Statement("UPDATE lanes SET state = 1 WHERE state <> 1 AND due_at <= $1")
    private static let selectReady = Statement(
        """
        SELECT lane, head_seq FROM lanes WHERE destination_id = $1 AND state = 1 AND priority <= $3
        ORDER BY priority, deadline, head_seq LIMIT $2
        """
    )
    private static let lease = Statement(
        "UPDATE lanes SET state = 2, due_at = $3, epoch = $4 WHERE destination_id = $1 AND lane = $2"
    )
    private static let selectDelivery = Statement(
        """
        SELECT d.attempts, d.priority, d.created_at, e.seq, e.received_at, e.source_id, e.provider_event_id, e.type,
            e.content_type, e.body_day, e.wedding_id
        FROM deliveries d JOIN events e ON e.seq = d.event_seq WHERE d.seq = $1
        """
    )
    private static let selectNextDue = Statement("SELECT MIN(due_at) FROM lanes WHERE state <> 1")
    private static let releaseAll = Statement("UPDATE lanes SET state = 1 WHERE state = 2")

    /// Ends every lease at once: for a start, when no other process can hold one.
    ///
    /// On PostgreSQL another node may: there leases end by themselves.
    static func releaseAll(_ transaction: Transaction) throws {
        guard transaction.dialect == .sqlite else { return }
        try transaction.execute(releaseAll)
    }

    private static func claim(_ order: ClaimOrder, _ transaction: Transaction) throws -> ClaimOutcome {
        try transaction.execute(wakeDue, [.integer(order.now.microseconds)])
        var deliveries: [ClaimedDelivery] = []
        var epoch: Int64?
        for share in order.shares {
            let lanes = try transaction.query(
                selectReady,
                [
                    .integer(share.destinationID), .integer(Int64(share.limit)),
                    .integer(Int64(order.priorityMax.rawValue)),
                ]
            )
            for row in lanes {
                let fence = try epoch ?? RowNumbers.take("epoch", 1, transaction)
                epoch = fence
                let lane = try row.integer(0)
                try transaction.execute(
                    lease,
                    [
                        .integer(share.destinationID), .integer(lane),
                        .integer(share.leaseUntil.microseconds),
                        .integer(fence),
                    ]
                )
                deliveries.append(
                    try delivery(try row.integer(1), share.destinationID, lane, fence, transaction)
                )
            }
        }
        let nextDue = try transaction.first(selectNextDue)?.optionalInteger(0)
        return ClaimOutcome(deliveries: deliveries, nextDue: nextDue.map(Instant.init(microseconds:)))
    }

    private static func delivery(
        _ seq: Int64,
        _ destinationID: Int64,
        _ lane: Int64,
        _ epoch: Int64,
        _ transaction: Transaction
    ) throws -> ClaimedDelivery {
        guard let row = try transaction.first(selectDelivery, [.integer(seq)]) else {
            throw StorageError.corrupt("the head of a lane is not there")
        }
        let eventSeq = try row.integer(3)
        return ClaimedDelivery(
            seq: seq,
            destinationID: destinationID,
            lane: lane,
            epoch: epoch,
            attempts: Int(try row.integer(0)),
            priority: Priority(rawValue: Int(try row.integer(1))) ?? .normal,
            createdAt: try row.instant(2),
            event: ClaimedEvent(
                id: EventID(at: try row.instant(4), sequence: eventSeq),
                sourceID: try row.integer(5),
                providerEventID: try row.blob(6),
                type: try row.text(7),
                contentType: try row.optionalText(8),
                sealedBody: try EventBodyTable.load(seq: eventSeq, day: Int(try row.integer(9)), transaction),
                wedding: try row.optionalText(10).flatMap { WeddingID($0) }
            )
        )
    }
}
