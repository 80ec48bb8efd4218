import Domain
import Storage

/// Finishing on PostgreSQL: one statement for each table and batch.
///
/// The lanes are locked first, in the order of their keys; a lane that another node has claimed since is not among
/// them, and what was done under the old claim changes nothing.
extension DeliveryFinish {
    private static let lockLanes = Statement(
        postgres: """
            SELECT i.number, l.pending
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) WITH ORDINALITY
                AS i (destination_id, lane, epoch, number)
            JOIN lanes l ON l.destination_id = i.destination_id AND l.lane = i.lane
            WHERE l.state = 2 AND l.epoch = i.epoch
            ORDER BY l.destination_id, l.lane FOR UPDATE OF l
            """
    )
    private static let insertAttempts = Statement(
        postgres: """
            INSERT INTO delivery_attempts (delivery_seq, number, started_at, duration_microseconds, standby, status,
                error)
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
                $7::text[])
            """
    )
    private static let updateDeliveries = Statement(
        postgres: """
            UPDATE deliveries SET state = i.state, attempts = i.attempts, finished_at = i.finished_at, error = i.error
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[])
                AS i (seq, state, attempts, finished_at, error)
            WHERE deliveries.seq = i.seq
            """
    )
    private static let deferLanes = Statement(
        postgres: """
            UPDATE lanes SET state = i.state, due_at = i.due_at
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
                AS i (destination_id, lane, state, due_at)
            WHERE lanes.destination_id = i.destination_id AND lanes.lane = i.lane
            """
    )
    private static let removeLanes = Statement(
        postgres: """
            DELETE FROM lanes USING unnest($1::bigint[], $2::bigint[]) AS i (destination_id, lane)
            WHERE lanes.destination_id = i.destination_id AND lanes.lane = i.lane
            """
    )
    // One look-up for each priority, however long the lane is.
    private static let advanceLanes = Statement(
        postgres: """
            UPDATE lanes SET state = 1, due_at = 0, priority = n.priority, deadline = n.deadline, head_seq = n.head,
                pending = pending - 1
            FROM (
                SELECT k.destination_id, k.lane, MIN(f.seq) AS head, MIN(f.priority) AS priority,
                    MIN(f.deadline) AS deadline
                FROM unnest($1::bigint[], $2::bigint[]) AS k (destination_id, lane)
                CROSS JOIN unnest($3::bigint[]) AS p (priority)
                CROSS JOIN LATERAL (
                    SELECT seq, priority, deadline FROM deliveries
                    WHERE state = 0 AND destination_id = k.destination_id AND lane = k.lane AND priority = p.priority
                    ORDER BY seq LIMIT 1
                ) f
                GROUP BY k.destination_id, k.lane
            ) n WHERE lanes.destination_id = n.destination_id AND lanes.lane = n.lane
            """
    )

    static func finishTogether(
        _ transaction: Transaction,
        _ items: [FinishedDelivery]
    ) throws -> [FinishOutcome] {
        let held = try lock(items, transaction)
        try record(held, transaction)
        let ready = try moveOn(held, transaction)
        return items.indices.map { index in
            guard held.contains(where: { $0.index == index }) else { return .fenced }
            return .recorded(laneReady: ready.contains(index))
        }
    }

    /// A finish whose claim still holds, with how many deliveries its lane counts.
    private struct Held {
        let index: Int
        let item: FinishedDelivery
        let pending: Int64
    }

    private static func lock(_ items: [FinishedDelivery], _ transaction: Transaction) throws -> [Held] {
        let rows = try transaction.query(
            lockLanes,
            [
                .array(.integers(items.map(\.destinationID))), .array(.integers(items.map(\.lane))),
                .array(.integers(items.map(\.epoch))),
            ]
        )
        var seen: Set<Int64> = []
        return try rows.map { row in
            let index = Int(try row.integer(0)) - 1
            return Held(index: index, item: items[index], pending: try row.integer(1))
        }
        .sorted { $0.index < $1.index }
        .filter { seen.insert($0.item.seq).inserted }  // The same claim ends once.
    }

