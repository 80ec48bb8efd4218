import Domain
package import Registry
package import Storage

/// A host and a port to listen on: `127.0.0.1:8080`, `[::1]:8080`, `localhost:0`.
package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// An IP address, or a name the system resolves; an IPv6 address stands here without its brackets.
    package let host: String
    /// 0 lets the system choose.
    package let port: UInt16

    /// Loopback, port 8080.
    package static let standard = ListenAddress(host: "127.0.0.1", port: 8_080)

    /// Makes an address from its parts.
    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT`; nil when it is something else.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(digits)
        else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.utf8.contains(0x3A), host.utf8.allSatisfy(isIPv6Character) else { return nil }
        } else {
            guard !host.isEmpty, host.utf8.allSatisfy(isHostCharacter) else { return nil }
        }
        self.init(host: String(host), port: port)
    }

    package var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// The URL that reaches it from this machine, without a path; a wildcard address becomes loopback.
    package func url(scheme: String) -> String {
        let reachable =
            switch host {
            case "0.0.0.0": ListenAddress(host: "127.0.0.1", port: port)
            case "::": ListenAddress(host: "::1", port: port)
            default: self
            }
        return "\(scheme)://\(reachable)"
    }
}

/// Where events are stored.
package enum DatabaseLocation: Hashable, Sendable, CustomStringConvertible {
    /// `sqlite:PATH`: one file, with its `-wal` beside it.
    case sqlite(path: String)
    /// `postgres://…`: a database on a server, which several nodes may share.
    case postgres(PostgreSQLAddress)
    /// `env:NAME` or `file:PATH`: where the URL of the server is, when its password must not stand in the file.
    case reference(SecretReference)

    /// A file in the data folder of `make run`.
    package static let standard = DatabaseLocation.sqlite(path: "./usher-data/usher.db")

    /// The path of the database file; nil on a server.
    package var path: String? {
        if case .sqlite(let path) = self { path } else { nil }
    }

    /// How to open it.
    ///
    /// - Throws: `SecretResolutionError`, or `StorageError` when what a reference holds is no address.
    package func configuration(_ resolver: SecretResolver) throws -> DatabaseConfiguration {
        switch self {
        case .sqlite(let path):
            return DatabaseConfiguration(location: .sqlite(path: path))
        case .postgres(let address):
            var configuration = DatabaseConfiguration(location: .postgres(address))
            configuration.elapsed = Time.system.elapsed
            return configuration
        case .reference(let reference):
            let secret = try resolver.resolve(reference, for: "the database")
            let address = try PostgreSQLAddress(String(decoding: secret.bytes, as: UTF8.self))
            return try DatabaseLocation.postgres(address).configuration(resolver)
        }
    }

    package var description: String {
        switch self {
        case .sqlite(let path): "sqlite:\(path)"
        case .postgres(let address): "\(address)"
        case .reference(.environment(let name)): "env:\(name)"
        case .reference(.file(let path)): "file:\(path)"
        case .reference(.value): "<redacted>"
        }
    }
}

/// Where the root key is read from.
package enum RootKeyLocation: Hashable, Sendable, CustomStringConvertible {
    /// `file:PATH`: readable by its owner only; made on the first start.
    case file(path: String)
    /// `env:NAME`: an environment variable of the Usher process.
    case environment(name: String)

    /// A file in the data folder of `make run`.
    package static let standard = RootKeyLocation.file(path: "./usher-data/root.key")

    package var description: String {
        switch self {
        case .file(let path): "file:\(path)"
        case .environment(let name): "env:\(name)"
        }
    }
}

private func isHostCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E: true  // 0-9 A-Z a-z - .
    default: false
    }
}

private func isIPv6Character(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x46, 0x61...0x66, 0x3A, 0x2E: true  // 0-9 A-F a-f : .
    default: false
    }
}
