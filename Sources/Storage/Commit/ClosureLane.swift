import Synchronization

/// The closures handed to `Database.write`, in the order they came.
final class ClosureLane: CommitLane {
    private struct Entry: Sendable {
        let claim: @Sendable () -> Bool
        let perform: @Sendable (GroupTransaction) throws(GroupTransaction.Lost) -> @Sendable () -> Void
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
        let waiter = Waiter<T>()
        let entry = Entry(
            claim: { waiter.claim() },
            perform: { transaction throws(GroupTransaction.Lost) in
                let outcome = try transaction.isolated(body)
                return { waiter.settle(outcome) }
            },
            fail: { waiter.settle(.failure($0)) }
        )
        return try await waiter.wait { () throws(StorageError) in
            try queue.withLock { $0.push(entry, bytes: 0) }.requireAccepted()
            gate.ring()
        }
    }

    func takePortion() -> CommitPortion? {
        let (taken, leavesMore) = queue.withLock { queue in
            let taken = queue.take(countMax: countMax, bytesMax: .max)
            return (taken, queue.count > 0)
        }
        guard !taken.isEmpty else { return nil }
        let entries = taken.filter { $0.claim() }
        return CommitPortion(
            count: entries.count,
            leavesMore: leavesMore,
            apply: { transaction throws(GroupTransaction.Lost) in
                var answers: [@Sendable () -> Void] = []
                answers.reserveCapacity(entries.count)
                for entry in entries { answers.append(try entry.perform(transaction)) }
                return { [answers] in for answer in answers { answer() } }
            },
            fail: { error in for entry in entries { entry.fail(error) } }
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
