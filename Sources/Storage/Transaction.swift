/// The open transaction a closure works in: synchronous, and of no use once the closure has returned.
///
/// A closure that throws is rolled back alone. A statement that fails changes nothing, and the closure may go on;
/// but after an error of the disk the whole transaction is gone and every further statement throws.
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

    /// Runs a statement and returns its first row; the others are not computed.
    ///
    /// For `INSERT … RETURNING` too: the statement's changes are complete when its first row comes.
    package func first(_ statement: Statement, _ arguments: [SQLValue] = []) throws(StorageError) -> Row? {
        try requireOpen()
        return try connection.query(statement, arguments, rowsMax: 1).first
    }

    /// Without this a statement after a lost transaction would run, and commit, on its own.
    private func requireOpen() throws(StorageError) {
        guard connection.isInTransaction else {
            throw connection.transactionLoss ?? .misuse("a statement outside of its transaction")
        }
    }
}
