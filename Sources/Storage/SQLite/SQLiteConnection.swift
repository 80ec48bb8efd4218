import GRDB
import GRDBSQLite

/// One SQLite connection: opened, configured and closed by GRDB, stepped through SQLite's own interface.
@safe
final class SQLiteConnection: EngineConnection {
    private let queue: DatabaseQueue
    private let handle: OpaquePointer
    private var cache = SQLiteStatementCache()
    private(set) var transactionLoss: StorageError?

    /// Takes over the connection GRDB opened.
    init(_ queue: DatabaseQueue) throws(StorageError) {
        self.queue = queue
        guard let handle = unsafe queue.inDatabase({ unsafe $0.sqliteConnection }) else { throw .closed }
        unsafe self.handle = handle
        // Nothing goes through GRDB's statements, so what it observes would be half of the truth.
        unsafe sqlite3_commit_hook(handle, nil, nil)
        unsafe sqlite3_rollback_hook(handle, nil, nil)
        unsafe sqlite3_set_authorizer(handle, nil, nil)
    }

    deinit {
        close()
    }

    var dialect: Dialect { .sqlite }

    var isInTransaction: Bool {
        unsafe sqlite3_get_autocommit(handle) == 0
    }

    func execute(_ statement: Statement, _ arguments: [SQLValue]) throws(StorageError) -> Int {
        let changesBefore = unsafe sqlite3_total_changes64(handle)
        try using(statement, arguments) { prepared throws(StorageError) in
            while try prepared.step() {}
        }
        // `sqlite3_changes` keeps an older statement's count when this one could not change rows.
        guard unsafe sqlite3_total_changes64(handle) != changesBefore else { return 0 }
        return Int(unsafe sqlite3_changes64(handle))
    }

    func query(
        _ statement: Statement,
        _ arguments: [SQLValue],
        rowsMax: Int
    ) throws(StorageError) -> [Row] {
        try using(statement, arguments) { prepared throws(StorageError) in
            var rows: [Row] = []
            while rows.count < rowsMax, try prepared.step() { rows.append(prepared.row()) }
            return rows
        }
    }

    func begin(writing: Bool) throws(StorageError) {
        transactionLoss = nil
        _ = try execute(writing ? Self.beginWriting : Self.beginReading, [])
    }

    func commit() throws(StorageError) {
        _ = try execute(Self.commitAll, [])
    }

    func rollBack() {
        guard isInTransaction else { return }
        // It can only fail when there is nothing to roll back.
        _ = try? execute(Self.rollBackAll, [])
    }

    func setSavepoint() throws(StorageError) {
        _ = try execute(Self.savepoint, [])
    }

    func releaseSavepoint() throws(StorageError) {
        _ = try execute(Self.release, [])
    }

    func rollBackToSavepoint() throws(StorageError) {
        _ = try execute(Self.rollBackTo, [])
        _ = try execute(Self.release, [])
    }

    /// Forbids or allows changes through this connection.
    func setReadOnly(_ isReadOnly: Bool) throws(StorageError) {
        _ = try execute(isReadOnly ? Self.queryOnly : Self.queryAndChange, [])
    }

    /// One pragma's value as text; empty when it has none.
    func setting(_ name: String) throws(StorageError) -> String {
        let row = try query(Statement("PRAGMA \(name)"), [], rowsMax: 1).first
        switch row?[0] {
        case .integer(let number): return String(number)
        case .text(let text): return text
        default: return ""
        }
    }

    /// How many pages this connection wrote since the last call.
    func takeWrittenPages() -> Int {
        var current: CInt = 0
        var highest: CInt = 0
        unsafe sqlite3_db_status(handle, SQLITE_DBSTATUS_CACHE_WRITE, &current, &highest, 1)
        return Int(current)
    }

    /// Moves pages from the write-ahead log into the database file.
    func checkpoint(_ mode: CheckpointPolicy.Mode) throws(StorageError) -> CheckpointPolicy.Outcome {
        var logPages: CInt = 0
        var movedPages: CInt = 0
        let sqliteMode = mode == .passive ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_RESTART
        let code = unsafe sqlite3_wal_checkpoint_v2(handle, "main", sqliteMode, &logPages, &movedPages)
        guard code == SQLITE_OK else { throw unsafe SQLiteStatement.error(handle) }
        return CheckpointPolicy.Outcome(logPages: Int(logPages), movedPages: Int(movedPages))
    }

    /// Closes the connection; using it afterwards is a mistake of the caller.
    func close() {
        cache.removeAll()  // SQLite closes only what has no statements left.
        try? queue.close()
    }

    /// Runs `body` with the bound statement, and notes when an error took the whole transaction with it.
    private func using<T>(
        _ statement: Statement,
        _ arguments: [SQLValue],
        _ body: (SQLiteStatement) throws(StorageError) -> T
    ) throws(StorageError) -> T {
        let wasInTransaction = isInTransaction
        let prepared = try prepare(statement)
        defer { prepared.reset() }
        do {
            try prepared.bind(arguments)
            return try body(prepared)
        } catch {
            if wasInTransaction, !isInTransaction { transactionLoss = error }
            throw error
        }
    }

    private func prepare(_ statement: Statement) throws(StorageError) -> SQLiteStatement {
        if let found = cache.find(statement) { return found }
        let prepared = unsafe try SQLiteStatement(statement.text(for: .sqlite), on: handle)
        cache.keep(prepared, for: statement)
        return prepared
    }

    // Immediate: the lock is taken at once, not in the middle, where waiting for it is not possible.
    private static let beginWriting: Statement = "BEGIN IMMEDIATE"
    private static let beginReading: Statement = "BEGIN DEFERRED"
    private static let commitAll: Statement = "COMMIT"
    private static let rollBackAll: Statement = "ROLLBACK"
    private static let savepoint: Statement = "SAVEPOINT item"
    private static let release: Statement = "RELEASE item"
    private static let rollBackTo: Statement = "ROLLBACK TO item"
    private static let queryOnly: Statement = "PRAGMA query_only = 1"
    private static let queryAndChange: Statement = "PRAGMA query_only = 0"
}