    private static func record(_ held: [Held], _ transaction: Transaction) throws {
        var number: [Int64] = []
        var owner: [Int64] = []
        var attempts: [AttemptRecord] = []
        for item in held.map(\.item) {
            for (index, attempt) in item.attempts.enumerated() {
                owner.append(item.seq)
                number.append(Int64(item.attemptsBefore + index + 1))
                attempts.append(attempt)
            }
        }
        guard !attempts.isEmpty else { return }
        try transaction.execute(
            insertAttempts,
            [
                .array(.integers(owner)), .array(.integers(number)),
                .array(.integers(attempts.map(\.startedAt.microseconds))),
                .array(.integers(attempts.map(\.duration.microseconds))),
                .array(.integers(attempts.map { $0.isStandby ? 1 : 0 })),
                .array(.integers(attempts.map { $0.status.map(Int64.init) })),
                .array(.texts(attempts.map(\.error))),
            ]
        )
    }

    /// Writes the verdicts and moves the lanes on; the indices of those that are ready.
    private static func moveOn(_ held: [Held], _ transaction: Transaction) throws -> Set<Int> {
        guard let first = held.first?.item else { return [] }
        // Only what is due at an instant needs the clock that all nodes share.
        let isTriedAgain = held.contains { if case .retry = $0.item.verdict { true } else { false } }
        let ahead = isTriedAgain ? try transaction.sharedNow(local: first.now) - first.now : .zero
        let changes = held.map { Change($0.item, ahead: ahead) }
        try transaction.execute(
            updateDeliveries,
            [
                .array(.integers(held.map(\.item.seq))),
                .array(.integers(changes.map(\.state.rawValue))),
                .array(.integers(held.map { Int64($0.item.attemptsBefore + $0.item.attempts.count) })),
                .array(.integers(changes.map { $0.finishedAt?.microseconds })),
                .array(.texts(changes.map(\.error))),
            ]
        )
        let deferred = zip(held, changes).filter { $1.dueAt != nil }
        let ended = zip(held, changes).filter { $1.dueAt == nil }.map(\.0)
        let advancing = ended.filter { $0.pending > 1 }
        try putOff(deferred, transaction)
        try remove(ended.filter { $0.pending <= 1 }, transaction)
        try advance(advancing, transaction)
        return Set(advancing.map(\.index) + deferred.filter(\.1.isDue).map(\.0.index))
    }

    /// What a verdict makes of a delivery's row; `dueAt` by the shared clock when it is tried again.
    private struct Change {
        let state: DeliveryState
        let finishedAt: Instant?
        let error: String?
        let dueAt: Instant?
        let isDue: Bool

        init(_ item: FinishedDelivery, ahead: Duration) {
            switch item.verdict {
            case .delivered: self.init(.delivered, finishedAt: item.now)
            case .dead(let code): self.init(.dead, finishedAt: item.now, error: code)
            case .retry(let instant): self.init(.waiting, dueAt: instant + ahead, isDue: instant <= item.now)
            }
        }

        private init(
            _ state: DeliveryState,
            finishedAt: Instant? = nil,
            error: String? = nil,
            dueAt: Instant? = nil,
            isDue: Bool = false
        ) {
            self.state = state
            self.finishedAt = finishedAt
            self.error = error
            self.dueAt = dueAt
            self.isDue = isDue
        }
    }

    private static func putOff(_ deferred: [(Held, Change)], _ transaction: Transaction) throws {
        guard !deferred.isEmpty else { return }
        try transaction.execute(
            deferLanes,
            keys(deferred.map(\.0)) + [
                .array(.integers(deferred.map { $0.1.isDue ? 1 : 0 })),
                .array(.integers(deferred.map { $0.1.dueAt?.microseconds })),
            ]
        )
    }

    private static func remove(_ held: [Held], _ transaction: Transaction) throws {
        guard !held.isEmpty else { return }
        try transaction.execute(removeLanes, keys(held))
    }

    private static func advance(_ held: [Held], _ transaction: Transaction) throws {
        guard !held.isEmpty else { return }
        let priorities = SQLValue.array(.integers(Priority.allCases.map { Int64($0.rawValue) }))
        guard try transaction.execute(advanceLanes, keys(held) + [priorities]) == held.count else {
            throw StorageError.corrupt("a lane counts deliveries that are not there")
        }
    }

    private static func keys(_ held: [Held]) -> [SQLValue] {
        [.array(.integers(held.map(\.item.destinationID))), .array(.integers(held.map(\.item.lane)))]
    }
}
