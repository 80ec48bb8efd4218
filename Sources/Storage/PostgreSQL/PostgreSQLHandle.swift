import CPostgreSQL
import Glibc

/// One libpq connection: sends texts and prepared statements, hears notifications, and knows whether it still lives.
///
/// Blocking: for one caller at a time, on a thread of its own.
@safe
final class PostgreSQLHandle {
    private let connection: OpaquePointer

    /// Connects.
    ///
    /// - Parameter options: keywords of libpq with their values; of a repeated keyword the last counts.
    /// - Throws: `.cannotOpen` with the server's or libpq's own sentence, which never holds the password.
    init(_ options: [(keyword: String, value: String)]) throws(StorageError) {
        let keywords = CStrings(options.map(\.keyword))
        let values = CStrings(options.map(\.value))
        let made = unsafe keywords.withPointers { keywords in
            unsafe values.withPointers { unsafe PQconnectdbParams(keywords, $0, 1) }
        }
        guard let made = unsafe made else { throw .cannotOpen("there is no memory for a connection") }
        guard unsafe PQstatus(made) == CONNECTION_OK else {
            let message = unsafe Self.line(PQerrorMessage(made))
            unsafe PQfinish(made)
            throw .cannotOpen(message)
        }
        unsafe connection = made
    }

    deinit {
        unsafe PQfinish(connection)
    }

    /// Whether the server, or the way to it, is gone.
    var isBroken: Bool { unsafe PQstatus(connection) != CONNECTION_OK }

    /// Whether a transaction is open, be it a failed one.
    var isInTransaction: Bool {
        [PQTRANS_INTRANS, PQTRANS_INERROR].contains(unsafe PQtransactionStatus(connection))
    }

    /// The number of the server's process for this connection: notifications name their sender by it.
    var processID: Int32 { unsafe PQbackendPID(connection) }

    /// The server's version: 150018 for 15.18.
    var serverVersion: Int { Int(unsafe PQserverVersion(connection)) }

    /// Notices at once when the server has closed an idle connection: one system call.
    func lookForEnd() {
        if isReadable(within: 0) { _ = unsafe PQconsumeInput(connection) }
    }

    /// Runs one or more commands without parameters; the last one's result.
    @discardableResult
    func run(_ commands: String) throws(StorageError) -> PostgreSQLResult {
        try unsafe checked(PQexec(connection, commands))
    }

    /// Prepares a statement under `name`.
    ///
    /// - Parameter types: the parameters' type numbers; 0 lets the server choose.
    func prepare(_ name: String, _ text: String, types: [UInt32]) throws(StorageError) {
        try unsafe checked(PQprepare(connection, name, text, Int32(types.count), types))
    }

    /// The type numbers of a prepared statement's parameters.
    func parameterTypes(_ name: String) throws(StorageError) -> [UInt32] {
        try unsafe checked(PQdescribePrepared(connection, name)).parameterTypes
    }

    /// Runs a prepared statement; values go and come in the binary format.
    func run(prepared name: String, _ arguments: PostgreSQLArguments) throws(StorageError) -> PostgreSQLResult
    {
        let result = unsafe arguments.withPointers { values, lengths, formats in
            unsafe PQexecPrepared(
                connection,
                name,
                Int32(lengths.count),
                values,
                lengths,
                formats,
                1
            )
        }
        return try unsafe checked(result)
    }

    /// Waits until something was notified, at most `milliseconds`.
    func notifications(within milliseconds: Int32) throws(StorageError) -> [Notification] {
        if isReadable(within: milliseconds), unsafe PQconsumeInput(connection) == 0 { throw lost }
        var found: [Notification] = []
        while let notification = unsafe PQnotifies(connection) {
            unsafe found.append(
                Notification(
                    processID: notification.pointee.be_pid,
                    payload: String(cString: notification.pointee.extra)
                )
            )
            unsafe PQfreemem(notification)
        }
        if isBroken { throw lost }
        return found
    }

    /// What a `NOTIFY` brought.
    struct Notification {
        /// Of the sender's connection.
        let processID: Int32
        let payload: String
    }

    private var lost: StorageError { .unavailable(unsafe Self.line(PQerrorMessage(connection))) }

    @discardableResult
    private func checked(_ result: OpaquePointer?) throws(StorageError) -> PostgreSQLResult {
        guard let result = unsafe result else { throw lost }
        let owned = unsafe PostgreSQLResult(result)
        guard let error = owned.error else { return owned }
        throw isBroken ? lost : error
    }

    private func isReadable(within milliseconds: Int32) -> Bool {
        var watched = pollfd(fd: unsafe PQsocket(connection), events: Int16(POLLIN), revents: 0)
        return unsafe poll(&watched, 1, milliseconds) > 0
    }

    /// libpq's message on one line.
    private static func line(_ message: UnsafePointer<CChar>?) -> String {
        guard let message = unsafe message else { return "no reason was given" }
        let lines = unsafe String(cString: message).split(whereSeparator: \.isNewline)
        return lines.isEmpty
            ? "the connection was closed"
            : lines.map { $0.drop { $0 == " " || $0 == "\t" } }.joined(separator: "; ")
    }
}

/// Texts as C has them, for as long as this lives.
@safe
private final class CStrings {
    private let pointers: [UnsafeMutablePointer<CChar>?]

    init(_ texts: [String]) {
        unsafe pointers = texts.map { unsafe strdup($0) } + [nil]
    }

    deinit {
        let count = unsafe pointers.count
        for index in 0..<count { unsafe free(pointers[index]) }
    }

    func withPointers<T>(_ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> T) -> T {
        let constant = unsafe pointers.map { unsafe UnsafePointer($0) }
        return unsafe constant.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
    }
}
