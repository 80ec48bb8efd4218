package import Domain
package import Registry
package import Storage
package import Vault

/// Reads events, deliveries and tries for people: lists, one thing, and its body.
package struct WebhookQueries: Sendable {
    let database: Database
    let registry: ResourceRegistry
    let vault: Vault
    let time: Time

    /// Wires the queries.
    package init(database: Database, registry: ResourceRegistry, vault: Vault, time: Time) {
        self.database = database
        self.registry = registry
        self.vault = vault
        self.time = time
    }

    private static let listEvents = Statement(
        """
        SELECT \(StoredEvent.columns) FROM events
        WHERE \(EventFilter.condition) AND (CAST($7 AS BIGINT) IS NULL OR seq < $7) ORDER BY seq DESC LIMIT $8
        """
    )
    static let selectEvent = Statement("SELECT \(StoredEvent.columns) FROM events WHERE seq = $1")
    private static let listDeliveries = Statement(
        """
        \(StoredDelivery.select)
        WHERE (CAST($1 AS BIGINT) IS NULL OR d.destination_id = $1)
            AND (CAST($2 AS TEXT) IS NULL OR $2 LIKE '%,' || e.source_id || ',%')
            AND (CAST($3 AS BIGINT) IS NULL OR d.state = $3)
            AND (CAST($4 AS BIGINT) IS NULL OR d.seq < $4)
        ORDER BY d.seq DESC LIMIT $5
        """
    )
    // The state stands in the text here: only then is the small index of dead letters used.
    private static let listDead = Statement(
        """
        \(StoredDelivery.select)
        WHERE d.state = 2 AND (CAST($1 AS BIGINT) IS NULL OR d.destination_id = $1)
            AND (CAST($2 AS TEXT) IS NULL OR $2 LIKE '%,' || e.source_id || ',%')
            AND (CAST($3 AS BIGINT) IS NULL OR d.state = $3)
            AND (CAST($4 AS BIGINT) IS NULL OR d.seq < $4)
        ORDER BY d.seq DESC LIMIT $5
        """
    )
    private static let selectDelivery = Statement("\(StoredDelivery.select) WHERE d.seq = $1")
    private static let deliveriesOfEvent = Statement(
        """
        \(StoredDelivery.select)
        WHERE d.seq >= $2 AND d.seq < $3
            OR d.seq IN (SELECT seq FROM deliveries WHERE event_seq = $1 AND replay_id IS NOT NULL)
        ORDER BY d.seq
        """
    )
    private static let selectAttempts = Statement(
        """
        SELECT started_at, duration_microseconds, standby, status, error FROM delivery_attempts
        WHERE delivery_seq = $1 ORDER BY number
        """
    )

    /// One page of events, newest first.
    ///
    /// - Parameters:
    ///   - next: where the page starts, as the page before said.
    ///   - limit: 1 to `Page.limitMax`.
    package func events(
        _ filter: EventFilter,
        next: Int64? = nil,
        limit: Int
    ) async throws -> Page<StoredEvent> {
        let snapshot = registry.snapshot
        let arguments = filter.arguments + [next.map { .integer($0) } ?? .null, .integer(Int64(limit + 1))]
        let found = try await database.read { transaction in
            try transaction.query(Self.listEvents, arguments).map {
                try StoredEvent($0, snapshot, transaction)
            }
        }
        return Page(found, limit: limit) { $0.id.sequence }
    }

    /// The event of this id; nil when there is none, or none of a visible source.
    package func event(_ id: EventID, visibleSources: [Int64]? = nil) async throws -> StoredEvent? {
        let snapshot = registry.snapshot
        let event = try await database.read { transaction in
            try transaction.first(Self.selectEvent, [.integer(id.sequence)])
                .map { try StoredEvent($0, snapshot, transaction) }
        }
        guard let event, event.id == id, visibleSources?.contains(event.sourceID) ?? true else { return nil }
        return event
    }

    /// The body of an event as it was received; nil when it is not kept any longer.
    package func body(of event: StoredEvent) async throws -> [UInt8]? {
        guard
            registry.snapshot.keepsBody(of: event.sourceID, receivedAt: event.receivedAt, now: time.now())
        else { return nil }
        let sealed = try await database.read { transaction in
            try EventBodyTable.load(seq: event.id.sequence, day: event.bodyDay, transaction)
        }
        guard let sealed else { return nil }
        let context = PayloadContext.of(source: event.sourceID, providerEventID: event.providerEventID)
        do {
            return try await vault.openPayload(sealed, context)
        } catch VaultError.unknownKey {
            return nil
        }
    }

    /// One page of deliveries, newest first.
    package func deliveries(
        _ filter: DeliveryFilter,
        next: Int64? = nil,
        limit: Int
    ) async throws -> Page<StoredDelivery> {
        let snapshot = registry.snapshot
        let arguments: [SQLValue] = [
            filter.destinationID.map { .integer($0) } ?? .null,
            EventFilter.list(filter.visibleSources),
            filter.state.map { .integer($0.rawValue) } ?? .null,
            next.map { .integer($0) } ?? .null,
            .integer(Int64(limit + 1)),
        ]
        let statement = filter.state == .dead ? Self.listDead : Self.listDeliveries
        let found = try await database.read { transaction in
            try transaction.query(statement, arguments).map { try StoredDelivery($0, snapshot, transaction) }
        }
        return Page(found, limit: limit) { $0.id.sequence }
    }

    /// The delivery of this id; nil when there is none, or none of a visible source.
    package func delivery(_ id: DeliveryID, visibleSources: [Int64]? = nil) async throws -> StoredDelivery? {
        let snapshot = registry.snapshot
        let delivery = try await database.read { transaction in
            try transaction.first(Self.selectDelivery, [.integer(id.sequence)])
                .map { try StoredDelivery($0, snapshot, transaction) }
        }
        guard let delivery, delivery.id == id, visibleSources?.contains(delivery.sourceID) ?? true else {
            return nil
        }
        return delivery
    }

    /// Every delivery of an event with its tries, replays included, oldest first.
    package func history(of event: StoredEvent) async throws -> [(StoredDelivery, [AttemptRecord])] {
        let snapshot = registry.snapshot
        return try await database.read { transaction in
            let arguments: [SQLValue] = [
                .integer(event.id.sequence), .integer(event.deliveries.lowerBound),
                .integer(event.deliveries.upperBound),
            ]
            return try transaction.query(Self.deliveriesOfEvent, arguments).map { row in
                let delivery = try StoredDelivery(row, snapshot, transaction)
                return (delivery, try Self.attempts(of: delivery.id, transaction))
            }
        }
    }

    /// When an event came again: the first 20 times.
    package func duplicateTimes(of event: StoredEvent) async throws -> [Instant] {
        guard event.duplicates > 0 else { return [] }
        return try await database.read { try DuplicateTable.times(of: event.id.sequence, $0) }
    }

    /// The tries of a delivery, oldest first.
    package func attempts(of delivery: DeliveryID) async throws -> [AttemptRecord] {
        try await database.read { try Self.attempts(of: delivery, $0) }
    }

    private static func attempts(
        of delivery: DeliveryID,
        _ transaction: Transaction
    ) throws -> [AttemptRecord] {
        try transaction.query(selectAttempts, [.integer(delivery.sequence)]).map { row in
            AttemptRecord(
                startedAt: try row.instant(0),
                duration: .microseconds(try row.integer(1)),
                isStandby: try row.bool(2),
                status: try row.optionalInteger(3).map(Int.init),
                error: try row.optionalText(4)
            )
        }
    }
}
