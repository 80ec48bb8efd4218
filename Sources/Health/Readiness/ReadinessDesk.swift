package import Domain

/// What `ReadinessDesk` asks others; `Gateway` fills it.
package struct ReadinessPorts: Sendable {
    /// The routes with what is known of their integrations.
    package var ways: @Sendable () async throws -> [ReadinessFacts.Way]
    /// The own accounts of these vendors.
    package var accounts: @Sendable (Set<ResourceName>) async throws -> [ReadinessFacts.Line]
    /// How far the limits of these integrations reach over the wedding's day.
    package var quotas: @Sendable (Wedding, [ResourceName]) async throws -> [ReadinessFacts.Quota]
    /// The deliveries of a wedding: waiting, of these overdue at an instant, and given up.
    package var deliveries:
        @Sendable (WeddingID, Instant) async throws -> (waiting: Int, overdue: Int, dead: Int)
    /// The clock.
    package var time: Time

    /// Collects the ports.
    package init(
        ways: @escaping @Sendable () async throws -> [ReadinessFacts.Way],
        accounts: @escaping @Sendable (Set<ResourceName>) async throws -> [ReadinessFacts.Line],
        quotas: @escaping @Sendable (Wedding, [ResourceName]) async throws -> [ReadinessFacts.Quota],
        deliveries:
            @escaping @Sendable (WeddingID, Instant) async throws -> (waiting: Int, overdue: Int, dead: Int),
        time: Time
    ) {
        self.ways = ways
        self.accounts = accounts
        self.quotas = quotas
        self.deliveries = deliveries
        self.time = time
    }
}

/// Gathers what a wedding leans on, and marks how ready it is.
package struct ReadinessDesk: Sendable {
    private let ports: ReadinessPorts

    /// Wires the desk.
    package init(_ ports: ReadinessPorts) {
        self.ports = ports
    }

    /// How ready everything is for a wedding now.
    package func readiness(of wedding: Wedding) async throws -> Readiness {
        let now = ports.time.now()
        let ways = try await ports.ways()
        let vendors = Set(wedding.vendors.map(\.vendor))
        let first = Set(ways.compactMap { $0.lines.first?.stop.name }).sorted()
        let deliveries = try await ports.deliveries(wedding.id, now)
        let facts = ReadinessFacts(
            ways: ways,
            accounts: try await ports.accounts(vendors),
            quotas: try await ports.quotas(wedding, first),
            waiting: deliveries.waiting,
            overdue: deliveries.overdue,
            deadLetters: deliveries.dead
        )
        return ReadinessRule.readiness(facts, of: wedding, at: now)
    }
}
