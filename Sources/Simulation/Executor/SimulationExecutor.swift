import CSimulation
package import Domain
import Synchronization

/// Runs every task of a simulation on the calling thread, in an order drawn from a seed, on virtual time.
///
/// While it runs, `Task {}`, `Task.detached` and default actors started on this thread land here too, whereas
/// other threads keep the real global pool, so that several simulations can run beside each other. A job that
/// comes from another thread ends the process: work has escaped (Dispatch, `Task.sleep`), and no seed could
/// repeat it.
package final class SimulationExecutor: TaskExecutor, Sendable {
    /// How far a simulation may go.
    package struct Limits: Sendable {
        /// The most jobs until the scenario has ended.
        package let jobsMax: Int
        /// The most jobs of tasks that the scenario left behind, after they were cancelled.
        package let leftoverJobsMax: Int

        /// Two million jobs are about two seconds of one core.
        package init(jobsMax: Int = 2_000_000, leftoverJobsMax: Int = 100_000) {
            self.jobsMax = jobsMax
            self.leftoverJobsMax = leftoverJobsMax
        }
    }

    /// The wall clock's time at the start unless another is given: 2026-06-20 12:00 UTC, a Saturday in June.
    package static let start = Instant(seconds: 1_781_956_800)

    /// What happened so far.
    package let trace: Trace
    private let start: Instant
    private let schedule: Mutex<Schedule>
    private let thread = usher_thread()

    private init(seed: UInt64, start: Instant, trace: Trace) {
        self.trace = trace
        self.start = start
        schedule = Mutex(Schedule(seed: seed))
    }

    /// Jobs run so far.
    package var jobs: Int { schedule.withLock { $0.jobs } }

    /// Virtual time since the start.
    package var elapsed: Duration { schedule.withLock { $0.elapsed } }

    /// The clock of the world outside the simulated processes: it goes on when they are killed.
    package var time: Time { time(process: 0, isAlive: { true }) }

    /// Adds a line to the trace.
    package func record(_ text: String) {
        trace.record(text, elapsed: elapsed)
    }

    /// Takes a job of this thread; ends the process when it comes from another one.
    package func enqueue(_ job: consuming ExecutorJob) {
        enqueue(ReadyJob(job: UnownedJob(job), executor: nil))
    }

    func enqueue(_ job: ReadyJob) {
        precondition(
            usher_thread() == thread,
            "A job came to the simulation from another thread: work has escaped it."
        )
        schedule.withLock { $0.enqueue(job) }
    }

    /// Lets a process stand still, as a suspended machine does: its timers run out and its answers come in, but it
    /// does nothing until `release`.
    ///
    /// False when it stood still already.
    func hold(_ process: Int) -> Bool {
        schedule.withLock { $0.hold(process) }
    }

    /// Lets a process go on; false when it did not stand still.
    @discardableResult
    func release(_ process: Int) -> Bool {
        schedule.withLock { $0.release(process) }
    }
}

extension SimulationExecutor {
    /// Runs `scenario` to its end, and what it leaves behind after it.
    ///
    /// When the scenario has ended its leftovers are told so by cancelled sleeps; those that wait for something
    /// that can no longer happen stay suspended and are not freed.
    ///
    /// - Throws: `SimulationError`, or what the scenario throws.
    package static func run<Output: Sendable>(
        seed: UInt64,
        start: Instant = SimulationExecutor.start,
        trace: Trace = Trace(),
        limits: Limits = Limits(),
        _ scenario: @escaping @Sendable (SimulationExecutor) async throws -> Output
    ) throws -> Output {
        let executor = SimulationExecutor(seed: seed, start: start, trace: trace)
        executor.captureTasks()
        defer { usher_release_tasks() }
        let outcome = Outcome<Output>()
        // The root of the simulation's task tree: there is no task to be a child of, as this function is synchronous.
        let root = Task(executorPreference: executor) {
            do {
                outcome.set(.success(try await scenario(executor)))
            } catch {
                outcome.set(.failure(error))
            }
        }
        let failure = executor.advance(jobsMax: limits.jobsMax) { outcome.isSet }
        root.cancel()
        let leftover = executor.drain(jobsMax: limits.leftoverJobsMax)
        if let failure { throw failure }
        if leftover { throw SimulationError.leftovers(afterJobs: executor.jobs) }
        guard let result = outcome.result else { throw SimulationError.deadlock(afterJobs: executor.jobs) }
        return try result.get()
    }

