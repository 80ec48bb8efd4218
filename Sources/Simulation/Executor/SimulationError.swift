/// Why a simulation could not go on; each is a fault of the code under test or of its scenario, never of chance.
package enum SimulationError: Error, Equatable, CustomStringConvertible {
    /// Nothing was ready and nobody slept, but the scenario had not ended.
    case deadlock(afterJobs: Int)
    /// The scenario did not end within the limit of jobs.
    case runaway(afterJobs: Int)
    /// The scenario ended, but tasks it had left behind went on beyond the limit of jobs.
    case leftovers(afterJobs: Int)
    /// The process was started so many times and did not stay up; why its last life ended.
    case livesExhausted(Int, end: String)
    /// A simulated disk could not be made, or the memory for it was short.
    case disk(String)

    /// A bounded name of the case.
    package var code: String {
        switch self {
        case .deadlock: "deadlock"
        case .runaway: "runaway"
        case .leftovers: "leftovers"
        case .livesExhausted: "lives_exhausted"
        case .disk: "disk"
        }
    }

    /// For the log.
    package var description: String {
        switch self {
        case .deadlock(let jobs): "deadlock: after \(jobs) jobs nothing was ready and no timer was set"
        case .runaway(let jobs): "runaway: the scenario had not ended after \(jobs) jobs"
        case .leftovers(let jobs): "leftovers: tasks left behind were still busy after \(jobs) jobs"
        case .livesExhausted(let lives, let end):
            "lives exhausted: \(lives) starts, the last ended with: \(end)"
        case .disk(let reason): "disk: \(reason)"
        }
    }
}
