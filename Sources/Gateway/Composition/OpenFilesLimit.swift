import Glibc
package import Logging

/// How many files and sockets this process may have open.
package enum OpenFilesLimit {
    /// What is needed beside a socket for each connection: the database, deliveries, the event loops.
    static let reserve = 512

    /// Raises the limit as far as the system lets us; warns when `connections` still do not fit.
    package static func raise(for connections: Int, _ logger: Logger) {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let files = Int(clamping: limit.rlim_max)
        guard files < connections + reserve else { return }
        logger.warning(
            "the system lets this process open too few files for limits.connections; raise LimitNOFILE or ulimit -n",
            metadata: ["files": "\(files)", "needed": "\(connections + reserve)"]
        )
    }
}
