import Storage
import Synchronization
import Testing
import UsherTesting

@Suite struct BatchLaneTests {
    @Test(arguments: EngineUnderTest.all)
    func `each caller gets its own item's outcome`(engine: EngineUnderTest) async throws {
        try await engine.opened { database in
            let lane = database.batch(.insertThings())
            let outcomes = try await database.together(lane, Array(1...100))
            for (item, outcome) in outcomes { #expect(try outcome.get() == "stored \(item)") }
            let count = try await database.count()
            #expect(count == 100)
        }
    }

    @Test(arguments: EngineUnderTest.all)
    func `items are applied in the order they came, in one call`(engine: EngineUnderTest) async throws {
        try await engine.opened { database in
            let calls = Mutex<[[Int]]>([])
            let lane = database.batch(.insertThings { items in calls.withLock { $0.append(items) } })
            try await database.together(lane, [5, 3, 9, 1])
            #expect(calls.withLock { $0 } == [[5, 3, 9, 1]])
        }
    }

    @Test(arguments: EngineUnderTest.all)
    func `one bad item fails alone`(engine: EngineUnderTest) async throws {
        try await engine.opened { database in
            try await database.insert(4, "in the way")
            let calls = Mutex<[[Int]]>([])
            let lane = database.batch(.insertThings { items in calls.withLock { $0.append(items) } })
            let outcomes = try await database.together(lane, Array(1...6))
            for item in [1, 2, 3, 5, 6] { #expect(try outcomes[item]?.get() == "stored \(item)") }
            #expect(throws: StorageError.self) { try outcomes[4]?.get() }
            #expect(calls.withLock { $0 } == [[1, 2, 3, 4, 5, 6], [1], [2], [3], [4], [5], [6]])
            let count = try await database.count()
            #expect(count == 6)
        }
    }

    @Test(arguments: EngineUnderTest.all)
    func `a single item that fails is not tried twice`(engine: EngineUnderTest) async throws {
        try await engine.opened { database in
            let calls = Mutex(0)
            let lane = database.batch(
                BatchKind<Int, Int>(name: "refuse", itemsMax: 10, waitingMax: 10) { _, items in
                    calls.withLock { $0 += 1 }
                    throw Refusal(number: items[0])
                }
            )
            await #expect(throws: Refusal(number: 8)) { try await lane.submit(8) }
            #expect(calls.withLock { $0 } == 1)
        }
    }

    @Test(arguments: EngineUnderTest.all)
    func `the item beyond the limit is refused at once`(engine: EngineUnderTest) async throws {
        try await engine.opened { database in
            let lane = database.batch(.insertThings(waitingMax: 3))
            let blocker = Blocker()
            try await withThrowingTaskGroup { group in
                group.addTask { try await database.write { _ in blocker.block() } }
                await blocker.waitUntilBlocked()
                for item in 1...3 { group.addTask { try await lane.submit(item) } }
                await until { lane.waitingCount == 3 }
                await #expect(throws: StorageError.overloaded) { try await lane.submit(4) }
                blocker.release()
                try await group.waitForAll()
            }
            let count = try await database.count()
            #expect(count == 3)
        }
    }

    @Test(arguments: EngineUnderTest.all)
    func `bytes that wait are limited too`(engine: EngineUnderTest) async throws {
        try await engine.opened { database in
            let kind = BatchKind<[UInt8], Int>(
                name: "bytes",
                itemsMax: 10,
                waitingMax: 10,
                waitingBytesMax: 100,
                bytes: \.count
            ) { _, items in items.map(\.count) }
            let lane = database.batch(kind)
            let blocker = Blocker()
            try await withThrowingTaskGroup { group in
                group.addTask { try await database.write { _ in blocker.block() } }
                await blocker.waitUntilBlocked()
                group.addTask { try await lane.submit(Array(repeating: 0, count: 60)) }
                await until { lane.waitingCount == 1 }
                await #expect(throws: StorageError.overloaded) {
                    try await lane.submit(Array(repeating: 0, count: 41))
                }
                group.addTask { try await lane.submit(Array(repeating: 0, count: 40)) }
                await until { lane.waitingCount == 2 }
                blocker.release()
                try await group.waitForAll()
            }
        }
    }

    @Test(arguments: EngineUnderTest.all)
    func `a transaction takes no more items than the kind allows`(engine: EngineUnderTest) async throws {
        try await engine.opened { database in
            let calls = Mutex<[Int]>([])
            let lane = database.batch(
                .insertThings(itemsMax: 4) { items in calls.withLock { $0.append(items.count) } }
            )
            try await database.together(lane, Array(1...10))
            #expect(calls.withLock { $0 } == [4, 4, 2])
        }
    }

    @Test(arguments: EngineUnderTest.all)
    func `an item cancelled while waiting is not applied`(engine: EngineUnderTest) async throws {
        try await engine.opened { database in
            let lane = database.batch(.insertThings())
            let blocker = Blocker()
            try await withThrowingTaskGroup { group in
                group.addTask { try await database.write { _ in blocker.block() } }
                await blocker.waitUntilBlocked()
                let leaving = Task { try await lane.submit(1) }
                await until { lane.waitingCount == 1 }
                group.addTask { try await lane.submit(2) }
                await until { lane.waitingCount == 2 }
                leaving.cancel()
                await #expect(throws: CancellationError.self) { try await leaving.value }
                blocker.release()
                try await group.waitForAll()
            }
            let ids = try await database.read {
                try $0.query("SELECT id FROM things").map { try $0.integer(0) }
            }
            #expect(ids == [2])
        }
    }

    @Test(arguments: EngineUnderTest.sqlite)
    func `items and closures share a transaction`(engine: EngineUnderTest) async throws {
        try await engine.opened { database in
            let lane = database.batch(.insertThings())
            let blocker = Blocker()
            let before = database.statistics().transactions
            try await withThrowingTaskGroup { group in
                group.addTask { try await database.write { _ in blocker.block() } }
                await blocker.waitUntilBlocked()
                group.addTask { _ = try await lane.submit(1) }
                group.addTask { try await database.insert(2, "closure") }
                await until { database.statistics().waiting == 2 }
                blocker.release()
                try await group.waitForAll()
            }
            #expect(database.statistics().transactions - before == 2)
        }
    }

    @Test(arguments: EngineUnderTest.postgres)
    func `on a shared database each lane has its own transaction`(engine: EngineUnderTest) async throws {
        try await engine.opened { database in
            let lane = database.batch(.insertThings())
            let blocker = Blocker()
            let before = database.statistics().transactions
            try await withThrowingTaskGroup { group in
                group.addTask { try await database.write { _ in blocker.block() } }
                await blocker.waitUntilBlocked()
                group.addTask { _ = try await lane.submit(1) }
                group.addTask { try await database.insert(2, "closure") }
                await until { database.statistics().waiting == 2 }
                blocker.release()
                try await group.waitForAll()
            }
            #expect(database.statistics().transactions - before == 3)
        }
    }

    @Test
    func `after shutdown an item is refused`() async throws {
        let lane = try await temporaryDatabase(migrations: [.things]) { $0.batch(.insertThings()) }
        await #expect(throws: StorageError.closed) { try await lane.submit(1) }
    }

    @Test
    func `a kind that gives too few outcomes is a programming error`() async {
        await #expect(processExitsWith: .failure) {
            try await temporaryDatabase { database in
                let kind = BatchKind<Int, Int>(name: "short", itemsMax: 1, waitingMax: 1) { _, _ in [] }
                _ = try await database.batch(kind).submit(1)
            }
        }
    }
}

