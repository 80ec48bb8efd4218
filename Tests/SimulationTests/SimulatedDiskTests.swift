import Dispatch
import Domain
import GRDB
import Simulation
import Testing

@Suite struct SimulatedDiskTests {
    @Test func `what was committed survives every crash at every boundary`() throws {
        let total = try Ledger(synchronous: "FULL").run().boundaries
        #expect(total > 40)
        var sweep = Sweep()
        for number in 1...total {
            for moment in SimulatedDisk.CrashPoint.Moment.allCases {
                for loss in SimulatedDisk.PowerLoss.allCases {
                    let ledger = try Ledger(synchronous: "FULL")
                    try sweep.add(ledger, crash: .init(.boundary, number, moment), loss)
                }
            }
        }
        #expect(sweep == Sweep(runs: total * 8, crashes: total * 8))
    }

    @Test func `what was committed survives a crash at any operation`() throws {
        let total = try Ledger(synchronous: "FULL").run().operations
        var sweep = Sweep()
        for number in stride(from: 1, through: total, by: 3) {
            let ledger = try Ledger(synchronous: "FULL")
            try sweep.add(ledger, crash: .init(.operation, number, .after), .torn)
        }
        #expect(sweep.lost == 0 && sweep.corrupt == 0 && sweep.crashes == sweep.runs)
    }

    @Test func `without syncs commits are lost`() throws {
        let total = try Ledger(synchronous: "OFF").run().operations
        var sweep = Sweep()
        for number in stride(from: 20, through: total, by: 7) {
            let ledger = try Ledger(synchronous: "OFF")
            try sweep.add(ledger, crash: .init(.operation, number, .before), .all)
        }
        #expect(sweep.lost > sweep.runs / 2)
    }

    @Test func `with synchronous NORMAL the last commits are lost but nothing is corrupt`() throws {
        let total = try Ledger(synchronous: "NORMAL").run().operations
        var sweep = Sweep()
        for number in stride(from: 20, through: total, by: 7) {
            let ledger = try Ledger(synchronous: "NORMAL")
            try sweep.add(ledger, crash: .init(.operation, number, .before), .torn)
        }
        #expect(sweep.lost > 0 && sweep.corrupt == 0)
    }

    @Test func `a crash that loses nothing is a killed process`() throws {
        let disk = try SimulatedDisk()
        let ledger = Ledger(on: disk, synchronous: "OFF")
        let acknowledged = try ledger.run().acknowledged
        try disk.restart(.none, seed: 1)
        #expect(try Ledger(on: disk, synchronous: "OFF").numbers().count == acknowledged)
    }

    @Test func `the same seed loses the same writes`() throws {
        let figures = try (0..<2).map { _ in
            let disk = try SimulatedDisk()
            disk.planCrash(at: .init(.operation, 150, .before))
            _ = try Ledger(on: disk, synchronous: "OFF").run()
            try disk.restart(.torn, seed: 42)
            return disk.figures
        }
        #expect(figures[0] == figures[1])
        #expect(figures[0].losses > 0)
    }

    @Test func `a full disk refuses growth, keeps what it has, and recovers when space returns`() throws {
        let disk = try SimulatedDisk()
        let queue = try Ledger.open(disk, synchronous: "FULL")
        try queue.write { try $0.execute(sql: "CREATE TABLE item (number INTEGER PRIMARY KEY, body BLOB)") }
        disk.setCapacity(disk.figures.bytes + 16_384)
        var stored = 0
        var code: ResultCode?
        for number in 1...100 where code == nil {
            do {
                try queue.write { try Ledger.insert(number, $0) }
                stored = number
            } catch let error as DatabaseError {
                code = error.resultCode
            }
        }
        #expect(code == .SQLITE_FULL)
        #expect(disk.figures.refusals > 0)
        disk.setCapacity(nil)
        try queue.write { try Ledger.insert(stored + 1, $0) }
        #expect(try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM item") } == stored + 1)
        #expect(try queue.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") } == "ok")
    }

    @Test func `the path of before a restart opens nothing`() throws {
        let disk = try SimulatedDisk()
        let old = disk.path("usher.db")
        disk.crash()
        #expect(disk.isDown)
        #expect(throws: DatabaseError.self) { try Ledger.open(disk, synchronous: "FULL") }
        try disk.restart(.all, seed: 1)
        #expect(!disk.isDown)
        #expect(disk.path("usher.db") != old)
        let uri = "file:\(old)?vfs=\(SimulatedDisk.fileSystem)"
        #expect(throws: DatabaseError.self) { try DatabaseQueue(path: uri) }
        _ = try Ledger.open(disk, synchronous: "FULL")
    }

    @Test func `a connection of before a restart stays dead`() throws {
        let disk = try SimulatedDisk()
        let dead = try Ledger.open(disk, synchronous: "FULL")
        try dead.write { try $0.execute(sql: "CREATE TABLE item (number INTEGER PRIMARY KEY, body BLOB)") }
        disk.crash()
        try disk.restart(.all, seed: 1)
        let alive = try Ledger.open(disk, synchronous: "FULL")
        #expect(throws: DatabaseError.self) { try dead.write { try Ledger.insert(1, $0) } }
        try alive.write { try Ledger.insert(1, $0) }
        #expect(try alive.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM item") } == 1)
    }

    @Test func `two connections of one process see each other's commits and exclude each other's writes`()
        throws
    {
        let disk = try SimulatedDisk()
        let first = try Ledger.open(disk, synchronous: "FULL")
        let second = try Ledger.open(disk, synchronous: "FULL")
        try first.write { try $0.execute(sql: "CREATE TABLE item (number INTEGER PRIMARY KEY, body BLOB)") }
        try second.write { try Ledger.insert(1, $0) }
        try first.write { database in
            try Ledger.insert(2, database)
            #expect(throws: DatabaseError.self) { try second.write { try Ledger.insert(3, $0) } }
        }
        #expect(try second.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM item") } == 2)
    }

    @Test func `the crash is told once, in the operation that fails`() throws {
        let disk = try SimulatedDisk()
        let told = Counter()
        disk.whenCrashed { told.add() }
        disk.planCrash(at: .init(.boundary, 5, .before))
        _ = try Ledger(on: disk, synchronous: "FULL").run()
        disk.crash()
        #expect(told.count == 1)
    }

    @Test func `work from another thread ends the process`() async {
        await #expect(processExitsWith: .failure) {
            let disk = try SimulatedDisk()
            crashElsewhere(disk)
        }
    }
}

/// Crashes the disk from a thread that is not the caller's, and waits for it.
private func crashElsewhere(_ disk: SimulatedDisk) {
    let done = DispatchSemaphore(value: 0)
    DispatchQueue.global().async {
        disk.crash()
        done.signal()
    }
    done.wait()
}
