import Foundation
import Simulation
import Testing

@Suite struct StoreSimulationTests {
    @Test func `the real database runs whole on the simulation and keeps what it acknowledged`() {
        for seed in 1...150 as ClosedRange<UInt64> {
            let report = StoreScenario().simulator.run(seed: seed)
            #expect(report.isClean, "\(report.summary)")
        }
    }

    @Test func `the same seed gives the same report`() {
        for seed in 1...10 as ClosedRange<UInt64> {
            let first = StoreScenario().simulator.run(seed: seed)
            let second = StoreScenario().simulator.run(seed: seed)
            #expect(first.hash == second.hash && first.disk == second.disk && first.jobs == second.jobs)
        }
    }

    @Test func `another process repeats the trace of a seed`() async throws {
        let here = (1...5 as ClosedRange<UInt64>).map { StoreScenario().simulator.run(seed: $0).hash }
        let elsewhere = await #expect(
            processExitsWith: .success,
            observing: [\.standardErrorContent]
        ) {
            let hashes = (1...5 as ClosedRange<UInt64>).map { StoreScenario().simulator.run(seed: $0).hash }
            FileHandle.standardError.write(Data("hashes \(hashes) end".utf8))
        }
        let output = String(decoding: try #require(elsewhere).standardErrorContent, as: UTF8.self)
        #expect(output.contains("hashes \(here) end"))
    }

    @Test func `acknowledged writes survive a crash at each boundary in turn`() {
        let reports = StoreScenario().simulator.sweepBoundaries(seed: 1)
        #expect(reports.count > 100)
        #expect(reports.dropFirst().allSatisfy { $0.crashes >= 1 })
        for report in reports where !report.isClean { Issue.record("\(report.summary)") }
    }

    @Test func `acknowledged writes survive a crash while the database is made and another one later`() {
        for seed in 9...14 as ClosedRange<UInt64> {
            for first in 4...6 {
                for second in first + 8...first + 15 {
                    var plan = FaultPlan()
                    plan.crashes = .at([
                        .init(.init(.boundary, first, .before), losing: .torn),
                        .init(.init(.boundary, second, .after), losing: .all),
                    ])
                    let report = StoreScenario().simulator.run(seed: seed, plan: plan)
                    #expect(report.isClean, "\(report.summary)")
                }
            }
        }
    }

    @Test(arguments: [StoreScenario.Bug.acknowledgesBeforeCommit, .splitsTransaction])
    func `a planted bug is found`(bug: StoreScenario.Bug) {
        let simulator = StoreScenario(bug: bug).simulator
        let seed = (1...200 as ClosedRange<UInt64>).first { !simulator.run(seed: $0).isClean }
        #expect(seed != nil)
    }

    @Test(arguments: [StoreScenario.Bug.acknowledgesBeforeCommit, .splitsTransaction])
    func `a planted bug is found by crashing at each boundary`(bug: StoreScenario.Bug) {
        let reports = StoreScenario(bug: bug).simulator.sweepBoundaries(seed: 1) { !$0.isClean }
        #expect(reports.last?.violations.isEmpty == false)
    }
}
