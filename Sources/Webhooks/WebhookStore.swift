package import Storage

/// The three hot paths to the database, as ports: each returns once what it did is durable.
package struct WebhookStore: Sendable {
    /// Stores the events of a verified webhook with their deliveries, all or none; P1, P2 and P3 stand on it.
    package var append: @Sendable ([NewEvent]) async throws -> [AppendOutcome]
    /// Leases lanes; P4 stands on it.
    package var claim: @Sendable (ClaimOrder) async throws -> ClaimOutcome
    /// Ends a lease.
    package var finish: @Sendable (FinishedDelivery) async throws -> FinishOutcome

    /// Binds the paths to a database, as typed batches of its group commit.
    package init(over database: Database) {
        let appends = database.batch(EventAppend.kind)
        let claims = database.batch(DeliveryClaim.kind)
        let finishes = database.batch(DeliveryFinish.kind)
        append = { try await appends.submit($0) }
        claim = { try await claims.submit($0) }
        finish = { try await finishes.submit($0) }
    }
}
