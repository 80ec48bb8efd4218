package import Domain
package import Registry
package import Storage
package import Vault

/// Usher's own notices: what became of a call, for one.
///
/// They are events of the source `usher`, stored and delivered like any other.
package struct OwnEvents: Sendable {
    /// The row number that stands for Usher; sources begin at 1.
    package static let sourceID: Int64 = 0
    /// The name that stands for Usher.
    package static let sourceName = "usher"

    /// A notice with its body sealed, ready to be stored in somebody else's transaction.
    package struct Prepared: Sendable {
        let event: NewEvent

        /// The destinations that want it.
        var destinations: [Int64] { event.destinations }

        /// Stores the notice with its deliveries, once for each id; gives the destinations that have work.
        package func store(_ transaction: Transaction) throws -> [Int64] {
            try append(transaction).isDuplicate ? [] : event.destinations
        }

        /// Stores the notice with its deliveries, once for each id.
        func append(_ transaction: Transaction) throws -> AppendOutcome {
            guard let outcome = try EventAppend.apply(transaction, [event]).first else {
                throw StorageError.corrupt("a notice was not stored")
            }
            return outcome
        }
    }

    private let registry: ResourceRegistry
    private let vault: Vault

    /// Wires the notices.
    package init(registry: ResourceRegistry, vault: Vault) {
        self.registry = registry
        self.vault = vault
    }

    /// Seals a notice.
    ///
    /// - Parameters:
    ///   - id: what makes it the same notice again.
    ///   - type: such as `call.succeeded`.
    ///   - orderingKey: notices with the same key keep their order.
    package func prepare(
        id: String,
        type: String,
        body: JSONValue,
        orderingKey: String,
        priority: Priority,
        wedding: WeddingID?,
        vendor: ResourceName?,
        moment: WeddingMoment?,
        now: Instant
    ) async throws -> Prepared {
        let bytes = body.serialized()
        let providerEventID = Array(id.utf8)
        let scope = PayloadContext.scope(source: Self.sourceID)
        let context = PayloadContext.of(source: Self.sourceID, providerEventID: providerEventID)
        let sealed = try await vault.payloadKey(scope: scope, day: now.dayNumber).seal(bytes, context)
        let owner = EventOwner(wedding: wedding, vendor: vendor)
        let lane = vault.keyedHash(.lane, Array("\(Self.sourceID)/".utf8) + [1] + Array(orderingKey.utf8))
        return Prepared(
            event: NewEvent(
                sourceID: Self.sourceID,
                secretID: nil,
                providerEventID: providerEventID,
                type: type,
                priority: priority,
                owner: owner,
                rank: DeliveryRank(own: priority, queuedAt: now, moment),
                receivedAt: now,
                occurredAt: now,
                lane: Int64(bitPattern: lane.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }),
                contentType: "application/json",
                bodyBytes: bytes.count,
                sealedBody: sealed,
                destinations: registry.snapshot.destinations.filter { $0.wantsNotice(type, vendor: vendor) }
                    .map(\.id),
                identifiers: []
            )
        )
    }
}

extension Destination {
    /// Whether it wants a notice of Usher's own: the platform's destinations get every one, a vendor's its own.
    fileprivate func wantsNotice(_ type: String, vendor: ResourceName?) -> Bool {
        guard definition.vendor == nil || definition.vendor == vendor else { return false }
        guard
            definition.sources.isEmpty
                || definition.sources.contains(where: { $0.text == OwnEvents.sourceName })
        else { return false }
        return patterns.contains { $0.matches(type) }
    }
}
