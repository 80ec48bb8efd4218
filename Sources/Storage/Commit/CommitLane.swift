/// What waits for the committer, whatever its types.
protocol CommitLane: Sendable {
    /// Takes what this lane puts into the next transaction; nil when nothing waits.
    func takePortion() -> CommitPortion?
    /// Lets nothing more in; what waits can still be taken.
    func close()
    /// How many wait.
    var waitingCount: Int { get }
}

/// What one lane puts into one transaction.
struct CommitPortion: Sendable {
    /// How many callers it answers.
    let count: Int
    /// Whether more waits in the lane.
    let leavesMore: Bool
    /// Does the work inside the shared transaction and returns how to answer the callers once that is durable.
    let apply: @Sendable (GroupTransaction) throws(GroupTransaction.Lost) -> @Sendable () -> Void
    /// Answers all callers with the error for which nothing of it was stored.
    let fail: @Sendable (StorageError) -> Void
}
