import Foundation

/// Files that only their owner may read, made so that they survive a power cut.
enum FileCreation {
    /// Creates an empty file with mode 0600 unless it exists, and makes its name durable.
    static func createOwnerOnly(_ path: String) throws(StorageError) {
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            if errno == EEXIST { return }
            throw failure(path)
        }
        close(file)
        try syncFolder(of: path)
    }

    /// Makes a file's content durable.
    static func sync(_ path: String) throws(StorageError) {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure(path) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw failure(path) }
    }

    /// Makes the names in a file's folder durable.
    static func syncFolder(of path: String) throws(StorageError) {
        let folder = (path as NSString).deletingLastPathComponent
        try sync(folder.isEmpty ? "." : folder)
    }

    private static func failure(_ path: String) -> StorageError {
        let code = errno
        if code == ENOSPC || code == EDQUOT { return .diskFull }
        return .cannotOpen("\(path): \(unsafe String(cString: strerror(code)))")
    }
}
