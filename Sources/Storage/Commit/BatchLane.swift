import Synchronization

/// Where the items of one `BatchKind` wait for the committer, in the order they came.
package final class BatchLane<Item: Sendable, Outcome: Sendable>: CommitLane {
    private let kind: BatchKind<Item, Outcome>
    private let queue: Mutex<BoundedQueue<BatchEntry>>
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
        let submission = BatchSubmission<Item, Outcome>(item)
        let entry = BatchEntry(waiter: Waiter(), submission: submission)
        let bytes = kind.bytes(item)
        try await entry.waiter.wait { () throws(StorageError) in
            try queue.withLock { $0.push(entry, bytes: bytes) }.requireAccepted()
            gate.ring()
        }
        return try submission.slot.get()
    }

    func close() { queue.withLock { $0.close() } }

    func takePortion() -> CommitPortion? {
        let (taken, leavesMore) = queue.withLock { queue in
            let taken = queue.take(countMax: kind.itemsMax, bytesMax: kind.transactionBytesMax)
            return (taken, queue.count > 0)
        }
        guard !taken.isEmpty else { return nil }
        let entries = taken.filter { $0.waiter.claim() }
        let batch = Batch(kind: kind, entries: entries)
        return CommitPortion(
            count: entries.count,
            leavesMore: leavesMore,
            apply: { transaction throws(GroupTransaction.Lost) in try batch.apply(in: transaction) },
            fail: { error in batch.fail(error) },
            answer: { for entry in entries { entry.waiter.settle() } }
        )
    }
}

/// One item in its lane, without the lane's types: queueing is then compiled for it, not interpreted for each row.
private struct BatchEntry: Sendable {
    let waiter: Waiter
    let submission: any AnyObject & Sendable
}

/// What one caller handed in and what came of it.
private final class BatchSubmission<Item: Sendable, Outcome: Sendable>: Sendable {
    let item: Item
    let slot = OutcomeSlot<Outcome>()

    init(_ item: Item) {
        self.item = item
    }
}

/// The items one transaction takes from a lane.
private struct Batch<Item: Sendable, Outcome: Sendable>: Sendable {
    let kind: BatchKind<Item, Outcome>
    let submissions: [BatchSubmission<Item, Outcome>]

    init(kind: BatchKind<Item, Outcome>, entries: [BatchEntry]) {
        self.kind = kind
        // A lane puts nothing but its own submissions into its queue.
        submissions = entries.map {
            unsafe unsafeDowncast($0.submission, to: BatchSubmission<Item, Outcome>.self)
        }
    }

    /// All at once; one by one when that fails.
    func apply(in transaction: GroupTransaction) throws(GroupTransaction.Lost) {
        guard !submissions.isEmpty else { return }
        switch try apply(submissions[...], in: transaction) {
        case .success(let outcomes):
            for (submission, outcome) in zip(submissions, outcomes) { submission.slot.set(.success(outcome)) }
        case .failure(let error) where submissions.count == 1:
            submissions[0].slot.set(.failure(error))
        case .failure:
            for index in submissions.indices {
                let alone = try apply(submissions[index...index], in: transaction)
                submissions[index].slot.set(alone.map { $0[0] })
            }
        }
    }

    func fail(_ error: StorageError) {
        for submission in submissions { submission.slot.set(.failure(error)) }
    }

    private func apply(
        _ submissions: ArraySlice<BatchSubmission<Item, Outcome>>,
        in transaction: GroupTransaction
    ) throws(GroupTransaction.Lost) -> Result<[Outcome], any Error> {
        let items = submissions.map(\.item)
        return try transaction.isolated { transaction in
            let outcomes = try kind.apply(transaction, items)
            precondition(outcomes.count == items.count, "\(kind.name) must give one outcome an item.")
            return outcomes
        }
    }
}
