import CSimulation
import Synchronization

/// A disk in memory on which SQLite keeps its files, and which can crash, lose what was not synced and be full.
///
/// It counts boundaries: the syncs that make something durable. A run repeated with a crash planned at each
/// boundary in turn meets every state of the disk that can follow a crash. It belongs to the thread that made it;
/// work from another thread ends the process.
package final class SimulatedDisk: Sendable {
    /// The name of the VFS that serves all disks; never SQLite's default one.
    package static let fileSystem = "usher-simulation"

    /// Where a crash falls.
    package struct CrashPoint: Hashable, Sendable {
        /// What is counted.
        package enum Unit: Hashable, Sendable {
            /// Writes, truncations, creations, deletions and syncs.
            case operation
            /// Syncs of a file or of the folder.
            case boundary
        }

        /// Whether the operation still takes effect.
        ///
        /// The process learns of it in neither case.
        package enum Moment: Hashable, Sendable, CaseIterable {
            case before
            case after
        }

        /// What is counted.
        package let unit: Unit
        /// Counted from 1 since the disk was made.
        package let number: Int
        /// Whether it still takes effect.
        package let moment: Moment

        /// Names the operation or boundary `number`, from 1.
        package init(_ unit: Unit, _ number: Int, _ moment: Moment) {
            precondition(number >= 1, "Operations are counted from 1.")
            self.unit = unit
            self.number = number
            self.moment = moment
        }
    }

    /// What becomes of writes that were never synced.
    package enum PowerLoss: Hashable, Sendable, CaseIterable {
        /// All are lost.
        case all
        /// None is lost: the process was killed, the machine lives.
        case none
        /// Those after a random point are lost, over all files.
        case tail
        /// Each is kept, lost or torn at sectors of 512 bytes, independently.
        case torn
    }

    /// What the disk did and holds.
    package struct Figures: Hashable, Sendable {
        /// Writes, truncations, creations, deletions and syncs so far.
        package let operations: Int
        /// Syncs of a file or of the folder so far.
        package let boundaries: Int
        /// Writes refused because the disk was full.
        package let refusals: Int
        /// Unsynced operations that crashes took away, whole or in part.
        package let losses: Int
        /// Bytes in all files now.
        package let bytes: Int
    }

    private let id: usher_disk_id
    private let onCrash = CrashHandler()

    /// Makes an empty disk.
    ///
    /// - Throws: `SimulationError.disk` when memory is short or SQLite refuses the VFS.
    package init() throws {
        let code = usher_disk_register()
        guard code == 0 else { throw SimulationError.disk("SQLite refused the file system, code \(code)") }
        id = usher_disk_create()
        guard id != 0 else { throw SimulationError.disk("no memory for a disk") }
        let context = unsafe Unmanaged.passUnretained(onCrash).toOpaque()
        unsafe usher_disk_on_crash(
            id,
            { context in
                guard let context = unsafe context else { return }
                unsafe Unmanaged<CrashHandler>.fromOpaque(context).takeUnretainedValue().run()
            },
            context
        )
    }

    deinit {
        usher_disk_release(id)
    }

    /// The path of a file on the disk until the next restart: `/disk-7.0/usher.db`.
    ///
    /// Whoever still holds the path of before a restart gets errors: a dead process cannot come back through it.
    package func path(_ file: String) -> String {
        "/disk-\(id).\(usher_disk_read_figures(id).generation)/\(file)"
    }

    /// Whether it is down: every operation answers `SQLITE_IOERR` until it is restarted.
    package var isDown: Bool { usher_disk_read_figures(id).crashed }

    /// What it did and holds now.
    package var figures: Figures {
        let figures = usher_disk_read_figures(id)
        return Figures(
            operations: Int(figures.operations),
            boundaries: Int(figures.boundaries),
            refusals: Int(figures.refusals),
            losses: Int(figures.losses),
            bytes: Int(figures.bytes)
        )
    }

    /// Lets it crash once at a point still to come; replaces an earlier plan.
    ///
    /// Nil: no crash is planned.
    package func planCrash(at point: CrashPoint?) {
        guard let point else { return usher_disk_plan_crash(id, .operation, 0, .before) }
        let unit: usher_crash_point =
            switch point.unit {
            case .operation: .operation
            case .boundary: .boundary
            }
        let moment: usher_crash_moment =
            switch point.moment {
            case .before: .before
            case .after: .after
            }
        usher_disk_plan_crash(id, unit, UInt64(point.number), moment)
    }

    /// Calls `handler` at each crash, in the middle of the operation that fails: it must not touch the disk.
    package func whenCrashed(_ handler: @escaping @Sendable () -> Void) {
        onCrash.set(handler)
    }

    /// Crashes it now.
    package func crash() {
        usher_disk_crash(id)
    }

    /// Brings it up again with what survived; `seed` decides that where chance does.
    ///
    /// - Throws: `SimulationError.disk` when memory is short.
    package func restart(_ loss: PowerLoss, seed: UInt64) throws {
        let loss: usher_power_loss =
            switch loss {
            case .all: .all
            case .none: .none
            case .tail: .tail
            case .torn: .torn
            }
        guard usher_disk_restart(id, loss, seed) else {
            throw SimulationError.disk("no memory for a restart")
        }
    }

    /// Lets the files grow to so many bytes in all; writes beyond answer `SQLITE_FULL`.
    ///
    /// Nil: no limit.
    package func setCapacity(_ bytes: Int?) {
        usher_disk_set_capacity(id, bytes.map { UInt64(max($0, 0)) } ?? .max)
    }
}

/// What to do at a crash; a box of its own as the C side holds it while the disk is being freed.
private final class CrashHandler: Sendable {
    private let handler = Mutex<(@Sendable () -> Void)?>(nil)

    func set(_ handler: @escaping @Sendable () -> Void) {
        self.handler.withLock { $0 = handler }
    }

    func run() {
        handler.withLock { $0 }?()
    }
}
