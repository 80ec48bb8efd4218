import Synchronization

/// The closures handed to `Database.write`, in the order they came.
final class ClosureLane: CommitLane {
    private struct Entry: Sendable {
        let waiter: Waiter
        /// Runs the closure and notes what came of it.
        let perform: @Sendable (GroupTransaction) throws(GroupTransaction.Lost) -> Void
        /// Notes the error for which nothing of it was stored.
        let fail: @Sendable (any Error) -> Void
    }

    private let queue: Mutex<BoundedQueue<Entry>>
    private let countMax: Int
    private let gate: CommitterGate

    /// - Parameters:
    ///   - waitingMax: closures that may wait at once.
    ///   - countMax: closures in one transaction.
    init(waitingMax: Int, countMax: Int, gate: CommitterGate) {
        queue = Mutex(BoundedQueue(limits: .init(countMax: waitingMax)))
        self.countMax = countMax
        self.gate = gate
    }

    var waitingCount: Int { queue.withLock { $0.count } }

    func close() { queue.withLock { $0.close() } }

    /// Waits for a closure's turn and for its commit.
    func submit<T: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> T) async throws -> T {
        let slot = OutcomeSlot<T>()
        let entry = Entry(
            waiter: Waiter(),
            perform: { transaction throws(GroupTransaction.Lost) in slot.set(try transaction.isolated(body))
            },
            fail: { slot.set(.failure($0)) }
        )
        try await entry.waiter.wait { () throws(StorageError) in
            try queue.withLock { $0.push(entry, bytes: 0) }.requireAccepted()
            gate.ring()
        }
        return try slot.get()
    }

    func takePortion() -> CommitPortion? {
        let (taken, leavesMore) = queue.withLock { queue in
            let taken = queue.take(countMax: countMax, bytesMax: .max)
            return (taken, queue.count > 0)
        }
        guard !taken.isEmpty else { return nil }
        let entries = taken.filter { $0.waiter.claim() }
        return CommitPortion(
            count: entries.count,
            leavesMore: leavesMore,
            apply: { transaction throws(GroupTransaction.Lost) in
                for entry in entries { try entry.perform(transaction) }
            },
            fail: { error in for entry in entries { entry.fail(error) } },
            answer: { for entry in entries { entry.waiter.settle() } }
        )
    }
}

extension BoundedQueue.Admission {
    /// - Throws: `.overloaded` or `.closed` for what was not let in.
    func requireAccepted() throws(StorageError) {
        switch self {
        case .accepted: break
        case .overloaded: throw .overloaded
        case .closed: throw .closed
        }
    }
}
