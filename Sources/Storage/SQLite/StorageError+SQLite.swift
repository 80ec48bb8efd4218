import GRDB
import GRDBSQLite

extension StorageError {
    /// The error for one of SQLite's extended result codes.
    init(sqliteCode: CInt, message: String) {
        switch sqliteCode & 0xFF {
        case SQLITE_FULL: self = .diskFull
        case SQLITE_BUSY, SQLITE_LOCKED: self = .busy
        case SQLITE_CORRUPT, SQLITE_NOTADB: self = .corrupt(message)
        case SQLITE_CANTOPEN: self = .cannotOpen(message)
        case SQLITE_IOERR: self = .inputOutput(code: Int(sqliteCode), message: message)
        case SQLITE_CONSTRAINT: self = .constraint(message)
        case SQLITE_MISUSE, SQLITE_RANGE: self = .misuse(message)
        default: self = .failed(code: Int(sqliteCode), message: message)
        }
    }

    /// The error for what GRDB throws while it opens or closes a connection.
    init(opening error: any Error) {
        switch error {
        case let error as StorageError:
            self = error
        case let error as DatabaseError:
            let code = error.extendedResultCode.rawValue
            self.init(sqliteCode: code, message: error.message ?? "SQLite error \(code)")
        default:
            self = .cannotOpen("\(error)")
        }
    }
}
