import Domain

/// One connection of an engine, used by one caller at a time.
///
/// The seam for a second engine: everything above speaks to this and to `Engine` only, and the conformance suite
/// runs over every engine in its list.
protocol EngineConnection: AnyObject {
    /// The SQL this connection speaks.
    var dialect: Dialect { get }
    /// Whether a transaction is open; false after the engine rolled one back by itself.
    var isInTransaction: Bool { get }
    /// The error for which the engine rolled the latest transaction back by itself, until the next `begin`.
    var transactionLoss: StorageError? { get }

    /// The error after which the engine takes no further statement until the savepoint is rolled back to; nil on
    /// engines that go on.
    var statementFailure: StorageError? { get }

    /// Runs a statement to its end; the number of changed rows.
    func execute(_ statement: Statement, _ arguments: [SQLValue]) throws(StorageError) -> Int
    /// Runs a statement and stops after `rowsMax` rows.
    func query(_ statement: Statement, _ arguments: [SQLValue], rowsMax: Int) throws(StorageError) -> [Row]

    /// Opens a transaction that may write, or one that only reads.
    func begin(writing: Bool) throws(StorageError)
    /// Makes the transaction durable: it returns after the sync.
    func commit() throws(StorageError)
    /// Drops the transaction, if there is one still.
    func rollBack()

    /// Marks the point to which `rollBackToSavepoint` returns; savepoints do not nest.
    func setSavepoint() throws(StorageError)
    /// Keeps what was done since the savepoint.
    func releaseSavepoint() throws(StorageError)
    /// Undoes what was done since the savepoint.
    func rollBackToSavepoint() throws(StorageError)

    /// The time by the clock that all nodes share, read once a transaction; nil when there is one node only.
    func sharedNow() throws(StorageError) -> Instant?
    /// Tells the other nodes, once the transaction is committed.
    func announce(_ signal: SharedSignal) throws(StorageError)
    /// Keeps other nodes out of what goes by this name, until the transaction ends.
    func lockName(_ name: String) throws(StorageError)
}

/// What an engine for one node need not do: there is nobody to share with.
extension EngineConnection {
    var statementFailure: StorageError? { nil }
    func sharedNow() throws(StorageError) -> Instant? { nil }
    func announce(_ signal: SharedSignal) throws(StorageError) {}
    func lockName(_ name: String) throws(StorageError) {}
}

/// A database engine with its connections: one that writes, some that read.
protocol Engine: Sendable {
    /// How many connections only read; 0 when reads use the writing one.
    var readerCount: Int { get }
    /// Whether other nodes may work on the same database.
    ///
    /// Then each lane's work is committed in a transaction of its own: two nodes that take the locks of several kinds
    /// of work in one transaction would wait for each other.
    var isShared: Bool { get }

    /// Lends the writing connection; blocks while another caller has it.
    func withWriter<T: Sendable>(_ body: @Sendable (any EngineConnection) throws -> T) throws -> T
    /// Lends a reading connection, `index` in `0..<max(1, readerCount)`; writing through it fails.
    func withReader<T: Sendable>(
        _ index: Int,
        _ body: @Sendable (any EngineConnection) throws -> T
    ) throws -> T

    /// Waits for what other nodes announce, at most `milliseconds`; nil when something may have been missed.
    func awaitSignals(within milliseconds: Int32) -> [SharedSignal]?

    /// Tidies up after a commit whose writers have been answered.
    func maintain()
    /// Copies a consistent state into a new file.
    func backUp(to path: String) throws(StorageError)
    /// What is wrong with the stored data; empty when nothing is.
    func findDamage() throws(StorageError) -> [String]
    /// Closes every connection; later use throws `.closed`.
    func close()
}
