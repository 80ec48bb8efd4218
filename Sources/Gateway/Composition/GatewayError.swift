/// Why the gateway did not start.
package enum GatewayError: Error, Sendable, CustomStringConvertible {
    /// The data folder cannot be used: which, and why.
    case dataFolder(String, String)
    /// Another process has the database open.
    case inUse(String)
    /// A database on a server is not copied by `usher backup`.
    case backupOfServer
    /// The root key's environment variable is not set.
    case rootKeyNotSet(String)

    package var description: String {
        switch self {
        case .dataFolder(let folder, let reason):
            "the data folder \(folder) cannot be used: \(reason)"
        case .inUse(let database):
            "another usher process works on \(database); stop it first, or give this one a database of its own"
        case .backupOfServer:
            "usher backup copies SQLite files; back a PostgreSQL database up with pg_dump --format=custom, or with "
                + "the server's own archiving, and keep the root key elsewhere"
        case .rootKeyNotSet(let name):
            "root_key is env:\(name), but that variable is not set; set it to the text of the root key"
        }
    }
}
