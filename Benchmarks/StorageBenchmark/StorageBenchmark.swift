import Foundation

/// Durable inserts of a 1.5 KB row with six indexes, by many producers at once.
///
///     storage-bench [seconds] [folder] [way …]
///
/// Ways: `batch` and `write` of the store, and `reference`, a bare group commit through GRDB's own statements, so that
/// a ratio can be read off one run on a noisy machine.
@main
struct StorageBenchmark {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        let seconds = arguments.first.flatMap { Double($0) } ?? 3
        let folder = arguments.dropFirst().first ?? "."
        let chosen = arguments.dropFirst(2)
        print("way        producers    rows/s  p50 ms  p99 ms  max ms  user µs/row  sys µs/row  rows/commit")
        for producers in [1, 16, 64, 256] {
            for (name, open) in ways where chosen.isEmpty || chosen.contains(name) {
                let path = folder + "/storage-bench.db"
                removeFiles(path)
                try await open(path) { writer in
                    let result = try await run(writer, producers: producers, for: .seconds(seconds))
                    print(result.line(name, producers: producers))
                }
                removeFiles(path)
            }
        }
    }

    private typealias Way = @Sendable (String, (RowWriter) async throws -> Void) async throws -> Void

    private static let ways: [(String, Way)] = [
        ("batch", { try await StoreWriter.withBatches($0, $1) }),
        ("write", { try await StoreWriter.withClosures($0, $1) }),
        ("reference", { try await ReferenceWriter.with($0, $1) }),
    ]

    private static func removeFiles(_ path: String) {
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }

    private static func run(
        _ writer: RowWriter,
        producers: Int,
        for duration: Duration
    ) async throws -> Result {
        let clock = ContinuousClock()
        let start = clock.now
        let usage = Usage.now()
        let commits = writer.commits()
        let latencies = try await withThrowingTaskGroup(of: [Duration].self) { group in
            for producer in 0..<producers {
                group.addTask {
                    var latencies: [Duration] = []
                    var rows = BenchmarkRow.Source(producer: producer)
                    while clock.now - start < duration {
                        let before = clock.now
                        try await writer.insert(rows.next())
                        latencies.append(clock.now - before)
                    }
                    return latencies
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        return Result(
            latencies: latencies.sorted(),
            elapsed: clock.now - start,
            usage: Usage.now() - usage,
            commits: writer.commits() - commits
        )
    }
}

/// One way to make a row durable.
struct RowWriter: Sendable {
    let insert: @Sendable (BenchmarkRow) async throws -> Void
    let commits: @Sendable () -> Int
}
