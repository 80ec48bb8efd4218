import Domain
import Glibc
import Synchronization

/// PostgreSQL: one connection that writes, `readers` that only read, and one that listens, each behind its own lock.
///
/// A connection that is lost is made anew at its next use, as `ReconnectSchedule` allows; until then its users get
/// `.unavailable` at once.
final class PostgreSQLEngine: Engine {
    private struct Place {
        var connection: PostgreSQLConnection?
        var schedule = ReconnectSchedule()
        var isClosed = false
    }

    private final class Slot: Sendable {
        let place: Mutex<Place>

        init(_ connection: sending PostgreSQLConnection?) {
            place = Mutex(Place(connection: connection))
        }
    }

    private let opening: PostgreSQLOpening
    private let elapsed: @Sendable () -> Duration
    private let writer: Slot
    private let readers: [Slot]
    private let listener = Slot(nil)
    private let writerProcess = Mutex<Int32?>(nil)

    /// Opens the writing connection at once, so that a wrong address fails the start; the others at first use.
    init(
        _ address: PostgreSQLAddress,
        readers: Int,
        elapsed: @escaping @Sendable () -> Duration
    ) throws(StorageError) {
        opening = PostgreSQLOpening(address: address)
        self.elapsed = elapsed
        writer = Slot(try opening.open())
        self.readers = (0..<readers).map { _ in Slot(nil) }
    }

    var readerCount: Int { readers.count }

    var isShared: Bool { true }

    func withWriter<T: Sendable>(_ body: @Sendable (any EngineConnection) throws -> T) throws -> T {
        try with(writer) { connection in
            let process = connection.processID
            writerProcess.withLock { $0 = process }
            return try body(connection)
        }
    }

    func withReader<T: Sendable>(
        _ index: Int,
        _ body: @Sendable (any EngineConnection) throws -> T
    ) throws -> T {
        try with(readers.isEmpty ? writer : readers[index]) { try body($0) }
    }

    func awaitSignals(within milliseconds: Int32) -> [SharedSignal]? {
        let own = writerProcess.withLock { $0 }
        do throws(StorageError) {
            return try listener.place.withLock { place throws(StorageError) -> [SharedSignal]? in
                let before = place.connection
                let connection = try lend(&place)
                guard connection === before else {
                    try connection.listen()
                    return nil  // What was announced meanwhile is missed.
                }
                return try connection.signals(within: milliseconds, except: own)
            }
        } catch {
            _ = poll(nil, 0, milliseconds)  // The server is away: no busy loop.
            return []
        }
    }

    func maintain() {}

    func backUp(to path: String) throws(StorageError) {
        throw .misuse("`usher backup` copies SQLite files; back a PostgreSQL database up with pg_dump")
    }

    /// Nothing: PostgreSQL checks its pages itself when they have checksums.
    func findDamage() throws(StorageError) -> [String] { [] }

    func close() {
        for slot in readers + [listener, writer] {
            slot.place.withLock { place in
                place.connection = nil
                place.isClosed = true
            }
        }
    }

    private func with<T: Sendable>(
        _ slot: Slot,
        _ body: (PostgreSQLConnection) throws -> T
    ) throws -> T {
        try slot.place.withLock { place in
            let connection = try lend(&place)
            defer { if connection.isBroken { place.connection = nil } }
            return try body(connection)
        }
    }

    /// The connection, made anew when it was lost and the schedule allows.
    private func lend(_ place: inout Place) throws(StorageError) -> PostgreSQLConnection {
        guard !place.isClosed else { throw .closed }
        if let connection = place.connection {
            connection.lookForEnd()
            if !connection.isBroken { return connection }
            place.connection = nil
        }
        guard place.schedule.allows(now: elapsed()) else { throw .unavailable(place.schedule.reason) }
        do {
            let connection = try opening.open()
            place.schedule.connected()
            place.connection = connection
            return connection
        } catch {
            place.schedule.failed("\(error)", now: elapsed())
            throw .unavailable("\(error)")
        }
    }
}
