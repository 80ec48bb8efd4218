import Storage
import Testing

@Suite struct StatementTests {
    @Test(
        arguments: [
            ("SELECT $1", "SELECT ?1"),
            ("SELECT $2, $12,$1", "SELECT ?2, ?12,?1"),
            ("SELECT '$1', $1", "SELECT '$1', ?1"),
            ("SELECT 'it''s $1', $1", "SELECT 'it''s $1', ?1"),
            ("SELECT \"$1\", `$1`, [$1], $1", "SELECT \"$1\", `$1`, [$1], ?1"),
            ("SELECT $1 -- costs $1\n, $2", "SELECT ?1 -- costs $1\n, ?2"),
            ("SELECT $1 /* $1 ' */, $2", "SELECT ?1 /* $1 ' */, ?2"),
            ("SELECT a$1, $1", "SELECT a$1, ?1"),
            ("SELECT 5-$1, 6/$2", "SELECT 5-?1, 6/?2"),
            ("SELECT x'24', $1", "SELECT x'24', ?1"),
            ("SELECT 'é$1', $1", "SELECT 'é$1', ?1"),
            ("SELECT $name", "SELECT $name"),
            ("SELECT 'open $1", "SELECT 'open $1"),
            ("SELECT /* open $1", "SELECT /* open $1"),
            ("$", "$"),
        ]
    )
    func `parameters get SQLite's numbers, and nothing else changes`(text: String, expected: String) {
        #expect(Statement(text).text(for: .sqlite) == expected)
        #expect(Statement(text).text(for: .postgres) == text)
    }

    @Test func `a dialect can have its own text`() {
        let statement = Statement(sqlite: "SELECT $1", postgres: "SELECT $1::bigint")
        #expect(statement.text(for: .sqlite) == "SELECT ?1")
        #expect(statement.text(for: .postgres) == "SELECT $1::bigint")
    }

    @Test func `more statements than a connection keeps still work`() async throws {
        try await EngineUnderTest.all[0].opened { database in
            let sum = try await database.read { transaction in
                var sum: Int64 = 0
                for number in 0..<600 {
                    sum += try transaction.first(Statement("SELECT \(number)"))?.integer(0) ?? 0
                }
                return sum
            }
            #expect(sum == 600 * 599 / 2)
        }
    }
}
