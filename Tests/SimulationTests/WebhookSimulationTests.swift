import Foundation
import Simulation
import Testing

@Suite struct WebhookSimulationTests {
    @Test func `webhooks are kept, stored once, delivered and in order, whatever goes wrong`() {
        for seed in 1...150 as ClosedRange<UInt64> {
            let report = WebhookScenario().simulator.run(seed: seed)
            #expect(report.isClean, "\(report.summary)")
        }
    }

    @Test(arguments: PlantedBug.allCases)
    func `a planted bug is found`(bug: PlantedBug) throws {
        let seeds = 1...10_000 as ClosedRange<UInt64>
        let simulator = bug.scenario.simulator
        let report = try #require(seeds.lazy.map { simulator.run(seed: $0) }.first { !$0.isClean })
        FileHandle.standardError.write(Data("\(bug) is found: \(report.summary)\n".utf8))
        #expect(!report.violations.isEmpty)
        for seed in 1...report.seed {
            let correct = WebhookScenario().simulator.run(seed: seed)
            #expect(correct.isClean, "\(correct.summary)")
        }
    }
}
