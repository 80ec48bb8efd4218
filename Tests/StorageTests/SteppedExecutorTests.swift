import Foundation
import Storage
import Synchronization
import Testing
import UsherTesting

/// Runs its jobs only when the test says so, on the test's own thread: what a simulation does.
private final class SteppedExecutor: TaskExecutor {
    private let jobs = Mutex<[UnownedJob]>([])

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
    }

    /// Runs until no job is left.
    func drain() {
        while let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
            unsafe job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}

/// What a test's tasks note down.
private final class Notes: Sendable {
    let threads = Mutex<Set<UInt>>([])
    let count = Mutex<Int64?>(nil)
    let isDone = Flag()

    /// Notes the calling thread.
    func thread() {
        let thread = UInt(pthread_self())
        threads.withLock { _ = $0.insert(thread) }
    }
}

@Suite struct SteppedExecutorTests {
    @Test(arguments: [0, 2])
    func `on a single-threaded executor nothing ever leaves the thread`(readers: Int) async throws {
        try await temporaryFolder { folder in
            var configuration = DatabaseConfiguration(location: .sqlite(path: folder + "/usher.db"))
            configuration.readers = readers
            let executor = SteppedExecutor()
            let executors = DatabaseExecutors.single(executor, readers: readers)
            let notes = Notes()
            Task(executorPreference: executor) { [configuration] in
                try await Database.withOpened(configuration, migrations: [.things], executors: executors) {
                    database in
                    let lane = database.batch(.insertThings { _ in notes.thread() })
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for id in 1...10 {
                            group.addTask { _ = try await lane.submit(id) }
                            group.addTask {
                                notes.thread()
                                try await database.write { transaction in
                                    notes.thread()
                                    try transaction.execute(.insertThing, [.integer(-id), .text("\(-id)")])
                                }
                                notes.thread()
                            }
                        }
                        try await group.waitForAll()
                    }
                    let count = try await database.read { transaction in
                        notes.thread()
                        return try transaction.first(.countThings)?.integer(0)
                    }
                    notes.count.withLock { $0 = count }
                }
                notes.thread()
                notes.isDone.raise()
            }
            executor.drain()
            // Had any job gone to another thread, the queue would have run empty before the end.
            #expect(notes.isDone.isRaised)
            #expect(notes.count.withLock { $0 } == 20)
            #expect(notes.threads.withLock { $0.count } == 1)
        }
    }

    @Test
    func `a database opens over a VFS by name`() async throws {
        try await temporaryFolder { folder in
            var configuration = DatabaseConfiguration(
                location: .sqlite(path: folder + "/odd ?#%name.db", vfs: "unix-none")
            )
            configuration.readers = 0
            try await Database.withOpened(configuration, migrations: [.things]) { database in
                try await database.insert(1, "a")
                let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
                #expect(files == ["odd ?#%name.db", "odd ?#%name.db-wal"])  // And no shared memory.
            }
        }
    }

    @Test
    func `a VFS nobody registered is named`() async throws {
        let configuration = DatabaseConfiguration(location: .sqlite(path: "x.db", vfs: "nowhere"))
        await #expect(throws: StorageError.cannotOpen("no SQLite VFS is called nowhere")) {
            try await Database.open(configuration, migrations: [])
        }
    }

    @Test
    func `a thread executor runs all it is given on its one thread`() async {
        let executor = ThreadExecutor(name: "test")
        let notes = Notes()
        await withTaskGroup { group in
            for _ in 0..<100 {
                group.addTask(executorPreference: executor) {
                    notes.thread()
                    await Task.yield()
                    notes.thread()
                }
            }
        }
        #expect(notes.threads.withLock { $0.count } == 1)
    }
}
