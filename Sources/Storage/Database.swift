import Synchronization

/// The store: transactions as closures, durable when they return.
///
/// One committer writes, in `run()`; `write` and the lanes of `batch` wait for it, so `run()` must be running
/// somewhere (`withOpened` sees to that). Reads run beside it, each on a consistent state. Closures are
/// synchronous: nothing is awaited while a transaction is open.
package final class Database: Sendable {
    private let engine: any Engine
    private let executors: DatabaseExecutors
    private let gate: CommitterGate
    private let closures: ClosureLane
    private let committer: Committer
    private let reads: Mutex<ReaderSchedule>

    private init(engine: any Engine, executors: DatabaseExecutors, configuration: DatabaseConfiguration) {
        self.engine = engine
        self.executors = executors
        gate = CommitterGate()
        closures = ClosureLane(
            waitingMax: configuration.writesWaitingMax,
            countMax: configuration.writesInTransactionMax,
            gate: gate
        )
        committer = Committer(engine: engine, gate: gate, lanes: [closures])
        reads = Mutex(
            ReaderSchedule(readers: max(1, engine.readerCount), waitingMax: configuration.readsWaitingMax)
        )
    }

    /// Opens the database, creating it if need be, and migrates it.
    ///
    /// - Parameters:
    ///   - migrations: every target's, by ascending number.
    ///   - executors: where blocking work runs; threads of its own unless given. It needs one executor a reader.
    /// - Throws: `StorageError`, or what a migration throws. `.schemaTooNew` leaves the database as it is.
    package static func open(
        _ configuration: DatabaseConfiguration,
        migrations: [Migration],
        executors: DatabaseExecutors? = nil
    ) async throws -> Database {
        precondition((0...16).contains(configuration.readers), "0…16 connections can read.")
        let executors = executors ?? .threads(readers: configuration.readers)
        precondition(executors.readers.count == configuration.readers, "One executor for each reader.")
        let migrator = try Migrator(migrations)
        return try await onExecutor(executors.writer) {
            let engine = try makeEngine(configuration)
            do {
                try engine.withWriter { try migrator.run(on: $0) }
            } catch {
                engine.close()
                throw error
            }
            return Database(engine: engine, executors: executors, configuration: configuration)
        }
    }

    /// Opens the database, keeps its committer running while `body` does, then drains and closes it.
    @discardableResult
    package static func withOpened<T: Sendable>(
        _ configuration: DatabaseConfiguration,
        migrations: [Migration],
        executors: DatabaseExecutors? = nil,
        _ body: (Database) async throws -> T
    ) async throws -> T {
        let database = try await open(configuration, migrations: migrations, executors: executors)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            // Not ended by cancellation: it ends after `body`, whose last writes it must still take.
            group.addTask { await database.runUntilShutDown() }
            defer { database.shutDown() }
            return try await body(database)
        }
    }

    /// Runs the committer until `shutDown()` or until the task is cancelled; then commits what waits and closes.
    ///
    /// Call it once.
    package func run() async throws {
        await withTaskCancellationHandler {
            await runUntilShutDown()
        } onCancel: {
            shutDown()
        }
    }

    /// Lets nothing more in: `run()` commits what waits, closes the database and returns.
    ///
    /// Later work is refused with `.closed`. Where `run()` was never called, what waits is refused too.
    package func shutDown() {
        committer.closeLanes()
        guard gate.stop() else { return }
        committer.abandon(.closed)
        close()
    }

    /// Reads a consistent state; nothing can be changed through this transaction.
    ///
    /// - Throws: what `body` throws; `.overloaded` and `.closed`; `CancellationError` before it began.
    package func read<T: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws -> T {
        let index = try reads.withLock { try $0.admit() }
        defer { reads.withLock { $0.finished(index) } }
        let executor = executors.readers.isEmpty ? executors.writer : executors.readers[index]
        return try await Self.onExecutor(executor) { [engine] in
            try Task.checkCancellation()
            return try engine.withReader(index) { try Self.readOnce(on: $0, body) }
        }
    }

    /// Runs a closure in the next transaction and returns its result once that is durable.
    ///
    /// The closure shares its transaction with others but succeeds or fails alone: when it throws, what it did is
    /// undone and the caller gets the error. When the transaction as a whole fails (a full disk), every caller gets
    /// that error and nothing is stored. Constraints that are checked at the commit only would take the others down:
    /// do not use them.
    ///
    /// A caller cancelled before its turn leaves with `CancellationError` and its closure never runs; once its turn
    /// has come it gets the outcome all the same.
    /// - Throws: what `body` throws, or a `StorageError`.
    @discardableResult
    package func write<T: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws -> T {
        try await closures.submit(body)
    }

    /// Makes the lane of a hot path.
    ///
    /// Do so once a kind, when the service is made: lanes are never taken away.
    package func batch<Item, Outcome>(_ kind: BatchKind<Item, Outcome>) -> BatchLane<Item, Outcome> {
        let lane = BatchLane(kind, gate: gate)
        committer.add(lane)
        return lane
    }

    /// Whether other nodes may work on the same database.
    package var isShared: Bool { engine.isShared }

    /// Tells what other nodes announce until the task is cancelled; at once when no other node can be.
    ///
    /// Nil means that something may have been missed: the connection is new.
    package func listen(_ heard: @escaping @Sendable (SharedSignal?) -> Void) async {
        guard engine.isShared else { return }
        let executor = ThreadExecutor(name: "usher-listen")
        while !Task.isCancelled {
            do {
                let signals = try await Self.onExecutor(executor) { [engine] in
                    engine.awaitSignals(within: Self.listenMilliseconds)
                }
                guard let signals else {
                    heard(nil)
                    continue
                }
                for signal in signals { heard(signal) }
            } catch {
                return  // Cancelled.
            }
        }
    }

    /// How long one wait for signals lasts, and with it the end of `listen`.
    private static let listenMilliseconds: Int32 = 250

    /// Writes a copy of the latest commit to a new file, complete or not at all; writers go on meanwhile.
    ///
    /// - Throws: `.cannotOpen` when `path` exists; `.misuse` without readers; `.diskFull`.
    package func backUp(to path: String) async throws {
        try await Self.onExecutor(executors.readers.first ?? executors.writer) { [engine] in
            try engine.backUp(to: path)
        }
    }

    /// Reads everything that is stored and names what is damaged; empty when nothing is.
    ///
    /// Slow on a large database.
    package func findDamage() async throws -> [String] {
        try await Self.onExecutor(executors.readers.first ?? executors.writer) { [engine] in
            try engine.findDamage()
        }
    }

    /// What the committer has done so far.
    package func statistics() -> DatabaseStatistics {
        committer.snapshot()
    }

    private func runUntilShutDown() async {
        guard gate.start() else { return }
        await withTaskExecutorPreference(executors.writer) { await committer.run() }
        await withTaskExecutorPreference(executors.writer) { await closeOnExecutor() }
    }

    @concurrent
    private func closeOnExecutor() async {
        close()
    }

    private func close() {
        reads.withLock { $0.close() }
        engine.close()
    }

    private static func makeEngine(_ configuration: DatabaseConfiguration) throws(StorageError) -> any Engine
    {
        switch configuration.location {
        case .sqlite(let path, let vfs):
            try SQLiteEngine(
                SQLiteOpening(
                    path: path,
                    vfs: vfs,
                    isExclusive: configuration.readers == 0,
                    busyTimeout: configuration.busyTimeout
                ),
                readers: configuration.readers,
                checkpoints: CheckpointPolicy(
                    pagesBetween: configuration.checkpointPages,
                    logPagesMax: configuration.checkpointPages * 4
                )
            )
        case .postgres(let address):
            try PostgreSQLEngine(address, readers: configuration.readers, elapsed: configuration.clock())
        }
    }

    private static func readOnce<T>(
        on connection: any EngineConnection,
        _ body: (Transaction) throws -> T
    ) throws -> T {
        try connection.begin(writing: false)
        defer { connection.rollBack() }  // Nothing was written.
        return try body(Transaction(connection))
    }

    private static func onExecutor<T: Sendable>(
        _ executor: any TaskExecutor,
        _ body: @escaping @Sendable () throws -> T
    ) async throws -> T {
        try await withTaskExecutorPreference(executor) { try await detach(body) }
    }

    /// `@concurrent` so that it runs on the preferred executor, never on a caller's actor.
    @concurrent
    private static func detach<T: Sendable>(_ body: @Sendable () throws -> T) async throws -> T {
        try body()
    }
}
