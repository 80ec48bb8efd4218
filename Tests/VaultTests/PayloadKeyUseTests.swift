import Dispatch
import Domain
import Storage
import Testing
import UsherTesting
import Vault

@Suite struct PayloadKeyUseTests {
    let place = SealContext(table: "events", column: "body", row: [1])

    private func limits(_ change: (inout PayloadLimits) -> Void = { _ in }) -> PayloadLimits {
        var limits = PayloadLimits()
        limits.usesMax = 8
        limits.usesReserved = 4
        limits.usesLow = 1
        change(&limits)
        return limits
    }

    @Test func `reserves before it seals and then begins the next term`() async throws {
        try await withStore { store in
            let vault = try await store.vault(limits: limits())
            var uses: [[UInt8]: Int] = [:]
            for _ in 0..<40 {
                let cached = vault.payloadKeyIfCached(scope: "stripe", day: 1)
                let key =
                    if let cached { cached } else { try await vault.payloadKey(scope: "stripe", day: 1) }
                uses[Array(try key.seal([1], place)[4..<36]), default: 0] += 1
                let rows = try await store.rows("SELECT id, uses_reserved FROM data_keys")
                for row in rows { #expect(try row.integer(1) >= uses[row.blob(0), default: 0]) }
            }
            #expect(uses.values.allSatisfy { $0 <= 8 })
            let rows = try await store.rows("SELECT term, uses_reserved FROM data_keys ORDER BY term")
            #expect(try rows.map { try $0.integer(0) } == Array(1...Int64(rows.count)))
            #expect(try rows.allSatisfy { try $0.integer(1) <= 8 })
            #expect(rows.count == uses.count)
        }
    }

    @Test func `stops sealing when the reserved uses are spent`() async throws {
        try await withStore { store in
            let vault = try await store.vault(limits: limits())
            let key = try await vault.payloadKey(scope: "stripe", day: 1)
            for _ in 0..<3 { _ = try key.seal([1], place) }
            #expect(vault.payloadKeyIfCached(scope: "stripe", day: 1) == nil, "one use left is low")
            _ = try key.seal([1], place)
            #expect(throws: VaultError.keyExhausted) { try key.seal([1], place) }
            #expect(VaultError.keyExhausted.isRetryable)
            _ = try await vault.payloadKey(scope: "stripe", day: 1).seal([1], place)
            _ = try key.seal([1], place)
        }
    }

    @Test func `forfeits what a restart had reserved`() async throws {
        try await withStore { store in
            for reserved in [4, 8] as [Int64] {
                _ = try await store.vault(limits: limits()).payloadKey(scope: "stripe", day: 1)
                let rows = try await store.rows("SELECT uses_reserved FROM data_keys")
                #expect(try rows.map { try $0.integer(0) } == [reserved])
            }
            _ = try await store.vault(limits: limits()).payloadKey(scope: "stripe", day: 1)
            #expect(try await store.rows("SELECT 1 FROM data_keys").count == 2)
        }
    }

    @Test func `reserves once for a crowd`() async throws {
        try await withStore { store in
            let vault = try await store.vault()
            let ids = try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for _ in 0..<500 {
                    group.addTask {
                        let key = try await vault.payloadKey(scope: "stripe", day: 1)
                        return Array(try key.seal([1], self.place)[4..<36])
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
            let rows = try await store.rows("SELECT uses_reserved FROM data_keys")
            #expect(try rows.map { try $0.integer(0) } == [1 << 20])
        }
    }

    @Test func `ends with one key when two nodes make it at once`() async throws {
        try await withStore { store in
            let vaults = [
                try await store.vault(random: .seeded(1)), try await store.vault(random: .seeded(2)),
            ]
            let sealed = try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for vault in vaults {
                    group.addTask {
                        try await vault.payloadKey(scope: "stripe", day: 1).seal([5], self.place)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(sealed[0][4..<36] == sealed[1][4..<36])
            for vault in vaults {
                for blob in sealed { #expect(try await vault.openPayload(blob, place) == [5]) }
            }
            let rows = try await store.rows("SELECT uses_reserved FROM data_keys")
            #expect(try rows.map { try $0.integer(0) } == [2 << 20])
        }
    }

    @Test(.timeLimit(.minutes(1))) func `lets a bounded crowd wait, and all of it see the failure`()
        async throws
    {
        try await withStore { store in
            let vault = try await store.vault(limits: limits { $0.waitingMax = 3 })
            let gate = DispatchSemaphore(value: 0)
            let (started, start) = AsyncStream.makeStream(of: Void.self)
            async let blocker: Void = store.database.write { transaction in
                try transaction.execute("ALTER TABLE data_keys RENAME TO away")
                start.finish()
                gate.wait()
            }
            for await _ in started {}
            let outcomes = await withTaskGroup(of: String.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        do {
                            _ = try await vault.payloadKey(scope: "stripe", day: 1)
                            return "key"
                        } catch {
                            return error is VaultError ? "refused" : "failed"
                        }
                    }
                }
                var outcomes: [String: Int] = [:]
                for await outcome in group {
                    outcomes[outcome, default: 0] += 1
                    // One fetches, three wait, nobody else is left: let the fetch fail.
                    if outcomes["refused"] == 16 { gate.signal() }
                }
                return outcomes
            }
            try await blocker
            #expect(outcomes == ["refused": 16, "failed": 4])
            try await store.execute("ALTER TABLE away RENAME TO data_keys")
            _ = try await vault.payloadKey(scope: "stripe", day: 1)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `lets another caller fetch when the one who did is cancelled`()
        async throws
    {
        try await withStore { store in
            let vault = try await store.vault()
            let gate = DispatchSemaphore(value: 0)
            let (started, start) = AsyncStream.makeStream(of: Void.self)
            async let blocker: Void = store.database.write { _ in
                start.finish()
                gate.wait()
            }
            for await _ in started {}
            let tasks = (0..<20).map { _ in Task { try await vault.payloadKey(scope: "stripe", day: 1) } }
            for task in tasks.dropLast() { task.cancel() }
            gate.signal()
            try await blocker
            _ = try await tasks[19].value
            for task in tasks { _ = await task.result }
        }
    }

    @Test func `keeps a bounded number of keys, the ones used last`() async throws {
        try await withStore { store in
            let vault = try await store.vault(limits: limits { $0.cachedKeysMax = 2 })
            let sealed = try await vault.payloadKey(scope: "a", day: 1).seal([1], place)
            _ = try await vault.payloadKey(scope: "b", day: 1)
            #expect(vault.payloadKeyIfCached(scope: "a", day: 1) != nil)
            _ = try await vault.payloadKey(scope: "c", day: 1)
            #expect(vault.payloadKeyIfCached(scope: "a", day: 1) != nil)
            #expect(vault.payloadKeyIfCached(scope: "b", day: 1) == nil)
            #expect(vault.payloadKeyIfCached(scope: "c", day: 1) != nil)
            _ = try await vault.payloadKey(scope: "b", day: 1)
            #expect(vault.payloadKeyIfCached(scope: "a", day: 1) == nil)
            #expect(try await vault.openPayload(sealed, place) == [1])
            #expect(vault.payloadKeyIfCached(scope: "a", day: 1) == nil, "opening reserves nothing")
        }
    }

    @Test func `refuses limits that are out of order`() async {
        await #expect(processExitsWith: .failure) {
            try await withStore { store in
                var limits = PayloadLimits()
                limits.usesLow = limits.usesReserved
                _ = try await store.vault(limits: limits)
            }
        }
    }
}
