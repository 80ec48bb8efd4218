import Domain

/// One PostgreSQL connection and the transaction that is open on it.
///
/// Commands without an answer of interest (`BEGIN`, `SAVEPOINT`, `RELEASE`) wait and travel with the next one that
/// has: a batch costs a round trip for each of its statements and one for the commit.
final class PostgreSQLConnection: EngineConnection {
    private let handle: PostgreSQLHandle
    private var cache = PostgreSQLStatementCache()
    private var waiting: [String] = []
    private var isOpen = false
    private var clock: Instant?
    private(set) var transactionLoss: StorageError?
    private(set) var statementFailure: StorageError?
    /// The schema its tables are in.
    var schema = "public"

    init(_ handle: PostgreSQLHandle) {
        self.handle = handle
    }

    var dialect: Dialect { .postgres }

    var isInTransaction: Bool { isOpen && (isUnsent || handle.isInTransaction) }

    /// Whether the server is gone: this connection is of no more use.
    var isBroken: Bool { handle.isBroken }

    /// The server's process for this connection.
    var processID: Int32 { handle.processID }

    /// Notices when the server has closed the connection while it was idle.
    func lookForEnd() {
        handle.lookForEnd()
    }

    func execute(_ statement: Statement, _ arguments: [SQLValue]) throws(StorageError) -> Int {
        try result(of: statement, arguments).changedRows
    }

    func query(
        _ statement: Statement,
        _ arguments: [SQLValue],
        rowsMax: Int
    ) throws(StorageError) -> [Row] {
        try result(of: statement, arguments).rows(atMost: rowsMax)
    }

    func begin(writing: Bool) throws(StorageError) {
        transactionLoss = nil
        statementFailure = nil
        clock = nil
        waiting = [
            writing
                ? "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
                : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        ]
        isOpen = true
    }

    func commit() throws(StorageError) {
        guard isOpen else { throw transactionLoss ?? .misuse("a commit without a transaction") }
        if isUnsent {
            waiting = []
            isOpen = false
            return
        }
        waiting.append("COMMIT")
        do throws(StorageError) {
            guard try flush() == "COMMIT" else {
                isOpen = false
                throw statementFailure ?? .failed(code: 0, message: "the server rolled the transaction back")
            }
            isOpen = false
        } catch {
            guard handle.isBroken else { throw error }
            throw .unavailable("the connection was lost during a commit: it may or may not have been kept")
        }
    }

    func rollBack() {
        guard isOpen else { return }
        isOpen = false
        let wasSent = !isUnsent
        waiting = []
        // It can only fail when the connection is gone, and the transaction with it.
        if wasSent { _ = try? handle.run("ROLLBACK") }
    }

    func setSavepoint() throws(StorageError) {
        waiting.append(Self.savepoint)
    }

    func releaseSavepoint() throws(StorageError) {
        if waiting.last == Self.savepoint {
            waiting.removeLast()
        } else {
            waiting.append("RELEASE item")
        }
    }

    func rollBackToSavepoint() throws(StorageError) {
        statementFailure = nil
        if waiting.last == Self.savepoint {
            waiting.removeLast()
        } else {
            waiting += ["ROLLBACK TO item", "RELEASE item"]
        }
    }

    func sharedNow() throws(StorageError) -> Instant? {
        if let clock { return clock }
        clock = try query(Self.selectClock, [], rowsMax: 1).first?.instant(0)
        return clock
    }

    func announce(_ signal: SharedSignal) throws(StorageError) {
        _ = try execute(Self.notify, [.text(channel), .text(signal.text)])
    }

    func lockName(_ name: String) throws(StorageError) {
        _ = try execute(Self.lockForTransaction, [.text("\(schema)/\(name)")])
    }

    /// Asks for the signals of other connections.
    func listen() throws(StorageError) {
        try handle.run("LISTEN \"\(channel)\"")
    }

    /// Waits for signals, at most `milliseconds`; those of `ownProcess` are left out.
    func signals(within milliseconds: Int32, except ownProcess: Int32?) throws(StorageError) -> [SharedSignal]
    {
        try handle.notifications(within: milliseconds)
            .filter { $0.processID != ownProcess }
            .compactMap { SharedSignal(text: $0.payload) }
    }

    /// Whether the server has not heard of the transaction yet.
    private var isUnsent: Bool { waiting.first?.hasPrefix("BEGIN") == true }

    /// A schema's own channel; its name holds no quotes and fits into the 63 bytes of an identifier.
    private var channel: String {
        let plain = schema.utf8.filter { $0 < 0x80 && $0 != 0x22 }.prefix(50)
        return "usher_" + String(decoding: Array(plain), as: UTF8.self)
    }

    private func result(
        of statement: Statement,
        _ arguments: [SQLValue]
    ) throws(StorageError) -> PostgreSQLResult {
        // The server takes nothing more after a failure, until the savepoint.
        if let statementFailure { throw statementFailure }
        do {
            try flush()
            let prepared = try prepared(statement, arguments)
            return try handle.run(prepared: prepared.name, PostgreSQLArguments(arguments))
        } catch {
            note(error)
            throw error
        }
    }

    /// Sends what waits; the tag of its last command.
    @discardableResult
    private func flush() throws(StorageError) -> String {
        guard !waiting.isEmpty else { return "" }
        let commands = waiting.joined(separator: "; ")
        waiting = []
        do {
            return try handle.run(commands).commandTag
        } catch {
            note(error)
            throw error
        }
    }

    private func note(_ error: StorageError) {
        if handle.isBroken {
            if isOpen { transactionLoss = error }
            isOpen = false
        } else if isOpen {
            statementFailure = error
        }
    }

    private func prepared(
        _ statement: Statement,
        _ arguments: [SQLValue]
    ) throws(StorageError) -> PostgreSQLStatement {
        let found = cache.find(statement)
        if let found, found.types.count == arguments.count, found.takes(arguments) { return found }
        let text = statement.text(for: .postgres)
        let count = ParameterRewriting.parameterCount(text)
        guard count == arguments.count else {
            throw .misuse("\(arguments.count) arguments for \(count) parameters")
        }
        let name = cache.newName()
        try handle.prepare(name, text, types: arguments.map(PostgreSQLArguments.type))
        // Nulls say nothing of their type: the server does.
        let types = try handle.parameterTypes(name)
        let made = PostgreSQLStatement(name: name, types: types)
        if let leaving = cache.keep(made, for: statement) { try handle.run("DEALLOCATE \(leaving)") }
        return made
    }

    private static let savepoint = "SAVEPOINT item"
    private static let selectClock: Statement =
        "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint"
    private static let notify: Statement = "SELECT pg_notify($1, $2)"
    private static let lockForTransaction: Statement =
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
}
