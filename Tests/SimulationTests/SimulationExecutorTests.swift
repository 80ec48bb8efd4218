import Dispatch
import Domain
import Simulation
import Testing

@Suite struct SimulationExecutorTests {
    @Test func `the same seed gives the same trace and another seed another`() throws {
        var traces: Set<UInt64> = []
        for seed in 1...400 as ClosedRange<UInt64> {
            let first = try Workload.run(seed: seed)
            let second = try Workload.run(seed: seed)
            #expect(first == second, "seed \(seed)")
            traces.insert(first.hash)
        }
        #expect(traces.count == 400)
    }

    @Test func `time passes only when nothing is ready`() throws {
        let elapsed = try SimulationExecutor.run(seed: 1) { simulation in
            let time = simulation.time
            try await time.sleep(.seconds(3_600))
            for _ in 0..<100 { await Task.yield() }
            #expect(time.now() == SimulationExecutor.start + .seconds(3_600))
            return time.elapsed()
        }
        #expect(elapsed == .seconds(3_600))
    }

    @Test func `a cancelled sleep ends at once and leaves no time behind`() throws {
        try SimulationExecutor.run(seed: 1) { simulation in
            let time = simulation.time
            await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<200 {
                    group.addTask {
                        do {
                            try await time.sleep(.seconds(86_400))
                            return false
                        } catch {
                            return error is CancellationError
                        }
                    }
                }
                try? await time.sleep(.seconds(1))
                group.cancelAll()
                for await cancelled in group { #expect(cancelled) }
            }
            #expect(time.elapsed() == .seconds(1))
            try await time.sleep(.seconds(1))
            #expect(time.elapsed() == .seconds(2))
        }
    }

    @Test func `sleepers wake in the order of their times, equals in the order they came`() throws {
        let woken = try SimulationExecutor.run(seed: 7) { simulation in
            let order = Notes<Int>()
            await withTaskGroup(of: Void.self) { group in
                for (index, delay) in [30, 10, 20, 10, 0].enumerated() {
                    group.addTask {
                        try? await simulation.time.sleep(.milliseconds(delay))
                        order.add(index)
                    }
                }
            }
            return order.all
        }
        #expect(woken.first == 4)
        #expect(woken.suffix(2) == [2, 0])
    }

    @Test func `a scenario that waits for nothing is a deadlock`() {
        #expect(throws: SimulationError.self) {
            try SimulationExecutor.run(seed: 1) { _ in
                let (stream, continuation) = AsyncStream<Int>.makeStream()
                for await _ in stream {}
                continuation.finish()
            }
        }
    }

    @Test func `a scenario that never ends is a runaway at the limit`() {
        let limits = SimulationExecutor.Limits(jobsMax: 1_000)
        #expect(throws: SimulationError.runaway(afterJobs: 1_000)) {
            try SimulationExecutor.run(seed: 1, limits: limits) { simulation in
                while !Task.isCancelled { try await simulation.time.sleep(.seconds(1)) }
            }
        }
    }

    @Test func `tasks left behind are cancelled and run to their end`() throws {
        let ended = Counter()
        try SimulationExecutor.run(seed: 1) { simulation in
            _ = Task {
                try? await simulation.time.sleep(.seconds(86_400))
                ended.add()
            }
        }
        #expect(ended.count == 1)
    }

    @Test func `leftovers that ignore their cancellation are reported`() {
        let limits = SimulationExecutor.Limits(leftoverJobsMax: 500)
        #expect(throws: SimulationError.self) {
            try SimulationExecutor.run(seed: 1, limits: limits) { _ in
                _ = Task { while true { await Task.yield() } }
            }
        }
    }

    @Test func `an error of the scenario comes through`() {
        struct Failure: Error {}
        #expect(throws: Failure.self) {
            try SimulationExecutor.run(seed: 1) { _ in throw Failure() }
        }
    }

    @Test func `other threads keep the real pool while a simulation runs`() async throws {
        async let outside: Int = withTaskGroup(of: Int.self) { group in
            for number in 0..<1_000 { group.addTask { await Task.detached { number }.value } }
            return await group.reduce(0, +)
        }
        let inside = try await Task.detached {
            try (1...20).map { try Workload.run(seed: $0).jobs }.reduce(0, +)
        }.value
        #expect(await outside == 499_500)
        #expect(inside > 0)
    }

    @Test func `a job from another thread ends the process`() async {
        await #expect(processExitsWith: .failure) {
            try SimulationExecutor.run(seed: 1) { simulation in
                _ = Task {
                    await withCheckedContinuation { continuation in
                        DispatchQueue.global().async { continuation.resume() }
                    }
                }
                while !Task.isCancelled { try await simulation.time.sleep(.seconds(1)) }
            }
        }
    }
}

/// Everything a service may do with tasks: groups, actors, streams, unstructured and detached tasks, sleeps.
private enum Workload {
    struct Result: Equatable {
        let hash: UInt64
        let jobs: Int
        let total: Int
    }

    private actor Ledger {
        private(set) var entries: [String] = []
        func add(_ entry: String) { entries.append(entry) }
    }

    static func run(seed: UInt64) throws -> Result {
        let trace = Trace()
        let source = RandomSource(seed: seed ^ 0xABCD)
        let (jobs, total) = try SimulationExecutor.run(seed: seed, trace: trace) { simulation in
            let entries = await fanOut(simulation, source)
            for entry in entries { simulation.record(entry) }
            return (simulation.jobs, entries.count)
        }
        return Result(hash: trace.hash, jobs: jobs, total: total)
    }

    private static func fanOut(_ simulation: SimulationExecutor, _ random: RandomSource) async -> [String] {
        let ledger = Ledger()
        let time = simulation.time
        let (stream, continuation) = AsyncStream<Int>.makeStream()
        async let consumer: Void = { for await number in stream { await ledger.add("seen \(number)") } }()
        let side = Task { await ledger.add("unstructured") }
        let late = Task.detached {
            try? await time.sleep(.seconds(3_600))
            await ledger.add("an hour later")
        }
        let cancelled = Task { try? await time.sleep(.seconds(7_200)) }
        await withTaskGroup(of: Int.self) { group in
            for number in 0..<20 {
                group.addTask {
                    try? await time.sleep(.milliseconds(random.next() % 50))
                    await ledger.add("\(time.elapsed()) \(number)")
                    continuation.yield(number)
                    return number
                }
            }
            for await number in group where number % 7 == 0 { await ledger.add("joined \(number)") }
        }
        cancelled.cancel()
        continuation.finish()
        await consumer
        await side.value
        await late.value
        _ = await cancelled.value
        return await ledger.entries
    }
}
