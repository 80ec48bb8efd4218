import GRDB
import GRDBSQLite
import Synchronization

/// SQLite in WAL mode: one connection that writes and `readers` that only read, each behind its own lock.
final class SQLiteEngine: Engine {
    private struct Writer {
        var connection: SQLiteConnection?
        var checkpoints: CheckpointPolicy
    }

    private final class Reader: Sendable {
        let connection: Mutex<SQLiteConnection?>

        init(_ connection: sending SQLiteConnection) {
            self.connection = Mutex(connection)
        }
    }

    private let opening: SQLiteOpening
    private let writer: Mutex<Writer>
    private let readers: [Reader]

    /// Opens the writing connection first: it creates the file and recovers the log.
    init(_ opening: SQLiteOpening, readers: Int, checkpoints: CheckpointPolicy) throws(StorageError) {
        self.opening = opening
        writer = Mutex(Writer(connection: try opening.openWriter(), checkpoints: checkpoints))
        var opened: [Reader] = []
        for _ in 0..<readers { opened.append(Reader(try opening.openReader())) }
        self.readers = opened
    }

    var readerCount: Int { readers.count }

    var isShared: Bool { false }

    func withWriter<T: Sendable>(_ body: @Sendable (any EngineConnection) throws -> T) throws -> T {
        try writer.withLock { writer in
            guard let connection = writer.connection else { throw StorageError.closed }
            return try body(connection)
        }
    }

    func withReader<T: Sendable>(
        _ index: Int,
        _ body: @Sendable (any EngineConnection) throws -> T
    ) throws -> T {
        guard !readers.isEmpty else { return try readThroughWriter(body) }
        return try readers[index].connection.withLock { connection in
            guard let connection else { throw StorageError.closed }
            return try body(connection)
        }
    }

    func awaitSignals(within milliseconds: Int32) -> [SharedSignal]? { [] }

    func maintain() {
        writer.withLock { writer in
            guard let connection = writer.connection,
                let mode = writer.checkpoints.wrote(pages: connection.takeWrittenPages()),
                // A checkpoint that fails (a full disk) loses nothing: the log keeps what it holds.
                let outcome = try? connection.checkpoint(mode)
            else { return }
            writer.checkpoints.checkpointed(outcome)
        }
    }

    func backUp(to path: String) throws(StorageError) {
        try SQLiteBackup(opening: opening).write(to: path)
    }

    func findDamage() throws(StorageError) -> [String] {
        try SQLiteBackup(opening: opening).findDamage()
    }

    func close() {
        for reader in readers {
            reader.connection.withLock { connection in
                connection?.close()
                connection = nil
            }
        }
        // Last, so that it finds itself alone and folds the log into the file.
        writer.withLock { writer in
            writer.connection?.close()
            writer.connection = nil
        }
    }

    private func readThroughWriter<T: Sendable>(
        _ body: @Sendable (any EngineConnection) throws -> T
    ) throws -> T {
        try writer.withLock { writer in
            guard let connection = writer.connection else { throw StorageError.closed }
            try connection.setReadOnly(true)
            let result = Result { try body(connection) }
            try connection.setReadOnly(false)
            return try result.get()
        }
    }
}
