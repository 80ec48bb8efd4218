import Dispatch
import Foundation
import GRDB
import Synchronization

/// The yardstick: the least group commit one can write with GRDB's own statements, without savepoints, limits,
/// cancellation or outcomes.
final class ReferenceWriter: Sendable {
    private typealias Entry = (row: BenchmarkRow, continuation: CheckedContinuation<Void, any Error>)

    private struct State {
        var waiting: [Entry] = []
        var isClosed = false
        var commits = 0
    }

    private let pool: DatabasePool
    private let state = Mutex(State())
    private let arrivals = DispatchSemaphore(value: 0)

    private init(path: String) throws {
        var configuration = Configuration()
        configuration.journalMode = .wal
        pool = try DatabasePool(path: path, configuration: configuration)
        try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        try pool.write { database in
            for statement in BenchmarkRow.schema { try database.execute(sql: statement) }
        }
    }

    static func with(_ path: String, _ body: (RowWriter) async throws -> Void) async throws {
        let writer = try ReferenceWriter(path: path)
        Thread.detachNewThread { writer.run() }
        defer { writer.close() }
        try await body(
            RowWriter(
                insert: { row in try await withCheckedThrowingContinuation { writer.push((row, $0)) } },
                commits: { writer.state.withLock { $0.commits } }
            )
        )
    }

    private func push(_ entry: Entry) {
        let isFirst = state.withLock { state in
            state.waiting.append(entry)
            return state.waiting.count == 1
        }
        if isFirst { arrivals.signal() }
    }

    private func close() {
        state.withLock { $0.isClosed = true }
        arrivals.signal()
    }

    private func run() {
        while true {
            arrivals.wait()
            let (entries, isClosed) = state.withLock { state in
                defer { state.waiting.removeAll(keepingCapacity: true) }
                return (state.waiting, state.isClosed)
            }
            if entries.isEmpty, isClosed { return }
            commit(entries)
        }
    }

    private func commit(_ entries: [Entry]) {
        do {
            try pool.writeWithoutTransaction { database in
                try database.inTransaction(.immediate) {
                    let statement = try database.cachedStatement(
                        sql: """
                            INSERT INTO events (tenant, source, external_id, kind, received, state, body)
                            VALUES (?, ?, ?, ?, ?, ?, ?)
                            """
                    )
                    for entry in entries { try statement.execute(arguments: Self.arguments(entry.row)) }
                    return .commit
                }
            }
            state.withLock { $0.commits += 1 }
            for entry in entries { entry.continuation.resume() }
        } catch {
            for entry in entries { entry.continuation.resume(throwing: error) }
        }
    }

    private static func arguments(_ row: BenchmarkRow) -> StatementArguments {
        [row.tenant, "stripe", row.externalID, row.kind, row.received, row.state, Data(row.body)]
    }
}
