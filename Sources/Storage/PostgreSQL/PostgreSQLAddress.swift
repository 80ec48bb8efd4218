import CPostgreSQL
import Domain

/// Where a PostgreSQL database is, and as whom to connect: a URL whose password is never shown.
///
/// What it leaves out comes from libpq's own places: `PGHOST`, `PGPASSWORD`, `~/.pgpass` and so on.
package struct PostgreSQLAddress: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// The parts, by libpq's keywords.
    private let parts: [String: Secret]

    /// Reads `postgres://user:password@host:port/database?sslmode=require`, or `postgresql://…`.
    ///
    /// - Throws: `.cannotOpen` with what is wrong, without quoting the text.
    package init(_ url: String) throws(StorageError) {
        guard url.hasPrefix("postgres://") || url.hasPrefix("postgresql://"), !url.utf8.contains(0) else {
            throw .cannotOpen("the address must begin with postgres:// or postgresql://")
        }
        // libpq's own message may quote the password, so it is not asked for.
        guard let options = unsafe PQconninfoParse(url, nil) else {
            throw .cannotOpen(
                "the address is not a PostgreSQL URL, such as postgres://user:password@host:5432/database"
                    + "?sslmode=require; in a password, write @ : / ? # % as %40 %3A %2F %3F %23 %25"
            )
        }
        defer { unsafe PQconninfoFree(options) }
        var parts: [String: Secret] = [:]
        var index = 0
        while let keyword = unsafe options[index].keyword {
            if let value = unsafe options[index].val {
                unsafe parts[String(cString: keyword)] = Secret(String(cString: value))
            }
            index += 1
        }
        self.parts = parts
    }

    /// The parts as libpq takes them.
    var options: [(keyword: String, value: String)] {
        parts.map { ($0.key, text($0.value)) }.sorted { $0.0 < $1.0 }
    }

    /// The password it holds; nil when it holds none.
    var password: String? { parts["password"].map(text) }

    /// User, host, port and database; nothing else.
    package var description: String {
        let user = parts["user"].map { text($0) + "@" } ?? ""
        let port = parts["port"].map { ":" + text($0) } ?? ""
        let host = (parts["host"] ?? parts["hostaddr"]).map(text) ?? ""
        return "postgres://\(user)\(host)\(port)/\(parts["dbname"].map(text) ?? "")"
    }

    package var customMirror: Mirror { Mirror(self, children: ["address": description]) }

    package static func == (left: PostgreSQLAddress, right: PostgreSQLAddress) -> Bool {
        left.parts.mapValues(\.bytes) == right.parts.mapValues(\.bytes)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(description)
    }

    private func text(_ secret: Secret) -> String {
        String(decoding: secret.bytes, as: UTF8.self)
    }
}
