import Domain
import Foundation
import Providers
import Simulation
import Testing

@Suite(.serialized) struct MoneySimulationTests {
    private static let doubtMax = Duration.seconds(600)

    @Test(arguments: [1, 126, 251, 376] as [UInt64])
    func `nobody is charged twice, no call is lost and doubts end, whatever goes wrong`(first: UInt64) throws
    {
        let scenario = MoneyScenario()
        let simulator = scenario.simulator
        for seed in first...(first + 124) {
            let report = simulator.run(seed: seed)
            #expect(report.isClean, "\(report.summary)")
        }
        let counts = scenario.figures.counts
        #expect(counts.calls > 800 && counts.inDoubt > 150 && counts.held == 0, "\(counts)")
        #expect(try #require(scenario.figures.doubtP99) <= Self.doubtMax)
    }

    @Test func `F12: two nodes that overtake each other charge once`() {
        let simulator = MoneyScenario(emphasis: .stalls).simulator
        for seed in 1...30 as ClosedRange<UInt64> {
            let report = simulator.run(seed: seed)
            #expect(report.isClean, "\(report.summary)")
        }
    }

    @Test func `F11 and F23: a crash at any of 24 points loses nothing and charges once`() throws {
        let simulator = MoneyScenario().simulator
        let calm = simulator.run(seed: 3, plan: FaultPlan())
        let boundaries = try #require(calm.disk).boundaries
        #expect(calm.isClean && boundaries > 24, "\(calm.summary)")
        let losses = SimulatedDisk.PowerLoss.allCases
        for point in 0..<24 {
            var plan = FaultPlan()
            let moment: SimulatedDisk.CrashPoint.Moment = point % 2 == 0 ? .before : .after
            let place = SimulatedDisk.CrashPoint(.boundary, 1 + point * boundaries / 24, moment)
            plan.crashes = .at([.init(place, losing: losses[point % losses.count])])
            let report = simulator.run(seed: 3, plan: plan)
            #expect(report.isClean && report.crashes == 1, "\(report.summary)")
        }
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
