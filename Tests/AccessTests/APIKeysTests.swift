import Access
import Domain
import Storage
import Testing
import UsherTesting

@Suite struct APIKeysTests {
    @Test func `makes the first admin key once`() async throws {
        try await withBench { bench in
            let keys = bench.keys()
            let first = try #require(try await keys.ensureFirstAdminKey())
            let scope = try await keys.check(first.text.shown)
            #expect(scope.principal == .platform)
            #expect(scope.level == .admin)
            #expect(scope.keyID == first.record.id)
            #expect(try await keys.ensureFirstAdminKey() == nil)
            _ = try await keys.revoke(first.record.id, by: scope)
            #expect(try await keys.ensureFirstAdminKey() == nil, "a revoked key is a key that was")
        }
    }

    @Test func `makes one first key when several start at once`() async throws {
        try await withBench { bench in
            let keys = bench.keys()
            let made = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 { group.addTask { try await keys.ensureFirstAdminKey() != nil } }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(made == 1)
        }
    }

    @Test(arguments: AccessLevel.allCases)
    func `gives the scope a key was made with`(level: AccessLevel) async throws {
        try await withBench { bench in
            let keys = bench.keys()
            let venue = AccessPrincipal.vendor(try .named("old-mill"))
            let key = try await keys.create(
                label: .named("Mill"),
                principal: venue,
                level: level,
                by: keys.console
            )
            let scope = try await keys.check(key.text.shown)
            #expect(scope.principal == venue)
            #expect(scope.level == level)
            let restarted = bench.keys()
            #expect(try await restarted.check(key.text.shown) == scope)
        }
    }

    @Test func `stores no key, and nothing a key could be guessed from without the vault`() async throws {
        try await withBench { bench in
            let keys = bench.keys()
            let key = try #require(try await keys.ensureFirstAdminKey())
            let row = try #require(try await bench.rows("SELECT * FROM api_keys").first)
            let secret = Array(key.text.shown.utf8.dropFirst(32).prefix(43))
            for column in 0..<row.count {
                switch row[column] {
                case .text(let text): #expect(!text.utf8.contains(subsequence: secret))
                case .blob(let bytes): #expect(!bytes.contains(subsequence: secret))
                default: break
                }
            }
            #expect(try row.blob(4).count == 32)
        }
    }

    // MARK: Who may make, see and revoke what

