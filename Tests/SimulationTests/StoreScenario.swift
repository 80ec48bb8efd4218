import Domain
import Simulation
import Storage

/// Clients that store numbered rows through the real `Database` over a bad network until each is acknowledged.
struct StoreScenario {
    /// A mistake to plant.
    enum Bug {
        /// Answers before the commit.
        case acknowledgesBeforeCommit
        /// Two commits where one was promised: the row, then its receipt.
        case splitsTransaction
    }

    let clients = 6
    let rowsEach = 4
    var bug: Bug?

    var simulator: Simulator {
        Simulator { world in try await play(in: world) }
    }

    private static let migrations = [
        Migration(
            number: 1,
            name: "rows",
            statements: [
                "CREATE TABLE item (client INTEGER, number INTEGER, body TEXT, PRIMARY KEY (client, number))",
                "CREATE TABLE receipt (client INTEGER, number INTEGER, PRIMARY KEY (client, number))",
            ]
        )
    ]

    private struct Item: Sendable, Hashable {
        let client: Int
        let number: Int
    }

    /// The service: a database whose committer runs.
    private struct Store: Sendable {
        let database: Database
        let lane: BatchLane<Item, Bool>
        let bug: Bug?

        /// Stores the item; true once it is durable.
        func store(_ item: Item) async throws -> Bool {
            switch bug {
            case nil:
                _ = try await lane.submit(item)
            case .acknowledgesBeforeCommit:
                _ = Task { try await lane.submit(item) }  // The bug: nobody waits for it.
            case .splitsTransaction:
                try await database.write { try Store.insert(item, "item", $0) }
                try await database.write { try Store.insert(item, "receipt", $0) }
            }
            return true
        }

        static func insert(_ item: Item, _ table: String, _ transaction: Transaction) throws {
            let numbers: [SQLValue] = [.integer(item.client), .integer(item.number)]
            if table == "item" {
                let body = String(repeating: "x", count: 10 + item.number * 700)
                try transaction.execute(
                    "INSERT INTO item VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                    numbers + [.text(body)]
                )
            } else {
                try transaction.execute("INSERT INTO receipt VALUES ($1, $2) ON CONFLICT DO NOTHING", numbers)
            }
        }

        func items(_ table: String) async throws -> [Item] {
            try await database.read { transaction in
                let statement = Statement("SELECT client, number FROM \(table) ORDER BY client, number")
                return try transaction.query(statement).map {
                    Item(client: Int(try $0.integer(0)), number: Int(try $0.integer(1)))
                }
            }
        }
    }

    private static let kind = BatchKind<Item, Bool>(name: "items", itemsMax: 8, waitingMax: 1_000) {
        transaction,
        items in
        for item in items {
            try Store.insert(item, "item", transaction)
            try Store.insert(item, "receipt", transaction)
        }
        return items.map { _ in true }
    }

    private func play(in world: World) async throws {
        let door = FrontDoor<Store>()
        let acknowledged = Notes<Item>()
        try await world.run { incarnation in
            var configuration = DatabaseConfiguration(
                location: .sqlite(path: world.disk.path("usher.db"), vfs: SimulatedDisk.fileSystem)
            )
            configuration.readers = 1
            configuration.checkpointPages = 8
            let executors = DatabaseExecutors.single(world.executor, readers: 1)
            try await Database.withOpened(configuration, migrations: Self.migrations, executors: executors) {
                let store = Store(database: $0, lane: $0.batch(Self.kind), bug: bug)
                try await judgeStart(of: store, in: world)
                door.open(store, of: incarnation)
                try await incarnation.time.sleep(.seconds(1_000_000))
            }
        } scenario: {
            await withTaskGroup(of: Void.self) { group in
                for client in 0..<clients {
                    group.addTask { await storeRows(of: client, world, door, acknowledged) }
                }
                group.addTask {
                    try? await world.time.sleep(.seconds(120))
                    world.calm()
                }
            }
            try await judge(world, door, acknowledged.all)
            world.calm()
            world.kill()
            try await judge(world, door, acknowledged.all)
        }
    }

    private func storeRows(
        of client: Int,
        _ world: World,
        _ door: FrontDoor<Store>,
        _ acknowledged: Notes<Item>
    ) async {
        for number in 0..<rowsEach {
            let item = Item(client: client, number: number)
            while !Task.isCancelled {
                let isStored = try? await world.network.exchange(timeout: .seconds(30)) {
                    try? await door.ask { try await $0.store(item) }
                }
                if isStored == true { break }
                try? await world.time.sleep(.milliseconds(500))
            }
            world.record("acknowledged \(client)/\(number)")
            acknowledged.add(item)
        }
    }

    /// What one transaction holds together must be found together after every crash, before anybody mends it.
    private func judgeStart(of store: Store, in world: World) async throws {
        let (items, receipts) = (try await store.items("item"), try await store.items("receipt"))
        world.oracle.expect(items == receipts, "P3", "a row and its receipt are not together")
    }

    private func judge(_ world: World, _ door: FrontDoor<Store>, _ acknowledged: [Item]) async throws {
        var answer: (items: [Item], receipts: [Item], damage: [String])?
        for _ in 0..<100 where answer == nil {
            answer = try? await door.ask { store in
                (
                    try await store.items("item"), try await store.items("receipt"),
                    try await store.database.findDamage()
                )
            }
            if answer == nil { try await world.time.sleep(.seconds(1)) }
        }
        guard let answer else {
            return world.oracle.expect(false, "P14", "the process did not come up again")
        }
        let lost = Set(acknowledged).subtracting(answer.items)
        world.oracle.expect(lost.isEmpty, "P1", "\(lost.count) acknowledged rows are not stored")
        world.oracle.expect(Set(answer.items).count == answer.items.count, "P2", "a row is stored twice")
        world.oracle.expect(answer.items == answer.receipts, "P3", "a row and its receipt are not together")
        world.oracle.expect(answer.damage.isEmpty, "P14", "damaged: \(answer.damage)")
    }
}
