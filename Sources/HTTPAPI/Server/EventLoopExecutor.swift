import NIOCore

/// Runs Swift tasks on one event loop, so that handling a request needs no change of thread.
final class EventLoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    /// Wraps an event loop.
    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// One executor for each loop of `group`.
    static func executors(of group: any EventLoopGroup) -> [ObjectIdentifier: EventLoopExecutor] {
        var executors: [ObjectIdentifier: EventLoopExecutor] = [:]
        for eventLoop in group.makeIterator() {
            executors[ObjectIdentifier(eventLoop)] = EventLoopExecutor(eventLoop)
        }
        return executors
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute {
            unsafe job.runSynchronously(on: self.asUnownedTaskExecutor())
        }
    }
}
