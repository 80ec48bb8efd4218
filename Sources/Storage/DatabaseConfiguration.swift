/// Where the data is and how much work may wait for it.
package struct DatabaseConfiguration: Sendable {
    /// A database an engine can open.
    package enum Location: Sendable, Hashable {
        /// A SQLite file. `vfs` names a VFS registered with SQLite to open it over, nil the system's files.
        case sqlite(path: String, vfs: String? = nil)
        /// A PostgreSQL database, which other nodes may work on as well.
        case postgres(PostgreSQLAddress)
    }

    /// Where the data is.
    package var location: Location
    /// Connections that only read, 0…16; default 2.
    ///
    /// With 0, reads use the writing connection between its transactions, and that one connection owns the
    /// file: no other process can open it, and SQLite needs no shared memory (a VFS need not have any).
    package var readers = 2
    /// Closures that may wait for the committer; default 4096.
    ///
    /// Beyond it `write` throws `.overloaded`.
    package var writesWaitingMax = 4096
    /// Closures in one transaction; default 256.
    package var writesInTransactionMax = 256
    /// Reads that may wait or run at once; default 1024.
    ///
    /// Beyond it `read` throws `.overloaded`.
    package var readsWaitingMax = 1024
    /// How long to wait for a lock held by another process; default 5 s.
    package var busyTimeout = Duration.seconds(5)
    /// Pages of 4 KiB written between two checkpoints of SQLite's log; default 4096 (16 MiB).
    package var checkpointPages = 4096

    /// Time since an arbitrary start, which spaces the tries to reach a server again; PostgreSQL needs it.
    package var elapsed: (@Sendable () -> Duration)?

    /// Makes a configuration with the defaults.
    package init(location: Location) {
        self.location = location
    }

    /// The clock that was given; a server without one would never be tried again.
    func clock() -> @Sendable () -> Duration {
        guard let elapsed else { preconditionFailure("A configuration for PostgreSQL must have a clock.") }
        return elapsed
    }
}
