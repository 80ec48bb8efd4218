package import Domain

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The file that holds the root key: one line, readable by its owner only.
package struct RootKeyFile {
    private static let lengthMax = 1_024

    /// Reads the root key at `path`, or makes a new one there when nothing exists yet.
    ///
    /// Refuses links, whatever is not a regular file, files that group or others may use, and files of another
    /// user. A new file appears complete or not at all, and is on disk, with its folder entry, when this
    /// returns; of several processes that create at once, one's key wins and all return it. Folders that are
    /// missing are made for the owner only.
    package static func loadOrCreate(
        _ path: String,
        random: RandomSource
    ) throws(VaultError) -> (rootKey: RootKey, created: Bool) {
        if let key = try load(path) { return (key, false) }
        let key = RootKey.generate(random: random)
        if try create(path, key, suffix: Hex.encode(random.bytes(8))) { return (key, true) }
        guard let winner = try load(path) else {
            throw .rootKeyFile(path: path, .system("open", ENOENT))  // Made and removed meanwhile.
        }
        return (winner, false)
    }

    /// Reads the root key at `path`; nil when there is no such file.
    package static func load(_ path: String) throws(VaultError) -> RootKey? {
        // Not blocking: opening a pipe would wait for a writer.
        let descriptor = unsafe open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let code = errno
            if code == ENOENT { return nil }
            throw .rootKeyFile(path: path, code == ELOOP ? .symbolicLink : .system("open", code))
        }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw .rootKeyFile(path: path, .system("stat", errno))
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .rootKeyFile(path: path, .notRegular) }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw .rootKeyFile(path: path, .owner(status.st_uid))
        }
        guard status.st_mode & 0o077 == 0 else {
            throw .rootKeyFile(path: path, .permissions(UInt32(status.st_mode & 0o777)))
        }
        var bytes = try contents(descriptor, path)
        if bytes.last == 0x0A { bytes.removeLast() }
        do {
            return try RootKey.parse(bytes)
        } catch .rootKeyText(let problem) {
            throw .rootKeyFile(path: path, .text(problem))
        }
    }

    private static func contents(_ descriptor: CInt, _ path: String) throws(VaultError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: lengthMax)
        while bytes.count <= lengthMax {
            let count = unsafe read(descriptor, &chunk, chunk.count)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw .rootKeyFile(path: path, .system("read", errno))
            }
            bytes.append(contentsOf: chunk[..<count])
        }
        return bytes
    }

    /// Writes the key beside `path` and links it there; false when somebody else's file was there first.
    private static func create(_ path: String, _ key: RootKey, suffix: String) throws(VaultError) -> Bool {
        let folder = folder(of: path)
        try makeFolder(folder, for: path)
        let draft = path + ".new-" + suffix
        let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .rootKeyFile(path: path, .system("create", errno)) }
        defer { unsafe unlink(draft) }
        do {
            defer { close(descriptor) }
            // The process's umask may have taken even the owner's rights.
            guard fchmod(descriptor, 0o600) == 0 else {
                throw VaultError.rootKeyFile(path: path, .system("chmod", errno))
            }
            let line = Array((key.text + "\n").utf8)
            guard unsafe write(descriptor, line, line.count) == line.count else {
                throw VaultError.rootKeyFile(path: path, .system("write", errno))
            }
            guard fsync(descriptor) == 0 else {
                throw VaultError.rootKeyFile(path: path, .system("fsync", errno))
            }
        }
        // Unlike `rename`, `link` never replaces a file that is there.
        guard unsafe link(draft, path) == 0 else {
            if errno == EEXIST { return false }
            throw .rootKeyFile(path: path, .system("link", errno))
        }
        try syncFolder(folder, for: path)
        return true
    }

    /// Makes the folder and its missing parents with mode 0700.
    private static func makeFolder(_ folder: String, for path: String) throws(VaultError) {
        if unsafe mkdir(folder, 0o700) == 0 {
            try syncFolder(Self.folder(of: folder), for: path)
            return
        }
        switch errno {
        case EEXIST: return
        case ENOENT:
            let parent = Self.folder(of: folder)
            guard parent != folder else { throw .rootKeyFile(path: path, .system("mkdir", ENOENT)) }
            try makeFolder(parent, for: path)
            try makeFolder(folder, for: path)
        case let code: throw .rootKeyFile(path: path, .system("mkdir", code))
        }
    }

    private static func syncFolder(_ folder: String, for path: String) throws(VaultError) {
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .rootKeyFile(path: path, .system("open folder", errno)) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .rootKeyFile(path: path, .system("fsync folder", errno)) }
    }

    /// What stands before the last slash: `.` for a bare name, `/` for a name in the root folder.
    private static func folder(of path: String) -> String {
        var bytes = Array(path.utf8)
        while bytes.count > 1, bytes.last == 0x2F { bytes.removeLast() }
        guard let slash = bytes.lastIndex(of: 0x2F) else { return "." }
        return slash == 0 ? "/" : String(decoding: bytes[..<slash], as: UTF8.self)
    }
}
