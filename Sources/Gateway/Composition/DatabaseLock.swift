import Foundation
import Glibc

/// Holds a database for one process, in a folder that is made when it is missing.
///
/// The lock is the kernel's: it ends with the process, however that ends.
struct DatabaseLock: Sendable {
    private let descriptor: Int32

    /// Makes the folder of `database` for its owner only, and takes the lock beside the file.
    ///
    /// - Throws: `GatewayError.dataFolder` or `.inUse`.
    init(of database: String) throws(GatewayError) {
        let folder = URL(fileURLWithPath: database).deletingLastPathComponent().path
        do {
            try FileManager.default.createDirectory(
                atPath: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw .dataFolder(folder, "it cannot be made: \(error.localizedDescription)")
        }
        let path = database + ".lock"
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .dataFolder(folder, "\(path) cannot be opened: \(Self.reason())") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw .inUse(database)
        }
    }

    /// Gives the database free for another process.
    func release() {
        close(descriptor)
    }

    private static func reason() -> String {
        unsafe String(cString: strerror(errno))
    }
}
