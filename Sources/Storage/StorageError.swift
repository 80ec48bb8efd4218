/// What can go wrong in the store.
///
/// Descriptions are for the log: they name tables and columns but never hold a statement's arguments.
package enum StorageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The disk, or a limit on the file's size, is full. What was being written is not stored; later writes work
    /// again once there is space.
    case diskFull
    /// Another process held the lock for longer than the busy time-out.
    case busy
    /// The database server cannot be reached, or went away meanwhile; later work goes through once it is back.
    ///
    /// When it went away during the commit, what was being written may be stored all the same: do it again only
    /// where doing it twice does no harm.
    case unavailable(String)
    /// The file is damaged or not a database.
    case corrupt(String)
    /// The file or its folder cannot be opened or created.
    case cannotOpen(String)
    /// Reading, writing or syncing failed below the database.
    case inputOutput(code: Int, message: String)
    /// A newer Usher has migrated this database further than this one knows.
    case schemaTooNew(found: Int, known: Int)
    /// The list of migrations is not strictly ascending, or disagrees with what the database recorded.
    case migrationsInvalid(String)
    /// A durability or safety setting did not take.
    case settingRefused(String)
    /// The database has been shut down, or was before this work could begin.
    case closed
    /// A queue is at its limit: try again later.
    case overloaded
    /// A UNIQUE, NOT NULL, CHECK or FOREIGN KEY constraint refused a row.
    case constraint(String)
    /// A column does not exist or holds another type than asked for.
    case unexpectedColumn(String)
    /// The statement and its use do not fit: a programming error, found at run time.
    case misuse(String)
    /// Anything else the engine reports, with the engine's own code.
    case failed(code: Int, message: String)

    /// A stable word for metric labels; one of fifteen.
    package var code: String {
        switch self {
        case .diskFull: "disk_full"
        case .busy: "busy"
        case .unavailable: "unavailable"
        case .corrupt: "corrupt"
        case .cannotOpen: "cannot_open"
        case .inputOutput: "input_output"
        case .schemaTooNew: "schema_too_new"
        case .migrationsInvalid: "migrations_invalid"
        case .settingRefused: "setting_refused"
        case .closed: "closed"
        case .overloaded: "overloaded"
        case .constraint: "constraint"
        case .unexpectedColumn: "unexpected_column"
        case .misuse: "misuse"
        case .failed: "failed"
        }
    }

    /// Whether the same work may succeed later without anybody changing it.
    package var isRetryable: Bool {
        switch self {
        case .diskFull, .busy, .unavailable, .inputOutput, .closed, .overloaded: true
        case .corrupt, .cannotOpen, .schemaTooNew, .migrationsInvalid, .settingRefused, .constraint,
            .unexpectedColumn, .misuse, .failed:
            false
        }
    }

    package var description: String {
        switch self {
        case .diskFull:
            "the disk is full: free some space, what was acknowledged is safe"
        case .busy:
            "the database is locked by another process"
        case .unavailable(let reason):
            "the database server cannot be reached: \(reason)"
        case .corrupt(let reason):
            "the database file is damaged or not a database (\(reason)): restore it from a backup"
        case .cannotOpen(let reason):
            "the database cannot be opened: \(reason)"
        case .inputOutput(let code, let message):
            "the disk reported an error: \(message) (\(code))"
        case .schemaTooNew(let found, let known):
            "the database was migrated to \(found) by a newer Usher, this one knows migrations up to \(known): "
                + "start the newer version, or restore a backup made before the upgrade"
        case .migrationsInvalid(let reason):
            "the migrations do not fit: \(reason)"
        case .settingRefused(let setting):
            "the database refused the setting \(setting)"
        case .closed:
            "the database is closed"
        case .overloaded:
            "too much work is waiting for the database"
        case .constraint(let constraint):
            "a constraint refused the row: \(constraint)"
        case .unexpectedColumn(let reason):
            "unexpected column: \(reason)"
        case .misuse(let reason):
            "wrong use of the database: \(reason)"
        case .failed(let code, let message):
            "the database failed: \(message) (\(code))"
        }
    }
}
