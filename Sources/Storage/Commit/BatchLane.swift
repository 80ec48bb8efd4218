import Synchronization

/// Where the items of one `BatchKind` wait for the committer, in the order they came.
package final class BatchLane<Item: Sendable, Outcome: Sendable>: CommitLane {
    private struct Entry: Sendable {
        let item: Item
        let waiter: Waiter<Outcome>
    }

    private let kind: BatchKind<Item, Outcome>
    private let queue: Mutex<BoundedQueue<Entry>>
    private let gate: CommitterGate

    init(_ kind: BatchKind<Item, Outcome>, gate: CommitterGate) {
        self.kind = kind
        self.gate = gate
        queue = Mutex(BoundedQueue(limits: .init(countMax: kind.waitingMax, bytesMax: kind.waitingBytesMax)))
    }

    /// How many items wait; some of their callers may have left.
    package var waitingCount: Int { queue.withLock { $0.count } }

    /// Hands one item in and returns its outcome once the commit it was part of is durable.
    ///
    /// A caller cancelled before the item's turn leaves with `CancellationError` and nothing of it is stored; once its
    /// turn has come it gets the outcome all the same.
    /// - Throws: what `apply` threw for this item, or a `StorageError`: `.overloaded` and `.closed` before anything
    ///   was tried, others when the transaction failed as a whole.
    @discardableResult
    package func submit(_ item: Item) async throws -> Outcome {
        let waiter = Waiter<Outcome>()
        let entry = Entry(item: item, waiter: waiter)
        return try await waiter.wait { () throws(StorageError) in
            let bytes = kind.bytes(item)
            try queue.withLock { $0.push(entry, bytes: bytes) }.requireAccepted()
            gate.ring()
        }
    }

    func close() { queue.withLock { $0.close() } }

    func takePortion() -> CommitPortion? {
        let (taken, leavesMore) = queue.withLock { queue in
            let taken = queue.take(countMax: kind.itemsMax, bytesMax: kind.transactionBytesMax)
            return (taken, queue.count > 0)
        }
        guard !taken.isEmpty else { return nil }
        let entries = taken.filter { $0.waiter.claim() }
        return CommitPortion(
            count: entries.count,
            leavesMore: leavesMore,
            apply: { [kind] transaction throws(GroupTransaction.Lost) in
                let outcomes = try Self.outcomes(of: entries, kind, in: transaction)
                return {
                    for (entry, outcome) in zip(entries, outcomes) { entry.waiter.settle(outcome) }
                }
            },
            fail: { error in for entry in entries { entry.waiter.settle(.failure(error)) } }
        )
    }

    /// All at once; one by one when that fails.
    private static func outcomes(
        of entries: [Entry],
        _ kind: BatchKind<Item, Outcome>,
        in transaction: GroupTransaction
    ) throws(GroupTransaction.Lost) -> [Result<Outcome, any Error>] {
        guard !entries.isEmpty else { return [] }
        let together = try apply(kind, to: entries.map(\.item), in: transaction)
        switch together {
        case .success(let outcomes):
            return outcomes.map { .success($0) }
        case .failure(let error) where entries.count == 1:
            return [.failure(error)]
        case .failure:
            var outcomes: [Result<Outcome, any Error>] = []
            for entry in entries {
                let alone = try apply(kind, to: [entry.item], in: transaction)
                outcomes.append(alone.map { $0[0] })
            }
            return outcomes
        }
    }

    private static func apply(
        _ kind: BatchKind<Item, Outcome>,
        to items: [Item],
        in transaction: GroupTransaction
    ) throws(GroupTransaction.Lost) -> Result<[Outcome], any Error> {
        try transaction.isolated { transaction in
            let outcomes = try kind.apply(transaction, items)
            precondition(outcomes.count == items.count, "\(kind.name) must give one outcome an item.")
            return outcomes
        }
    }
}
