import Domain
import Storage
import Testing
import UsherTesting

/// A way to open a fresh database: the suite below runs over each.
struct EngineUnderTest: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let engine: TestEngine
    let configure: @Sendable (inout DatabaseConfiguration) -> Void

    /// Every engine there is; PostgreSQL where the tests were given a server (`scripts/with-postgres`).
    static let all = sqlite + postgres

    static let sqlite = [
        EngineUnderTest(testDescription: "SQLite with readers", engine: .sqlite) { $0.readers = 2 },
        EngineUnderTest(testDescription: "SQLite on one connection", engine: .sqlite) { $0.readers = 0 },
    ]

    static let postgres =
        TestEngine.serverURL == nil
        ? []
        : [
            EngineUnderTest(testDescription: "PostgreSQL with readers", engine: .postgres) { $0.readers = 2 },
            EngineUnderTest(testDescription: "PostgreSQL on one connection", engine: .postgres) {
                $0.readers = 0
            },
        ]

    @discardableResult
    func opened<T: Sendable>(
        migrations: [Migration] = [.things],
        _ body: (Database) async throws -> T
    ) async throws -> T {
        try await temporaryDatabase(
            migrations: migrations,
            engine: engine,
            configure: configure,
            body
        )
    }
}

extension Migration {
    static let things = Migration(
        number: 1,
        name: "things",
        statements: [
            """
            CREATE TABLE things (
                id BIGINT PRIMARY KEY,
                name TEXT NOT NULL UNIQUE,
                ratio DOUBLE PRECISION,
                body BYTEA
            )
            """,
            "CREATE TABLE parts (thing BIGINT NOT NULL REFERENCES things (id), size BIGINT CHECK (size > 0))",
        ]
    )
}

extension Statement {
    static let insertThing: Statement = "INSERT INTO things (id, name) VALUES ($1, $2)"
    static let countThings: Statement = "SELECT count(*) FROM things"
}

struct Refusal: Error, Equatable {
    var number = 0
}

@Suite struct ConformanceTests {
    @Test(arguments: EngineUnderTest.all)
    func `every type comes back as it went in`(engine: EngineUnderTest) async throws {
        let values: [SQLValue] = [
            .null, .integer(Int64.min), .integer(Int64.max), .integer(0), .real(0.1), .real(-1e300),
            .text(""),
            .text("naïve 💍 e\u{301}"), .blob([]), .blob([0, 255, 0]),
        ]
        try await engine.opened { database in
            for value in values {
                let row = try await database.write { try $0.first("SELECT $1", [value]) }
                #expect(row?[0] == value)
            }
        }
    }

    @Test(arguments: EngineUnderTest.all)
    func `text keeps its bytes and is not normalised`(engine: EngineUnderTest) async throws {
        let composed = "\u{E9}"
        let decomposed = "e\u{301}"
        let names = try await engine.opened { database in
            try await database.write { transaction in
                try transaction.execute(.insertThing, [.integer(1), .text(composed)])
                // UNIQUE does not refuse it: its bytes are others.
                try transaction.execute(.insertThing, [.integer(2), .text(decomposed)])
            }
            return try await database.read {
                try $0.query("SELECT name FROM things ORDER BY id").map { try $0.text(0) }
            }
        }
        #expect(names.map { Array($0.utf8) } == [Array(composed.utf8), Array(decomposed.utf8)])
    }

    @Test(arguments: EngineUnderTest.all)
    func `a blob of many megabytes survives`(engine: EngineUnderTest) async throws {
        var random = SeededRandom(seed: 1)
        let body = (0..<(5 << 20)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let stored = try await engine.opened { database in
            try await database.write { transaction in
                try transaction.execute(
                    "INSERT INTO things (id, name, body) VALUES ($1, $2, $3)",
                    [.integer(1), .text("big"), .blob(body)]
                )
            }
            return try await database.read { try $0.first("SELECT body FROM things")?.blob(0) }
        }
        #expect(stored == body)
    }

    @Test(arguments: EngineUnderTest.all)
    func `parameters go by number, not by where they appear`(engine: EngineUnderTest) async throws {
        let row = try await engine.opened { database in
            try await database.read { try $0.first("SELECT $2, $1, $2", [.integer(1), .integer(2)]) }
        }
        #expect(row == Row([.integer(2), .integer(1), .integer(2)]))
    }

    @Test(arguments: EngineUnderTest.all, [0, 1, 3])
    func `the number of arguments must fit`(engine: EngineUnderTest, count: Int) async throws {
        try await engine.opened { database in
            await #expect(throws: StorageError.misuse("\(count) arguments for 2 parameters")) {
                try await database.write { transaction in
                    try transaction.execute(.insertThing, Array(repeating: .integer(1), count: count))
                }
            }
        }
    }

