/// Decides when the write-ahead log is moved into the database file.
///
/// After `pagesBetween` written pages a passive checkpoint runs, which waits for nobody. Readers that never all pause
/// keep the log from starting over; once it is longer than `logPagesMax`, a checkpoint that waits for them runs.
package struct CheckpointPolicy: Equatable, Sendable {
    /// How a checkpoint treats readers of older states.
    package enum Mode: Equatable, Sendable {
        /// Moves what nobody still reads from the log.
        case passive
        /// Waits (up to the busy time-out) until the log can start over.
        case waiting
    }

    /// What a checkpoint found and did.
    package struct Outcome: Equatable, Sendable {
        /// Pages in the log.
        package var logPages: Int
        /// How many of them are in the file now.
        package var movedPages: Int

        /// Reports a checkpoint.
        package init(logPages: Int, movedPages: Int) {
            self.logPages = logPages
            self.movedPages = movedPages
        }
    }

    private let pagesBetween: Int
    private let logPagesMax: Int
    private var pagesWritten = 0
    private var logPages = 0

    /// Sets the limits.
    ///
    /// - Parameters:
    ///   - pagesBetween: pages of 4 KiB written between two checkpoints.
    ///   - logPagesMax: length of the log, in pages, from which readers are waited for.
    package init(pagesBetween: Int, logPagesMax: Int) {
        precondition(
            pagesBetween > 0 && logPagesMax >= pagesBetween,
            "The log must hold what is between checkpoints."
        )
        self.pagesBetween = pagesBetween
        self.logPagesMax = logPagesMax
    }

    /// Call after each commit; a mode means: run a checkpoint now and report it.
    package mutating func wrote(pages: Int) -> Mode? {
        pagesWritten += pages
        guard pagesWritten >= pagesBetween else { return nil }
        pagesWritten = 0
        return logPages > logPagesMax ? .waiting : .passive
    }

    /// A checkpoint ran.
    package mutating func checkpointed(_ outcome: Outcome) {
        logPages = outcome.logPages
    }
}
