package import Domain

/// Runs a scenario in a world of its own and tells what came of it.
package struct Simulator: Sendable {
    /// Plays one simulation: `world.run(process:scenario:)`, then its oracles.
    package typealias Play = @Sendable (World) async throws -> Void

    /// How far a simulation may go.
    package var limits = SimulationExecutor.Limits()
    /// The wall clock's time at the start of a seed.
    package var start: @Sendable (UInt64) -> Instant = { _ in SimulationExecutor.start }
    /// Whether reports hold the trace's lines.
    package var keepsLines = false
    private let play: Play

    /// Makes a simulator of one scenario.
    package init(_ play: @escaping Play) {
        self.play = play
    }

    /// Plays a seed, with the faults drawn from it.
    package func run(seed: UInt64) -> SimulationReport {
        run(seed: seed, plan: FaultPlan(seed: seed))
    }

    /// Plays a seed with the faults given.
    package func run(seed: UInt64, plan: FaultPlan) -> SimulationReport {
        let trace = Trace(keepsLines: keepsLines)
        var ending = Ending(jobs: 0, elapsed: .zero, crashes: 0, disk: nil, violations: [], failure: nil)
        do {
            ending = try SimulationExecutor.run(
                seed: seed,
                start: start(seed),
                trace: trace,
                limits: limits
            ) { [play] executor in
                let world = try World(seed: seed, plan: plan, executor: executor)
                var failure: String?
                do { try await play(world) } catch { failure = "\(error)" }
                return Ending(
                    jobs: executor.jobs,
                    elapsed: executor.elapsed,
                    crashes: world.crashes,
                    disk: world.disk.figures,
                    violations: world.oracle.violations,
                    failure: failure
                )
            }
        } catch {
            ending.failure = "\(error)"
        }
        return SimulationReport(
            seed: seed,
            plan: plan,
            hash: trace.hash,
            lines: trace.lines,
            jobs: ending.jobs,
            elapsed: ending.elapsed,
            crashes: ending.crashes,
            disk: ending.disk,
            violations: ending.violations,
            failure: ending.failure
        )
    }

    /// How a sweep crashes at each boundary.
    package enum Sweep: Sendable {
        /// Before and after it, with each way to lose what was not synced: eight runs.
        case everyWay
        /// In one of these ways, the next one at the next boundary: one run.
        case oneWayEach
    }

    /// Plays a seed once without faults, then with a crash at each boundary in turn.
    ///
    /// - Parameter stop: ends the sweep early when it says so of a report.
    /// - Returns: all reports, the one without faults first.
    package func sweepBoundaries(
        seed: UInt64,
        _ sweep: Sweep = .everyWay,
        stop: (SimulationReport) -> Bool = { _ in false }
    ) -> [SimulationReport] {
        let calm = run(seed: seed, plan: FaultPlan())
        var reports = [calm]
        guard let disk = calm.disk, !stop(calm) else { return reports }
        for number in 1...max(1, disk.boundaries) {
            for (moment, loss) in Self.ways(at: number, sweep) {
                var plan = FaultPlan()
                plan.crashes = .at([.init(.init(.boundary, number, moment), losing: loss)])
                let report = run(seed: seed, plan: plan)
                reports.append(report)
                if stop(report) { return reports }
            }
        }
        return reports
    }

    private static func ways(
        at number: Int,
        _ sweep: Sweep
    ) -> [(SimulatedDisk.CrashPoint.Moment, SimulatedDisk.PowerLoss)] {
        let all = SimulatedDisk.CrashPoint.Moment.allCases.flatMap { moment in
            SimulatedDisk.PowerLoss.allCases.map { (moment, $0) }
        }
        switch sweep {
        case .everyWay: return all
        case .oneWayEach: return [all[number % all.count]]
        }
    }
}

/// What is known when the scenario has ended.
private struct Ending: Sendable {
    var jobs: Int
    var elapsed: Duration
    var crashes: Int
    var disk: SimulatedDisk.Figures?
    var violations: [Violation]
    var failure: String?
}
