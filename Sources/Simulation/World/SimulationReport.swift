/// What one simulation came to.
package struct SimulationReport: Sendable {
    /// What decided everything.
    package let seed: UInt64
    /// What went wrong by intent.
    package let plan: FaultPlan
    /// Equal for equal runs.
    package let hash: UInt64
    /// What was recorded, when lines are kept.
    package let lines: [Trace.Line]
    /// Jobs the executor ran.
    package let jobs: Int
    /// Virtual time.
    package let elapsed: Duration
    /// Lives of the process that ended by a crash.
    package let crashes: Int
    /// What the disk did; nil when the simulation broke down.
    package let disk: SimulatedDisk.Figures?
    /// Promises that did not hold.
    package let violations: [Violation]
    /// Why the scenario could not be brought to its end.
    package let failure: String?

    /// Whether every promise held and the scenario came to its end.
    package var isClean: Bool { violations.isEmpty && failure == nil }

    /// The seed, what went wrong by plan, and what did not hold.
    package var summary: String {
        var text = "seed \(seed), trace \(String(hash, radix: 16)): \(plan)"
        if let failure { text += "\n  \(failure)" }
        for violation in violations { text += "\n  \(violation)" }
        return text
    }
}
