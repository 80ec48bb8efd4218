import Calls
import Domain
import Foundation
import Providers
import Sandbox
import Storage
import Synchronization
import Testing
import UsherTesting
import Vault

@Suite struct ContentStoreTests {
    private static let frame = ContentStore.frameBytes

    /// Bytes of which no two stretches are alike.
    private static func bytes(_ count: Int) -> [UInt8] {
        var random = SeededRandom(seed: UInt64(count))
        return (0..<(count / 8 + 1)).flatMap { _ in
            let word = random.next()
            return stride(from: 0, to: 64, by: 8).map { UInt8(truncatingIfNeeded: word >> UInt64($0)) }
        }.prefix(count).map { $0 }
    }

    enum Spool: CaseIterable {
        case folder
        case table
    }

    private struct Bench {
        let store: ContentStore
        /// The store of another node.
        var other: ContentStore?
        let folder: String
        let time: ManualTime
        var database: Database?

        /// How much content has frames, kept or begun.
        func count() async throws -> Int {
            guard let database else { return files.count }
            return try await database.read { transaction in
                try transaction.query("SELECT DISTINCT content_id FROM content_frames").count
            }
        }

        func keep(
            _ bytes: [UInt8],
            owner: String = "platform",
            piece: Int = 100_000
        ) async throws -> StoredContent {
            var rest = bytes[...]
            return try await store.receive(contentType: "image/jpeg", announced: nil, owner: owner) {
                guard !rest.isEmpty else { return nil }
                defer { rest = rest.dropFirst(piece) }
                return Array(rest.prefix(piece))
            }
        }

        func read(_ content: StoredContent, _ range: Range<Int64>) async throws -> [UInt8] {
            let next = try store.pieces(of: content, range)
            var bytes: [UInt8] = []
            while let piece = try await next() { bytes += piece }
            return bytes
        }

