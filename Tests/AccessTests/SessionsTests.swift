import Access
import Domain
import Storage
import Testing
import UsherTesting

@Suite struct SessionsTests {
    private func sessions(_ bench: Bench, _ limits: Sessions.Limits = Sessions.Limits()) -> Sessions {
        Sessions(
            database: bench.database,
            vault: bench.vault,
            time: bench.clock.time,
            random: .seeded(5),
            limits: limits
        )
    }

    private func key(_ bench: Bench, _ level: AccessLevel = .write) async throws -> APIKeys.Created {
        let keys = bench.keys()
        return try await keys.create(
            label: .named("desk"),
            principal: .platform,
            level: level,
            by: keys.console
        )
    }

    private func scope(_ bench: Bench, _ created: APIKeys.Created) async throws -> AccessScope {
        try await bench.keys().check(created.text.shown)
    }

    @Test func `gives what the key gives, and each session its own token for forms`() async throws {
        try await withBench { bench in
            let (sessions, scope) = (sessions(bench), try await scope(bench, try await key(bench)))
            let one = try await sessions.begin(for: scope)
            let other = try await sessions.begin(for: scope)
            let used = try await sessions.use(one)
            #expect(used.scope == scope)
            #expect(used.formToken.utf8.count == 43)
            #expect(try await sessions.use(one).formToken == used.formToken)
            #expect(try await sessions.use(other).formToken != used.formToken)
        }
    }

    @Test func `keeps no token in the database`() async throws {
        try await withBench { bench in
            let token = try await sessions(bench).begin(for: try await scope(bench, try await key(bench)))
            let rows = try await bench.rows("SELECT hash, mac FROM sessions")
            #expect(rows.count == 1)
            for row in rows {
                for column in 0...1 { #expect(try row.blob(column) != Array(token.shown.utf8)) }
            }
            #expect("\(token)" == "<redacted>")
        }
    }

    @Test func `ends unused after twelve hours, and in use after seven days`() async throws {
        try await withBench { bench in
            let (sessions, scope) = (sessions(bench), try await scope(bench, try await key(bench)))
            let left = try await sessions.begin(for: scope)
            bench.clock.advance(by: .seconds(12 * 3_600 - 1))
            _ = try await sessions.use(left)
            bench.clock.advance(by: .seconds(12 * 3_600))
            await #expect(throws: AccessError.unauthenticated) { try await sessions.use(left) }

            let busy = try await sessions.begin(for: scope)
            for _ in 0..<27 {
                bench.clock.advance(by: .seconds(6 * 3_600))
                _ = try await sessions.use(busy)
            }
            bench.clock.advance(by: .seconds(6 * 3_600))
            await #expect(throws: AccessError.unauthenticated) { try await sessions.use(busy) }
        }
    }

    @Test func `ends with its key, at once`() async throws {
        try await withBench { bench in
            let (sessions, created) = (sessions(bench), try await key(bench))
            let token = try await sessions.begin(for: try await scope(bench, created))
            let keys = bench.keys()
            _ = try await keys.revoke(created.record.id, by: keys.console)
            await #expect(throws: AccessError.unauthenticated) { try await sessions.use(token) }
        }
    }

    @Test func `ends by its own form, and ending it again is no error`() async throws {
        try await withBench { bench in
            let sessions = sessions(bench)
            let token = try await sessions.begin(for: try await scope(bench, try await key(bench)))
            try await sessions.end(token)
            await #expect(throws: AccessError.unauthenticated) { try await sessions.use(token) }
            try await sessions.end(token)
        }
    }

    @Test(
        arguments: [
            "UPDATE api_keys SET level = 'admin'", "UPDATE api_keys SET principal = 'vendor:venue'",
            "UPDATE sessions SET began_at = began_at + 1", "DELETE FROM sessions", "DELETE FROM api_keys",
            "UPDATE sessions SET key_id = (SELECT id FROM api_keys WHERE level = 'read')",
        ] as [Statement]
    )
    func `opens nothing once somebody has written into the tables`(_ edit: Statement) async throws {
        try await withBench { bench in
            let sessions = sessions(bench)
            _ = try await key(bench, .read)
            bench.clock.advance(by: .seconds(1))
            let token = try await sessions.begin(for: try await scope(bench, try await key(bench)))
            _ = try await sessions.use(token)
            try await bench.execute(edit)
            await #expect(throws: AccessError.unauthenticated) { try await sessions.use(token) }
        }
    }

    @Test func `a key has as many sessions as it may, and the oldest makes room`() async throws {
        try await withBench { bench in
            var limits = Sessions.Limits()
            limits.perKeyMax = 2
            let (sessions, scope) = (sessions(bench, limits), try await scope(bench, try await key(bench)))
            let first = try await sessions.begin(for: scope)
            bench.clock.advance(by: .seconds(1))
            let second = try await sessions.begin(for: scope)
            bench.clock.advance(by: .seconds(1))
            let third = try await sessions.begin(for: scope)
            await #expect(throws: AccessError.unauthenticated) { try await sessions.use(first) }
            _ = try await sessions.use(second)
            _ = try await sessions.use(third)
        }
    }

    @Test(arguments: [
        "", "x", String(repeating: "a", count: 42), String(repeating: "a", count: 44),
        String(repeating: "-", count: 43),
    ])
    func `reads nothing but 43 letters and digits as a token`(_ text: String) {
        #expect(SessionToken(text) == nil)
    }

    @Test func `the console has no session`() async throws {
        try await withBench { bench in
            await #expect(throws: AccessError.unauthenticated) {
                try await sessions(bench).begin(for: bench.keys().console)
            }
        }
    }
}
