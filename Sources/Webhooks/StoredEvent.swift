package import Domain
package import Registry
import Storage

/// An event as it is stored, without its body.
package struct StoredEvent: Sendable {
    /// The event's id.
    package let id: EventID
    /// The source's row number.
    package let sourceID: Int64
    /// The source's name, also when it has been removed since.
    package let sourceName: String
    /// The row number of the secret that matched; `foundID` for an event that was found in its provider's list.
    package let secretID: Int64?
    /// The provider's own id.
    package let providerEventID: [UInt8]
    /// The type.
    package let type: String
    /// How urgent its kind is.
    package let priority: Priority
    /// The wedding and the vendor it belongs to.
    package let owner: EventOwner
    /// When it was received.
    package let receivedAt: Instant
    /// When it happened, as the provider says.
    package let occurredAt: Instant?
    /// The lane it keeps its order in.
    package let lane: Int64
    /// The `Content-Type` it came with.
    package let contentType: String?
    /// The size of its body in bytes.
    package let bodyBytes: Int
    /// The UTC day whose table holds the body.
    package let bodyDay: Int
    /// The numbers of its own deliveries, replays aside.
    package let deliveries: Range<Int64>
    /// How often it came again.
    package let duplicates: Int
    /// When it last came again.
    package let lastDuplicateAt: Instant?

    /// Stands in the place of a secret for an event that no webhook has brought; secrets begin at 1.
    package static let foundID: Int64 = 0

    /// Whether no webhook has brought it: it was found in its provider's list.
    package var isFound: Bool { secretID == Self.foundID }

    static let columns = """
        seq, received_at, source_id, secret_id, provider_event_id, type, priority, occurred_at, lane, content_type,
        body_bytes, body_day, first_delivery, delivery_count, duplicates, last_duplicate_at, wedding_id,
        vendor_id
        """

    init(_ row: Row, _ snapshot: RegistrySnapshot, _ transaction: Transaction) throws {
        let seq = try row.integer(0)
        receivedAt = try row.instant(1)
        id = EventID(at: receivedAt, sequence: seq)
        sourceID = try row.integer(2)
        sourceName =
            sourceID == OwnEvents.sourceID
            ? OwnEvents.sourceName
            : try snapshot.source(id: sourceID)?.name.text
                ?? RemovedNameTable.name(.source, sourceID, transaction) ?? "unknown"
        secretID = try row.optionalInteger(3)
        providerEventID = try row.blob(4)
        type = try row.text(5)
        priority = Priority(rawValue: Int(try row.integer(6))) ?? .normal
        occurredAt = try row.optionalInteger(7).map(Instant.init(microseconds:))
        lane = try row.integer(8)
        contentType = try row.optionalText(9)
        bodyBytes = Int(try row.integer(10))
        bodyDay = Int(try row.integer(11))
        let first = try row.integer(12)
        deliveries = first..<(first + (try row.integer(13)))
        duplicates = Int(try row.integer(14))
        lastDuplicateAt = try row.optionalInteger(15).map(Instant.init(microseconds:))
        owner = EventOwner(
            wedding: try row.optionalText(16).flatMap { WeddingID($0) },
            vendor: try row.optionalText(17).flatMap { ResourceName($0) }
        )
    }
}

/// Which events are meant; all parts must hold.
package struct EventFilter: Hashable, Sendable {
    /// Only events of this source.
    package var sourceID: Int64?
    /// Only events of these sources, what an API key may see; nil is all.
    package var visibleSources: [Int64]?
    /// Only events of types that match.
    package var type: EventPattern?
    /// Only events received at or after this instant.
    package var since: Instant?
    /// Only events received before this instant.
    package var until: Instant?

    /// Makes a filter; without arguments it means every event.
    package init(
        sourceID: Int64? = nil,
        visibleSources: [Int64]? = nil,
        type: EventPattern? = nil,
        since: Instant? = nil,
        until: Instant? = nil
    ) {
        self.sourceID = sourceID
        self.visibleSources = visibleSources
        self.type = type
        self.since = since
        self.until = until
    }

    /// The condition on the rows of `events`, over the parameters $1 to $6.
    static let condition = """
        (CAST($1 AS BIGINT) IS NULL OR source_id = $1)
        AND (CAST($2 AS TEXT) IS NULL OR $2 LIKE '%,' || source_id || ',%')
        AND (CAST($3 AS TEXT) IS NULL OR type = $3)
        AND (CAST($4 AS TEXT) IS NULL OR substr(type, 1, length($4)) = $4)
        AND (CAST($5 AS BIGINT) IS NULL OR received_at >= $5)
        AND (CAST($6 AS BIGINT) IS NULL OR received_at < $6)
        """

    /// A list of row numbers as the conditions take it: each between commas, so that `LIKE` finds it whole.
    static func list(_ numbers: [Int64]?) -> SQLValue {
        numbers.map { .text(",\($0.map(String.init).joined(separator: ",")),") } ?? .null
    }

    /// The arguments of `condition`.
    var arguments: [SQLValue] {
        let pattern = type?.text ?? "*"
        let isPrefix = pattern.utf8.last == UInt8(ascii: "*")
        let prefix = String(pattern.dropLast())
        return [
            sourceID.map { .integer($0) } ?? .null,
            Self.list(visibleSources),
            isPrefix ? .null : .text(pattern),
            isPrefix && !prefix.isEmpty ? .text(prefix) : .null,
            since.map { .integer($0.microseconds) } ?? .null,
            until.map { .integer($0.microseconds) } ?? .null,
        ]
    }
}

/// One page of a list, newest first.
package struct Page<Element: Sendable>: Sendable {
    /// The elements.
    package let elements: [Element]
    /// Where the next page starts; nil on the last page.
    package let next: Int64?

    /// The most elements of a page.
    package static var limitMax: Int { 200 }

    /// A page as it is.
    init(_ elements: [Element], next: Int64?) {
        self.elements = elements
        self.next = next
    }

    /// Cuts a page out of `limit + 1` elements.
    init(_ found: [Element], limit: Int, number: (Element) -> Int64) {
        elements = Array(found.prefix(limit))
        next = found.count > limit ? elements.last.map(number) : nil
    }
}
