import Access
import Domain
import Storage
import Testing
import UsherTesting

@Suite struct AuthenticationTests {
    @Test func `answers alike whatever is wrong`() async throws {
        try await withBench { bench in
            let keys = bench.keys()
            let good = try await readKey(keys)
            let expired = try await keys.create(
                label: .named("old"),
                principal: .platform,
                level: .admin,
                expiresAt: bench.clock.now + .seconds(10),
                by: keys.console
            )
            let revoked = try await readKey(keys)
            _ = try await keys.revoke(revoked.record.id, by: keys.console)
            bench.clock.advance(by: .seconds(10))
            let shown = good.text.shown
            let wrong = [
                String(shown.dropLast()) + (shown.last == "0" ? "1" : "0"),  // Checksum.
                key(id: good.record.id, secret: "A"),  // Known id, wrong secret.
                key(id: APIKeyID(now: bench.clock.now, random: .seeded(7)), secret: "A"),  // Unknown id.
                expired.text.shown, revoked.text.shown, "", "x", shown + " ", shown + "\n",
                shown.uppercased(),
                String(repeating: "a", count: 100_000),
            ]
            for (number, text) in wrong.enumerated() {
                await #expect(throws: AccessError.unauthenticated, "case \(number)") {
                    try await keys.check(text, from: "192.0.2.\(number)")
                }
            }
            #expect(try await keys.check(shown).keyID == good.record.id)
        }
    }

    @Test func `reads a bearer header only`() async throws {
        try await withBench { bench in
            let keys = bench.keys()
            let shown = try await readKey(keys).text.shown
            for header in ["Bearer \(shown)", "bearer \(shown)", "BEARER   \(shown)"] {
                _ = try await keys.authenticate(
                    authorization: header,
                    client: ClientNetwork(address: "192.0.2.1")
                )
            }
            let others = [
                nil, "", "Bearer", "Bearer ", shown, "Basic \(shown)", "Bearer\t\(shown)", "Bearer\(shown)",
                "Bearer \(shown), Bearer \(shown)", "Token \(shown)", "Bearer \(shown)\u{301}",
                "Bearer\u{0}\(shown)",
            ]
            for (number, header) in others.enumerated() {
                await #expect(throws: AccessError.unauthenticated, "case \(number)") {
                    try await keys.authenticate(
                        authorization: header,
                        client: ClientNetwork(address: "192.0.2.1\(number)")
                    )
                }
            }
        }
    }

    @Test(
        arguments: [
            "UPDATE api_keys SET level = 'admin'", "UPDATE api_keys SET principal = 'platform'",
            "UPDATE api_keys SET principal = 'vendor:venue'", "UPDATE api_keys SET expires_at = NULL",
            "UPDATE api_keys SET expires_at = expires_at + 1", "DELETE FROM api_keys",
            Statement(
                sqlite: "UPDATE api_keys SET mac = x''",
                postgres: "UPDATE api_keys SET mac = ''::bytea"
            ),
            Statement(
                sqlite: "UPDATE api_keys SET mac = zeroblob(32)",
                postgres: "UPDATE api_keys SET mac = decode(repeat('00', 32), 'hex')"
            ),
        ] as [Statement]
    )
    func `refuses a row that was changed`(change: Statement) async throws {
        try await withBench { bench in
            let keys = bench.keys()
            let key = try await keys.create(
                label: .named("x"),
                principal: .vendor(.named("band")),
                level: .read,
                expiresAt: bench.clock.now + .seconds(1_000),
                by: keys.console
            )
            try await bench.execute(change)
            await #expect(throws: AccessError.unauthenticated) { try await keys.check(key.text.shown) }
        }
    }

    @Test func `refuses a keyed hash from another row`() async throws {
        try await withBench { bench in
            let keys = bench.keys()
            let (weak, strong) = (try await readKey(keys), try await readKey(keys))
            try await bench.execute(
                "UPDATE api_keys SET mac = (SELECT mac FROM api_keys WHERE id = $1) WHERE id = $2",
                [.blob(weak.record.id.bytes), .blob(strong.record.id.bytes)]
            )
            await #expect(throws: AccessError.unauthenticated) { try await keys.check(strong.text.shown) }
            #expect(try await keys.check(weak.text.shown).keyID == weak.record.id)
        }
    }

    // MARK: Checked lately

    @Test func `asks the database again after a minute`() async throws {
        try await withBench { bench in
            let keys = bench.keys()
            let key = try await readKey(keys)
            let scope = try await keys.check(key.text.shown)
            try await bench.execute("DELETE FROM api_keys")
            bench.clock.advance(by: .milliseconds(59_999))
            #expect(try await keys.check(key.text.shown) == scope)
            bench.clock.advance(by: .milliseconds(1))
            await #expect(throws: AccessError.unauthenticated) { try await keys.check(key.text.shown) }
        }
    }

    @Test func `refuses a revoked key at once and for good`() async throws {
        try await withBench { bench in
            let keys = bench.keys()
            let key = try await readKey(keys)
            _ = try await keys.check(key.text.shown)
            let revoked = try await keys.revoke(key.record.id, by: keys.console)
            #expect(revoked.revokedAt == bench.clock.now)
            await #expect(throws: AccessError.unauthenticated) { try await keys.check(key.text.shown) }
            bench.clock.advance(by: .seconds(5))
            #expect(try await keys.revoke(key.record.id, by: keys.console).revokedAt == revoked.revokedAt)
            try await bench.execute("UPDATE api_keys SET revoked_at = NULL")
            await #expect(throws: AccessError.unauthenticated) { try await keys.check(key.text.shown) }
        }
    }

    @Test func `refuses a key from the moment it ends, checked lately or not`() async throws {
        try await withBench { bench in
            let keys = bench.keys()
            let key = try await keys.create(
                label: .named("x"),
                principal: .platform,
                level: .read,
                expiresAt: bench.clock.now + .seconds(30),
                by: keys.console
            )
            bench.clock.advance(by: .milliseconds(29_999))
            _ = try await keys.check(key.text.shown)
            bench.clock.advance(by: .milliseconds(1))
            await #expect(throws: AccessError.unauthenticated) { try await keys.check(key.text.shown) }
            await #expect(throws: AccessError.unauthenticated) {
                try await bench.keys().check(key.text.shown)
            }
        }
    }

    @Test func `remembers a bounded number of keys`() async throws {
        try await withBench { bench in
            var limits = APIKeys.Limits()
            limits.checkedKeysMax = 2
            let keys = bench.keys(limits)
            var made: [APIKeys.Created] = []
            for _ in 0..<3 {
                made.append(try await readKey(keys))
                bench.clock.advance(by: .seconds(1))
                _ = try await keys.check(made[made.count - 1].text.shown)
            }
            try await bench.execute("DELETE FROM api_keys")
            await #expect(throws: AccessError.unauthenticated) { try await keys.check(made[0].text.shown) }
            for key in made[1...] { _ = try await keys.check(key.text.shown) }
        }
    }

    // MARK: Failed attempts

    @Test func `limits failures by address and lets known keys pass`() async throws {
        try await withBench { bench in
            let keys = bench.keys()
            let (known, fresh) = (try await readKey(keys), try await readKey(keys))
            _ = try await keys.check(known.text.shown)
            for _ in 0..<10 {
                await #expect(throws: AccessError.unauthenticated) { try await keys.check("guess") }
            }
            let refused = AccessError.tooManyFailures(retryAfter: .seconds(6))
            await #expect(throws: refused) { try await keys.check("guess") }
            await #expect(throws: refused) { try await keys.check(fresh.text.shown) }
            _ = try await keys.check(known.text.shown)
            _ = try await keys.check(fresh.text.shown, from: "192.0.2.2")
            bench.clock.advance(by: .seconds(6))
            await #expect(throws: AccessError.unauthenticated) { try await keys.check("guess") }
        }
    }

    @Test func `a hundred requests at once with a key whose check is old are one attempt`() async throws {
        try await withBench { bench in
            let keys = bench.keys()
            let key = try await readKey(keys)
            for _ in 0..<3 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<100 { group.addTask { _ = try await keys.check(key.text.shown) } }
                    try await group.waitForAll()
                }
                bench.clock.advance(by: .seconds(61))
            }
        }
    }

    @Test func `looks at ten of a hundred guesses made at once`() async throws {
        try await withBench { bench in
            let keys = bench.keys()
            let looked = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        do throws(AccessError) {
                            _ = try await keys.check("guess")
                            return true
                        } catch {
                            return error == .unauthenticated
                        }
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(looked == 10)
        }
    }

    @Test func `counts no failure where nothing was tried or the key was good`() async throws {
        try await withBench { bench in
            let keys = bench.keys()
            let client = ClientNetwork(address: "192.0.2.1")
            for _ in 0..<50 {
                await #expect(throws: AccessError.unauthenticated) {
                    try await keys.authenticate(authorization: nil, client: client)
                }
                let key = try await readKey(keys)
                _ = try await keys.check(key.text.shown)
            }
        }
    }

    @Test func `blames the store, not the client, when the store fails`() async throws {
        try await withBench { bench in
            let keys = bench.keys()
            let key = try await readKey(keys)
            try await bench.execute("ALTER TABLE api_keys RENAME TO away")
            // A table that is not there is a mistake of the program to PostgreSQL.
            let reason = TestEngine.standard == .postgres ? "misuse" : "failed"
            for _ in 0..<50 {
                await #expect(throws: AccessError.unavailable(reason: reason, retryable: false)) {
                    try await keys.check(key.text.shown)
                }
            }
            try await bench.execute("ALTER TABLE away RENAME TO api_keys")
            _ = try await keys.check(key.text.shown)
        }
    }

    private func readKey(_ keys: APIKeys) async throws -> APIKeys.Created {
        try await keys.create(label: .named("key"), principal: .platform, level: .read, by: keys.console)
    }

    /// A well-formed key nobody made.
    private func key(id: APIKeyID, secret digit: String) -> String {
        let body = "ushk_\(id.description.dropFirst(4))_" + String(repeating: digit, count: 43)
        var checksum: [UInt8] = []
        checksum.append(bigEndian: CRC32.checksum(Array(body.utf8)[...]))
        return body + "_" + Base62.encode(checksum, digits: 6)
    }
}
