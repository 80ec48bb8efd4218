import Foundation
import Glibc
package import Storage
import Synchronization

/// The engine a test's database runs on.
package enum TestEngine: Sendable {
    /// A file in a temporary folder.
    case sqlite
    /// A schema of its own on the server that `USHER_TEST_POSTGRES` names.
    case postgres

    /// What `USHER_TEST_ENGINE` says: SQLite unless it is `postgres`.
    package static var standard: TestEngine {
        ProcessInfo.processInfo.environment["USHER_TEST_ENGINE"] == "postgres" ? .postgres : .sqlite
    }

    /// The URL of the server for tests; nil when there is none.
    package static var serverURL: String? {
        ProcessInfo.processInfo.environment["USHER_TEST_POSTGRES"].flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// Runs `body` with a fresh database, its committer running; drained and removed afterwards.
///
/// - Parameters:
///   - migrations: the schema.
///   - engine: what it runs on.
///   - configure: changes the configuration, for tests at the limits.
@discardableResult
package func temporaryDatabase<T: Sendable>(
    migrations: [Migration] = [],
    engine: TestEngine = .standard,
    configure: (inout DatabaseConfiguration) -> Void = { _ in },
    _ body: (Database) async throws -> T
) async throws -> T {
    try await temporaryLocation(engine: engine) { given in
        var configuration = given
        configure(&configuration)
        return try await Database.withOpened(configuration, migrations: migrations, body)
    }
}

/// Runs `body` with where a fresh database can be made, and opened as often as wanted; removed afterwards.
package func temporaryLocation<T: Sendable>(
    engine: TestEngine = .standard,
    _ body: (DatabaseConfiguration) async throws -> T
) async throws -> T {
    switch engine {
    case .sqlite:
        try await temporaryFolder { folder in
            try await body(DatabaseConfiguration(location: .sqlite(path: folder + "/usher.db")))
        }
    case .postgres:
        try await temporarySchema(body)
    }
}

private func temporarySchema<T: Sendable>(
    _ body: (DatabaseConfiguration) async throws -> T
) async throws -> T {
    guard let url = TestEngine.serverURL else {
        throw StorageError.cannotOpen(
            "USHER_TEST_POSTGRES names no server: run the tests with scripts/with-postgres"
        )
    }
    await places.take()
    defer { places.giveBack() }
    let number = schemasMade.wrappingAdd(1, ordering: .relaxed).newValue
    let name = "test_\(getpid())_\(number)_\(monotonicNanoseconds())"
    var server = DatabaseConfiguration(location: .postgres(try PostgreSQLAddress(url)))
    server.readers = 0
    server.elapsed = elapsed
    let separator = url.contains("?") ? "&" : "?"
    let address = try PostgreSQLAddress(
        "\(url)\(separator)options=-csearch_path%3D\(name)&application_name=\(name)"
    )
    var configuration = DatabaseConfiguration(location: .postgres(address))
    configuration.elapsed = elapsed
    let create = Statement("CREATE SCHEMA \(name)")
    let drop = Statement("DROP SCHEMA \(name) CASCADE")
    try await Database.withOpened(server, migrations: []) {
        try await $0.write { _ = try $0.execute(create) }
    }
    let result: Result<T, any Error>
    do {
        result = .success(try await body(configuration))
    } catch {
        result = .failure(error)
    }
    try await Database.withOpened(server, migrations: []) { try await $0.write { _ = try $0.execute(drop) } }
    return try result.get()
}

private let schemasMade = Atomic(0)

private func elapsed() -> Duration {
    .nanoseconds(monotonicNanoseconds())
}

private func monotonicNanoseconds() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// So many tests have a schema at a time: each needs connections, and the server has few processors.
private let places = Places(8)

private final class Places: Sendable {
    private struct State {
        var free: Int
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(_ count: Int) {
        state = Mutex(State(free: count))
    }

    func take() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if state.free == 0 { state.waiters.append(continuation) }
                defer { state.free = max(0, state.free - 1) }
                return state.free > 0
            }
            if isFree { continuation.resume() }
        }
    }

    func giveBack() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.waiters.isEmpty else { return state.waiters.removeFirst() }
            state.free += 1
            return nil
        }
        waiter?.resume()
    }
}
