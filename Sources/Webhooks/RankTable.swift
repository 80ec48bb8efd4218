package import Domain
import Registry
package import Storage

/// Ranks the waiting deliveries of a wedding anew, and their lanes with them.
package enum RankTable {
    /// The most deliveries in one transaction.
    package static let batchRows = 500

    private static let selectWaiting = Statement(
        """
        SELECT seq, destination_id, lane, COALESCE(own_priority, priority), created_at, priority, deadline
        FROM deliveries WHERE wedding_id = $1 AND state = 0 AND seq > $2 ORDER BY seq LIMIT $3
        """
    )
    private static let updateDelivery = Statement(
        "UPDATE deliveries SET priority = $2, deadline = $3 WHERE seq = $1"
    )
    private static let updateLane = Statement(
        "UPDATE lanes SET priority = $3, deadline = $4 WHERE destination_id = $1 AND lane = $2"
    )
    private static let hastenLane = Statement(
        """
        UPDATE lanes SET due_at = $3
        WHERE destination_id = $1 AND lane = $2 AND state = 0 AND due_at > $3 AND head_seq = $4
        """
    )
    private static let selectWeddings = Statement(
        "SELECT DISTINCT wedding_id FROM deliveries WHERE state = 0 AND wedding_id IS NOT NULL"
    )
    private static let countState = Statement(
        "SELECT COUNT(*) FROM deliveries WHERE wedding_id = $1 AND state = $2"
    )
    private static let countOverdue = Statement(
        "SELECT COUNT(*) FROM deliveries WHERE wedding_id = $1 AND state = 0 AND deadline < $2"
    )
    private static let selectEvent = Statement("SELECT 1 FROM events WHERE wedding_id = $1 LIMIT 1")

    /// What one batch did.
    struct Batch {
        /// The destinations whose lanes changed.
        var destinations: Set<Int64> = []
        /// The last delivery looked at; nil when there are no more.
        var last: Int64?
    }

    /// Ranks the next deliveries of `wedding` after the row `seq`.
    static func rerank(
        _ wedding: WeddingID,
        after seq: Int64,
        _ moment: WeddingMoment?,
        now: Instant,
        _ transaction: Transaction
    ) throws -> Batch {
        var batch = Batch()
        var lanes: Set<[SQLValue]> = []
        let rows = try transaction.query(
            selectWaiting,
            [.text(wedding.text), .integer(seq), .integer(Int64(batchRows))]
        )
        let longest = RetryBound.longest(moment).map { (now + $0).microseconds }
        for row in rows {
            let seq = try row.integer(0)
            let destination = try row.integer(1)
            let lane: [SQLValue] = [.integer(destination), .integer(try row.integer(2))]
            let own = Priority(rawValue: Int(try row.integer(3))) ?? .normal
            let rank = DeliveryRank(own: own, queuedAt: try row.instant(4), moment)
            let priority = Int64(rank.priority.rawValue)
            if try row.integer(5) != priority || row.instant(6) != rank.deadline {
                try transaction.execute(
                    updateDelivery,
                    [.integer(seq), .integer(priority), .instant(rank.deadline)]
                )
                lanes.insert(lane)
                batch.destinations.insert(destination)
            }
            if let longest,
                try transaction.execute(hastenLane, lane + [.integer(longest), .integer(seq)]) > 0
            {
                batch.destinations.insert(destination)
            }
        }
        for lane in lanes {
            let summary = try LaneSummary(lane, transaction)
            try transaction.execute(
                updateLane,
                lane + [.integer(Int64(summary.priority.rawValue)), .integer(summary.deadline)]
            )
        }
        batch.last = rows.count < batchRows ? nil : try rows.last?.integer(0)
        return batch
    }

    /// The weddings for which something waits.
    static func weddings(_ transaction: Transaction) throws -> Set<WeddingID> {
        Set(try transaction.query(selectWeddings).compactMap { WeddingID(try $0.text(0)) })
    }

    /// How many deliveries of a wedding are in a state.
    package static func count(
        _ state: DeliveryState,
        of wedding: WeddingID,
        _ transaction: Transaction
    ) throws -> Int {
        let row = try transaction.first(countState, [.text(wedding.text), .integer(state.rawValue)])
        return Int(try row?.integer(0) ?? 0)
    }

    /// How many waiting deliveries of a wedding should have arrived before `now`.
    package static func countOverdue(
        of wedding: WeddingID,
        at now: Instant,
        _ transaction: Transaction
    ) throws -> Int {
        let row = try transaction.first(countOverdue, [.text(wedding.text), .instant(now)])
        return Int(try row?.integer(0) ?? 0)
    }

    /// Whether any event names this wedding.
    package static func hasEvents(_ transaction: Transaction, of wedding: WeddingID) throws -> Bool {
        try transaction.first(selectEvent, [.text(wedding.text)]) != nil
    }
}
