/// The executor of one simulated process: the simulation's own, but the process can be made to stand still.
///
/// `Task {}` does not inherit it: what a process starts so goes on while the process stands still.
final class ProcessExecutor: TaskExecutor, Sendable {
    /// Whose jobs these are.
    let process: Int
    private let executor: SimulationExecutor

    init(process: Int, executor: SimulationExecutor) {
        self.process = process
        self.executor = executor
    }

    func enqueue(_ job: consuming ExecutorJob) {
        executor.enqueue(ReadyJob(job: UnownedJob(job), executor: self))
    }
}
