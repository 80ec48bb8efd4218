import Foundation
import GRDB
import GRDBSQLite

/// How to open connections to one SQLite file, with every setting they must have.
struct SQLiteOpening: Sendable {
    /// The file; relative to the working folder unless it starts with `/`.
    let path: String
    /// A registered SQLite VFS to open it over; nil for the operating system's files.
    let vfs: String?
    /// Whether one connection owns the file: no other can open it, and no shared memory is needed.
    let isExclusive: Bool
    /// How long a statement waits for a lock another process holds.
    let busyTimeout: Duration

    /// Creates the file if need be and opens the one connection that writes.
    func openWriter() throws(StorageError) -> SQLiteConnection {
        if vfs == nil { try FileCreation.createOwnerOnly(path) }
        let connection = try open(isReadOnly: false) { database in
            if isExclusive { try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
            // EXTRA syncs the folder once the old journal is deleted. Without it two power losses around this switch
            // can bring the journal back, and with it the empty database (found by the simulation, seed 9884).
            try database.execute(sql: "PRAGMA synchronous = EXTRA")
            try database.execute(sql: "PRAGMA journal_mode = WAL")
            for setting in Self.writerSettings {
                try database.execute(sql: "PRAGMA \(setting.name) = \(setting.value)")
            }
        }
        // After all of GRDB's own preparation: what counts is what the connection says now.
        for setting in Self.writerSettings + [("journal_mode", "wal"), ("foreign_keys", "1")] {
            guard try connection.setting(setting.name) == setting.value else {
                throw .settingRefused("\(setting.name) = \(setting.value)")
            }
        }
        return connection
    }

    /// Opens a connection that cannot change anything.
    func openReader() throws(StorageError) -> SQLiteConnection {
        let connection = try open(isReadOnly: true) { database in
            for setting in Self.readerSettings {
                try database.execute(sql: "PRAGMA \(setting.name) = \(setting.value)")
            }
        }
        guard try connection.setting("query_only") == "1" else { throw .settingRefused("query_only = 1") }
        return connection
    }

    private func open(
        isReadOnly: Bool,
        prepare: @escaping @Sendable (GRDB.Database) throws -> Void
    ) throws(StorageError) -> SQLiteConnection {
        var configuration = Configuration()
        configuration.readonly = isReadOnly
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(busyTimeout / .seconds(1))
        configuration.prepareDatabase(prepare)
        do {
            return try SQLiteConnection(DatabaseQueue(path: try name(), configuration: configuration))
        } catch {
            throw StorageError(opening: error)
        }
    }

    /// The file name as SQLite takes it: plain, or a URI that names the VFS.
    private func name() throws(StorageError) -> String {
        guard let vfs else { return path.hasPrefix("file:") ? "./" + path : path }  // Else it would be a URI.
        guard unsafe sqlite3_compileoption_used("USE_URI") == 1 else {
            throw .cannotOpen("this SQLite was built without USE_URI, which naming a VFS needs")
        }
        guard unsafe sqlite3_vfs_find(vfs) != nil else { throw .cannotOpen("no SQLite VFS is called \(vfs)") }
        var allowed = CharacterSet.urlPathAllowed
        allowed.remove(charactersIn: "?#%;")
        let escaped = path.addingPercentEncoding(withAllowedCharacters: allowed) ?? path
        return "file:\(escaped)?vfs=\(vfs)"
    }

    /// What the writing connection must have; each is read back once the connection is open.
    private static let writerSettings: [(name: String, value: String)] = [
        ("synchronous", "2"),  // FULL: COMMIT returns after the log was synced (P1).
        ("secure_delete", "1"),  // What is deleted is overwritten (P12).
        ("wal_autocheckpoint", "0"),  // `CheckpointPolicy` decides, after the writers were answered.
        ("journal_size_limit", "67108864"),  // A log that grew is cut to this, in bytes, when it starts over.
        ("cache_size", "-16384"),  // KiB
        ("temp_store", "2"),  // In memory: no plain rows in temporary files.
        ("mmap_size", "0"),  // An I/O error must be an error, not a SIGBUS.
        ("trusted_schema", "0"),
        ("cell_size_check", "1"),
    ]

    private static let readerSettings: [(name: String, value: String)] = [
        ("query_only", "1"),
        ("cache_size", "-8192"),
        ("temp_store", "2"),
        ("mmap_size", "0"),
        ("trusted_schema", "0"),
    ]
}
