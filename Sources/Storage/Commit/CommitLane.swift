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
    /// Does the work inside the shared transaction and notes each caller's outcome.
    let apply: @Sendable (GroupTransaction) throws(GroupTransaction.Lost) -> Void
    /// Notes, as every caller's outcome, the error for which nothing of it was stored.
    let fail: @Sendable (StorageError) -> Void
    /// Lets the callers go on with what was noted: only after the commit, or its failure, is certain.
    let answer: @Sendable () -> Void
}
