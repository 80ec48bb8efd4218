package import Domain
import Synchronization

/// Everything around the simulated process: its disk, the network, time, faults, and who judges it.
package final class World: Sendable {
    /// The most times a process may be started in one simulation.
    package static let livesMax = 200

    /// What decides everything here.
    package let seed: UInt64
    /// What goes wrong by intent.
    package let plan: FaultPlan
    /// Runs every task of the simulation.
    package let executor: SimulationExecutor
    /// The disk of the process; it outlives each of its lives.
    package let disk: SimulatedDisk
    /// Between the process and everybody else.
    package let network: SimulatedNetwork
    /// Who notes what did not hold.
    package let oracle = Oracle()
    private let random: RandomSource
    private let state = Mutex(State())

    private struct State {
        var lives = 0
        var crashes = 0
        var current: Incarnation?
        var nodes: [Int: Incarnation] = [:]
        var nodeLives: [Int: Int] = [:]
        var isCalm = false
    }

    init(seed: UInt64, plan: FaultPlan, executor: SimulationExecutor) throws {
        self.seed = seed
        self.plan = plan
        self.executor = executor
        disk = try SimulatedDisk()
        network = SimulatedNetwork(executor: executor, faults: plan.network, seed: seed)
        random = RandomSource(seed: seed, purpose: "world")
        disk.whenCrashed { [weak self] in self?.state.withLock { $0.current.take() }?.die() }
    }

    /// The clock outside the process.
    package var time: Time { executor.time }

    /// Lives of the process that ended by a crash.
    package var crashes: Int { state.withLock { $0.crashes } }

    /// Adds a line to the trace.
    package func record(_ text: String) {
        executor.record(text)
    }

    /// Chance for one part of the scenario, a sequence of its own.
    package func random(for purpose: String) -> RandomSource {
        RandomSource(seed: seed, purpose: purpose)
    }

    /// Kills the process now, if it lives; it starts again over what the disk kept.
    package func kill() {
        guard state.withLock({ $0.current?.isAlive }) == true else { return }
        disk.crash()
    }

    /// Ends all faults: from here on everything must come right by itself.
    package func calm() {
        state.withLock { $0.isCalm = true }
        disk.planCrash(at: nil)
        disk.setCapacity(nil)
        network.faults = NetworkFaults()
    }

    /// Runs `process`, again after each death, while `scenario` goes on; then ends it as an operator would.
    ///
    /// - Throws: what `scenario` throws; `SimulationError.livesExhausted` when the process does not stay up.
    package func run(
        process: @escaping @Sendable (Incarnation) async throws -> Void,
        scenario: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await self.supervise(process)
                return false
            }
            group.addTask {
                await self.inflict()
                return false
            }
            group.addTask {
                try await scenario()
                return true
            }
            while let isScenario = try await group.next() {
                if isScenario { group.cancelAll() }
            }
        }
    }

    private func supervise(_ process: @escaping @Sendable (Incarnation) async throws -> Void) async throws {
        var end = Incarnation.End.returned
        while !Task.isCancelled {
            let incarnation = try nextIncarnation(after: end)
            planBoundaryCrash()
            end = await incarnation.live(process)
            state.withLock { $0.current = nil }
            guard !Task.isCancelled else { return }
            record("incarnation \(incarnation.number) ended: \(end)")
            try revive(wasKilled: disk.isDown)
            let delay = Duration.microseconds(
                Int64(random.fraction() * Double(plan.downTimeMax.microseconds))
            )
            do { try await time.sleep(delay) } catch { return }
        }
    }

    private func nextIncarnation(after end: Incarnation.End) throws -> Incarnation {
        let number = state.withLock {
            $0.lives += 1
            return $0.lives
        }
        guard number <= Self.livesMax else { throw SimulationError.livesExhausted(number - 1, end: "\(end)") }
        let incarnation = Incarnation(number: number, executor: executor, seed: seed)
        state.withLock { $0.current = incarnation }
        return incarnation
    }

    /// The node's present life; nil between two.
    func livingNode(_ index: Int) -> Incarnation? {
        state.withLock { $0.nodes[index] }.flatMap { $0.isAlive ? $0 : nil }
    }

    /// The next life of a node.
    func nextNode(
        _ index: Int,
        on machine: Incarnation,
        after end: Incarnation.End
    ) throws -> Incarnation {
        let number = state.withLock {
            $0.nodeLives[index, default: 0] += 1
            return $0.nodeLives[index] ?? 0
        }
        guard number <= Self.livesMax else { throw SimulationError.livesExhausted(number - 1, end: "\(end)") }
        let node = Incarnation(node: index, number: number, on: machine, seed: seed)
        state.withLock { $0.nodes[index] = node }
        return node
    }

    /// Brings the disk up again.
    ///
    /// A process that ended by itself left the machine's page cache as it was.
    private func revive(wasKilled: Bool) throws {
        let loss = wasKilled ? nextLoss() : .none
        disk.crash()
        try disk.restart(loss, seed: random.next())
        if wasKilled { record("the disk lost \(loss)") }
    }

    /// Counts a crash and says what it leaves.
    private func nextLoss() -> SimulatedDisk.PowerLoss {
        let crash = state.withLock {
            $0.crashes += 1
            return $0.crashes - 1
        }
        if case .at(let planned) = plan.crashes, crash < planned.count { return planned[crash].loss }
        return random.element(of: plan.powerLosses) ?? .none
    }

    private func planBoundaryCrash() {
        let (isCalm, crashes) = state.withLock { ($0.isCalm, $0.crashes) }
        guard !isCalm else { return }
        switch plan.crashes {
        case .at(let planned) where crashes < planned.count:
            disk.planCrash(at: planned[crashes].point)
        case .atBoundaries(let within, let count) where crashes < count:
            let number = disk.figures.boundaries + 1 + Int(random.next() % UInt64(within))
            let moment: SimulatedDisk.CrashPoint.Moment = random.next() % 2 == 0 ? .before : .after
            disk.planCrash(at: .init(.boundary, number, moment))
        case .none, .at, .atBoundaries, .atAnyTime:
            break
        }
    }

    /// Brings about the faults that come with time, until all have been or the world is calm.
    private func inflict() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await self.killAtAnyTime() }
            group.addTask { try? await self.fillDisk() }
        }
    }

    private func killAtAnyTime() async throws {
        guard case .atAnyTime(let within, let count) = plan.crashes else { return }
        let random = random(for: "kills")
        for _ in 0..<count {
            try await time.sleep(.microseconds(Int64(random.fraction() * Double(within.microseconds))))
            guard !state.withLock({ $0.isCalm }) else { return }
            kill()
        }
    }

    private func fillDisk() async throws {
        guard let full = plan.fullDisk else { return }
        try await time.sleep(full.start)
        guard !state.withLock({ $0.isCalm }) else { return }
        disk.setCapacity(disk.figures.bytes + full.room)
        record("the disk is full")
        try await time.sleep(full.length)
        disk.setCapacity(nil)
        record("the disk has room")
    }
}
