#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A file that is written once, made durable, and then read at any place.
final class SpoolFile: Sendable {
    private let descriptor: Int32

    private init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Makes a file that must not be there yet, for its owner only.
    static func create(_ path: String) throws(ContentError) -> SpoolFile {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .of("create", errno) }
        return SpoolFile(descriptor)
    }

    /// Opens a file for reading.
    static func read(_ path: String) throws(ContentError) -> SpoolFile {
        let descriptor = unsafe open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw .of("open", errno) }
        return SpoolFile(descriptor)
    }

    /// Adds bytes at the end.
    func append(_ bytes: [UInt8]) throws(ContentError) {
        var start = 0
        while start < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe write(descriptor, buffer.baseAddress?.advanced(by: start), buffer.count - start)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .of("write", count < 0 ? errno : ENOSPC) }
            start += count
        }
    }

    /// Up to `count` bytes at `offset`; fewer at the file's end.
    func bytes(at offset: Int64, count: Int) throws(ContentError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe pread(
                    descriptor,
                    buffer.baseAddress?.advanced(by: filled),
                    count - filled,
                    off_t(offset) + off_t(filled)
                )
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .of("read", errno) }
            if got == 0 { break }
            filled += got
        }
        return Array(bytes.prefix(filled))
    }

    /// Returns once everything is on disk.
    func sync() throws(ContentError) {
        guard fsync(descriptor) == 0 else { throw .of("fsync", errno) }
    }

    /// Gives a file its lasting name and makes that durable.
    static func rename(_ path: String, to name: String, in folder: String) throws(ContentError) {
        guard renameFile(path, "\(folder)/\(name)") == 0 else { throw .of("rename", errno) }
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .of("open", errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .of("fsync", errno) }
    }

    /// Removes a file; one that is not there is no error.
    static func remove(_ path: String) {
        _ = unsafe unlink(path)
    }

    /// Makes the folder, for its owner only; its parent must be there.
    static func makeFolder(_ path: String) throws(ContentError) {
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .of("mkdir", errno) }
    }

    /// The names in a folder; none when it is not there.
    static func names(in folder: String) throws(ContentError) -> [String] {
        guard let stream = unsafe opendir(folder) else {
            guard errno == ENOENT else { throw .of("opendir", errno) }
            return []
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Whether an error number says that there is no room.
    static func isFull(_ number: Int32) -> Bool { number == ENOSPC || number == EDQUOT }
}

/// The system's `rename`, which the type's own method hides.
private func renameFile(_ old: String, _ new: String) -> Int32 {
    unsafe rename(old, new)
}
