import Calls
import Domain
import Providers
import Sandbox
import Testing
import UsherTesting

/// What was stored elsewhere because the first store failed goes back to it.
@Suite(.onManualClock) struct ContentDebtTests {
    private static let key = "garcia/0001.jpg"
    // The sandbox delivers over plain HTTP from hosts of this name.
    private static let media = "localhost-media"

    private static func integration(
        _ name: String,
        _ dialect: any CallDialect
    ) -> (name: String, dialect: any CallDialect, credential: [String: String]) {
        let fields = VendorCatalogue.credential(dialect.facts.provider).map { ($0.field, $0.value) }
        return (name, dialect, Dictionary(uniqueKeysWithValues: fields))
    }

    /// Runs `body` with S3 as `photos` before Cloudinary as `media`.
    private func run(_ body: (CallRig, ContentStore) async throws -> Void) async throws {
        try await temporaryFolder { parent in
            try await CallRig.run(
                [Self.integration("photos", S3Calls()), Self.integration(Self.media, CloudinaryCalls())],
                vendors: ["photos.test": S3Vendor(), "\(Self.media).test": CloudinaryVendor()],
                contentFolder: "\(parent)/content"
            ) { rig in
                try await body(rig, try #require(rig.engine.content))
            }
        }
    }

    /// Has `bytes` stored under the key; gives the call.
    @discardableResult
    private func upload(
        _ bytes: [UInt8],
        _ name: String,
        overwrites: Bool = true,
        _ rig: CallRig,
        _ store: ContentStore
    ) async throws -> CallResult {
        var rest: [UInt8]? = bytes
        let content = try await store.receive(contentType: "image/jpeg", announced: nil, owner: "key_1") {
            defer { rest = nil }
            return rest
        }
        let result = try await rig.engine.submit(
            CallSubmission(
                .storageUpload,
                input: [
                    "key": .string(Self.key), "content": .string("\(content.id)"),
                    "overwrite": .bool(overwrites),
                ],
                key: name
            ),
            owner: "key_1"
        )
        try #require(
            result.call.state == .succeeded,
            "\(result.call.state) \(String(describing: result.call.failure))"
        )
        return result
    }

    private func debts(_ rig: CallRig) async throws -> [ContentDebt] {
        try await rig.engine.contentDebts(ContentDebtFilter(), before: nil, limit: 10)
    }

    private func refuse(_ rig: CallRig) {
        rig.vendors.damage("photos.test", .refuse, now: rig.time.now)
    }

    private func settles(_ rig: CallRig, _ state: ContentDebtState) async throws -> Bool {
        try await rig.pass(atMost: .seconds(7_200), step: .seconds(5)) {
            try await debts(rig).contains { $0.state == state }
        }
    }

