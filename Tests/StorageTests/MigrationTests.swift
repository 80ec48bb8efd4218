import Storage
import Testing
import UsherTesting

@Suite struct MigrationTests {
    static let history = [
        Migration(number: 1, name: "guests", statements: ["CREATE TABLE guests (id BIGINT PRIMARY KEY)"]),
        Migration(number: 2, name: "names", statements: ["ALTER TABLE guests ADD COLUMN name TEXT"]),
        Migration(number: 100, name: "seats", statements: ["CREATE TABLE seats (guest BIGINT, seat BIGINT)"]),
    ]

    @Test(arguments: EngineUnderTest.all, 0...3)
    func `every earlier schema is brought to the latest`(engine: EngineUnderTest, count: Int) async throws {
        try await temporaryLocation(engine: engine.engine) { configuration in
            let earlier = Array(Self.history.prefix(count))
            try await Database.withOpened(configuration, migrations: earlier) { _ in }
            let numbers = try await Database.withOpened(configuration, migrations: Self.history) { database in
                try await database.write { transaction in
                    try transaction.execute("INSERT INTO guests (id, name) VALUES (1, 'a')")
                    try transaction.execute("INSERT INTO seats (guest, seat) VALUES (1, 2)")
                }
                return try await database.migrationNumbers()
            }
            #expect(numbers == [1, 2, 100])
        }
    }

    @Test(arguments: EngineUnderTest.all)
    func `a lower number that arrives later is applied`(engine: EngineUnderTest) async throws {
        try await temporaryLocation(engine: engine.engine) { configuration in
            let withoutSecond = [Self.history[0], Self.history[2]]
            try await Database.withOpened(configuration, migrations: withoutSecond) { _ in }
            let numbers = try await Database.withOpened(configuration, migrations: Self.history) {
                try await $0.migrationNumbers()
            }
            #expect(numbers == [1, 2, 100])
        }
    }

    @Test(arguments: EngineUnderTest.all)
    func `a newer schema is refused, named and left alone`(engine: EngineUnderTest) async throws {
        try await temporaryLocation(engine: engine.engine) { configuration in
            try await Database.withOpened(configuration, migrations: Self.history) { _ in }
            let error = await #expect(throws: StorageError.schemaTooNew(found: 100, known: 2)) {
                try await Database.open(configuration, migrations: Array(Self.history.prefix(2)))
            }
            let text = error?.description ?? ""
            #expect(
                text.contains("migrated to 100") && text.contains("up to 2") && text.contains("newer version")
            )
            let numbers = try await Database.withOpened(configuration, migrations: Self.history) {
                try await $0.migrationNumbers()
            }
            #expect(numbers == [1, 2, 100])
        }
    }

    @Test(arguments: [[1, 1], [2, 1], [0], [-1]])
    func `numbers must be positive and ascending`(numbers: [Int]) async throws {
        let migrations = numbers.map { Migration(number: $0, name: "step", statements: []) }
        let error = await #expect(throws: StorageError.self) {
            try await temporaryDatabase(migrations: migrations) { _ in }
        }
        #expect(error?.code == "migrations_invalid")
    }

    @Test(arguments: EngineUnderTest.all)
    func `a number that was given to another step is refused`(engine: EngineUnderTest) async throws {
        try await temporaryLocation(engine: engine.engine) { configuration in
            try await Database.withOpened(configuration, migrations: Self.history) { _ in }
            let changed = [Migration(number: 1, name: "other", statements: [])] + Self.history.dropFirst()
            await #expect(
                throws: StorageError.migrationsInvalid("number 1 is other here, guests in the database")
            ) {
                try await Database.open(configuration, migrations: changed)
            }
        }
    }

    @Test(arguments: EngineUnderTest.all)
    func `a step that fails leaves the steps before it and nothing of itself`(
        engine: EngineUnderTest
    ) async throws {
        try await temporaryLocation(engine: engine.engine) { configuration in
            let failing = Migration(number: 2, name: "names") { transaction in
                try transaction.execute("CREATE TABLE half (id BIGINT)")
                throw Refusal()
            }
            await #expect(throws: Refusal()) {
                try await Database.open(configuration, migrations: [Self.history[0], failing])
            }
            try await Database.withOpened(configuration, migrations: Self.history) { database in
                let half = try await database.read {
                    try $0.first(
                        Statement(
                            sqlite: "SELECT name FROM sqlite_schema WHERE name = 'half'",
                            postgres: "SELECT 1 WHERE to_regclass('half') IS NOT NULL"
                        )
                    )
                }
                #expect(half == nil)
            }
        }
    }
}

extension Database {
    func migrationNumbers() async throws -> [Int64] {
        try await read { transaction in
            try transaction.query("SELECT number FROM migrations ORDER BY number").map { try $0.integer(0) }
        }
    }
}