    @Test func `lets only admins handle keys`() async throws {
        try await withBench { bench in
            let keys = bench.keys()
            for level in [AccessLevel.read, .write] {
                let scope = try await scope(keys, .platform, level)
                let forbidden = AccessError.forbidden(needs: .admin)
                await #expect(throws: forbidden) {
                    try await keys.create(label: .named("x"), principal: .platform, level: .read, by: scope)
                }
                await #expect(throws: forbidden) { try await keys.list(by: scope) }
                let id = try #require(scope.keyID)
                await #expect(throws: forbidden) { try await keys.revoke(id, by: scope) }
            }
        }
    }

    @Test func `keeps a vendor's admin among the vendor's own keys`() async throws {
        try await withBench { bench in
            let keys = bench.keys()
            let (mine, other) = (try ResourceName.named("florist"), try ResourceName.named("florist-2"))
            let florist = try await scope(keys, .vendor(mine), .admin)
            let otherScope = try await scope(keys, .vendor(other), .read)
            let platform = try await scope(keys, .platform, .read)
            for principal in [AccessPrincipal.platform, .vendor(other)] {
                await #expect(throws: AccessError.notFound) {
                    try await keys.create(label: .named("x"), principal: principal, level: .read, by: florist)
                }
            }
            for foreign in [otherScope, platform] {
                let id = try #require(foreign.keyID)
                await #expect(throws: AccessError.notFound) { try await keys.revoke(id, by: florist) }
            }
            await #expect(throws: AccessError.notFound) {
                try await keys.revoke(APIKeyID(now: bench.clock.now, random: .seeded(5)), by: florist)
            }
            let added = try await keys.create(
                label: .named("x"),
                principal: .vendor(mine),
                level: .read,
                by: florist
            )
            #expect(added.record.createdBy == florist.keyID)
            let seen = try await keys.list(by: florist)
            #expect(Set(seen.map(\.id)) == [added.record.id, try #require(florist.keyID)])
            // A foreign key as the cursor shows nothing foreign.
            let after = try await keys.list(before: platform.keyID, by: florist)
            #expect(after.allSatisfy { $0.principal == .vendor(mine) })
            #expect(try await keys.list(by: keys.console).count == 4)
        }
    }

    @Test func `lists the newest first, page by page`() async throws {
        try await withBench { bench in
            let keys = bench.keys()
            var ids: [APIKeyID] = []
            for number in 0..<5 {
                bench.clock.advance(by: .seconds(1))
                let key = try await keys.create(
                    label: .named("key \(number)"),
                    principal: .platform,
                    level: .read,
                    by: keys.console
                )
                ids.insert(key.record.id, at: 0)
            }
            let first = try await keys.list(limit: 2, by: keys.console)
            let second = try await keys.list(before: first.last?.id, limit: 2, by: keys.console)
            let third = try await keys.list(before: second.last?.id, limit: 2, by: keys.console)
            #expect((first + second + third).map(\.id) == ids)
            #expect(third.count == 1)
            #expect(first.first?.label.text == "key 4")
            #expect(try await keys.list(limit: 0, by: keys.console).count == 1)
        }
    }

    @Test func `never gives more than a page`() async throws {
        try await withBench { bench in
            var limits = APIKeys.Limits()
            limits.pageMax = 3
            let keys = bench.keys(limits)
            for _ in 0..<4 { _ = try await scope(keys, .platform, .read) }
            #expect(try await keys.list(limit: .max, by: keys.console).count == 3)
        }
    }

    @Test func `makes as many keys as the limit says; a revoked one makes room`() async throws {
        try await withBench { bench in
            var limits = APIKeys.Limits()
            limits.keysMax = 2
            let keys = bench.keys(limits)
            let first = try await scope(keys, .platform, .read)
            _ = try await scope(keys, .platform, .read)
            await #expect(throws: AccessError.tooManyKeys(2)) { try await scope(keys, .platform, .read) }
            _ = try await keys.revoke(try #require(first.keyID), by: keys.console)
            _ = try await scope(keys, .platform, .read)
        }
    }

    @Test func `makes no key that has ended already`() async throws {
        try await withBench { bench in
            let keys = bench.keys()
            for end in [bench.clock.now, bench.clock.now - .seconds(1)] {
                await #expect(throws: AccessError.expiryInThePast) {
                    try await keys.create(
                        label: .named("x"),
                        principal: .platform,
                        level: .read,
                        expiresAt: end,
                        by: keys.console
                    )
                }
            }
        }
    }

    // MARK: Last use

    @Test func `writes the last use when it is flushed, not at each request`() async throws {
        try await withBench { bench in
            let keys = bench.keys()
            let key = try #require(try await keys.ensureFirstAdminKey())
            for _ in 0..<5 {
                bench.clock.advance(by: .seconds(1))
                _ = try await keys.check(key.text.shown)
            }
            #expect(try await keys.list(by: keys.console).first?.lastUsedAt == nil)
            await keys.flushLastUses()
            #expect(try await keys.list(by: keys.console).first?.lastUsedAt == bench.clock.now)
            let used = bench.clock.now
            bench.clock.setWallClock(to: used - .seconds(3))
            _ = try await keys.check(key.text.shown)
            await keys.flushLastUses()
            #expect(try await keys.list(by: keys.console).first?.lastUsedAt == used)
        }
    }

    @Test func `writes the last uses every minute until it is cancelled`() async throws {
        try await withBench { bench in
            let keys = bench.keys()
            let key = try #require(try await keys.ensureFirstAdminKey())
            _ = try await keys.check(key.text.shown)
            let used = bench.clock.now
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await keys.run() }
                await bench.clock.waitForSleepers(1)
                bench.clock.advance(by: .seconds(60))
                await bench.clock.waitForSleepers(1)
                group.cancelAll()
                await #expect(throws: CancellationError.self) { try await group.next() }
            }
            #expect(try await keys.list(by: keys.console).first?.lastUsedAt == used)
        }
    }

    private func scope(
        _ keys: APIKeys,
        _ principal: AccessPrincipal,
        _ level: AccessLevel
    ) async throws -> AccessScope {
        let key = try await keys.create(
            label: .named("key"),
            principal: principal,
            level: level,
            by: keys.console
        )
        return try await keys.check(key.text.shown)
    }
}

extension Collection<UInt8> {
    func contains(subsequence: [UInt8]) -> Bool {
        let bytes = Array(self)
        guard bytes.count >= subsequence.count else { return false }
        return (0...(bytes.count - subsequence.count)).contains { bytes[$0...].starts(with: subsequence) }
    }
}
