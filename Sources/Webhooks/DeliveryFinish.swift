package import Domain
import Storage

/// One try of a delivery, as recorded.
package struct AttemptRecord: Equatable, Sendable {
    /// When the try began.
    package let startedAt: Instant
    /// How long it took until the answer was read, or the failure.
    package let duration: Duration
    /// Whether it went to the standby URL.
    package let isStandby: Bool
    /// The answer's status; nil when there was none.
    package let status: Int?
    /// Why there was no answer: a code of `TransportError` or of Usher's own; nil when there was one.
    package let error: String?
}

/// What is to become of a delivery after its try.
package enum DeliveryVerdict: Equatable, Sendable {
    /// It arrived.
    case delivered
    /// It is tried again from this instant on; the lane waits for it.
    case retry(at: Instant)
    /// It is given up, for the reason this code names; the lane goes on.
    case dead(String)
}

/// The end of a claim: what was tried and what follows.
package struct FinishedDelivery: Sendable {
    /// The delivery's row number.
    package let seq: Int64
    /// The destination's row number.
    package let destinationID: Int64
    /// The lane that was held.
    package let lane: Int64
    /// The fencing number it was held under.
    package let epoch: Int64
    /// The tries made under this claim; none when the claim is only given back.
    package let attempts: [AttemptRecord]
    /// The number of tries made before this claim.
    package let attemptsBefore: Int
    /// What follows.
    package let verdict: DeliveryVerdict
    /// When.
    package let now: Instant

    /// Puts the end of a claim together.
    package init(
        seq: Int64,
        destinationID: Int64,
        lane: Int64,
        epoch: Int64,
        attempts: [AttemptRecord],
        attemptsBefore: Int,
        verdict: DeliveryVerdict,
        now: Instant
    ) {
        self.seq = seq
        self.destinationID = destinationID
        self.lane = lane
        self.epoch = epoch
        self.attempts = attempts
        self.attemptsBefore = attemptsBefore
        self.verdict = verdict
        self.now = now
    }
}

/// What came of a finish.
package enum FinishOutcome: Equatable, Sendable {
    /// It is recorded; `laneReady` when the lane's next delivery can be claimed now.
    case recorded(laneReady: Bool)
    /// The lease had passed to another claim: nothing was changed, and that claim will try again.
    case fenced
}

/// The third hot path: records tries and moves lanes on, unless the claim has been overtaken.
enum DeliveryFinish {
    static let kind = BatchKind<FinishedDelivery, FinishOutcome>(
        name: "finish",
        itemsMax: 512,
        waitingMax: 8_192,
        apply: { transaction, items in
            switch transaction.dialect {
            case .sqlite: try items.map { try finish($0, transaction) }
            case .postgres: try finishTogether(transaction, items)
            }
        }
    )

    private static let selectLane = Statement(
        "SELECT epoch, pending FROM lanes WHERE destination_id = $1 AND lane = $2 AND state = 2"
    )
    private static let insertAttempt = Statement(
        """
        INSERT INTO delivery_attempts (delivery_seq, number, started_at, duration_microseconds, standby, status, error)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """
    )
    private static let endDelivery = Statement(
        "UPDATE deliveries SET state = $2, attempts = $3, finished_at = $4, error = $5 WHERE seq = $1"
    )
    private static let countAttempts = Statement("UPDATE deliveries SET attempts = $2 WHERE seq = $1")
    private static let deferLane = Statement(
        "UPDATE lanes SET state = $3, due_at = $4 WHERE destination_id = $1 AND lane = $2"
    )
    private static let removeLane = Statement("DELETE FROM lanes WHERE destination_id = $1 AND lane = $2")
    private static let advanceLane = Statement(
        """
        UPDATE lanes SET state = 1, due_at = 0, priority = $3, deadline = $4, head_seq = $5, pending = pending - 1
        WHERE destination_id = $1 AND lane = $2
        """
    )
    private static func finish(_ item: FinishedDelivery, _ transaction: Transaction) throws -> FinishOutcome {
        let lane: [SQLValue] = [.integer(item.destinationID), .integer(item.lane)]
        guard let row = try transaction.first(selectLane, lane), try row.integer(0) == item.epoch else {
            return .fenced
        }
        try record(item, transaction)
        let attempts = SQLValue.integer(Int64(item.attemptsBefore + item.attempts.count))
        switch item.verdict {
        case .retry(let instant):
            if !item.attempts.isEmpty {
                try transaction.execute(countAttempts, [.integer(item.seq), attempts])
            }
            let isDue = instant <= item.now
            try transaction.execute(
                deferLane,
                lane + [.integer(isDue ? 1 : 0), .integer(instant.microseconds)]
            )
            return .recorded(laneReady: isDue)
        case .delivered:
            try end(item, .delivered, attempts, error: .null, transaction)
        case .dead(let code):
            try end(item, .dead, attempts, error: .text(code), transaction)
        }
        return .recorded(laneReady: try advance(lane, pending: try row.integer(1), transaction))
    }