    /// Sends jobs of this thread that have no executor of their own to this one.
    private func captureTasks() {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe usher_capture_tasks(
            { context, job in
                let executor = unsafe Unmanaged<SimulationExecutor>.fromOpaque(context).takeUnretainedValue()
                // The C hook is handed the runtime's `Job *`, which is all an `UnownedJob` holds.
                let job = unsafe unsafeBitCast(job, to: UnownedJob.self)
                executor.schedule.withLock { $0.enqueue(ReadyJob(job: job, executor: nil)) }
            },
            context
        )
    }

    private func advance(jobsMax: Int, until isDone: () -> Bool) -> SimulationError? {
        let limit = jobs + jobsMax
        while !isDone() {
            if jobs >= limit { return .runaway(afterJobs: jobs) }
            guard step() else { return .deadlock(afterJobs: jobs) }
        }
        return nil
    }

    /// Cancels whoever sleeps until nobody is left.
    ///
    /// True when that did not end within the limit.
    private func drain(jobsMax: Int) -> Bool {
        let limit = jobs + jobsMax
        repeat {
            for sleeper in schedule.withLock({ $0.removeSleepers { _ in true } }) {
                sleeper.wake(throwing: CancellationError())
            }
            if jobs >= limit { return true }
        } while step()
        return false
    }

    /// Runs one job or wakes one sleeper; false when there is none.
    private func step() -> Bool {
        switch schedule.withLock({ $0.next(trace) }) {
        case .job(let job):
            let owner = unsafe job.executor?.asUnownedTaskExecutor() ?? asUnownedTaskExecutor()
            unsafe job.job.runSynchronously(on: owner)
            return true
        case .timer(let sleeper):
            sleeper.wake()
            return true
        case .nothing:
            return false
        }
    }
}

extension SimulationExecutor {
    /// A clock on virtual time for a process; a sleep ends with `CancellationError` when the process is dead.
    func time(process: Int, isAlive: @escaping @Sendable () -> Bool) -> Time {
        Time(
            now: { self.start + self.elapsed },
            elapsed: { self.elapsed },
            sleep: { delay in
                try Task.checkCancellation()
                guard isAlive() else { throw CancellationError() }
                try await self.sleep(delay, through: Sleeper(process: process))
            }
        )
    }

    /// Waits until `sleeper` is woken, at the latest after `delay`.
    func sleep(_ delay: Duration, through sleeper: Sleeper) async throws {
        try await withTaskCancellationHandler {
            try await sleeper.sleep { schedule.withLock { $0.add(sleeper, after: delay) } }
        } onCancel: {
            sleeper.wake(throwing: CancellationError())
        }
    }

    /// Ends the sleeps of a process that has died.
    func wakeSleepers(of process: Int) {
        for sleeper in schedule.withLock({ $0.removeSleepers { $0.process == process } }) {
            sleeper.wake(throwing: CancellationError())
        }
    }
}

/// How the scenario ended.
private final class Outcome<Output: Sendable>: Sendable {
    private let state = Mutex<Result<Output, any Error>?>(nil)

    var isSet: Bool { state.withLock { $0 != nil } }
    var result: Result<Output, any Error>? { state.withLock { $0 } }

    func set(_ result: Result<Output, any Error>) {
        state.withLock { $0 = result }
    }
}
