import Dispatch
import Domain
import Storage
import Synchronization
import Testing
import UsherTesting

@Suite struct GroupCommitTests {
    @Test(arguments: EngineUnderTest.all)
    func `256 writers share few transactions`(engine: EngineUnderTest) async throws {
        try await engine.opened { database in
            let blocker = Blocker()
            let before = database.statistics().transactions
            try await withThrowingTaskGroup { group in
                group.addTask { try await database.write { _ in blocker.block() } }
                await blocker.waitUntilBlocked()
                for id in 1...255 { group.addTask { try await database.insert(id, "thing \(id)") } }
                await until { database.statistics().waiting == 255 }
                blocker.release()
                try await group.waitForAll()
            }
            let statistics = database.statistics()
            #expect(statistics.transactions - before == 2)
            #expect(statistics.itemsInLargestTransaction == 255)
            let count = try await database.count()
            #expect(count == 255)
        }
    }

    @Test(arguments: EngineUnderTest.all)
    func `nobody is answered before the commit`(engine: EngineUnderTest) async throws {
        try await engine.opened { database in
            let first = Blocker()
            let inside = Blocker()
            let isAnswered = Flag()
            try await withThrowingTaskGroup { group in
                group.addTask { try await database.write { _ in first.block() } }
                await first.waitUntilBlocked()
                group.addTask {
                    try await database.insert(1, "early")
                    isAnswered.raise()
                }
                await until { database.statistics().waiting == 1 }
                group.addTask { try await database.write { _ in inside.block() } }
                await until { database.statistics().waiting == 2 }
                first.release()
                // The early insert has run in this transaction, which its companion keeps open.
                await inside.waitUntilBlocked()
                for _ in 0..<1000 { await Task.yield() }
                #expect(!isAnswered.isRaised)
                inside.release()
                try await group.waitForAll()
            }
            #expect(isAnswered.isRaised)
        }
    }

