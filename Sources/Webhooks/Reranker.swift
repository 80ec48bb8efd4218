package import Domain
package import Logging
package import Registry
import ServiceLifecycle
package import Storage
import Synchronization

/// Ranks waiting deliveries anew when their weddings' phases turn, timelines move, or weddings come and go.
package final class Reranker: Service, Sendable {
    /// The wait after the store failed.
    package static let storeRetry = Duration.seconds(1)

    private struct State {
        var plan = RerankPlan()
        var changed: Set<WeddingID> = []
        var isDraining = false
    }

    private let database: Database
    private let weddings: WeddingRegistry
    private let time: Time
    private let logger: Logger
    private let reranked: @Sendable ([Int64]) -> Void
    private let doorbell = Doorbell()
    private let state = Mutex(State())

    /// Wires the service; nothing happens until `run`.
    ///
    /// - Parameter reranked: told after each batch for which destinations the order or a wait has changed.
    package init(
        database: Database,
        weddings: WeddingRegistry,
        time: Time,
        logger: Logger,
        reranked: @escaping @Sendable ([Int64]) -> Void
    ) {
        self.database = database
        self.weddings = weddings
        self.time = time
        self.logger = logger
        self.reranked = reranked
        weddings.onChange { [weak self] in self?.weddingsChanged($0) }
    }

    /// Ranks until cancelled or shut down; first what turned while no process ran.
    package func run() async throws {
        await withGracefulShutdownHandler {
            await findMissed()
            while !Task.isCancelled, let wait = await rankDue() {
                await doorbell.wait(atMost: wait, time)
            }
        } onGracefulShutdown: {
            self.state.withLock { $0.isDraining = true }
            self.doorbell.ring()
        }
    }

    /// Ranks what is to be ranked now; gives how long until the next look, nil once the service is to end.
    package func rankDue() async -> Duration? {
        let now = time.now()
        let snapshot = weddings.snapshot
        let order: RerankPlan.Order? = state.withLock { state in
            guard !state.isDraining else { return nil }
            let changed = state.changed
            state.changed = []
            return state.plan.look(snapshot, changed: changed, now: now)
        }
        guard let order else { return nil }
        for wedding in order.weddings.sorted() {
            do {
                try await rank(wedding, in: snapshot)
            } catch {
                logger.error("ranking failed", metadata: ["wedding": "\(wedding)", "error": "\(error)"])
                state.withLock { _ = $0.changed.insert(wedding) }
            }
        }
        let failed = state.withLock { !$0.changed.isEmpty }
        return failed ? min(order.wait, Self.storeRetry) : order.wait
    }

    private func rank(_ wedding: WeddingID, in snapshot: WeddingSnapshot) async throws {
        var last: Int64? = 0
        while let after = last {
            let now = time.now()
            let moment = snapshot.moment(of: wedding, at: now)
            let batch = try await database.write {
                try RankTable.rerank(wedding, after: after, moment, now: now, $0)
            }
            if !batch.destinations.isEmpty { reranked(batch.destinations.sorted()) }
            last = batch.last
        }
    }

    private func findMissed() async {
        while !Task.isCancelled, !state.withLock({ $0.isDraining }) {
            do {
                let waiting = try await database.read { try RankTable.weddings($0) }
                return state.withLock { $0.changed.formUnion(waiting) }
            } catch {
                logger.error("ranking could not begin", metadata: ["error": "\(error)"])
                await doorbell.wait(atMost: Self.storeRetry, time)
            }
        }
    }

    private func weddingsChanged(_ changed: Set<WeddingID>) {
        state.withLock { $0.changed.formUnion(changed) }
        doorbell.ring()
    }
}
