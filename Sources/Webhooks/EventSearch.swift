import Domain
import Providers
import Registry
package import Storage
import Vault

/// What somebody typed to find events.
///
/// | text | finds |
/// |---|---|
/// | `evt_01j9…`, `dlv_01j9…` | that event, or the event of that delivery |
/// | `charge.*` | the events of all types that begin with `charge.` |
/// | anything else | the events with that provider's id, of that type, or with that identifier in them |
enum SearchTerm: Equatable, Sendable {
    case event(EventID)
    case delivery(DeliveryID)
    case family(String)
    case exact(String)

    init(_ text: String) {
        if let id = EventID(text) {
            self = .event(id)
        } else if let id = DeliveryID(text) {
            self = .delivery(id)
        } else if text.utf8.count > 2, text.utf8.suffix(2).elementsEqual(".*".utf8) {
            self = .family(String(text.dropLast()))
        } else {
            self = .exact(text)
        }
    }
}

/// Finds events by what people know of them; every look goes through an index.
package enum EventSearch {
    private static let byType: Statement = """
        SELECT seq FROM events WHERE source_id = $1 AND type = $2 AND seq < $3 ORDER BY seq DESC LIMIT $4
        """
    private static let byKey: Statement =
        "SELECT seq FROM event_keys WHERE source_id = $1 AND provider_event_id = $2"
    private static let byDelivery: Statement = "SELECT event_seq, created_at FROM deliveries WHERE seq = $1"

    /// Everything that is asked of the database, for a test that no table is read through.
    package static let statements = [
        byType, byKey, byDelivery, RetentionTable.nextType, IdentifierBlocks.selectDown,
        IdentifierBlocks.selectEvents,
    ]

    /// The numbers of events that a term finds, below `before`, newest first, at most `limit`.
    ///
    /// - Parameter hash: the blind index of a normalised identifier.
    static func find(
        _ term: SearchTerm,
        sources: [Int64],
        before: Int64,
        limit: Int,
        hash: ([UInt8]) -> [UInt8],
        _ transaction: Transaction
    ) throws -> [Int64] {
        var found: Set<Int64> = []
        switch term {
        case .event(let id):
            found = [id.sequence]
        case .delivery(let id):
            guard let row = try transaction.first(byDelivery, [.integer(id.sequence)]),
                id.names(row: id.sequence, at: try row.instant(1))
            else { return [] }
            found = [try row.integer(0)]
        case .family(let prefix):
            for source in sources {
                for type in try types(source, prefix, transaction) {
                    found.formUnion(try ofType(type, source, before, limit, transaction))
                }
            }
        case .exact(let text):
            let bytes = Array(text.utf8)
            for source in sources {
                found.formUnion(try ofType(text, source, before, limit, transaction))
                if let row = try transaction.first(byKey, [.integer(source), .blob(bytes)]) {
                    found.insert(try row.integer(0))
                }
            }
            if let identifier = EventIdentifiers.normalized(bytes) {
                // Of what is older than a page that is full already, nothing is needed.
                let newest = found.filter { $0 < before }.sorted(by: >)
                let range = (newest.count < limit ? min(0, before) : newest[limit - 1])..<before
                found.formUnion(
                    try IdentifierTable.find(hash(identifier), within: range, limit: limit, transaction)
                )
            }
        }
        return Array(found.filter { $0 < before }.sorted(by: >).prefix(limit))
    }

    private static func ofType(
        _ type: String,
        _ source: Int64,
        _ before: Int64,
        _ limit: Int,
        _ transaction: Transaction
    ) throws -> [Int64] {
        try transaction.query(byType, [.integer(source), .text(type), .integer(before), .integer(limit)])
            .map { try $0.integer(0) }
    }

    /// The types of a source that begin with `prefix`: one look into the index for each.
    private static func types(
        _ source: Int64,
        _ prefix: String,
        _ transaction: Transaction
    ) throws -> [String] {
        var types: [String] = []
        while types.count < RetentionTable.typesMax,
            let row = try transaction.first(
                RetentionTable.nextType,
                [.integer(source), .text(types.last ?? prefix)]
            )
        {
            let type = try row.text(0)
            guard type.utf8.starts(with: prefix.utf8) else { break }
            types.append(type)
        }
        return types
    }
}

extension WebhookQueries {
    /// How many looks one page may take when a filter drops most of what a search finds.
    private static let looksMax = 20

    /// One page of the events that `text` finds and `filter` lets through, newest first.
    ///
    /// - Parameters:
    ///   - text: 1 to 255 bytes.
    ///   - next: where the page starts, as the page before said.
    ///   - limit: 1 to `Page.limitMax`.
    package func search(
        _ text: String,
        _ filter: EventFilter,
        next: Int64? = nil,
        limit: Int
    ) async throws -> Page<StoredEvent> {
        let term = SearchTerm(text)
        let snapshot = registry.snapshot
        return try await database.read { [vault] transaction in
            let sources =
                try filter.sourceID.map { [$0] } ?? filter.visibleSources
                ?? RetentionTable.sources(transaction)
            var events: [StoredEvent] = []
            var before = next ?? .max
            for _ in 0..<Self.looksMax {
                let found = try EventSearch.find(
                    term,
                    sources: sources,
                    before: before,
                    limit: limit + 1,
                    hash: { IdentifierTable.hash($0, vault) },
                    transaction
                )
                for seq in found {
                    guard let event = try event(seq, snapshot, transaction), filter.lets(event),
                        term.isFound(in: event)
                    else { continue }
                    events.append(event)
                }
                guard let last = found.last, found.count > limit else {
                    return Page(events, limit: limit) { $0.id.sequence }
                }
                if events.count > limit { return Page(events, limit: limit) { $0.id.sequence } }
                before = last
            }
            return Page(Array(events.prefix(limit)), next: before)
        }
    }

    private func event(
        _ seq: Int64,
        _ snapshot: RegistrySnapshot,
        _ transaction: Transaction
    ) throws -> StoredEvent? {
        try transaction.first(Self.selectEvent, [.integer(seq)])
            .map { try StoredEvent($0, snapshot, transaction) }
    }
}

extension SearchTerm {
    /// An id names its row by number and time; the number alone is not enough.
    fileprivate func isFound(in event: StoredEvent) -> Bool {
        if case .event(let id) = self { event.id == id } else { true }
    }
}

extension EventFilter {
    /// Whether an event is meant.
    fileprivate func lets(_ event: StoredEvent) -> Bool {
        (sourceID.map { $0 == event.sourceID } ?? true)
            && (visibleSources?.contains(event.sourceID) ?? true)
            && (type?.matches(event.type) ?? true)
            && (since.map { event.receivedAt >= $0 } ?? true)
            && (until.map { event.receivedAt < $0 } ?? true)
    }
}
