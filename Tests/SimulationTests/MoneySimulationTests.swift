import Domain
import Foundation
import Providers
import Simulation
import Testing

@Suite struct MoneySimulationTests {
    private static let doubtMax = Duration.seconds(600)

    @Test func `nobody is charged twice, no call is lost and doubts end, whatever goes wrong`() throws {
        let scenario = MoneyScenario()
        let simulator = scenario.simulator
        for seed in 1...500 as ClosedRange<UInt64> {
            let report = simulator.run(seed: seed)
            #expect(report.isClean, "\(report.summary)")
        }
        let counts = scenario.figures.counts
        #expect(counts.calls > 2_000 && counts.inDoubt > 400 && counts.held == 0, "\(counts)")
        #expect(try #require(scenario.figures.doubtP99) <= Self.doubtMax)
    }

    @Test func `F12: two nodes that overtake each other charge once`() {
        let simulator = MoneyScenario(emphasis: .stalls).simulator
        for seed in 1...40 as ClosedRange<UInt64> {
            let report = simulator.run(seed: seed)
            #expect(report.isClean, "\(report.summary)")
        }
    }

    @Test(arguments: [3])
    func `F11 and F23: a crash at each boundary in turn loses nothing and charges once`(seed: UInt64) {
        let reports = MoneyScenario().simulator.sweepBoundaries(seed: seed, .oneWayEach)
        #expect(reports.count > 20)
        for report in reports where !report.isClean { Issue.record("\(report.summary)") }
    }

    @Test func `the same seed gives the same trace of payments`() {
        let simulator = MoneyScenario().simulator
        for seed in 1...8 as ClosedRange<UInt64> {
            let (first, second) = (simulator.run(seed: seed), simulator.run(seed: seed))
            #expect(first.hash == second.hash && first.jobs == second.jobs)
        }
    }

    @Test(arguments: PlantedDialectBug.allCases)
    func `a mistake planted in a dialect is found within 2,000 seeds`(bug: PlantedDialectBug) throws {
        let simulator = MoneyScenario { BrokenDialect(sound: $0, bug: bug) }.simulator
        let found = (1...2_000 as ClosedRange<UInt64>).lazy.map { simulator.run(seed: $0) }.first { report in
            report.violations.contains { bug.promises.contains($0.promise) }
        }
        let report = try #require(found)
        let finding = report.violations.first?.description ?? ""
        FileHandle.standardError.write(Data("\(bug): seed \(report.seed), \(finding)\n".utf8))
    }
}
