import Domain
import Registry
import Storage

/// The first hot path: stores events, their keys, bodies, deliveries and lanes, in one transaction.
enum EventAppend {
    /// The most webhooks in one transaction.
    static let itemsMax = 512
    /// The most webhooks waiting for one: beyond it callers are told to come back.
    static let waitingMax = 8_192

    /// The most bytes of bodies waiting: 64 MiB.
    static let waitingBytesMax = 67_108_864

    static let kind = BatchKind<[NewEvent], [AppendOutcome]>(
        name: "append",
        itemsMax: itemsMax,
        waitingMax: waitingMax,
        waitingBytesMax: waitingBytesMax,
        bytes: { $0.reduce(0) { $0 + $1.sealedBody.count } },
        apply: { transaction, webhooks in
            var outcomes = try apply(transaction, webhooks.flatMap(\.self))[...]
            return webhooks.map { events in
                defer { outcomes = outcomes.dropFirst(events.count) }
                return Array(outcomes.prefix(events.count))
            }
        }
    )

    /// Stores events in the caller's transaction; one outcome each, in order.
    static func apply(_ transaction: Transaction, _ events: [NewEvent]) throws -> [AppendOutcome] {
        switch transaction.dialect {
        case .sqlite: try applyEach(transaction, events)
        case .postgres: try applyTogether(transaction, events)
        }
    }

    private static let insertKey = Statement(
        """
        INSERT INTO event_keys (source_id, provider_event_id, seq, received_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (source_id, provider_event_id) DO NOTHING
        """
    )
    private static let selectKey = Statement(
        "SELECT seq, received_at FROM event_keys WHERE source_id = $1 AND provider_event_id = $2"
    )
    private static let insertEvent = Statement(
        """
        INSERT INTO events (seq, source_id, secret_id, provider_event_id, type, priority, received_at, occurred_at,
            lane, content_type, body_bytes, body_day, first_delivery, delivery_count, wedding_id, vendor_id,
            identifiers)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        """
    )

    private static func applyEach(_ transaction: Transaction, _ events: [NewEvent]) throws -> [AppendOutcome]
    {
        let deliveries = events.reduce(0) { $0 + $1.destinations.count }
        let first = try RowNumbers.take("event", events.count, transaction)
        var seq = first
        var deliverySeq = deliveries == 0 ? 0 : try RowNumbers.take("delivery", deliveries, transaction)
        var bodies = EventBodyTable()
        var outcomes: [AppendOutcome] = []
        outcomes.reserveCapacity(events.count)
        for event in events {
            let key: [SQLValue] = [.integer(event.sourceID), .blob(event.providerEventID)]
            let receivedAt = SQLValue.integer(event.receivedAt.microseconds)
            guard try transaction.execute(insertKey, key + [.integer(seq), receivedAt]) == 1 else {
                outcomes.append(.duplicate(of: try repeated(key, at: event.receivedAt, transaction)))
                continue
            }
            try insert(event, seq, firstDelivery: deliverySeq, transaction)
            try bodies.insert(event.sealedBody, seq: seq, day: event.receivedAt.dayNumber, transaction)
            for destination in event.destinations {
                let delivery = QueuedDelivery(event, eventSeq: seq, destination, seq: deliverySeq)
                try DeliveryTable.insert(delivery, transaction)
                deliverySeq += 1
            }
            outcomes.append(.stored(EventID(at: event.receivedAt, sequence: seq)))
            seq += 1
        }
        try IdentifierBlocks.close(first..<(first + Int64(events.count)), transaction)
        return outcomes
    }

    private static func insert(
        _ event: NewEvent,
        _ seq: Int64,
        firstDelivery: Int64,
        _ transaction: Transaction
    ) throws {
        try transaction.execute(
            insertEvent,
            [
                .integer(seq),
                .integer(event.sourceID),
                event.secretID.map { .integer($0) } ?? .null,
                .blob(event.providerEventID),
                .text(event.type),
                .integer(Int64(event.priority.rawValue)),
                .integer(event.receivedAt.microseconds),
                event.occurredAt.map { .integer($0.microseconds) } ?? .null,
                .integer(event.lane),
                event.contentType.map { .text($0) } ?? .null,
                .integer(Int64(event.bodyBytes)),
                .integer(Int64(event.receivedAt.dayNumber)),
                .integer(firstDelivery),
                .integer(Int64(event.destinations.count)),
                event.owner.wedding.map { .text($0.text) } ?? .null,
                event.owner.vendor.map { .text($0.text) } ?? .null,
                IdentifierTable.column(event.identifiers),
            ]
        )
    }

    private static func repeated(
        _ key: [SQLValue],
        at receivedAt: Instant,
        _ transaction: Transaction
    ) throws -> EventID {
        guard let row = try transaction.first(selectKey, key) else {
            throw StorageError.corrupt("an event key conflicts with a row that is not there")
        }
        let seq = try row.integer(0)
        try DuplicateTable.add(to: seq, at: receivedAt, transaction)
        return EventID(at: try row.instant(1), sequence: seq)
    }
}

/// Numbers for rows, handed out inside the transaction that uses them; a gap means nothing.
enum RowNumbers {
    // On PostgreSQL a row would be locked until the commit, and the nodes would take turns: sequences are not.
    private static let advance = Statement(
        sqlite: "UPDATE sequences SET value = value + $2 WHERE name = $1 RETURNING value",
        postgres: "SELECT take_numbers(($1 || '_numbers')::regclass, $2) + $2 - 1"
    )

    /// Takes `count` consecutive numbers and gives the first.
    static func take(_ name: String, _ count: Int, _ transaction: Transaction) throws -> Int64 {
        guard let row = try transaction.first(advance, [.text(name), .integer(Int64(count))]) else {
            throw StorageError.corrupt("the sequence \(name) is missing")
        }
        return try row.integer(0) - Int64(count) + 1
    }
}
