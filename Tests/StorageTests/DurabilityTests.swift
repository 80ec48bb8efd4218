import Foundation
import Storage
import Testing
import UsherTesting

@Suite struct DurabilityTests {
    @Test(
        arguments: EngineUnderTest.sqlite,
        [
            ("PRAGMA synchronous", .integer(2)), ("PRAGMA journal_mode", .text("wal")),
            ("PRAGMA foreign_keys", .integer(1)), ("PRAGMA secure_delete", .integer(1)),
            ("PRAGMA wal_autocheckpoint", .integer(0)), ("PRAGMA temp_store", .integer(2)),
            ("PRAGMA mmap_size", .integer(0)),
        ] as [(Statement, SQLValue)]
    )
    func `the writing connection has every setting safety needs`(
        engine: EngineUnderTest,
        setting: (statement: Statement, value: SQLValue)
    ) async throws {
        try await engine.opened { database in
            let row = try await database.write { try $0.first(setting.statement) }
            #expect(row?[0] == setting.value)
        }
    }

    @Test
    func `a reader can only query`() async throws {
        try await temporaryDatabase { database in
            let row = try await database.read { try $0.first("PRAGMA query_only") }
            #expect(row?[0] == .integer(1))
        }
    }

    @Test
    func `what was acknowledged is there after a kill`() async throws {
        try await temporaryFolder { folder in
            let count = try await openCopyOfRunning(in: folder) { _ in }
            #expect(count == 50)
        }
    }

    @Test
    func `a torn end of the log loses nothing that was acknowledged`() async throws {
        try await temporaryFolder { folder in
            let count = try await openCopyOfRunning(in: folder) { log in
                try log.seekToEnd()
                try log.write(contentsOf: Data(repeating: 0xAB, count: 5000))
            }
            #expect(count == 50)
        }
    }

