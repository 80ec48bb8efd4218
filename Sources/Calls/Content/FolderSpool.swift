package import Domain
package import Storage
import Vault

/// Keeps frames in one file for each content, one behind the other: for the one machine that the database is on.
package struct FolderSpool: ContentSpool {
    private let folder: String
    private let database: Database

    /// Keeps content in `folder`; it is made when it is missing, its parent must be there.
    package init(_ folder: String, database: Database) {
        self.folder = folder
        self.database = database
    }

    /// Makes a file that has another name until it is kept.
    package func begin(_ id: ContentID) throws -> any ContentDraft {
        try SpoolFile.makeFolder(folder)
        return Draft(id: id, folder: folder, file: try SpoolFile.create(Self.draft(id, in: folder)))
    }

    /// Opens the file; an error when there is none.
    package func frames(of id: ContentID) throws -> any ContentFrames {
        Frames(file: try SpoolFile.read("\(folder)/\(id)"))
    }

    /// Removes the file, under either name.
    package func remove(_ id: ContentID) {
        SpoolFile.remove(Self.draft(id, in: folder))
        SpoolFile.remove("\(folder)/\(id)")
    }

    /// Removes drafts, and files that no row names; files whose names are not those of content stay.
    package func sweepOrphans(
        now: Instant,
        isArriving: @Sendable (ContentID) -> Bool
    ) async throws -> Int {
        var removed = 0
        for name in try SpoolFile.names(in: folder) {
            let isDraft = name.hasSuffix(Self.draftEnding)
            guard let id = ContentID(isDraft ? String(name.dropLast(Self.draftEnding.count)) : name) else {
                continue
            }
            // In this order: what has arrived between the two looks has its row.
            guard !isArriving(id) else { continue }
            let isKnown = try await database.read { try ContentTable.isKnown(id, $0) }
            guard isDraft || !isKnown else { continue }
            SpoolFile.remove("\(folder)/\(name)")
            removed += 1
        }
        return removed
    }

    private static let draftEnding = ".new"

    private static func draft(_ id: ContentID, in folder: String) -> String {
        "\(folder)/\(id)\(draftEnding)"
    }

    private struct Draft: ContentDraft {
        let id: ContentID
        let folder: String
        let file: SpoolFile

        func append(_ sealed: [UInt8]) throws {
            try file.append(sealed)
        }

        func keep() throws {
            try file.sync()
            try SpoolFile.rename(FolderSpool.draft(id, in: folder), to: "\(id)", in: folder)
        }
    }

    private struct Frames: ContentFrames {
        let file: SpoolFile

        /// All frames but the last are as long as the first.
        func frame(_ number: UInt64, count: Int) throws -> [UInt8] {
            let length = ContentStore.frameBytes + PayloadKey.overhead
            return try file.bytes(at: Int64(number) * Int64(length), count: count)
        }
    }
}