    @Test
    func `whoever is answered finds the row through another connection`() async throws {
        try await temporaryDatabase(migrations: [.things]) { database in
            try await withThrowingTaskGroup { group in
                for id in 1...64 {
                    group.addTask {
                        try await database.insert(id, "thing \(id)")
                        let row = try await database.read {
                            try $0.first("SELECT 1 FROM things WHERE id = $1", [.integer(id)])
                        }
                        #expect(row != nil)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test(arguments: EngineUnderTest.all)
    func `one that fails takes no companion with it`(engine: EngineUnderTest) async throws {
        try await engine.opened { database in
            let outcomes = try await database.together(1...10) { number, transaction in
                try transaction.execute(.insertThing, [.integer(number), .text("thing \(number)")])
                if number.isMultiple(of: 3) { throw Refusal(number: number) }
            }
            #expect(outcomes.keys.sorted() == [3, 6, 9])
            let ids = try await database.read {
                try $0.query("SELECT id FROM things ORDER BY id").map { try $0.integer(0) }
            }
            #expect(ids == [1, 2, 4, 5, 7, 8, 10])
        }
    }

    @Test(arguments: EngineUnderTest.all)
    func `closures run in the order they came`(engine: EngineUnderTest) async throws {
        try await engine.opened { database in
            let order = Mutex<[Int]>([])
            try await database.together(1...100) { number, _ in order.withLock { $0.append(number) } }
            #expect(order.withLock { $0 } == Array(1...100))
        }
    }

    @Test(arguments: EngineUnderTest.sqlite)
    func `a commit that fails is everybody's failure, and the next one works`(
        engine: EngineUnderTest
    ) async throws {
        try await engine.opened { database in
            let outcomes = try await database.together(1...3) { number, transaction in
                try transaction.execute(.insertThing, [.integer(number), .text("thing \(number)")])
                if number == 2 {
                    try transaction.execute("PRAGMA defer_foreign_keys = ON")
                    try transaction.execute("INSERT INTO parts (thing, size) VALUES (77, 1)")
                }
            }
            for number in 1...3 { #expect((outcomes[number] as? StorageError)?.code == "constraint") }
            #expect(database.statistics().failedTransactions == 1)
            try await database.insert(4, "after")
            let count = try await database.count()
            #expect(count == 1)
        }
    }

    @Test(arguments: EngineUnderTest.all)
    func `a closure that ends the transaction fails with all of it`(engine: EngineUnderTest) async throws {
        try await engine.opened { database in
            let outcomes = try await database.together(1...2) { number, transaction in
                try transaction.execute(.insertThing, [.integer(number), .text("thing \(number)")])
                if number == 2 { try transaction.execute("ROLLBACK") }
            }
            for number in 1...2 { #expect((outcomes[number] as? StorageError)?.code == "misuse") }
            let count = try await database.count()
            #expect(count == 0)
        }
    }

    @Test(arguments: EngineUnderTest.all)
    func `the closure beyond the limit is refused at once`(engine: EngineUnderTest) async throws {
        let limited = engine.with { $0.writesWaitingMax = 3 }
        try await limited.opened { database in
            let blocker = Blocker()
            try await withThrowingTaskGroup { group in
                group.addTask { try await database.write { _ in blocker.block() } }
                await blocker.waitUntilBlocked()
                for id in 1...3 { group.addTask { try await database.insert(id, "thing \(id)") } }
                await until { database.statistics().waiting == 3 }
                await #expect(throws: StorageError.overloaded) { try await database.insert(4, "too many") }
                blocker.release()
                try await group.waitForAll()
            }
            let count = try await database.count()
            #expect(count == 3)
        }
    }

    @Test(arguments: EngineUnderTest.all)
    func `a transaction takes no more closures than its limit`(engine: EngineUnderTest) async throws {
        let limited = engine.with { $0.writesInTransactionMax = 4 }
        try await limited.opened { database in
            try await database.together(1...10) { _, _ in }
            #expect(database.statistics().itemsInLargestTransaction == 4)
            #expect(database.statistics().items == 11)  // The blocker is one.
        }
    }

    @Test(arguments: EngineUnderTest.all)
    func `a caller cancelled while waiting leaves and nothing of it happens`(
        engine: EngineUnderTest
    ) async throws {
        try await engine.opened { database in
            let blocker = Blocker()
            try await withThrowingTaskGroup { group in
                group.addTask { try await database.write { _ in blocker.block() } }
                await blocker.waitUntilBlocked()
                let leaving = Task { try await database.insert(1, "gone") }
                await until { database.statistics().waiting == 1 }
                leaving.cancel()
                await #expect(throws: CancellationError.self) { try await leaving.value }
                blocker.release()
                try await group.waitForAll()
            }
            let count = try await database.count()
            #expect(count == 0)
        }
    }

    @Test(arguments: EngineUnderTest.all)
    func `a caller cancelled in its turn hears what became of it`(engine: EngineUnderTest) async throws {
        try await engine.opened { database in
            let blocker = Blocker()
            let writing = Task {
                try await database.write { transaction in
                    try transaction.execute(.insertThing, [.integer(1), .text("kept")])
                    blocker.block()
                }
            }
            await blocker.waitUntilBlocked()
            writing.cancel()
            blocker.release()
            try await writing.value
            let count = try await database.count()
            #expect(count == 1)
        }
    }

    @Test
    func `a caller that is cancelled already does not write`() async throws {
        try await temporaryDatabase(migrations: [.things]) { database in
            let writing = Task {
                unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                try await database.insert(1, "never")
            }
            await #expect(throws: CancellationError.self) { try await writing.value }
            let count = try await database.count()
            #expect(count == 0)
        }
    }

    @Test(arguments: EngineUnderTest.all)
    func `what waits at shutdown is committed, what comes later is refused`(
        engine: EngineUnderTest
    ) async throws {
        try await temporaryLocation(engine: engine.engine) { given in
            var configuration = given
            engine.configure(&configuration)
            try await Database.withOpened(configuration, migrations: [.things]) { database in
                let blocker = Blocker()
                try await withThrowingTaskGroup { group in
                    group.addTask { try await database.write { _ in blocker.block() } }
                    await blocker.waitUntilBlocked()
                    for id in 1...20 { group.addTask { try await database.insert(id, "thing \(id)") } }
                    await until { database.statistics().waiting == 20 }
                    database.shutDown()
                    await #expect(throws: StorageError.closed) { try await database.insert(99, "late") }
                    blocker.release()
                    try await group.waitForAll()
                }
            }
            let count = try await Database.withOpened(configuration, migrations: [.things]) {
                try await $0.count()
            }
            #expect(count == 20)
        }
    }

    @Test
    func `a committer that is cancelled drains, closes and returns`() async throws {
        try await temporaryFolder { folder in
            let configuration = DatabaseConfiguration(location: .sqlite(path: folder + "/usher.db"))
            let database = try await Database.open(configuration, migrations: [.things])
            let running = Task { try await database.run() }
            try await database.insert(1, "a")
            running.cancel()
            try await running.value
            await #expect(throws: StorageError.closed) { try await database.insert(2, "b") }
            await #expect(throws: StorageError.closed) { try await database.count() }
        }
    }

    @Test
    func `without a committer, shutting down refuses what waits`() async throws {
        try await temporaryFolder { folder in
            let configuration = DatabaseConfiguration(location: .sqlite(path: folder + "/usher.db"))
            let database = try await Database.open(configuration, migrations: [.things])
            let waiting = Task { try await database.insert(1, "a") }
            await until { database.statistics().waiting == 1 }
            database.shutDown()
            await #expect(throws: StorageError.closed) { try await waiting.value }
            try await database.run()  // Nothing to do any more: it returns.
        }
    }

    @Test
    func `the read beyond the limit is refused at once`() async throws {
        let limit: @Sendable (inout DatabaseConfiguration) -> Void = { configuration in
            configuration.readers = 1
            configuration.readsWaitingMax = 2
        }
        try await temporaryDatabase(migrations: [.things], configure: limit) { database in
            let blocker = Blocker()
            async let first: Void = database.read { _ in blocker.block() }
            await blocker.waitUntilBlocked()
            let others = (1...2).map { _ in Task { try await database.count() } }
            // One more may wait, so of two others one is refused while the first still runs.
            let refused = await withTaskGroup(of: Bool.self) { group in
                for other in others { group.addTask { (try? await other.value) == nil } }
                defer { blocker.release() }
                return await group.next()
            }
            #expect(refused == true)
            try await first
            var served = 0
            for other in others where (try? await other.value) == 0 { served += 1 }
            #expect(served == 1)
        }
    }
}

extension EngineUnderTest {
    func with(_ change: @escaping @Sendable (inout DatabaseConfiguration) -> Void) -> EngineUnderTest {
        EngineUnderTest(testDescription: testDescription, engine: engine) { [configure] configuration in
            configure(&configuration)
            change(&configuration)
        }
    }
}

extension Database {
    /// Puts one closure for each number into one transaction, in order; the errors by number.
    @discardableResult
    func together(
        _ numbers: ClosedRange<Int>,
        _ body: @escaping @Sendable (Int, Transaction) throws -> Void
    ) async throws -> [Int: any Error] {
        let blocker = Blocker()
        return try await withThrowingTaskGroup(of: (Int, (any Error)?).self) { group in
            let blocking = Task { try await write { _ in blocker.block() } }
            await blocker.waitUntilBlocked()
            for (index, number) in numbers.enumerated() {
                group.addTask {
                    do {
                        try await self.write { try body(number, $0) }
                        return (number, nil)
                    } catch {
                        return (number, error)
                    }
                }
                await until { self.statistics().waiting == index + 1 }
            }
            blocker.release()
            try await blocking.value
            var errors: [Int: any Error] = [:]
            for try await (number, error) in group { errors[number] = error }
            return errors
        }
    }
}
