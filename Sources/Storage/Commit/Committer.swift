import Synchronization

/// The one writer: takes all that waits, commits it in one transaction, answers, and begins again.
///
/// While a transaction is on its way to the disk the next one gathers in the lanes, so that the number of syncs
/// follows the disk, not the number of callers.
final class Committer: Sendable {
    private let engine: any Engine
    private let gate: CommitterGate
    private let lanes: Mutex<[any CommitLane]>
    private let counts = Mutex(CommitCounts())

    init(engine: any Engine, gate: CommitterGate, lanes: [any CommitLane]) {
        self.engine = engine
        self.gate = gate
        self.lanes = Mutex(lanes)
    }

    /// Adds a lane; its portions come after those of the lanes before it.
    func add(_ lane: any CommitLane) {
        lanes.withLock { $0.append(lane) }
    }

    /// Runs until `gate` is stopped and everything that was let in is committed.
    ///
    /// `@concurrent` so that it runs on the task's preferred executor, never on a caller's actor.
    @concurrent
    func run() async {
        while await gate.waitForWork() { commitOnce() }
    }

    /// Lets nothing more in.
    func closeLanes() {
        for lane in lanes.withLock({ $0 }) { lane.close() }
    }

    /// Refuses all that waits.
    func abandon(_ error: StorageError) {
        for lane in lanes.withLock({ $0 }) {
            while let portion = lane.takePortion() {
                portion.fail(error)
                portion.answer()
            }
        }
    }

    /// What has happened so far and how much waits.
    func snapshot() -> DatabaseStatistics {
        let waiting = lanes.withLock { $0 }.reduce(0) { $0 + $1.waitingCount }
        return counts.withLock { counts in
            DatabaseStatistics(
                transactions: counts.transactions,
                items: counts.items,
                itemsInLargestTransaction: counts.largest,
                failedTransactions: counts.failed,
                waiting: waiting
            )
        }
    }

    private func commitOnce() {
        let portions = lanes.withLock { $0 }.compactMap { $0.takePortion() }
        if portions.contains(where: \.leavesMore) { gate.ring() }
        let items = portions.reduce(0) { $0 + $1.count }
        guard items > 0 else { return }
        for group in engine.isShared ? portions.map({ [$0] }) : [portions] { commit(group) }
        engine.maintain()
    }

    /// Commits portions in one transaction and answers them.
    private func commit(_ portions: [CommitPortion]) {
        let items = portions.reduce(0) { $0 + $1.count }
        guard items > 0 else { return }
        do {
            try engine.withWriter { connection in
                try GroupTransaction.run(on: connection) { transaction in
                    for portion in portions { try portion.apply(transaction) }
                }
            }
            counts.withLock { $0.committed(items: items) }
        } catch {
            counts.withLock { $0.failed += 1 }
            for portion in portions { portion.fail(StorageError(engine: error)) }
        }
        // Durable, or certain not to be stored: only now may anybody hear of it.
        for portion in portions { portion.answer() }
    }
}

private struct CommitCounts {
    var transactions = 0
    var items = 0
    var largest = 0
    var failed = 0

    mutating func committed(items count: Int) {
        transactions += 1
        items += count
        largest = max(largest, count)
    }
}
