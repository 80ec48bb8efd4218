import Domain
import Registry
import Storage

/// One step of a replay: looks at the next rows and queues what matches, in the transaction that moves the replay on.
struct ReplayStep {
    let snapshot: RegistrySnapshot
    let weddings: WeddingSnapshot
    let now: Instant

    private static let markReplayed = Statement(
        "UPDATE deliveries SET state = 3 WHERE seq = $1 AND state = 2"
    )

    /// What a step found and did.
    struct Outcome {
        var matched = 0
        var queued: [QueuedDelivery] = []
    }

    /// Queues the matches among the rows from `row.next` on; gives the destinations that have new work.
    func run(_ row: ReplayTable.Row, _ transaction: Transaction) throws -> Set<Int64> {
        let until = min(row.last, row.next + ReplayTable.stepRows - 1)
        let found = try matches(row.subject, from: row.next, through: until, transaction)
        var seq = found.queued.isEmpty ? 0 : try RowNumbers.take("delivery", found.queued.count, transaction)
        var queued: [QueuedDelivery] = []
        for template in found.queued
        where
            try template.seq == 0
            || transaction.execute(Self.markReplayed, [.integer(template.seq)]) == 1
        {
            queued.append(template.replayed(seq: seq, replay: row.status.id))
            seq += 1
        }
        try DeliveryTable.insert(queued, transaction)
        try ReplayTable.advance(
            row,
            to: until + 1,
            matched: found.matched,
            queued: queued.count,
            now: now,
            transaction
        )
        return Set(queued.map(\.destinationID))
    }

    /// What matches among the rows of a range, changing nothing.
    func matches(
        _ subject: ReplayRequest.Subject,
        from first: Int64,
        through last: Int64,
        _ transaction: Transaction
    ) throws -> Outcome {
        switch subject {
        case .events(let filter, let destination):
            // A bulk replay must not crowd out what happens now.
            return try events(filter, destination, first, last, transaction) { _ in .low }
        case .event(let id, let destination):
            return try events(EventFilter(), destination, first, last, transaction, only: id) { $0 }
        case .deadLetters(let filter):
            return try deadLetters(filter, first, last, transaction) { _ in .low }
        case .deadLetter(let id):
            let filter = DeliveryFilter(state: .dead)
            return try deadLetters(filter, first, last, transaction, only: id) { $0 }
        }
    }

    private func events(
        _ filter: EventFilter,
        _ destination: Int64?,
        _ first: Int64,
        _ last: Int64,
        _ transaction: Transaction,
        only id: EventID? = nil,
        priority: (Priority) -> Priority
    ) throws -> Outcome {
        var outcome = Outcome()
        let arguments = filter.arguments + [.integer(first), .integer(last)]
        for row in try transaction.query(ReplayTable.selectEvents, arguments) {
            let event = try StoredEvent(row, snapshot, transaction)
            guard id.map({ $0 == event.id }) ?? true,
                snapshot.keepsBody(of: event.sourceID, receivedAt: event.receivedAt, now: now)
            else { continue }
            outcome.matched += 1
            for destination in destinations(of: event, only: destination) {
                outcome.queued.append(
                    queued(
                        event.id.sequence,
                        event.lane,
                        destination,
                        priority(event.priority),
                        event.owner.wedding
                    )
                )
            }
        }
        return outcome
    }

    private func destinations(of event: StoredEvent, only destination: Int64?) -> [Int64] {
        let source = snapshot.source(id: event.sourceID)
        if let destination {
            guard let named = snapshot.destination(id: destination) else { return [] }
            return named.mayReceive(from: source) ? [destination] : []
        }
        return source.map { snapshot.destinations(for: event.type, from: $0).map(\.id) } ?? []
    }

    private func deadLetters(
        _ filter: DeliveryFilter,
        _ first: Int64,
        _ last: Int64,
        _ transaction: Transaction,
        only id: DeliveryID? = nil,
        priority: (Priority) -> Priority
    ) throws -> Outcome {
        var outcome = Outcome()
        let arguments: [SQLValue] = [
            filter.destinationID.map { .integer($0) } ?? .null,
            EventFilter.list(filter.visibleSources),
            .integer(first), .integer(last),
        ]
        for row in try transaction.query(ReplayTable.selectDead, arguments) {
            let letter = try StoredDelivery(row, snapshot, transaction)
            guard id.map({ $0 == letter.id }) ?? true else { continue }
            // The dead letters of a removed destination have nowhere to go, those without a body nothing to say.
            guard snapshot.destination(id: letter.destinationID) != nil,
                snapshot.keepsBody(of: letter.sourceID, receivedAt: letter.eventReceivedAt, now: now)
            else { continue }
            outcome.matched += 1
            let lane = try lane(of: letter, transaction)
            outcome.queued.append(
                queued(
                    letter.eventID.sequence,
                    lane,
                    letter.destinationID,
                    priority(letter.ownPriority),
                    letter.wedding,
                    deadLetter: letter.id.sequence
                )
            )
        }
        return outcome
    }

    private static let selectLane = Statement("SELECT lane FROM deliveries WHERE seq = $1")

    private func lane(of letter: StoredDelivery, _ transaction: Transaction) throws -> Int64 {
        guard let row = try transaction.first(Self.selectLane, [.integer(letter.id.sequence)]) else {
            throw StorageError.corrupt("a dead letter is not there")
        }
        return try row.integer(0)
    }

    /// A delivery to be queued; `seq` is that of the dead letter it replaces, or 0.
    private func queued(
        _ eventSeq: Int64,
        _ lane: Int64,
        _ destination: Int64,
        _ priority: Priority,
        _ wedding: WeddingID?,
        deadLetter: Int64 = 0
    ) -> QueuedDelivery {
        QueuedDelivery(
            seq: deadLetter,
            eventSeq: eventSeq,
            destinationID: destination,
            lane: lane,
            rank: DeliveryRank(own: priority, queuedAt: now, weddings.moment(of: wedding, at: now)),
            wedding: wedding,
            createdAt: now,
            replay: nil
        )
    }
}

extension QueuedDelivery {
    /// The same under its own number, as part of a replay.
    fileprivate func replayed(seq: Int64, replay: ReplayID) -> QueuedDelivery {
        QueuedDelivery(
            seq: seq,
            eventSeq: eventSeq,
            destinationID: destinationID,
            lane: lane,
            rank: rank,
            wedding: wedding,
            createdAt: createdAt,
            replay: replay
        )
    }
}
