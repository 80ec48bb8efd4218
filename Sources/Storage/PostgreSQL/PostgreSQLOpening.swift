import Domain

/// How to open connections to one PostgreSQL database, with every setting they must have.
struct PostgreSQLOpening: Sendable {
    let address: PostgreSQLAddress

    /// The oldest version that is supported, as the server counts: 13.
    static let versionMin = 130_000

    /// What libpq is told before it connects; the address may say otherwise.
    private static let defaults: [(keyword: String, value: String)] = [
        ("connect_timeout", "5"),  // Seconds, for each of several hosts.
        ("keepalives", "1"),
        ("keepalives_idle", "10"),
        ("keepalives_interval", "5"),
        ("keepalives_count", "3"),
        ("tcp_user_timeout", "15000"),  // Milliseconds that sent bytes may stay unacknowledged.
        ("target_session_attrs", "read-write"),  // Not a standby.
        ("fallback_application_name", "usher"),
        ("client_encoding", "UTF8"),
    ]

    /// What every session is set to; the first is the promise that a commit is durable when it returns (P1).
    private static let settings = """
        SET synchronous_commit = on; SET client_min_messages = warning; SET statement_timeout = '60s';
        SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '120s'
        """

    /// Connects, sets the session up, and checks what the server says of itself.
    ///
    /// - Throws: `.cannotOpen` with what to do; `.settingRefused` when the server would not keep what it commits.
    func open() throws(StorageError) -> PostgreSQLConnection {
        let handle: PostgreSQLHandle
        do {
            // Expanded, the address would override what comes before it: so it comes last.
            handle = try PostgreSQLHandle(Self.defaults + address.options)
        } catch {
            throw explained(error)
        }
        guard handle.serverVersion >= Self.versionMin else {
            throw .cannotOpen(
                "\(address) is PostgreSQL \(handle.serverVersion / 10_000): version 13 or later is needed"
            )
        }
        try handle.run(Self.settings)
        let connection = PostgreSQLConnection(handle)
        try check(connection)
        return connection
    }

    private static let selectSettings: Statement = """
        SELECT current_setting('synchronous_commit'), current_setting('fsync'),
            current_setting('server_encoding'), pg_is_in_recovery(), current_schema()::text
        """

    private func check(_ connection: PostgreSQLConnection) throws(StorageError) {
        guard let row = try connection.query(Self.selectSettings, [], rowsMax: 1).first else {
            throw .settingRefused("synchronous_commit = on")
        }
        guard try row.text(0) == "on" else { throw .settingRefused("synchronous_commit = on") }
        guard try row.text(1) == "on" else { throw .settingRefused("fsync = on (set it in postgresql.conf)") }
        guard try row.text(2) == "UTF8" else {
            throw .settingRefused(
                "server_encoding = UTF8 (it is \(try row.text(2)): create the database with ENCODING 'UTF8')"
            )
        }
        guard try !row.bool(3) else { throw .cannotOpen("\(address) is a standby: name the primary") }
        guard let schema = try row.optionalText(4) else {
            throw .cannotOpen(
                "\(address): the schema in search_path is not there, or the role may not use it"
            )
        }
        connection.schema = schema
    }

    /// The sentence for a connection that could not be made, without the password.
    private func explained(_ error: StorageError) -> StorageError {
        guard case .cannotOpen(let message) = error else { return error }
        var text = message
        if let password = address.password, password.utf8.count > 3 {
            text = text.split(separator: password, omittingEmptySubsequences: false).joined(separator: "***")
        }
        return .cannotOpen("\(address): \(text)\(Self.advice(for: text))")
    }

    /// What to do, by words of the server's English message; nothing when it speaks another language.
    static func advice(for message: String) -> String {
        let table = [
            ("password authentication failed", "check user and password in `database`"),
            ("no password supplied", "put the password into `database`, into PGPASSWORD or into ~/.pgpass"),
            ("no pg_hba.conf entry", "let this address and user in, in the server's pg_hba.conf"),
            (
                "does not support SSL",
                "turn TLS on at the server, or say sslmode=disable on a trusted network"
            ),
            ("certificate verify failed", "give the server's authority with sslrootcert="),
            ("too many", "raise max_connections at the server, or let fewer clients connect"),
            ("does not exist", "create it, or correct the address"),
            ("Connection refused", "is the server running, and is it the right host and port?"),
        ]
        return table.first { message.contains($0.0) }.map { " – \($0.1)" } ?? ""
    }
}