    @Test(arguments: EngineUnderTest.all)
    func `execute counts the rows it changed and nothing else`(engine: EngineUnderTest) async throws {
        let counts = try await engine.opened { database in
            try await database.write { transaction in
                [
                    try transaction.execute(.insertThing, [.integer(1), .text("a")]),
                    try transaction.execute("SELECT 1"),
                    try transaction.execute("UPDATE things SET ratio = 1"),
                    try transaction.execute("UPDATE things SET ratio = 1 WHERE id = 9"),
                    try transaction.execute("CREATE TABLE later (id BIGINT)"),
                    try transaction.execute("INSERT INTO later (id) VALUES (1), (2), (3)"),
                    try transaction.execute("DELETE FROM later"),
                ]
            }
        }
        #expect(counts == [1, 0, 1, 0, 0, 3, 3])
    }

    @Test(arguments: EngineUnderTest.all)
    func `returned rows can be read from an insert`(engine: EngineUnderTest) async throws {
        let (row, count) = try await engine.opened { database in
            let row = try await database.write { transaction in
                try transaction.first(
                    "INSERT INTO things (id, name) VALUES (1, 'a'), (2, 'b') RETURNING id",
                    []
                )
            }
            return (row, try await database.count())
        }
        #expect(row == Row([.integer(1)]))
        #expect(count == 2)
    }