extension BatchKind<Int, String> {
    static func insertThings(
        itemsMax: Int = 256,
        waitingMax: Int = 256,
        observe: @escaping @Sendable ([Int]) -> Void = { _ in }
    ) -> BatchKind {
        BatchKind(name: "things", itemsMax: itemsMax, waitingMax: waitingMax) { transaction, items in
            observe(items)
            return try items.map { item in
                try transaction.execute(.insertThing, [.integer(item), .text("thing \(item)")])
                return "stored \(item)"
            }
        }
    }
}

extension Database {
    /// Submits the items in order while the committer is held, so that one transaction finds them all.
    @discardableResult
    func together(
        _ lane: BatchLane<Int, String>,
        _ items: [Int]
    ) async throws -> [Int: Result<String, any Error>] {
        let blocker = Blocker()
        return try await withThrowingTaskGroup(of: (Int, Result<String, any Error>).self) { group in
            let blocking = Task { try await write { _ in blocker.block() } }
            await blocker.waitUntilBlocked()
            for (index, item) in items.enumerated() {
                group.addTask {
                    do {
                        return (item, .success(try await lane.submit(item)))
                    } catch {
                        return (item, .failure(error))
                    }
                }
                await until { lane.waitingCount == index + 1 }
            }
            blocker.release()
            try await blocking.value
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }
}
