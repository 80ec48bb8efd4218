import Calls
import Storage

/// Where content for uploads is kept.
package enum ContentPlace: Hashable, Sendable {
    /// In a folder of the one machine that the database is on.
    case folder(String)
    /// In the database, which several machines share.
    case database

    /// Beside a database that is a file, and in one that is a server.
    package init(_ location: DatabaseLocation) {
        guard let path = location.path else {
            self = .database
            return
        }
        self = .folder(path.lastIndex(of: "/").map { "\(path[..<$0])/content" } ?? "content")
    }

    func spool(_ database: Database) -> any ContentSpool {
        switch self {
        case .folder(let folder): FolderSpool(folder, database: database)
        case .database: TableSpool(database)
        }
    }
}