    @Test(arguments: ["garbage", "short", "cut"])
    func `a file that is no sound database is refused with what to do`(damage: String) async throws {
        try await temporaryFolder { folder in
            let path = folder + "/usher.db"
            let configuration = DatabaseConfiguration(location: .sqlite(path: path))
            try await Database.withOpened(configuration, migrations: [.things]) { database in
                for id in 1...500 {
                    try await database.insert(id, String(repeating: "x", count: 200) + "\(id)")
                }
            }
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            let damaged =
                switch damage {
                case "garbage": Data(repeating: 0x41, count: 8192)
                case "short": Data("not a database".utf8)
                default: whole.prefix(whole.count / 2)
                }
            try damaged.write(to: URL(fileURLWithPath: path))
            let error = await #expect(throws: StorageError.self) {
                try await Database.open(configuration, migrations: [.things])
            }
            #expect(error?.code == "corrupt")
            #expect(error?.description.contains("backup") == true)
        }
    }

    @Test
    func `damage inside a table is found`() async throws {
        try await temporaryFolder { folder in
            let path = folder + "/usher.db"
            let configuration = DatabaseConfiguration(location: .sqlite(path: path))
            try await Database.withOpened(configuration, migrations: [.things]) { database in
                for id in 1...200 {
                    try await database.insert(id, String(repeating: "x", count: 200) + "\(id)")
                }
                let sound = try await database.findDamage()
                #expect(sound.isEmpty)
            }
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
            try file.seek(toOffset: 4096 * 8)
            try file.write(contentsOf: Data(repeating: 0xFF, count: 4096))
            try file.close()
            try await Database.withOpened(configuration, migrations: [.things]) { database in
                let faults = try await database.findDamage()
                #expect(!faults.isEmpty)
            }
        }
    }

    @Test(arguments: EngineUnderTest.sqlite)
    func `a full disk refuses the write, and writing works again once there is space`(
        engine: EngineUnderTest
    ) async throws {
        try await engine.opened { database in
            try await database.insert(1, "before")
            try await database.limitPages { $0 + 4 }
            let body = SQLValue.blob(Array(repeating: 7, count: 100_000))
            let big: Statement = "INSERT INTO things (id, name, body) VALUES ($1, 'big', $2)"
            await #expect(throws: StorageError.diskFull) {
                try await database.write { try $0.execute(big, [.integer(2), body]) }
            }
            try await database.insert(3, "small")  // What fits still does.
            try await database.limitPages { _ in 1_000_000 }
            try await database.write { try $0.execute(big, [.integer(2), body]) }
            let count = try await database.count()
            #expect(count == 3)
        }
    }

    @Test(arguments: EngineUnderTest.sqlite)
    func `a full disk under many writers answers each truthfully`(engine: EngineUnderTest) async throws {
        try await engine.opened { database in
            try await database.limitPages { $0 + 40 }
            let errors = try await database.together(1...100) { number, transaction in
                try transaction.execute(
                    "INSERT INTO things (id, name, body) VALUES ($1, $2, $3)",
                    [.integer(number), .text("thing \(number)"), .blob(Array(repeating: 1, count: 3000))]
                )
            }
            for error in errors.values { #expect(error as? StorageError == .diskFull) }
            #expect(!errors.isEmpty)
            let stored = try await database.read {
                try $0.query("SELECT id FROM things").map { Int(try $0.integer(0)) }
            }
            #expect(Set(stored) == Set(1...100).subtracting(errors.keys))
        }
    }

    @Test
    func `a log that cannot be written loses nothing, and works again once it can`() async {
        // In a process of its own, because the limit on files is the whole process's.
        await #expect(processExitsWith: .success) {
            try await temporaryFolder { folder in
                let configuration = DatabaseConfiguration(location: .sqlite(path: folder + "/usher.db"))
                try await Database.withOpened(configuration, migrations: [.things]) { database in
                    try await database.insert(1, "before")
                    let log = try FileManager.default.attributesOfItem(atPath: folder + "/usher.db-wal")
                    limitFiles(toBytes: UInt(log[.size] as? Int ?? 0) + 30_000)
                    var acknowledged: [Int64] = [1]
                    var refusals: Set<String> = []
                    for id in 2...50 {
                        do {
                            try await database.insert(id, "thing \(id)")
                            acknowledged.append(Int64(id))
                        } catch let error as StorageError {
                            refusals.insert(error.code)
                        }
                    }
                    limitFiles(toBytes: .max)
                    try await database.insert(99, "after")
                    let stored = try await database.read {
                        try $0.query("SELECT id FROM things ORDER BY id").map { try $0.integer(0) }
                    }
                    guard stored == acknowledged + [99] else { exit(2) }
                    guard !refusals.isEmpty, refusals.isSubset(of: ["disk_full", "input_output"]) else {
                        exit(3)
                    }
                }
            }
        }
    }

    @Test
    func `a lock held by another process is waited for, then reported`() async throws {
        try await temporaryFolder { folder in
            var configuration = DatabaseConfiguration(location: .sqlite(path: folder + "/usher.db"))
            configuration.busyTimeout = .milliseconds(20)
            try await Database.withOpened(configuration, migrations: [.things]) { [configuration] one in
                try await Database.withOpened(configuration, migrations: [.things]) { other in
                    let blocker = Blocker()
                    async let holding: Void = one.write { _ in blocker.block() }
                    await blocker.waitUntilBlocked()
                    await #expect(throws: StorageError.busy) { try await other.insert(1, "a") }
                    blocker.release()
                    try await holding
                    try await other.insert(1, "a")
                }
            }
        }
    }

    @Test
    func `only the owner can read the files`() async throws {
        try await temporaryFolder { folder in
            let configuration = DatabaseConfiguration(location: .sqlite(path: folder + "/usher.db"))
            try await Database.withOpened(configuration, migrations: [.things]) { database in
                try await database.insert(1, "a")
                try await database.backUp(to: folder + "/copy.db")
                for name in ["usher.db", "usher.db-wal", "usher.db-shm", "copy.db"] {
                    let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/" + name)
                    #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
                }
            }
        }
    }

    @Test
    func `the log does not grow without bound`() async throws {
        try await temporaryFolder { folder in
            var configuration = DatabaseConfiguration(location: .sqlite(path: folder + "/usher.db"))
            configuration.checkpointPages = 64
            try await Database.withOpened(configuration, migrations: [.things]) { database in
                let body = SQLValue.blob(Array(repeating: 7, count: 20_000))
                for id in 1...300 {
                    try await database.write {
                        try $0.execute(
                            "INSERT INTO things (id, name, body) VALUES ($1, $2, $3)",
                            [.integer(id), .text("thing \(id)"), body]
                        )
                    }
                }
                let log = try FileManager.default.attributesOfItem(atPath: folder + "/usher.db-wal")
                // More than 1500 pages were written.
                #expect((log[.size] as? Int ?? .max) < 128 * 4096)
            }
        }
    }

    @Test
    func `a folder that does not exist is named`() async throws {
        let configuration = DatabaseConfiguration(location: .sqlite(path: "/nonexistent/usher.db"))
        await #expect(throws: StorageError.cannotOpen("/nonexistent/usher.db: No such file or directory")) {
            try await Database.open(configuration, migrations: [])
        }
    }

    /// Copies the files of a database in use, as a kill would leave them, and counts what the copy holds.
    private func openCopyOfRunning(
        in folder: String,
        damage: (FileHandle) throws -> Void
    ) async throws -> Int64? {
        let configuration = DatabaseConfiguration(location: .sqlite(path: folder + "/usher.db"))
        try await Database.withOpened(configuration, migrations: [.things]) { database in
            for id in 1...50 { try await database.insert(id, "thing \(id)") }
            for suffix in ["", "-wal"] {
                try FileManager.default.copyItem(
                    atPath: folder + "/usher.db" + suffix,
                    toPath: folder + "/copy.db" + suffix
                )
            }
        }
        let log = try FileHandle(forUpdating: URL(fileURLWithPath: folder + "/copy.db-wal"))
        try damage(log)
        try log.close()
        let copy = DatabaseConfiguration(location: .sqlite(path: folder + "/copy.db"))
        return try await Database.withOpened(copy, migrations: [.things]) { try await $0.count() }
    }
}

extension Database {
    /// Lets the file grow to so many pages only: SQLite's stand-in for a full disk.
    func limitPages(_ limit: @escaping @Sendable (Int64) -> Int64) async throws {
        try await write { transaction in
            let pages = try transaction.first("PRAGMA page_count")?.integer(0) ?? 0
            try transaction.execute(Statement("PRAGMA max_page_count = \(limit(pages))"))
        }
    }
}

/// Lets no file of this process grow beyond `bytes`; a write that would fails instead of killing the process.
private func limitFiles(toBytes bytes: UInt) {
    signal(SIGXFSZ, SIG_IGN)
    var limit = rlimit(rlim_cur: rlim_t(bytes), rlim_max: rlim_t.max)
    unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
}
