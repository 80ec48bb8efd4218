import Glibc

/// Whether the disk keeps what it is told to keep, how fast, and how much it still takes.
package enum DiskCheck {
    /// How often a write is synced to find its usual time.
    package static let rounds = 25

    /// What was measured of a folder.
    package struct Measurement: Hashable, Sendable {
        /// The middle one of the times that `fdatasync` took after a write of 4 KiB.
        package let syncMedian: Duration
        /// Whether the folder is in memory (tmpfs, ramfs): gone after a restart of the machine.
        package let isInMemory: Bool
        /// Bytes that this user may still write.
        package let freeBytes: UInt64

        /// Makes a measurement.
        package init(syncMedian: Duration, isInMemory: Bool, freeBytes: UInt64) {
            self.syncMedian = syncMedian
            self.isInMemory = isInMemory
            self.freeBytes = freeBytes
        }
    }

    /// What a measurement means.
    ///
    /// | time of one sync | verdict |
    /// |---|---|
    /// | below 20 µs | warning: no disk is that fast, something claims to have synced |
    /// | 20 µs to 50 ms | ok |
    /// | above 50 ms | warning: acknowledgements wait that long |
    package static func findings(_ measured: Measurement, folder: String) -> [Finding] {
        [sync(measured, folder), space(measured.freeBytes, folder)]
    }

    /// Measures a folder that exists; throws a sentence when it cannot be written to.
    package static func measure(folder: String) throws(DiskFailure) -> Measurement {
        let path = folder + "/.usher-doctor-\(getpid())"
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw DiskFailure("create a file", errno) }
        defer {
            close(descriptor)
            unsafe unlink(path)
        }
        let block = [UInt8](repeating: 0x55, count: 4_096)
        var times: [Duration] = []
        let clock = ContinuousClock()
        for _ in 0..<rounds {
            guard unsafe write(descriptor, block, block.count) == block.count else {
                throw DiskFailure("write", errno)
            }
            let start = clock.now
            guard fdatasync(descriptor) == 0 else { throw DiskFailure("sync", errno) }
            times.append(clock.now - start)
        }
        return Measurement(
            syncMedian: times.sorted()[rounds / 2],
            isInMemory: isInMemory(descriptor),
            freeBytes: freeBytes(descriptor)
        )
    }

    private static func sync(_ measured: Measurement, _ folder: String) -> Finding {
        let check = "disk-sync"
        let milliseconds = "\((measured.syncMedian / .milliseconds(1) * 100).rounded() / 100) ms"
        if measured.isInMemory {
            return .problem(
                check,
                "\(folder) is in memory: everything is lost when the machine restarts",
                mend: "put `database:` on a disk"
            )
        }
        if measured.syncMedian < .microseconds(20) {
            return .warning(
                check,
                "a sync of \(folder) takes \(milliseconds): faster than any disk, so it may not be one",
                mend:
                    "switch off volatile write caching (hypervisor: cache=none or writethrough; mount without nobarrier)"
            )
        }
        if measured.syncMedian > .milliseconds(50) {
            return .warning(
                check,
                "a sync of \(folder) takes \(milliseconds): each acknowledgement waits that long",
                mend: "use a faster disk, best one with a battery- or capacitor-backed cache"
            )
        }
        return .ok(check, "a sync of \(folder) takes \(milliseconds)")
    }

    private static func space(_ freeBytes: UInt64, _ folder: String) -> Finding {
        let check = "disk-space"
        let free = "\(freeBytes / 1_048_576) MiB free in \(folder)"
        return switch freeBytes {
        case ..<268_435_456:
            .problem(
                check,
                "only " + free,
                mend: "free some space: on a full disk webhooks are answered with 503"
            )
        case ..<2_147_483_648:
            .warning(check, "only " + free, mend: "free some space, or move the data folder to a larger disk")
        default: .ok(check, free)
        }
    }

    private static func isInMemory(_ descriptor: CInt) -> Bool {
        guard let facts = try? BoundedFile.read("/proc/self/fdinfo/\(descriptor)", bytesMax: 65_536),
            let mount = mount(in: String(decoding: facts, as: UTF8.self)),
            let table = try? BoundedFile.read("/proc/self/mountinfo", bytesMax: 1_048_576)
        else { return false }
        let type = fileSystem(ofMount: mount, in: String(decoding: table, as: UTF8.self))
        return type == "tmpfs" || type == "ramfs"
    }

    /// The mount that an open file lies on, by the text of its `/proc/self/fdinfo` (proc(5)).
    package static func mount(in facts: String) -> String? {
        let line = facts.split(separator: "\n").first { $0.utf8.starts(with: "mnt_id:".utf8) }
        return line.map { $0.dropFirst("mnt_id:".utf8.count).trimmingPrefix { $0 == "\t" || $0 == " " } }.map(
            String.init
        )
    }

    /// The type of the file system of a mount (`24`), by the text of `/proc/self/mountinfo` (proc(5)).
    package static func fileSystem(ofMount mount: String, in table: String) -> String? {
        for line in table.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 6, fields[0] == mount, let dash = fields.firstIndex(of: "-"),
                dash + 1 < fields.count
            else { continue }
            return String(fields[dash + 1])
        }
        return nil
    }

    private static func freeBytes(_ descriptor: CInt) -> UInt64 {
        var system = statvfs()
        guard unsafe fstatvfs(descriptor, &system) == 0 else { return 0 }
        return UInt64(system.f_bavail) * UInt64(system.f_frsize)
    }
}

/// What the system answered to the doctor.
package struct DiskFailure: Error, Hashable, Sendable, CustomStringConvertible {
    private let action: String
    private let code: CInt

    init(_ action: String, _ code: CInt) {
        self.action = action
        self.code = code
    }

    package var description: String {
        "cannot \(action): " + (unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)")
    }
}
