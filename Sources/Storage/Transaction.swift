package import Domain

/// The open transaction a closure works in: synchronous, and of no use once the closure has returned.
///
/// A closure that throws is rolled back alone. A statement that fails changes nothing. On SQLite the closure may go
/// on after it; PostgreSQL takes no further statement of the closure, and the closure fails with that error whatever
/// it makes of it: so let it fail. After an error of the disk, or of the way to the server, the whole transaction is
/// gone and every further statement throws.
package struct Transaction {
    private let connection: any EngineConnection

    init(_ connection: any EngineConnection) {
        self.connection = connection
    }

    /// The SQL this transaction's engine speaks.
    package var dialect: Dialect { connection.dialect }

    /// Runs a statement to its end and returns how many rows it inserted, updated or deleted (0 for others).
    ///
    /// Triggers and foreign-key actions are not counted; rows the statement returns are dropped.
    @discardableResult
    package func execute(_ statement: Statement, _ arguments: [SQLValue] = []) throws(StorageError) -> Int {
        try requireOpen()
        return try connection.execute(statement, arguments)
    }

    /// Runs a statement and returns all its rows: give it a `LIMIT` where a table can grow.
    package func query(_ statement: Statement, _ arguments: [SQLValue] = []) throws(StorageError) -> [Row] {
        try requireOpen()
        return try connection.query(statement, arguments, rowsMax: .max)
    }

    /// Runs a statement and returns its first row; SQLite does not compute the others.
    ///
    /// For `INSERT … RETURNING` too: the statement's changes are complete when its first row comes.
    package func first(_ statement: Statement, _ arguments: [SQLValue] = []) throws(StorageError) -> Row? {
        try requireOpen()
        return try connection.query(statement, arguments, rowsMax: 1).first
    }

    /// The time by the clock that all nodes on this database share: for leases and everything due at an instant.
    ///
    /// Read once a transaction. SQLite has one node, whose own clock is as good.
    /// - Parameter local: the time by this node's clock.
    package func sharedNow(local: Instant) throws(StorageError) -> Instant {
        try requireOpen()
        return try connection.sharedNow() ?? local
    }

    /// When something comes due by the clock that all nodes share, that comes due at `instant` by this node's own.
    ///
    /// | this node's clock | the shared clock | `instant` | gives    |
    /// |-------------------|------------------|-----------|----------|
    /// | 12:00:00          | 12:00:00         | 12:00:20  | 12:00:20 |
    /// | 12:00:00          | 12:00:45         | 12:00:20  | 12:01:05 |
    /// | 12:00:00          | 11:59:00         | 12:00:20  | 11:59:20 |
    ///
    /// - Parameter now: the time by this node's clock.
    package func shared(_ instant: Instant, local now: Instant) throws(StorageError) -> Instant {
        try sharedNow(local: now) + (instant - now)
    }

    /// Tells the other nodes on this database, once this transaction is committed; on SQLite there are none.
    package func announce(_ signal: SharedSignal) throws(StorageError) {
        try requireOpen()
        try connection.announce(signal)
    }

    /// Waits until no other node holds `name`, and holds it until the transaction ends.
    ///
    /// For what must not run twice at the same time, such as a first start. On SQLite, where one writes at a time,
    /// it does nothing.
    package func lock(_ name: String) throws(StorageError) {
        try requireOpen()
        try connection.lockName(name)
    }

    /// Without this a statement after a lost transaction would run, and commit, on its own.
    private func requireOpen() throws(StorageError) {
        guard connection.isInTransaction else {
            throw connection.transactionLoss ?? .misuse("a statement outside of its transaction")
        }
    }
}
