package import Domain
package import Storage
import Synchronization

/// Keeps frames in the database, a row for each: for several machines, any of which may carry the call on.
package struct TableSpool: ContentSpool {
    /// How long frames without content stay: longer than any upload takes.
    static let orphanedAfter = Duration.seconds(86_400)
    /// The most content that one sweep looks at.
    private static let orphansMax: Int64 = 256

    static let migration = Migration(
        number: 541,
        name: "frames of content",
        statements: [
            Statement(
                schema: """
                    CREATE TABLE content_frames (
                        content_id BLOB NOT NULL,
                        number INTEGER NOT NULL,
                        sealed BLOB NOT NULL,
                        PRIMARY KEY (content_id, number)
                    )
                    """
            ),
            // What is sealed cannot be made smaller.
            Statement(
                sqlite: "SELECT 1",
                postgres: "ALTER TABLE content_frames ALTER COLUMN sealed SET STORAGE EXTERNAL"
            ),
        ]
    )

    private static let insert: Statement =
        "INSERT INTO content_frames (content_id, number, sealed) VALUES ($1, $2, $3)"
    private static let select: Statement =
        "SELECT sealed FROM content_frames WHERE content_id = $1 AND number = $2"
    /// How many frames one transaction deletes: others wait for their turn to write meanwhile.
    private static let deletedMax: Int64 = 16
    private static let delete: Statement = """
        DELETE FROM content_frames WHERE content_id = $1 AND number IN
            (SELECT number FROM content_frames WHERE content_id = $1 ORDER BY number LIMIT $2)
        """
    private static let orphans: Statement = """
        SELECT DISTINCT content_id FROM content_frames WHERE content_id < $1
            AND NOT EXISTS (SELECT 1 FROM content WHERE content.id = content_frames.content_id) LIMIT $2
        """

    private let database: Database

    /// Keeps content in `database`.
    package init(_ database: Database) {
        self.database = database
    }

    /// Begins content; each of its frames is durable once it is appended.
    package func begin(_ id: ContentID) -> any ContentDraft { Draft(id: id, database: database) }

    /// Reads the frames as they are asked for.
    package func frames(of id: ContentID) -> any ContentFrames { Frames(id: id, database: database) }

    /// Deletes the rows bit by bit.
    package func remove(_ id: ContentID) async throws {
        let arguments: [SQLValue] = [.blob(id.bytes), .integer(Self.deletedMax)]
        while try await database.write({ try $0.execute(Self.delete, arguments) }) == Self.deletedMax {}
    }

    /// Deletes frames that have been there for `orphanedAfter` without content: other nodes take content in too.
    package func sweepOrphans(
        now: Instant,
        isArriving: @Sendable (ContentID) -> Bool
    ) async throws -> Int {
        let limit = ContentID(
            milliseconds: UInt64(clamping: (now - Self.orphanedAfter).milliseconds),
            0,
            0
        )
        let ids = try await database.read { transaction in
            try transaction.query(Self.orphans, [.blob(limit.bytes), .integer(Self.orphansMax)])
                .compactMap { ContentID(bytes: try $0.blob(0)) }
        }
        var failure: (any Error)?
        for id in ids {
            do { try await remove(id) } catch { failure = error }
        }
        if let failure { throw failure }
        return ids.count
    }

    private final class Draft: ContentDraft {
        private let id: ContentID
        private let database: Database
        private let count = Mutex<Int64>(0)

        init(id: ContentID, database: Database) {
            self.id = id
            self.database = database
        }

        func append(_ sealed: [UInt8]) async throws {
            let number = count.withLock { count in
                defer { count += 1 }
                return count
            }
            try await database.write { [id] transaction in
                try transaction.execute(
                    TableSpool.insert,
                    [.blob(id.bytes), .integer(number), .blob(sealed)]
                )
            }
        }

        /// Each frame was durable when it was appended.
        func keep() {}
    }

    private struct Frames: ContentFrames {
        let id: ContentID
        let database: Database

        func frame(_ number: UInt64, count: Int) async throws -> [UInt8] {
            try await database.read { transaction in
                try transaction.first(
                    TableSpool.select,
                    [.blob(id.bytes), .integer(Int64(clamping: number))]
                )?.blob(0) ?? []
            }
        }
    }
}