    private static func record(_ item: FinishedDelivery, _ transaction: Transaction) throws {
        for (index, attempt) in item.attempts.enumerated() {
            try transaction.execute(
                insertAttempt,
                [
                    .integer(item.seq),
                    .integer(Int64(item.attemptsBefore + index + 1)),
                    .integer(attempt.startedAt.microseconds),
                    .integer(attempt.duration.microseconds),
                    .integer(attempt.isStandby ? 1 : 0),
                    attempt.status.map { .integer(Int64($0)) } ?? .null,
                    attempt.error.map { .text($0) } ?? .null,
                ]
            )
        }
    }

    private static func end(
        _ item: FinishedDelivery,
        _ state: DeliveryState,
        _ attempts: SQLValue,
        error: SQLValue,
        _ transaction: Transaction
    ) throws {
        try transaction.execute(
            endDelivery,
            [.integer(item.seq), .integer(state.rawValue), attempts, .integer(item.now.microseconds), error]
        )
    }

    /// Makes the lane's oldest delivery its head; the head inherits the highest priority that waits behind it.
    ///
    /// Gives whether anything is left.
    private static func advance(_ lane: [SQLValue], pending: Int64, _ transaction: Transaction) throws -> Bool
    {
        guard pending > 1 else {
            try transaction.execute(removeLane, lane)
            return false
        }
        let summary = try LaneSummary(lane, transaction)
        try transaction.execute(
            advanceLane,
            lane + [
                .integer(Int64(summary.priority.rawValue)), .integer(summary.deadline),
                .integer(summary.head),
            ]
        )
        return true
    }
}

/// What waits in a lane: its oldest delivery, and the highest priority and earliest deadline of all.
///
/// One look-up for each priority, however long the lane is.
struct LaneSummary {
    let head: Int64
    let priority: Priority
    let deadline: Int64

    private static let firstOfPriority = Statement(
        """
        SELECT seq, deadline FROM deliveries
        WHERE state = 0 AND destination_id = $1 AND lane = $2 AND priority = $3 ORDER BY seq LIMIT 1
        """
    )

    /// Reads the summary of a lane in which something waits.
    ///
    /// - Parameter lane: the destination's row number and the lane.
    init(_ lane: [SQLValue], _ transaction: Transaction) throws {
        var head: Int64?
        var best: Priority?
        var deadline = Int64.max
        for priority in Priority.allCases {
            let arguments = lane + [.integer(Int64(priority.rawValue))]
            guard let row = try transaction.first(Self.firstOfPriority, arguments) else { continue }
            best = best ?? priority
            head = min(head ?? .max, try row.integer(0))
            deadline = min(deadline, try row.integer(1))
        }
        guard let head, let best else {
            throw StorageError.corrupt("a lane counts deliveries that are not there")
        }
        self.head = head
        priority = best
        self.deadline = deadline
    }
}