    @Test(
        arguments: EngineUnderTest.all,
        [
            "INSERT INTO things (id, name) VALUES (1, 'b')",
            "INSERT INTO things (id, name) VALUES (2, 'a')",
            "INSERT INTO things (id, name) VALUES (2, NULL)",
            "INSERT INTO parts (thing, size) VALUES (77, 1)",
            "INSERT INTO parts (thing, size) VALUES (1, 0)",
        ] as [Statement]
    )
    func `a constraint refuses the row and names itself`(engine: EngineUnderTest, bad: Statement) async throws
    {
        try await engine.opened { database in
            try await database.insert(1, "a")
            let error = await #expect(throws: StorageError.self) {
                try await database.write { try $0.execute(bad) }
            }
            #expect(error?.code == "constraint")
            let count = try await database.count()
            #expect(count == 1)
        }
    }

    @Test(arguments: EngineUnderTest.all)
    func `nothing can be changed through a read`(engine: EngineUnderTest) async throws {
        try await engine.opened { database in
            await #expect(throws: StorageError.self) {
                try await database.read { try $0.execute(.insertThing, [.integer(1), .text("a")]) }
            }
            try await database.insert(2, "b")  // Writing still works afterwards.
            let count = try await database.count()
            #expect(count == 1)
        }
    }

    @Test(arguments: EngineUnderTest.all)
    func `a closure that throws is undone and its caller gets the error`(engine: EngineUnderTest) async throws
    {
        try await engine.opened { database in
            await #expect(throws: Refusal(number: 7)) {
                try await database.write { transaction in
                    try transaction.execute(.insertThing, [.integer(1), .text("a")])
                    throw Refusal(number: 7)
                }
            }
            let count = try await database.count()
            #expect(count == 0)
        }
    }

    @Test(arguments: EngineUnderTest.sqlite)
    func `text may hold U+0000 on SQLite`(engine: EngineUnderTest) async throws {
        let value = SQLValue.text("before \u{0} after")
        let row = try await engine.opened { try await $0.read { try $0.first("SELECT $1", [value]) } }
        #expect(row?[0] == value)
    }

    @Test(arguments: EngineUnderTest.postgres)
    func `text with U+0000 is refused on PostgreSQL, not cut`(engine: EngineUnderTest) async throws {
        try await engine.opened { database in
            await #expect(throws: StorageError.constraint("text with U+0000 cannot be stored")) {
                try await database.insert(1, "before \u{0} after")
            }
            try await database.insert(1, "a")
        }
    }

    @Test(arguments: EngineUnderTest.postgres)
    func `arrays go in as arguments, nulls and empty ones too`(engine: EngineUnderTest) async throws {
        let rows = try await engine.opened { database in
            try await database.read { transaction in
                try transaction.query(
                    "SELECT n, t, b FROM unnest($1::bigint[], $2::text[], $3::bytea[]) AS a (n, t, b)",
                    [
                        .array(.integers([.min, nil, .max])), .array(.texts(["", nil, "💍"])),
                        .array(.blobs([[], nil, [0, 255]])),
                    ]
                ) + transaction.query("SELECT unnest($1::bigint[])", [.array(.integers([]))])
            }
        }
        #expect(
            rows == [
                Row([.integer(.min), .text(""), .blob([])]), Row([.null, .null, .null]),
                Row([.integer(.max), .text("💍"), .blob([0, 255])]),
            ]
        )
    }

    @Test(arguments: EngineUnderTest.postgres)
    func `a failed statement fails its closure on PostgreSQL, and no other`(
        engine: EngineUnderTest
    ) async throws {
        try await engine.opened { database in
            async let neighbour: Void = database.insert(3, "c")
            let error = await #expect(throws: StorageError.self) {
                try await database.write { transaction in
                    try transaction.execute(.insertThing, [.integer(1), .text("a")])
                    _ = try? transaction.execute(.insertThing, [.integer(1), .text("again")])
                    _ = try? transaction.execute(.insertThing, [.integer(2), .text("b")])
                }
            }
            #expect(error?.code == "constraint")
            try await neighbour
            let count = try await database.count()
            #expect(count == 1)
        }
    }

    @Test(arguments: EngineUnderTest.all)
    func `a statement takes a null first and a value later`(engine: EngineUnderTest) async throws {
        let named: Statement = "SELECT count(*) FROM things WHERE CAST($1 AS TEXT) IS NULL OR name = $1"
        let counts = try await engine.opened { database in
            try await database.insert(1, "a")
            return try await database.read { transaction in
                [
                    try transaction.first(named, [.null])?.integer(0),
                    try transaction.first(named, [.text("a")])?.integer(0),
                    try transaction.first(named, [.text("b")])?.integer(0),
                ]
            }
        }
        #expect(counts == [1, 1, 0])
    }

    @Test(arguments: EngineUnderTest.all)
    func `more statements than a connection keeps prepared still work`(engine: EngineUnderTest) async throws {
        let sum = try await engine.opened { database in
            try await database.write { transaction in
                var sum: Int64 = 0
                for round in 0..<2 {
                    for number in 0..<300 {
                        let statement = Statement("SELECT $1 + \(number)")
                        sum += try transaction.first(statement, [.integer(round)])?.integer(0) ?? -1
                    }
                }
                return sum
            }
        }
        #expect(sum == Int64(2 * (0..<300).reduce(0, +) + 300))
    }

    @Test(arguments: EngineUnderTest.sqlite)
    func `a failed statement leaves the closure's other work alone`(engine: EngineUnderTest) async throws {
        try await engine.opened { database in
            try await database.write { transaction in
                try transaction.execute(.insertThing, [.integer(1), .text("a")])
                _ = try? transaction.execute(.insertThing, [.integer(1), .text("again")])
                try transaction.execute(.insertThing, [.integer(2), .text("b")])
            }
            let count = try await database.count()
            #expect(count == 2)
        }
    }

    @Test(arguments: EngineUnderTest.all)
    func `several statements in one text are refused`(engine: EngineUnderTest) async throws {
        try await engine.opened { database in
            await #expect(throws: StorageError.misuse("more than one statement in one text")) {
                try await database.write { try $0.execute("DELETE FROM things; DELETE FROM parts") }
            }
            try await database.write { try $0.execute("DELETE FROM things; \n") }
        }
    }

    @Test(arguments: EngineUnderTest.all)
    func `a column of another type is an error, not a guess`(engine: EngineUnderTest) async throws {
        let row = try #require(
            try await engine.opened { database in
                try await database.read { try $0.first("SELECT $1, $2", [.text("1"), .null]) }
            }
        )
        #expect(throws: StorageError.unexpectedColumn("column 0 is text, expected integer")) {
            try row.integer(0)
        }
        #expect(throws: StorageError.unexpectedColumn("column 1 is null, expected text")) { try row.text(1) }
        #expect(throws: StorageError.unexpectedColumn("column 2 of a row with 2")) { try row.blob(2) }
        #expect(try row.optionalInteger(1) == nil)
    }
}

extension Database {
    func insert(_ id: Int, _ name: String) async throws {
        try await write { _ = try $0.execute(.insertThing, [.integer(id), .text(name)]) }
    }

    func count() async throws -> Int64? {
        try await read { try $0.first(.countThings)?.integer(0) }
    }
}
