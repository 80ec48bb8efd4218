package import Storage

/// Whether the database can be opened by this binary, and is whole.
package enum DatabaseCheck {
    /// Above this many bytes it is read through only when that is asked for.
    package static let thoroughBytesMax = 1_073_741_824

    private static let check = "database"

    /// What an inspection, or its failure, means.
    package static func finding(
        _ inspected: Result<DatabaseInspection, any Error>,
        path: String,
        thorough: Bool
    ) -> Finding {
        switch inspected {
        case .failure(let error):
            return .problem(check, "\(path): \(error)", mend: remedy(error))
        case .success(let inspection):
            guard inspection.damage.isEmpty else {
                return .problem(
                    check,
                    "\(path) is damaged: " + inspection.damage.prefix(3).joined(separator: "; "),
                    mend:
                        "stop the server, keep a copy of the file for inspection, and restore the last backup"
                )
            }
            let whole = thorough ? " and whole" : "; --thorough reads it through as well"
            guard inspection.missingMigrations.isEmpty else {
                let count = inspection.missingMigrations.count
                return .ok(
                    check,
                    "\(path) can be opened\(whole); the next start brings it up to date (\(count) steps)"
                )
            }
            return .ok(check, "\(path) can be opened\(whole), its schema is current")
        }
    }

    /// What it means when the server was asked: connecting checks its version, encoding and durability.
    package static func finding(
        onServer inspected: Result<DatabaseInspection, any Error>,
        address: String
    ) -> Finding {
        switch inspected {
        case .failure(let error):
            return .problem(check, "\(error)", mend: serverRemedy(error))
        case .success(let inspection):
            let count = inspection.missingMigrations.count
            let schema =
                count == 0
                ? "its schema is current" : "the next start brings its schema up to date (\(count) steps)"
            return .ok(check, "\(address) answers, keeps what it commits, and \(schema)")
        }
    }

    private static func serverRemedy(_ error: any Error) -> String {
        switch error as? StorageError {
        case .schemaTooNew: "start the newer version of usher that made it"
        case .settingRefused: "change the setting on the server, then run this again"
        default: "see that the server runs, and that address, user and password are right"
        }
    }

    private static func remedy(_ error: any Error) -> String {
        switch error as? StorageError {
        case .schemaTooNew: "start the newer version of usher that made it"
        case .corrupt: "restore the last backup"
        case .cannotOpen: "let the user that runs usher own the file and its folder"
        default: "look at the disk and at the system's log"
        }
    }
}
