package import Domain

/// Where the sealed frames of content are: a folder beside the database, or the database.
package protocol ContentSpool: Sendable {
    /// Begins content of which nothing is there yet.
    func begin(_ id: ContentID) async throws -> any ContentDraft

    /// The frames of content that is kept.
    func frames(of id: ContentID) throws -> any ContentFrames

    /// Lets go of content, whether it is kept or only begun; what is not there is no error.
    func remove(_ id: ContentID) async throws

    /// Removes what a crash has left: frames of content that has no row; gives of how many.
    ///
    /// - Parameter isArriving: whether this process is taking in that content just now.
    func sweepOrphans(now: Instant, isArriving: @Sendable (ContentID) -> Bool) async throws -> Int
}

/// Content that is coming in.
package protocol ContentDraft: Sendable {
    /// Adds the next frame.
    func append(_ sealed: [UInt8]) async throws

    /// Returns once everything is durable, and is found by `ContentSpool.frames`.
    func keep() async throws
}

/// The frames of one content.
package protocol ContentFrames: Sendable {
    /// The sealed frame of that number, which has `count` bytes; fewer, or none, when it is not whole.
    func frame(_ number: UInt64, count: Int) async throws -> [UInt8]
}
