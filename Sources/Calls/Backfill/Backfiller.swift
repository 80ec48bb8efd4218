package import Domain
import Logging
import Providers
import Resilience
import ServiceLifecycle
import Storage
import Synchronization

/// Finds what webhooks did not bring: asks providers for their past events and calendars for their changes.
///
/// Each integration has a row with a time at which it is due: every quarter of an hour, at once when its breaker has
/// closed again, when Usher itself was away, and when somebody asks. Whoever claims the row holds a lease and counts its
/// epoch up, so that one node reads at a time and a late writer writes nothing.
package final class Backfiller: Service, Sendable {
    /// The limits of backfilling.
    package struct Limits: Sendable {
        /// The time between two runs of one integration, give or take a tenth.
        package var interval = Duration.seconds(900)
        /// The time between two looks at what is due.
        package var lookEvery = Duration.seconds(5)
        /// The most runs at a time.
        package var runsMax = 4
        /// How often it is written down that Usher is alive.
        package var pulseEvery = Duration.seconds(20)
        /// Usher was away when it was not alive for longer than this.
        package var absenceMin = Duration.seconds(60)

        /// The defaults.
        package init() {}
    }

    private struct State {
        var running = 0
        /// Those whose breaker is not closed.
        var down: Set<Int64> = []
        var pulseAt: Instant?
    }

    private struct Claimed: Sendable {
        let row: StoredBackfill
        let integration: CallIntegration
    }

    private let database: Database
    private let ports: CallPorts
    private let desk: CallDesk
    private let backfill: BackfillPorts
    private let limits: Limits
    private let doorbell = Doorbell()
    private let state = Mutex(State())

    /// Wires the backfiller to the engine whose integrations it reads.
    package init(_ engine: CallEngine, _ backfill: BackfillPorts, limits: Limits = Limits()) {
        database = engine.database
        ports = engine.ports
        desk = engine.desk
        self.backfill = backfill
        self.limits = limits
    }

    /// Reads what is due until cancelled or shut down.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await self.begin()
            await withDiscardingTaskGroup { group in
                while !Task.isCancelled {
                    for claimed in await self.look() {
                        group.addTask { await self.carry(claimed) }
                    }
                    await self.doorbell.wait(atMost: self.limits.lookEvery, self.ports.time)
                }
            }
        }
    }

    /// How far each integration's past is known: those that can be asked and are enabled, by their numbers.
    package func list() async throws -> [(CallIntegration, StoredBackfill)] {
        try await ensureRows()
        let rows = try await database.read { try BackfillTable.all($0) }
        let directory = ports.directory()
        return rows.compactMap { row in
            guard let integration = directory.integrations[row.integration], integration.isEnabled else {
                return nil
            }
            return (integration, row)
        }
    }

    /// Why what is found of an integration has nowhere to go; nil when it does.
    package func obstacle(_ integration: CallIntegration) -> String? { backfill.obstacle(integration) }

    /// Has an integration read now; false for one that is disabled, not there, or of a provider that keeps no list.
    package func request(_ name: ResourceName) async throws -> Bool {
        guard let integration = candidates.first(where: { $0.name == name }) else { return false }
        try await ensureRows()
        try await bring([integration.id])
        return true
    }

    // MARK: Looking

    private var candidates: [CallIntegration] {
        ports.directory().integrations.values.filter { $0.isEnabled && $0.backfillKind != nil }
            .sorted { $0.id < $1.id }
    }

    /// Has everything read again when Usher was away, and takes up what an earlier process left.
    private func begin() async {
        let now = ports.time.now()
        let absenceMin = limits.absenceMin
        do {
            try await database.write { transaction in
                if transaction.dialect == .sqlite { try BackfillTable.releaseAll(now: now, transaction) }
                let shared = try transaction.sharedNow(local: now)
                guard let seen = try BackfillTable.pulse(transaction), shared - seen > absenceMin else {
                    return
                }
                for row in try BackfillTable.all(transaction) {
                    try BackfillTable.bring(row.integration, to: shared, transaction)
                }
            }
        } catch {
            tell(error)
        }
    }

    /// What is due now, taken on.
    private func look() async -> [Claimed] {
        let candidates = candidates
        guard !candidates.isEmpty else { return [] }
        do {
            try await ensureRows()
            try await beat()
            try await bring(recovered(candidates))
            return try await claim(candidates)
        } catch {
            tell(error)
            return []
        }
    }

    private func ensureRows() async throws {
        let candidates = candidates
        let known = Set(try await database.read { try BackfillTable.all($0) }.map(\.integration))
        let missing = candidates.filter { !known.contains($0.id) }
        guard !missing.isEmpty else { return }
        let now = ports.time.now()
        try await database.write { transaction in
            let due = try transaction.sharedNow(local: now)
            for integration in missing {
                guard let kind = integration.backfillKind else { continue }
                try BackfillTable.add(integration.id, kind, dueAt: due, transaction)
            }
        }
    }

    /// Writes down that Usher is alive, now and then.
    private func beat() async throws {
        let now = ports.time.now()
        guard state.withLock({ $0.pulseAt }).map({ now - $0 >= limits.pulseEvery || now < $0 }) ?? true else {
            return
        }
        try await database.write { try BackfillTable.beat(try $0.sharedNow(local: now), $0) }
        state.withLock { $0.pulseAt = now }
    }

    /// Those whose breaker has closed since the last look.
    private func recovered(_ candidates: [CallIntegration]) -> [Int64] {
        candidates.filter { candidate in
            guard let health = desk.view(candidate, onlyKnown: true)?.health else { return false }
            let id = candidate.id
            let isClosed = health.breaker == .closed
            return state.withLock { state in
                guard isClosed else {
                    state.down.insert(id)
                    return false
                }
                return state.down.remove(id) != nil
            }
        }
        .map(\.id)
    }

    private func bring(_ integrations: [Int64]) async throws {
        guard !integrations.isEmpty else { return }
        let now = ports.time.now()
        try await database.write { transaction in
            let due = try transaction.sharedNow(local: now)
            for id in integrations { try BackfillTable.bring(id, to: due, transaction) }
        }
        doorbell.ring()
    }

    private func claim(_ candidates: [CallIntegration]) async throws -> [Claimed] {
        let room = limits.runsMax - state.withLock { $0.running }
        guard room > 0 else { return [] }
        let now = ports.time.now()
        let rows = try await database.read { transaction in
            let shared = try transaction.sharedNow(local: now)
            return try BackfillTable.all(transaction).filter { $0.isClaimable(at: shared) }
        }
        let byID = Dictionary(candidates.map { ($0.id, $0) }) { first, _ in first }
        let due = rows.sorted { $0.dueAt < $1.dueAt }.compactMap { byID[$0.integration] }.prefix(room)
        guard !due.isEmpty else { return [] }
        let wait = limits.interval * (0.9 + 0.2 * ports.random.fraction())
        let claimed = try await database.write { transaction -> [Claimed] in
            let shared = try transaction.sharedNow(local: now)
            return try due.compactMap { integration in
                let row = try BackfillTable.claim(
                    integration.id,
                    now: shared,
                    lease: shared + BackfillRun.leaseTime,
                    next: shared + wait,
                    transaction
                )
                return row.map { Claimed(row: $0, integration: integration) }
            }
        }
        state.withLock { $0.running += claimed.count }
        return claimed
    }

    private func carry(_ claimed: Claimed) async {
        let run = BackfillRun(ports: ports, backfill: backfill, database: database, desk: desk)
        await run.run(claimed.row, claimed.integration)
        state.withLock { $0.running -= 1 }
        doorbell.ring()
    }

    private func tell(_ error: any Error) {
        guard !Task.isCancelled else { return }
        ports.logger.warning(
            "what is to be backfilled cannot be read for now",
            metadata: ["error": "\(error)"]
        )
    }
}