    @Test func `what went elsewhere is copied back, and both ends are compared`() async throws {
        try await run { rig, store in
            refuse(rig)
            let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 >> 3) }
            let result = try await upload(bytes, "one", rig, store)
            #expect(result.integration?.text == Self.media)
            let owed = try #require(try await debts(rig).first)
            #expect(owed.state == .owed && owed.call == result.call.id && owed.key == Self.key)
            // While it is owed its bytes are kept, and nothing is copied while the store does not answer.
            #expect(try await store.sweep() == 0)
            rig.time.advance(by: .seconds(60))
            #expect(try await debts(rig).first?.state == .owed)
            rig.vendors.mend("photos.test")
            #expect(try await settles(rig, .settled))
            let settled = try #require(try await debts(rig).first)
            #expect(settled.owedTag == Hex.encode(settled.content.md5))
            #expect(settled.sourceTag == Hex.encode(settled.content.md5))
            #expect(rig.vendors.bytes("photos.test", Self.key) == bytes)
            #expect(rig.vendors.ledger("photos.test").map(\.tag) == ["\(result.call.id)"])
            #expect(try await store.sweep() == 1)
        }
    }

    @Test func `what is not kept any more is read from where it is`() async throws {
        try await run { rig, store in
            refuse(rig)
            let bytes = [UInt8](repeating: 9, count: 70_000)
            let result = try await upload(bytes, "one", rig, store)
            let content = try #require(result.call.content)
            try await rig.forget(content)
            rig.vendors.mend("photos.test")
            #expect(try await settles(rig, .settled))
            #expect(rig.vendors.bytes("photos.test", Self.key)?.count == bytes.count)
            #expect(try await debts(rig).first?.content.id != content)
            // What was fetched for the copy alone is gone again.
            let fetched = try #require(try await debts(rig).first?.content.id)
            #expect(try await store.find(fetched, owner: "usher") == nil)
        }
    }

    @Test func `a later upload or removal ends the debt, and is not undone by it`() async throws {
        for isRemoval in [false, true] {
            try await run { rig, store in
                refuse(rig)
                try await upload([1, 2, 3], "one", rig, store)
                rig.vendors.mend("photos.test")
                rig.time.advance(by: .seconds(1))
                if isRemoval {
                    let removed = try await rig.engine.submit(
                        CallSubmission(.storageDelete, input: ["key": .string(Self.key)], key: "two"),
                        owner: "key_1"
                    )
                    try #require(removed.call.state == .succeeded)
                } else {
                    let result = try await upload([4, 5], "two", rig, store)
                    try #require(result.integration?.text == "photos")
                }
                #expect(try await debts(rig).map(\.state) == [.superseded])
                rig.time.advance(by: .seconds(120))
                _ = try await settles(rig, .settled)
                #expect(rig.vendors.bytes("photos.test", Self.key) == (isRemoval ? nil : [4, 5]))
            }
        }
    }

    @Test func `an object that was put there past Usher stays, when it is newer or may not be replaced`()
        async throws
    {
        for overwrites in [true, false] {
            try await run { rig, store in
                if !overwrites { try await upload([7], "old", rig, store) }
                refuse(rig)
                rig.time.advance(by: .seconds(10))
                try await upload([1, 2, 3], "one", overwrites: overwrites, rig, store)
                rig.time.advance(by: .seconds(2))
                rig.vendors.mend("photos.test")
                if overwrites { rig.vendors.store([8, 8], at: Self.key, "photos.test", now: rig.time.now) }
                #expect(try await settles(rig, overwrites ? .superseded : .refused))
                #expect(rig.vendors.bytes("photos.test", Self.key) == (overwrites ? [8, 8] : [7]))
            }
        }
    }

    @Test func `an older object is replaced`() async throws {
        try await run { rig, store in
            try await upload([7], "old", rig, store)
            rig.time.advance(by: .seconds(10))
            refuse(rig)
            try await upload([1, 2, 3], "one", rig, store)
            rig.vendors.mend("photos.test")
            #expect(try await settles(rig, .settled))
            #expect(rig.vendors.bytes("photos.test", Self.key) == [1, 2, 3])
        }
    }

    @Test func `who takes a copy on leaves the one before with nothing to write`() async throws {
        try await run { rig, store in
            refuse(rig)
            let bytes = [UInt8](repeating: 3, count: 10_000)
            try await upload(bytes, "one", rig, store)
            rig.vendors.mend("photos.test")
            // The first copy's request hangs; the process is taken for dead, and another takes over.
            rig.vendors.damage("photos.test", .slow(.seconds(90)), method: "PUT", now: rig.time.now)
            let isSent = try await rig.pass(atMost: .seconds(600), step: .seconds(1)) {
                rig.vendors.requests.contains { $0.hasPrefix("PUT photos.test") }
            }
            #expect(isSent)
            let before = try #require(try await debts(rig).first?.epoch)
            let other = rig.restarted()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await other.run() }
                let isSettled = try await settles(rig, .settled)
                #expect(isSettled)
                group.cancelAll()
            }
            let after = try #require(try await debts(rig).first)
            #expect(after.epoch > before && after.state == .settled)
            #expect(rig.vendors.bytes("photos.test", Self.key) == bytes)
        }
    }

    @Test func `a copy that arrives after its object was removed is removed again`() async throws {
        try await run { rig, store in
            refuse(rig)
            try await upload([1, 2, 3], "one", rig, store)
            rig.vendors.mend("photos.test")
            // The copy's answer takes a minute, and the object is removed meanwhile.
            rig.vendors.damage("photos.test", .slow(.seconds(60)), method: "PUT", now: rig.time.now)
            let isSent = try await rig.pass(atMost: .seconds(600), step: .seconds(1)) {
                rig.vendors.requests.filter { $0.hasPrefix("PUT photos.test") }.count == 2
            }
            #expect(isSent)
            let removed = try await rig.engine.submit(
                CallSubmission(.storageDelete, input: ["key": .string(Self.key)], key: "two"),
                owner: "key_1"
            )
            #expect(removed.call.state == .succeeded)
            // As if the request had been on its way longer than the removal.
            rig.vendors.store(
                [1, 2, 3],
                at: Self.key,
                "photos.test",
                now: rig.time.now,
                call: try await debts(rig)[0].call
            )
            let isGone = try await rig.pass(atMost: .seconds(600), step: .seconds(5)) {
                rig.vendors.bytes("photos.test", Self.key) == nil
            }
            #expect(isGone)
            #expect(try await debts(rig).map(\.state) == [.superseded])
        }
    }

    @Test func `failures stretch the pauses up to an hour`() {
        let pauses = (1...9).map { ContentDebtRule.pause(afterFailures: $0, jitter: 0) }
        #expect(pauses.first == .seconds(30) && pauses[3] == .seconds(240))
        #expect(pauses.last == .seconds(3_600))
        #expect(ContentDebtRule.pause(afterFailures: 99, jitter: 0.99) <= .seconds(4_500))
    }
}
