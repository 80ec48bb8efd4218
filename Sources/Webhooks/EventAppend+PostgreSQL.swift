import Domain
import Registry
import Storage

/// Appending on PostgreSQL: one statement for each table and batch, however many events it holds.
///
/// Rows are sorted by key in every table that two nodes can meet in (keys, lanes, repeated events, in this order),
/// so that none waits for the other in a circle. Numbers are taken inside the transaction: an event that comes after
/// another was acknowledged has the higher number, whichever nodes they came to.
extension EventAppend {
    static func applyTogether(_ transaction: Transaction, _ events: [NewEvent]) throws -> [AppendOutcome] {
        let numbered = try numbered(events, transaction)
        let stored = try insertKeys(numbered, transaction)
        let fresh = numbered.filter { stored.contains($0.seq) }
        try insert(fresh, transaction)
        try EventBodyTable.insert(fresh.map { ($0.seq, $0.event) }, transaction)
        try IdentifierTable.insertTogether(
            fresh.flatMap { item in item.event.identifiers.map { (item.seq, $0) } },
            transaction
        )
        try DeliveryTable.insertTogether(fresh.flatMap(\.deliveries), transaction)
        let repeated = try countDuplicates(numbered.filter { !stored.contains($0.seq) }, transaction)
        return try numbered.map { item in
            if stored.contains(item.seq) {
                return .stored(EventID(at: item.event.receivedAt, sequence: item.seq))
            }
            guard let id = repeated[item.key] else {
                throw StorageError.corrupt("an event key conflicts with a row that is not there")
            }
            return .duplicate(of: id)
        }
    }

    private struct Numbered {
        let event: NewEvent
        let seq: Int64
        let firstDelivery: Int64

        var key: EventKey { EventKey(source: event.sourceID, event: event.providerEventID) }

        var deliveries: [QueuedDelivery] {
            event.destinations.enumerated().map { index, destination in
                QueuedDelivery(event, eventSeq: seq, destination, seq: firstDelivery + Int64(index))
            }
        }
    }

    private struct EventKey: Hashable, Comparable {
        let source: Int64
        let event: [UInt8]

        static func < (left: EventKey, right: EventKey) -> Bool {
            left.source != right.source
                ? left.source < right.source : left.event.lexicographicallyPrecedes(right.event)
        }
    }

    private static func numbered(_ events: [NewEvent], _ transaction: Transaction) throws -> [Numbered] {
        var seq = try RowNumbers.take("event", events.count, transaction)
        let deliveries = events.reduce(0) { $0 + $1.destinations.count }
        var delivery = deliveries == 0 ? 0 : try RowNumbers.take("delivery", deliveries, transaction)
        return events.map { event in
            defer {
                seq += 1
                delivery += Int64(event.destinations.count)
            }
            return Numbered(event: event, seq: seq, firstDelivery: delivery)
        }
    }

    // Of two with one key in a batch the first stays.
    private static let insertKeys = Statement(
        postgres: """
            INSERT INTO event_keys (source_id, provider_event_id, seq, received_at)
            SELECT source_id, provider_event_id, seq, received_at
            FROM unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::bigint[])
                AS k (source_id, provider_event_id, seq, received_at)
            ORDER BY source_id, provider_event_id, seq
            ON CONFLICT (source_id, provider_event_id) DO NOTHING RETURNING seq
            """
    )

    /// The numbers of the events that are new.
    private static func insertKeys(_ items: [Numbered], _ transaction: Transaction) throws -> Set<Int64> {
        let rows = try transaction.query(
            insertKeys,
            [
                .array(.integers(items.map(\.event.sourceID))),
                .array(.blobs(items.map(\.event.providerEventID))),
                .array(.integers(items.map(\.seq))),
                .array(.integers(items.map(\.event.receivedAt.microseconds))),
            ]
        )
        return Set(try rows.map { try $0.integer(0) })
    }

    private static let insertEvents = Statement(
        postgres: """
            INSERT INTO events (seq, source_id, secret_id, provider_event_id, type, priority, received_at,
                occurred_at, lane, content_type, body_bytes, body_day, first_delivery, delivery_count, wedding_id,
                vendor_id, identifiers)
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[], $5::text[], $6::bigint[],
                $7::bigint[], $8::bigint[], $9::bigint[], $10::text[], $11::bigint[], $12::bigint[], $13::bigint[],
                $14::bigint[], $15::text[], $16::text[], $17::bytea[])
            """
    )

    private static func insert(_ items: [Numbered], _ transaction: Transaction) throws {
        guard !items.isEmpty else { return }
        func integers(_ value: (Numbered) -> Int64?) -> SQLValue { .array(.integers(items.map(value))) }
        try transaction.execute(
            insertEvents,
            [
                integers { $0.seq },
                integers { $0.event.sourceID },
                integers { $0.event.secretID },
                .array(.blobs(items.map(\.event.providerEventID))),
                .array(.texts(items.map(\.event.type))),
                integers { Int64($0.event.priority.rawValue) },
                integers { $0.event.receivedAt.microseconds },
                integers { $0.event.occurredAt?.microseconds },
                integers { $0.event.lane },
                .array(.texts(items.map(\.event.contentType))),
                integers { Int64($0.event.bodyBytes) },
                integers { Int64($0.event.receivedAt.dayNumber) },
                integers { $0.firstDelivery },
                integers { Int64($0.event.destinations.count) },
                .array(.texts(items.map { $0.event.owner.wedding?.text })),
                .array(.texts(items.map { $0.event.owner.vendor?.text })),
                .array(
                    .blobs(
                        items.map {
                            $0.event.identifiers.isEmpty ? nil : $0.event.identifiers.flatMap(\.self)
                        }
                    )
                ),
            ]
        )
    }

    private static let selectKeys = Statement(
        postgres: """
            SELECT e.source_id, e.provider_event_id, e.seq, e.received_at
            FROM unnest($1::bigint[], $2::bytea[]) AS k (source_id, provider_event_id)
            JOIN event_keys e ON e.source_id = k.source_id AND e.provider_event_id = k.provider_event_id
            """
    )
    /// The ids of the events that these repeat.
    private static func countDuplicates(
        _ items: [Numbered],
        _ transaction: Transaction
    ) throws -> [EventKey: EventID] {
        guard !items.isEmpty else { return [:] }
        var found: [EventKey: EventID] = [:]
        // A statement of its own: the one before may not have seen what another node has just committed.
        let rows = try transaction.query(
            selectKeys,
            [
                .array(.integers(items.map(\.event.sourceID))),
                .array(.blobs(items.map(\.event.providerEventID))),
            ]
        )
        for row in rows {
            let key = EventKey(source: try row.integer(0), event: try row.blob(1))
            found[key] = EventID(at: try row.instant(3), sequence: try row.integer(2))
        }
        let repeats = items.compactMap { item in found[item.key].map { ($0.sequence, item.event.receivedAt) }
        }
        for (seq, receivedAt) in repeats.sorted(by: { $0.0 < $1.0 }) {
            try DuplicateTable.add(to: seq, at: receivedAt, transaction)
        }
        return found
    }
}