        var files: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] }
    }

    private func run(
        _ spool: Spool = .folder,
        _ limits: ContentStore.Limits = ContentStore.Limits(),
        _ body: (Bench) async throws -> Void
    ) async throws {
        try await temporaryFolder { parent in
            let time = ManualTime(now: Instant("2027-06-12T10:00:00Z") ?? Instant(seconds: 0))
            try await temporaryDatabase(migrations: Vault.migrations + CallTables.migrations) { database in
                let random = RandomSource.seeded(11)
                let vault = try await Vault.open(
                    rootKey: .generate(random: random),
                    database: database,
                    time: time.time,
                    random: random
                )
                let nodes = (0..<2).map { _ in
                    ContentStore(
                        database: database,
                        vault: vault,
                        spool: spool == .folder
                            ? FolderSpool("\(parent)/content", database: database) : TableSpool(database),
                        limits: limits,
                        time: time.time,
                        random: random
                    )
                }
                try await body(
                    Bench(
                        store: nodes[0],
                        other: nodes[1],
                        folder: "\(parent)/content",
                        time: time,
                        database: spool == .table ? database : nil
                    )
                )
            }
        }
    }

    @Test(arguments: Spool.allCases, [0, 1, frame - 1, frame, frame + 1, 2 * frame, 2 * frame + 7])
    func `content comes back as it was, whole and in ranges`(spool: Spool, count: Int) async throws {
        try await run(spool) { bench in
            let bytes = Self.bytes(count)
            let content = try await bench.keep(bytes)
            #expect(content.bytes == Int64(count))
            #expect(try await bench.store.find(content.id, owner: "platform") == content)
            #expect(try await bench.read(content, 0..<Int64(count)) == bytes)
            let size = Self.frame
            for range in [0..<1, (size - 1)..<(size + 1), (count - 1)..<count]
            where range.upperBound <= count && range.lowerBound >= 0 {
                let read = try await bench.read(content, Int64(range.lowerBound)..<Int64(range.upperBound))
                #expect(read == Array(bytes[range]))
            }
        }
    }

    @Test func `checksums are of the whole and of each part`() async throws {
        try await run { bench in
            let content = try await bench.keep(Array("abc".utf8), piece: 1)
            #expect(
                Hex.encode(content.sha256)
                    == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
            )
            #expect(Hex.encode(content.md5) == "900150983cd24fb0d6963f7d28e17f72")
            #expect(content.parts == [.init(sha256: content.sha256, md5: content.md5)])
        }
    }

    @Test func `what is on disk is sealed, and a changed, moved or cut file is found out`() async throws {
        try await run { bench in
            let bytes = [UInt8](repeating: 0x41, count: 2 * Self.frame + 5)
            let content = try await bench.keep(bytes)
            let url = URL(fileURLWithPath: "\(bench.folder)/\(content.id)")
            let sealed = Array(try Data(contentsOf: url))
            #expect(sealed.firstRange(of: [UInt8](repeating: 0x41, count: 16)) == nil)
            let place = Self.frame + PayloadKey.overhead
            var changed = sealed
            changed[place + 100] ^= 1
            let swapped =
                Array(sealed[place..<(2 * place)]) + Array(sealed[..<place]) + Array(sealed[(2 * place)...])
            for wrong in [changed, swapped, Array(sealed.dropLast())] {
                try Data(wrong).write(to: url)
                await #expect(throws: ContentError.damaged(content.id)) {
                    _ = try await bench.read(content, 0..<content.bytes)
                }
            }
            try Data(sealed).write(to: url)
            #expect(try await bench.read(content, 0..<content.bytes) == bytes)
        }
    }

    @Test func `in the database too a changed, moved or missing frame is found out`() async throws {
        try await run(.table) { bench in
            let database = try #require(bench.database)
            let bytes = [UInt8](repeating: 0x41, count: 2 * Self.frame + 5)
            let content = try await bench.keep(bytes)
            let other = try await bench.keep(bytes)
            let frames = try await database.read { try $0.query("SELECT sealed FROM content_frames") }
            #expect(frames.count == 6)
            for frame in frames {
                let sealed = try frame.blob(0)
                #expect(sealed.firstRange(of: [UInt8](repeating: 0x41, count: 16)) == nil)
            }
            let take: Statement = """
                UPDATE content_frames SET sealed = (SELECT sealed FROM content_frames WHERE content_id = $2 AND number = $3)
                WHERE content_id = $1 AND number = 1
                """
            for (id, number) in [(other.id, 1), (content.id, 0), (content.id, 2)] {
                try await database.write { transaction in
                    _ = try transaction.execute(
                        take,
                        [.blob(content.id.bytes), .blob(id.bytes), .integer(Int64(number))]
                    )
                }
                await #expect(throws: ContentError.damaged(content.id)) {
                    _ = try await bench.read(content, 0..<content.bytes)
                }
            }
            try await database.write { transaction in
                let delete: Statement = "DELETE FROM content_frames WHERE content_id = $1 AND number = 1"
                _ = try transaction.execute(delete, [.blob(content.id.bytes)])
            }
            await #expect(throws: ContentError.damaged(content.id)) {
                _ = try await bench.read(content, 0..<content.bytes)
            }
            #expect(try await bench.read(other, 0..<other.bytes) == bytes)
        }
    }

    @Test(arguments: Spool.allCases)
    func `nothing is kept of what is too long, breaks off, or finds no room`(spool: Spool) async throws {
        var limits = ContentStore.Limits()
        limits.bytesMax = 1_000
        limits.spoolBytesMax = 1_500
        try await run(spool, limits) { bench in
            await #expect(throws: ContentError.tooLarge(1_000)) { try await bench.keep(Self.bytes(1_001)) }
            await #expect(throws: ContentError.tooLarge(1_000)) {
                try await bench.store.receive(contentType: "a/b", announced: 1_001, owner: "platform") { nil }
            }
            await #expect(throws: CancellationError.self) {
                try await bench.store.receive(contentType: "a/b", announced: 5, owner: "platform") {
                    throw CancellationError()
                }
            }
            await #expect(throws: ContentError.badType) {
                try await bench.store.receive(contentType: nil, announced: 0, owner: "platform") { nil }
            }
            #expect(try await bench.count() == 0)
            _ = try await bench.keep(Self.bytes(1_000))
            await #expect(throws: ContentError.full(1_500)) { try await bench.keep(Self.bytes(501)) }
            _ = try await bench.keep(Self.bytes(500))
            #expect(try await bench.count() == 2)
        }
    }

    @Test(arguments: Spool.allCases)
    func `frames that were stored go when the rest does not come`(spool: Spool) async throws {
        try await run(spool) { bench in
            let store = bench.store
            let sent = Mutex(0)
            let begun = Task {
                try await store.receive(contentType: "a/b", announced: nil, owner: "platform") {
                    let number = sent.withLock { count in
                        count += 1
                        return count
                    }
                    guard number < 4 else {
                        // The client is gone, and its task with it.
                        unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                        throw CancellationError()
                    }
                    return [UInt8](repeating: 7, count: Self.frame)
                }
            }
            await #expect(throws: CancellationError.self) { try await begun.value }
            #expect(sent.withLock { $0 } == 4)
            let left = try await bench.count()
            #expect(left == 0)
        }
    }

    @Test(arguments: Spool.allCases)
    func `content is its owner's alone, and goes when its time is over`(spool: Spool) async throws {
        try await run(spool) { bench in
            let content = try await bench.keep([1], owner: "vendor:one")
            #expect(try await bench.store.find(content.id, owner: "vendor:two") == nil)
            bench.time.advance(by: .seconds(30 * 86_400 - 1))
            #expect(try await bench.store.sweep() == 0)
            bench.time.advance(by: .seconds(1))
            #expect(try await bench.store.sweep() == 1)
            #expect(try await bench.store.find(content.id, owner: "vendor:one") == nil)
            #expect(try await bench.count() == 0)
        }
    }

    @Test func `content of many frames goes in several steps`() async throws {
        try await run(.table) { bench in
            let database = try #require(bench.database)
            let content = try await bench.keep([1])
            try await database.write { transaction in
                for number in 1...40 {
                    _ = try transaction.execute(
                        "INSERT INTO content_frames (content_id, number, sealed) VALUES ($1, $2, $3)",
                        [.blob(content.id.bytes), .integer(Int64(number)), .blob([1])]
                    )
                }
            }
            bench.time.advance(by: .seconds(30 * 86_400))
            #expect(try await bench.store.sweep() == 1)
            #expect(try await bench.count() == 0)
        }
    }

    @Test func `what came in meanwhile counts at the end`() async throws {
        var limits = ContentStore.Limits()
        limits.spoolBytesMax = 1_500
        try await run(.table, limits) { bench in
            var isFirst = true
            await #expect(throws: ContentError.full(1_500)) {
                try await bench.store.receive(contentType: "a/b", announced: nil, owner: "platform") {
                    guard isFirst else {
                        let bytes = Self.bytes(1_000)
                        let late = Bench(
                            store: try #require(bench.other),
                            folder: bench.folder,
                            time: bench.time
                        )
                        _ = try await late.keep(bytes)
                        return nil
                    }
                    isFirst = false
                    return Self.bytes(501)
                }
            }
            let left = try await bench.count()
            #expect(left == 1)
        }
    }

    @Test func `frames of nobody's content are removed once no upload can take that long`() async throws {
        try await run(.table) { bench in
            let content = try await bench.keep([1, 2, 3])
            let database = try #require(bench.database)
            let orphan = ContentID(now: bench.time.now, random: .seeded(5))
            try await database.write { transaction in
                for number in [0, 1] {
                    _ = try transaction.execute(
                        "INSERT INTO content_frames (content_id, number, sealed) VALUES ($1, $2, $3)",
                        [.blob(orphan.bytes), .integer(Int64(number)), .blob([1])]
                    )
                }
            }
            bench.time.advance(by: .seconds(86_400))
            #expect(try await bench.store.sweepOrphans() == 0)
            bench.time.advance(by: .seconds(1))
            #expect(try await bench.store.sweepOrphans() == 1)
            #expect(try await bench.count() == 1)
            #expect(try await bench.read(content, 0..<3) == [1, 2, 3])
        }
    }

    @Test func `what a crash left is removed at the next start, and nothing else`() async throws {
        try await run { bench in
            let content = try await bench.keep([1, 2, 3])
            let id = ContentID(now: bench.time.now, random: .seeded(5))
            let other = ContentID(now: bench.time.now, random: .seeded(6))
            for name in ["\(id).new", "\(other)", "notes.txt"] {
                try Data([1]).write(to: URL(fileURLWithPath: "\(bench.folder)/\(name)"))
            }
            // One that comes in meanwhile stays.
            var count = 0
            let late = try await bench.store.receive(contentType: "a/b", announced: nil, owner: "platform") {
                count += 1
                if count == 1 {
                    let removed = try await bench.store.sweepOrphans()
                    #expect(removed == 2)
                }
                return count == 1 ? [7] : nil
            }
            #expect(Set(bench.files) == ["\(content.id)", "\(late.id)", "notes.txt"])
            #expect(try await bench.store.sweepOrphans() == 0)
            #expect(try await bench.read(content, 0..<3) == [1, 2, 3])
        }
    }

    // MARK: With the engine

    private static func upload(_ content: StoredContent) -> CallSubmission {
        CallSubmission(
            .storageUpload,
            input: ["key": "garcia/0001.jpg", "content": .string("\(content.id)")],
            key: "photo-1"
        )
    }

    private static func integration(
        _ name: String,
        _ dialect: any CallDialect
    ) -> (
        name: String, dialect: any CallDialect, credential: [String: String]
    ) {
        let fields = VendorCatalogue.credential(dialect.facts.provider).map { ($0.field, $0.value) }
        return (name, dialect, Dictionary(uniqueKeysWithValues: fields))
    }

    @Test
    func `an upload goes elsewhere while the first store is down, and its content is kept for the way back`()
        async throws
    {
        try await temporaryFolder { parent in
            let folder = "\(parent)/content"
            try await CallRig.run(
                [Self.integration("photos", S3Calls()), Self.integration("media", CloudinaryCalls())],
                vendors: ["photos.test": S3Vendor(), "media.test": CloudinaryVendor()],
                contentFolder: folder
            ) { rig in
                let store = try #require(rig.engine.content)
                let bench = Bench(store: store, folder: folder, time: rig.time)
                for (name, isDown) in [("photos", false), ("media", true)] {
                    let content = try await bench.keep(Self.bytes(300_000), owner: "key_1")
                    if isDown {
                        rig.vendors.damage("photos.test", .failBefore(status: 500), now: rig.time.now)
                    }
                    var submission = Self.upload(content)
                    submission.key = name
                    let result = try await rig.engine.submit(submission, owner: "key_1")
                    #expect(result.call.state == .succeeded)
                    #expect(result.integration == ResourceName(name))
                    #expect(result.reply?["bytes"] == 300_000)
                    #expect(rig.vendors.ledger("\(name).test").map(\.tag) == ["\(result.call.id)"])
                    // What has to go back to the first store is kept for that.
                    #expect(try await store.sweep() == (isDown ? 0 : 1))
                    #expect(bench.files.count == (isDown ? 1 : 0))
                }
            }
        }
    }

    @Test func `content that is not there, or another's, is an error of the input`() async throws {
        try await temporaryFolder { parent in
            try await CallRig.run(
                [Self.integration("photos", S3Calls())],
                vendors: ["photos.test": S3Vendor()],
                contentFolder: "\(parent)/content"
            ) { rig in
                let store = try #require(rig.engine.content)
                let content = try await Bench(store: store, folder: parent, time: rig.time).keep(
                    [1],
                    owner: "key_1"
                )
                await #expect(throws: CallError.self) {
                    try await rig.engine.submit(Self.upload(content), owner: "key_2")
                }
                #expect(rig.vendors.requests.isEmpty)
            }
        }
    }
}
