import Foundation

/// Copies of a SQLite database, taken while it is in use, and the check whether its pages are sound.
struct SQLiteBackup {
    let opening: SQLiteOpening

    private static let vacuumInto: Statement = "VACUUM INTO $1"
    private static let quickCheck: Statement = "PRAGMA quick_check(20)"

    /// Writes a consistent copy of the latest commit; writers go on meanwhile.
    ///
    /// The copy appears under `path` only when it is complete and durable. It holds no deleted rows and is readable
    /// by its owner only.
    /// - Throws: `.cannotOpen` when `path` exists.
    func write(to path: String) throws(StorageError) {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw .cannotOpen("\(path) exists: name a file that does not")
        }
        let partial = path + ".partial"
        try? FileManager.default.removeItem(atPath: partial)
        do throws(StorageError) {
            try FileCreation.createOwnerOnly(partial)
            try withConnection { connection throws(StorageError) in
                _ = try connection.execute(Self.vacuumInto, [.text(partial)])
            }
            try FileCreation.sync(partial)
            guard unsafe rename(partial, path) == 0 else { throw .cannotOpen("\(path) cannot be written") }
            try FileCreation.syncFolder(of: path)
        } catch {
            try? FileManager.default.removeItem(atPath: partial)
            throw error
        }
    }

    /// Reads the whole file and names at most 20 faults.
    func findDamage() throws(StorageError) -> [String] {
        try withConnection { connection throws(StorageError) in
            var faults: [String] = []
            for row in try connection.query(Self.quickCheck, [], rowsMax: 20) {
                faults.append(try row.text(0))
            }
            return faults == ["ok"] ? [] : faults
        }
    }

    /// A connection of its own, so that nobody waits for the long read.
    private func withConnection<T>(
        _ body: (SQLiteConnection) throws(StorageError) -> T
    ) throws(StorageError) -> T {
        guard !opening.isExclusive else {
            throw .misuse("one connection owns this database: nothing else can read it")
        }
        let connection = try opening.openReader()
        defer { connection.close() }
        try connection.setReadOnly(false)  // `VACUUM INTO` writes, though not here.
        return try body(connection)
    }
}
