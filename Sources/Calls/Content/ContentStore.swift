package import Domain
package import Providers
package import Storage
import Synchronization
package import Vault

/// Keeps the content of uploads until a provider has it: sealed frames in a spool, and a row that names it.
///
///     POST body -> frames of 1 MiB, sealed -> durable in the spool -> row -> 201
///
/// A frame is sealed for its place: the content's id, its index, and, for the last one, that it is the last of so many
/// bytes. What has no row after a crash is nobody's: its id was never told, and `sweepOrphans` removes it.
package final class ContentStore: Sendable {
    /// The limits of a store.
    package struct Limits: Sendable {
        /// The longest content: 5 GiB.
        package var bytesMax: Int64 = 5_368_709_120
        /// The most bytes that are kept in all: 64 GiB.
        package var spoolBytesMax: Int64 = 68_719_476_736
        /// How long content is kept that nobody uploads.
        package var lifetime = Duration.seconds(30 * 86_400)
        /// The most content removed in one sweep.
        package var sweepMax = 256

        /// The defaults.
        package init() {}
    }

    /// The bytes of a frame, the last one excepted: 1 MiB.
    package static let frameBytes = 1_048_576
    /// Whose payload keys seal it.
    static let scope = "content"
    /// How often content that is not needed any more is removed.
    static let sweptEvery = Duration.seconds(600)
    /// Every how many of these times what a crash has left is looked for too, beginning with the first: once a day.
    static let orphansSweptEvery = 144
    private static let typeBytesMax = 255

    /// The limits.
    package let limits: Limits
    private let database: Database
    private let vault: Vault
    private let spool: any ContentSpool
    private let time: Time
    private let random: RandomSource
    /// The bytes of what is coming in.
    private let incoming = Mutex<Int64>(0)
    /// What is coming in and has no row yet.
    private let arriving = Mutex<Set<ContentID>>([])

    /// Makes a store.
    package init(
        database: Database,
        vault: Vault,
        spool: any ContentSpool,
        limits: Limits = Limits(),
        time: Time,
        random: RandomSource
    ) {
        self.database = database
        self.vault = vault
        self.spool = spool
        self.limits = limits
        self.time = time
        self.random = random
    }

    // MARK: Taking in

    /// Keeps what `next` gives until it gives nil; nothing is kept when it throws.
    ///
    /// Throws `ContentError`, what `next` throws, and the errors of storage and vault.
    package func receive(
        contentType: String?,
        announced: Int64?,
        owner: String,
        _ next: () async throws -> [UInt8]?
    ) async throws -> StoredContent {
        guard let contentType, (3...Self.typeBytesMax).contains(contentType.utf8.count),
            contentType.utf8.allSatisfy({ (0x20...0x7E).contains($0) }), contentType.contains("/")
        else { throw ContentError.badType }
        guard announced ?? 0 <= limits.bytesMax else { throw ContentError.tooLarge(limits.bytesMax) }
        let kept = try await database.read { try ContentTable.total($0) }
        let id = ContentID(now: time.now(), random: random)
        arriving.withLock { _ = $0.insert(id) }
        defer { arriving.withLock { _ = $0.remove(id) } }
        do {
            let draft = try await spool.begin(id)
            let content = try await fill(draft, id, contentType: contentType, kept: kept, next)
            try await draft.keep()
            let now = time.now()
            let expires = now + limits.lifetime
            try await database.write { [limits] transaction in
                // Others have taken content in meanwhile, here and on other nodes.
                guard try ContentTable.total(transaction) + content.bytes <= limits.spoolBytesMax else {
                    throw ContentError.full(limits.spoolBytesMax)
                }
                try ContentTable.insert(content, owner: owner, now: now, expires: expires, transaction)
            }
            return content
        } catch {
            // Also where the caller has gone, and this task with it, and where nobody knows whether the row was stored.
            await Task { try? await remove(id) }.value
            throw error
        }
    }

    /// Seals what `next` gives into a draft.
    private func fill(
        _ draft: any ContentDraft,
        _ id: ContentID,
        contentType: String,
        kept: Int64,
        _ next: () async throws -> [UInt8]?
    ) async throws -> StoredContent {
        var reserved: Int64 = 0
        defer { incoming.withLock { $0 -= reserved } }
        var digests = ContentDigests()
        var waiting: [UInt8] = []
        var index: UInt64 = 0
        while let piece = try await next() {
            digests.update(piece)
            guard digests.bytes <= limits.bytesMax else { throw ContentError.tooLarge(limits.bytesMax) }
            reserved += Int64(piece.count)
            let coming = incoming.withLock { total in
                total += Int64(piece.count)
                return total
            }
            guard kept + coming <= limits.spoolBytesMax else { throw ContentError.full(limits.spoolBytesMax) }
            waiting += piece
            var start = 0
            // The last frame is sealed as such, so that one is held back until more comes.
            while waiting.count - start > Self.frameBytes {
                let frame = Array(waiting[start..<(start + Self.frameBytes)])
                try await draft.append(try await seal(frame, id, index, total: nil))
                start += Self.frameBytes
                index += 1
            }
            if start > 0 { waiting = Array(waiting[start...]) }
        }
        try await draft.append(try await seal(waiting, id, index, total: digests.bytes))
        return digests.finish(id, contentType: contentType)
    }

    /// What is known of content of this owner; nil when there is none.
    package func find(_ id: ContentID, owner: String) async throws -> StoredContent? {
        try await database.read { try ContentTable.load(id, owner: owner, $0) }
    }

    // MARK: Giving out

    /// A range of content, frame by frame; each is checked before it is given.
    ///
    /// - Parameter range: within the content.
    /// - Returns: what gives the next piece, and nil after the last; called by one task at a time.
    package func pieces(
        of content: StoredContent,
        _ range: Range<Int64>
    ) throws -> @Sendable () async throws -> [UInt8]? {
        precondition(range.upperBound <= content.bytes, "the range lies within the content")
        let frames = try spool.frames(of: content.id)
        let position = Mutex(range.lowerBound)
        return { [self] in
            let start = position.withLock { $0 }
            guard start < range.upperBound else { return nil }
            let size = Int64(Self.frameBytes)
            let index = start / size
            let frame = try await frame(UInt64(index), of: content, frames)
            let end = min(range.upperBound, (index + 1) * size)
            let piece = Array(frame[Int(start - index * size)..<Int(end - index * size)])
            position.withLock { $0 = end }
            return piece
        }
    }

    private func frame(
        _ index: UInt64,
        of content: StoredContent,
        _ frames: any ContentFrames
    ) async throws -> [UInt8] {
        let size = Int64(Self.frameBytes)
        let count = max((content.bytes + size - 1) / size, 1)
        let isLast = Int64(index) == count - 1
        let length = isLast ? Int(content.bytes - (count - 1) * size) : Self.frameBytes
        let sealed = try await frames.frame(index, count: length + PayloadKey.overhead)
        let place = Self.context(content.id, index, total: isLast ? content.bytes : nil)
        do {
            let frame = try await vault.openPayload(sealed, place)
            guard frame.count == length else { throw ContentError.damaged(content.id) }
            return frame
        } catch VaultError.notAuthentic, VaultError.malformed {
            throw ContentError.damaged(content.id)
        }
    }

    // MARK: Letting go

    /// Removes what has expired or was uploaded, unless an open call needs it; gives how much.
    @discardableResult
    package func sweep() async throws -> Int {
        let now = time.now()
        let limits = limits
        let ids = try await database.write { transaction in
            let hasRoom = try ContentTable.total(transaction) <= limits.spoolBytesMax / 2
            return try ContentTable.takeDone(
                now: now,
                keepsOwed: hasRoom,
                limit: limits.sweepMax,
                transaction
            )
        }
        var failure: (any Error)?
        for id in ids {
            // What stays is nobody's content from now on, and goes with the next sweep of that.
            do { try await spool.remove(id) } catch { failure = error }
        }
        if let failure { throw failure }
        return ids.count
    }

    /// Removes one content that nobody needs any more.
    func remove(_ id: ContentID) async throws {
        try await database.write { try ContentTable.remove(id, $0) }
        try await spool.remove(id)
    }

    /// Removes what no row names, as a crash leaves it; gives of how much content.
    ///
    /// What this process is taking in stays.
    @discardableResult
    package func sweepOrphans() async throws -> Int {
        try await spool.sweepOrphans(now: time.now()) { id in arriving.withLock { $0.contains(id) } }
    }

    private func seal(
        _ frame: [UInt8],
        _ id: ContentID,
        _ index: UInt64,
        total: Int64?
    ) async throws -> [UInt8] {
        let context = Self.context(id, index, total: total)
        let day = time.now().dayNumber
        if let key = vault.payloadKeyIfCached(scope: Self.scope, day: day) {
            do {
                return try key.seal(frame, context)
            } catch VaultError.keyExhausted {
                // The next one is fetched below.
            }
        }
        return try await vault.payloadKey(scope: Self.scope, day: day).seal(frame, context)
    }

    /// The place of a frame; `total` for the last one.
    private static func context(_ id: ContentID, _ index: UInt64, total: Int64?) -> SealContext {
        var row = id.bytes
        for shift in stride(from: 56, through: 0, by: -8) {
            row.append(UInt8(truncatingIfNeeded: index >> UInt64(shift)))
        }
        return SealContext(
            table: "content",
            column: total == nil ? "frame" : "last",
            row: row,
            version: UInt64(total ?? 0)
        )
    }
}
