import GRDBSQLite

/// One prepared statement of one connection; finalized with the object, before its connection closes.
///
/// It binds and reads by length. GRDB's own path ends text at its first U+0000 and copies each blob through `Data`.
@safe
final class SQLiteStatement {
    private let handle: OpaquePointer
    private let connection: OpaquePointer
    private let parameterCount: Int
    /// When the cache handed it out last, in uses of the cache.
    var lastUse = 0

    /// Prepares `text`, which must hold exactly one statement.
    init(_ text: String, on connection: OpaquePointer) throws(StorageError) {
        var text = text
        var prepared: OpaquePointer?
        var consumed = 0
        let code = text.withUTF8 { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                var tail: UnsafePointer<CChar>?
                let code = unsafe sqlite3_prepare_v3(
                    connection,
                    characters.baseAddress,
                    CInt(characters.count),
                    UInt32(SQLITE_PREPARE_PERSISTENT),
                    &prepared,
                    &tail
                )
                if let start = characters.baseAddress, let tail = unsafe tail {
                    consumed = unsafe tail - UnsafePointer(start)
                }
                return code
            }
        }
        guard code == SQLITE_OK else { throw unsafe Self.error(connection) }
        guard let prepared = unsafe prepared else { throw .misuse("a statement without SQL") }
        guard text.utf8.dropFirst(consumed).allSatisfy(Self.endsStatement) else {
            unsafe sqlite3_finalize(prepared)
            throw .misuse("more than one statement in one text")
        }
        unsafe self.handle = prepared
        unsafe self.connection = connection
        unsafe parameterCount = Int(sqlite3_bind_parameter_count(prepared))
    }

    deinit {
        unsafe sqlite3_finalize(handle)
    }

    /// Binds all arguments; text and blobs are copied.
    func bind(_ arguments: [SQLValue]) throws(StorageError) {
        guard arguments.count == parameterCount else {
            throw .misuse("\(arguments.count) arguments for \(parameterCount) parameters")
        }
        for (index, argument) in arguments.enumerated() {
            if case .array = argument { throw .misuse("SQLite takes no arrays") }
            let code = bind(argument, at: CInt(index + 1))
            guard code == SQLITE_OK else { throw unsafe Self.error(connection) }
        }
    }

    /// Goes to the next row: false when there is none.
    func step() throws(StorageError) -> Bool {
        switch unsafe sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw unsafe Self.error(connection)
        }
    }

    /// The row the last `step` went to.
    func row() -> Row {
        let count = unsafe sqlite3_column_count(handle)
        return Row((0..<count).map(value(at:)))
    }

    /// Makes the statement ready for its next use and lets go of what was bound.
    func reset() {
        unsafe sqlite3_reset(handle)
        unsafe sqlite3_clear_bindings(handle)
    }

    /// The connection's latest error.
    static func error(_ connection: OpaquePointer) -> StorageError {
        unsafe StorageError(
            sqliteCode: sqlite3_extended_errcode(connection),
            message: String(cString: sqlite3_errmsg(connection))
        )
    }

    private func bind(_ value: SQLValue, at index: CInt) -> CInt {
        switch value {
        case .null:
            unsafe sqlite3_bind_null(handle, index)
        case .integer(let number):
            unsafe sqlite3_bind_int64(handle, index, number)
        case .real(let number):
            unsafe sqlite3_bind_double(handle, index, number)
        case .text(let text):
            bind(text, at: index)
        case .blob(let bytes):
            bind(bytes, at: index)
        case .array:
            SQLITE_MISUSE
        }
    }

    private func bind(_ text: String, at index: CInt) -> CInt {
        var text = text
        return text.withUTF8 { bytes in
            let count = UInt64(bytes.count)
            guard let start = bytes.baseAddress else {
                return unsafe sqlite3_bind_text64(handle, index, "", 0, transient, UInt8(SQLITE_UTF8))
            }
            return unsafe start.withMemoryRebound(to: CChar.self, capacity: bytes.count) { characters in
                unsafe sqlite3_bind_text64(handle, index, characters, count, transient, UInt8(SQLITE_UTF8))
            }
        }
    }

    private func bind(_ bytes: [UInt8], at index: CInt) -> CInt {
        // A null pointer would bind NULL.
        guard !bytes.isEmpty else { return unsafe sqlite3_bind_zeroblob(handle, index, 0) }
        return unsafe bytes.withUnsafeBytes { buffer in
            unsafe sqlite3_bind_blob64(handle, index, buffer.baseAddress, UInt64(buffer.count), transient)
        }
    }

    private func value(at column: CInt) -> SQLValue {
        switch unsafe sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER:
            return .integer(unsafe sqlite3_column_int64(handle, column))
        case SQLITE_FLOAT:
            return .real(unsafe sqlite3_column_double(handle, column))
        case SQLITE_TEXT:
            // The pointer first: asking for it may convert, and the length is that of the result.
            let start = unsafe sqlite3_column_text(handle, column)
            let count = Int(unsafe sqlite3_column_bytes(handle, column))
            return .text(
                unsafe String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
            )
        case SQLITE_BLOB:
            let start = unsafe sqlite3_column_blob(handle, column)
            let count = Int(unsafe sqlite3_column_bytes(handle, column))
            return .blob(unsafe Array(UnsafeRawBufferPointer(start: start, count: count)))
        default:
            return .null
        }
    }

    /// SQLite's mark for "copy what the pointer points to".
    private var transient: sqlite3_destructor_type {
        unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    }

    private static func endsStatement(_ byte: UInt8) -> Bool {
        [9, 10, 13, 32, 59].contains(byte)  // White space and semicolon.
    }
}
