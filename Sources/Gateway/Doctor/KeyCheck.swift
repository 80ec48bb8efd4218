import Vault

/// Whether the root key is there, readable and only ours.
package enum KeyCheck {
    private static let check = "root-key"

    /// Looks at the configured place.
    /// - Parameter databaseExists: a database without its key cannot be opened.
    package static func finding(
        _ location: RootKeyLocation,
        databaseExists: Bool,
        environment: (String) -> String?
    ) -> Finding {
        switch location {
        case .file(let path): file(path, databaseExists)
        case .environment(let name): variable(name, environment(name))
        }
    }

    private static func file(_ path: String, _ databaseExists: Bool) -> Finding {
        do {
            guard try RootKeyFile.load(path) == nil else {
                return .ok(
                    check,
                    "\(path) is a root key, readable by its owner only; keep a copy in a safe place"
                )
            }
        } catch {
            return .problem(
                check,
                "\(error)",
                mend: "make the file what it was: chmod 600 and the original line"
            )
        }
        guard databaseExists else {
            return .ok(check, "\(path) does not exist yet: the first start makes it")
        }
        return .problem(
            check,
            "\(path) does not exist, but the database does: nothing in it can be opened",
            mend: "put the key file back from your copy; a new key does not open old data"
        )
    }

    private static func variable(_ name: String, _ value: String?) -> Finding {
        guard let value else {
            return .problem(
                check,
                "the environment variable \(name) is not set",
                mend: "set it to the root key where usher is started; `usher keys root` makes a new one"
            )
        }
        do {
            _ = try RootKey.parse(value)
            return .ok(check, "the environment variable \(name) holds a root key")
        } catch {
            return .problem(
                check,
                "\(name): \(error)",
                mend: "copy the key whole: 59 characters from ushrk1_"
            )
        }
    }
}
