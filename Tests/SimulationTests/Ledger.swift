import GRDB
import Simulation
import Synchronization

/// Counts, from any closure.
final class Counter: Sendable {
    private let value = Mutex(0)

    var count: Int { value.withLock { $0 } }

    func add() {
        value.withLock { $0 += 1 }
    }
}

/// Collects values from any closure, in the order they come.
final class Notes<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])

    var all: [Value] { values.withLock { $0 } }

    func add(_ value: Value) {
        values.withLock { $0.append(value) }
    }
}

/// Plain SQLite over a simulated disk: numbered rows, one commit each, of sizes that spill over pages.
struct Ledger {
    static let rows = 25

    struct Result {
        /// The highest number whose commit returned.
        let acknowledged: Int
        let operations: Int
        let boundaries: Int
    }

    let disk: SimulatedDisk
    let synchronous: String

    init(on disk: SimulatedDisk, synchronous: String) {
        self.disk = disk
        self.synchronous = synchronous
    }

    init(synchronous: String) throws {
        self.init(on: try SimulatedDisk(), synchronous: synchronous)
    }

    static func open(_ disk: SimulatedDisk, synchronous: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.journalMode = .wal
        let uri = "file:\(disk.path("usher.db"))?vfs=\(SimulatedDisk.fileSystem)"
        let queue = try DatabaseQueue(path: uri, configuration: configuration)
        try queue.inDatabase { database in
            try database.execute(sql: "PRAGMA synchronous = \(synchronous); PRAGMA wal_autocheckpoint = 10")
        }
        return queue
    }

    static func insert(_ number: Int, _ database: GRDB.Database) throws {
        let body = String(repeating: "x", count: number * 397 % 6_000)
        try database.execute(sql: "INSERT INTO item VALUES (?, ?)", arguments: [number, body])
    }

    /// Commits rows until the end or the disk's crash.
    func run() throws -> Result {
        var acknowledged = 0
        do {
            let queue = try Self.open(disk, synchronous: synchronous)
            try queue.write {
                try $0.execute(sql: "CREATE TABLE item (number INTEGER PRIMARY KEY, body TEXT)")
                try $0.execute(sql: "CREATE INDEX item_body ON item (body)")
            }
            for number in 1...Self.rows {
                try queue.write { try Self.insert(number, $0) }
                acknowledged = number
            }
        } catch let error as DatabaseError {
            guard disk.isDown else { throw error }
        }
        let figures = disk.figures
        return Result(
            acknowledged: acknowledged,
            operations: figures.operations,
            boundaries: figures.boundaries
        )
    }

    /// The numbers stored, in order; none when there is no table yet.
    func numbers() throws -> [Int] {
        let queue = try Self.open(disk, synchronous: synchronous)
        return try queue.read { database in
            guard try database.tableExists("item") else { return [] }
            return try Int.fetchAll(database, sql: "SELECT number FROM item ORDER BY number")
        }
    }

    func isIntact() throws -> Bool {
        let queue = try Self.open(disk, synchronous: synchronous)
        return try queue.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") } == "ok"
    }
}

/// What many crashes came to.
struct Sweep: Equatable {
    var runs = 0
    var crashes = 0
    var lost = 0
    var corrupt = 0

    mutating func add(
        _ ledger: Ledger,
        crash: SimulatedDisk.CrashPoint,
        _ loss: SimulatedDisk.PowerLoss
    ) throws {
        runs += 1
        ledger.disk.planCrash(at: crash)
        let acknowledged = try ledger.run().acknowledged
        if ledger.disk.isDown { crashes += 1 }
        try ledger.disk.restart(loss, seed: UInt64(runs))
        do {
            let numbers = try ledger.numbers()
            // The commit in doubt may be there or not; those before it must be, and no gap is allowed.
            let isWhole = numbers == Array(1..<(numbers.count + 1))
            if numbers.count < acknowledged || !isWhole { lost += 1 }
            if try !ledger.isIntact() { corrupt += 1 }
        } catch is DatabaseError {
            corrupt += 1
        }
    }
}
