package import Domain
package import Providers
package import Registry
import Signatures
package import Storage

/// Stores what was found in providers' lists as if its webhook had come, unless it is there already.
package struct EventInjector: Sendable {
    private let receiver: Receiver
    private let events: OwnEvents
    private let database: Database
    private let time: Time
    private let stored: @Sendable ([Int64]) -> Void

    private static let selectKey = Statement(
        "SELECT seq, received_at FROM event_keys WHERE source_id = $1 AND provider_event_id = $2"
    )

    /// Wires the injector.
    ///
    /// - Parameter stored: told after each commit which destinations have new work.
    package init(
        receiver: Receiver,
        events: OwnEvents,
        database: Database,
        time: Time,
        stored: @escaping @Sendable ([Int64]) -> Void
    ) {
        self.receiver = receiver
        self.events = events
        self.database = database
        self.time = time
        self.stored = stored
    }

    /// Stores a past event of a source's provider.
    ///
    /// - Parameter body: what its webhook would have brought.
    /// - Throws: `DescriptionError` for a body that cannot be understood; the storage's and vault's errors.
    package func inject(_ body: [UInt8], for source: Source) async throws -> AppendOutcome {
        let request = WebhookRequest(
            method: "POST",
            url: Receiver.path + source.name.text,
            headers: Headers([("content-type", "application/json")]),
            body: body
        )
        guard case .events(let descriptions) = try source.dialect.read(request),
            let description = descriptions.first, descriptions.count == 1
        else { throw DescriptionError.invalid("the event") }
        return try await store(description, in: request, for: source)
    }

    /// Stores a change of a calendar as an event of the source that takes this calendar's webhooks.
    package func inject(_ change: CalendarChangeEvent, for source: Source) async throws -> AppendOutcome {
        let request = WebhookRequest(
            method: "POST",
            url: Receiver.path + source.name.text,
            headers: Headers([]),
            body: change.body.serialized()
        )
        return try await store(change.description, in: request, for: source)
    }

    /// Stores a change of a calendar as a notice of Usher's own.
    ///
    /// - Parameter vendor: whose calendar it is; nil is the platform's.
    package func inject(_ change: CalendarChangeEvent, vendor: ResourceName?) async throws -> AppendOutcome {
        if let known = try await known(change.id.utf8.map { $0 }, OwnEvents.sourceID) { return known }
        let prepared = try await events.prepare(
            id: change.id,
            type: CalendarChangeEvent.type,
            body: change.body,
            orderingKey: change.orderingKey,
            priority: .normal,
            wedding: nil,
            vendor: vendor,
            moment: nil,
            now: time.now()
        )
        let outcome = try await database.write { try prepared.append($0) }
        if !outcome.isDuplicate {
            receiver.tellStored(prepared.event, as: outcome.event)
            stored(prepared.destinations)
        }
        return outcome
    }

    private func store(
        _ description: EventDescription,
        in request: WebhookRequest,
        for source: Source
    ) async throws -> AppendOutcome {
        if let known = try await known(description.providerEventID, source.id) { return known }
        let outcomes = try await receiver.store(found: [description], in: request, for: source)
        guard let outcome = outcomes.first else { throw StorageError.corrupt("an event was not stored") }
        return outcome
    }

    /// The event that is there already; nil when it is new.
    ///
    /// Looking is not a repeat: none is counted.
    private func known(_ providerEventID: [UInt8], _ source: Int64) async throws -> AppendOutcome? {
        try await database.read { transaction in
            try transaction.first(Self.selectKey, [.integer(source), .blob(providerEventID)]).map { row in
                .duplicate(of: EventID(at: try row.instant(1), sequence: try row.integer(0)))
            }
        }
    }
}
