package import Domain
package import Logging
package import Registry
import ServiceLifecycle
package import Storage

/// Carries out replays step by step, each step with its progress in one transaction: a crash repeats nothing.
package final class Replayer: Service, Sendable {
    private let database: Database
    private let registry: ResourceRegistry
    private let weddings: WeddingRegistry
    private let time: Time
    private let random: RandomSource
    private let logger: Logger
    private let queued: @Sendable ([Int64]) -> Void
    private let doorbell = Doorbell()

    /// The wait after the store failed.
    package static let storeRetry = Duration.seconds(1)

    /// Wires the replayer.
    ///
    /// - Parameter queued: told after each step which destinations have new work.
    package init(
        database: Database,
        registry: ResourceRegistry,
        weddings: WeddingRegistry,
        time: Time,
        random: RandomSource,
        logger: Logger,
        queued: @escaping @Sendable ([Int64]) -> Void
    ) {
        self.database = database
        self.registry = registry
        self.weddings = weddings
        self.time = time
        self.random = random
        self.logger = logger
        self.queued = queued
    }

    /// Says what a replay would do now, changing nothing.
    package func preview(_ subject: ReplayRequest.Subject) async throws -> ReplayPreview {
        let step = ReplayStep(snapshot: registry.snapshot, weddings: weddings.snapshot, now: time.now())
        return try await database.read { transaction in
            guard let range = try ReplayTable.range(subject, transaction) else {
                return ReplayPreview(matched: 0, deliveries: 0)
            }
            var matched = 0
            var deliveries = 0
            var first = range.lowerBound
            while first <= range.upperBound {
                let last = min(range.upperBound, first + ReplayTable.stepRows - 1)
                let found = try step.matches(subject, from: first, through: last, transaction)
                matched += found.matched
                deliveries += found.queued.count
                first = last + 1
            }
            return ReplayPreview(matched: matched, deliveries: deliveries)
        }
    }

    /// Starts a replay; one of a single event or dead letter is done when this returns.
    package func start(_ request: ReplayRequest) async throws -> ReplayStatus {
        let id = ReplayID(now: time.now(), random: random)
        let step = ReplayStep(snapshot: registry.snapshot, weddings: weddings.snapshot, now: time.now())
        let (status, destinations) = try await database.write { transaction in
            try ReplayTable.insert(id, request, now: step.now, transaction)
            guard let row = try ReplayTable.load(id, transaction) else {
                throw StorageError.corrupt("a replay just stored is not there")
            }
            let destinations = try step.run(row, transaction)
            return (try ReplayTable.load(id, transaction)?.status ?? row.status, destinations)
        }
        queued(Array(destinations))
        doorbell.ring()
        return status
    }

    /// How far a replay has come; nil when there is none of this id.
    package func status(_ id: ReplayID) async throws -> ReplayStatus? {
        try await database.read { try ReplayTable.load(id, $0)?.status }
    }

    /// Replays, newest first, from `before` on.
    package func list(before id: ReplayID?, limit: Int) async throws -> [ReplayStatus] {
        try await database.read { try ReplayTable.page(before: id, limit: limit, $0) }
    }

    /// Stops a replay, but what it has queued stays queued; nil when there is none of this id.
    package func cancel(_ id: ReplayID) async throws -> ReplayStatus? {
        let now = time.now()
        return try await database.write { transaction in
            try ReplayTable.cancel(id, now: now, transaction)
            return try ReplayTable.load(id, transaction)?.status
        }
    }

    /// Looks whether another node has left a replay unfinished.
    package func look() {
        doorbell.ring()
    }

    /// Carries on with what is not finished until cancelled or shut down.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    if try await self.advance() { continue }
                    await self.doorbell.wait()
                } catch is CancellationError {
                    return
                } catch {
                    self.logger.error("replay failed for now", metadata: ["error": "\(error)"])
                    try? await self.time.sleep(Self.storeRetry)
                }
            }
        }
    }

    /// One step of the oldest open replay; false when there is none.
    private func advance() async throws -> Bool {
        let step = ReplayStep(snapshot: registry.snapshot, weddings: weddings.snapshot, now: time.now())
        let destinations = try await database.write { transaction -> Set<Int64>? in
            guard let row = try ReplayTable.open(transaction) else { return nil }
            return try step.run(row, transaction)
        }
        guard let destinations else { return false }
        queued(Array(destinations))
        return true
    }
}
