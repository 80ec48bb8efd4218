import DequeModule
import Dispatch
import Foundation
import Synchronization

/// One thread that runs tasks' jobs in order: where blocking on the disk holds up nobody else.
///
/// Its queue needs no limit of its own: at most the committer and the reads `Database` has admitted are on it.
/// The thread ends when the executor is let go.
package final class ThreadExecutor: TaskExecutor {
    private let queue = JobQueue()

    /// Starts the thread.
    ///
    /// - Parameter name: shown by the system's tools; cut after 15 bytes.
    package init(name: String) {
        let thread = Thread { [queue] in queue.run() }
        thread.start()
        thread.name = name  // Now, because before the start there is nothing for the system to name.
    }

    deinit {
        queue.close()
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        queue.push(UnownedJob(job), for: self)
    }
}

/// The jobs between an executor and its thread.
private final class JobQueue: Sendable {
    private struct Entry {
        let job: UnownedJob
        let executor: ThreadExecutor  // Kept until the job has run.
    }

    private struct State {
        var entries: Deque<Entry> = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let arrivals = DispatchSemaphore(value: 0)

    func push(_ job: UnownedJob, for executor: ThreadExecutor) {
        state.withLock { $0.entries.append(Entry(job: job, executor: executor)) }
        arrivals.signal()
    }

    func close() {
        state.withLock { $0.isClosed = true }
        arrivals.signal()
    }

    /// The thread's whole life: one signal, one job, until closed and empty.
    func run() {
        while true {
            arrivals.wait()
            guard let entry = state.withLock({ $0.entries.popFirst() }) else { return }
            unsafe entry.job.runSynchronously(on: entry.executor.asUnownedTaskExecutor())
        }
    }
}
