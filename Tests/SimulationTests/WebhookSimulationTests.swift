import Foundation
import Simulation
import Testing
import Webhooks

@Suite struct WebhookSimulationTests {
    private static let simulator = WebhookScenario().simulator

    @Test func `webhooks are kept, stored once, delivered and in order, whatever goes wrong`() {
        for seed in 1...150 as ClosedRange<UInt64> {
            let report = Self.simulator.run(seed: seed)
            #expect(report.isClean, "\(report.summary)")
        }
    }

    @Test(arguments: [3])
    func `promises hold after a crash at each boundary in turn`(seed: UInt64) {
        let reports = Self.simulator.sweepBoundaries(seed: seed, .oneWayEach)
        #expect(reports.count > 100)
        for report in reports where !report.isClean { Issue.record("\(report.summary)") }
    }

    @Test func `the same seed gives the same trace`() {
        for seed in 1...8 as ClosedRange<UInt64> {
            let (first, second) = (Self.simulator.run(seed: seed), Self.simulator.run(seed: seed))
            #expect(first.hash == second.hash && first.jobs == second.jobs && first.disk == second.disk)
        }
    }

    @Test func `another process repeats the trace of a seed`() async throws {
        let here = (1...8 as ClosedRange<UInt64>).map { Self.simulator.run(seed: $0).hash }
        let elsewhere = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
            let simulator = WebhookScenario().simulator
            let hashes = (1...8 as ClosedRange<UInt64>).map { simulator.run(seed: $0).hash }
            FileHandle.standardError.write(Data("hashes \(hashes) end".utf8))
        }
        let output = String(decoding: try #require(elsewhere).standardErrorContent, as: UTF8.self)
        #expect(output.contains("hashes \(here) end"))
    }

    @Test(arguments: [WebhookScenario.Emphasis.none, .stalls])
    func `claims are overtaken while their holder stands still`(emphasis: WebhookScenario.Emphasis) {
        let (recorded, fenced) = (Counter(), Counter())
        let simulator = WebhookScenario(emphasis: emphasis) { store, _ in
            var store = store
            let finish = store.finish
            store.finish = { finished in
                let outcome = try await finish(finished)
                if outcome == .fenced { fenced.add() } else { recorded.add() }
                return outcome
            }
            return store
        }.simulator
        for seed in 1...20 as ClosedRange<UInt64> {
            let report = simulator.run(seed: seed)
            #expect(report.isClean, "\(report.summary)")
        }
        #expect(fenced.count >= 20 && recorded.count >= 500, "\(fenced.count) of \(recorded.count)")
    }

    @Test(arguments: PlantedBug.allCases)
    func `a planted bug is found within 10,000 seeds where correct code is clean`(bug: PlantedBug) throws {
        let simulator = bug.scenario.simulator
        let report = try #require(
            (1...10_000 as ClosedRange<UInt64>).lazy.map { simulator.run(seed: $0) }.first { report in
                report.failure != nil || report.violations.contains { bug.promises.contains($0.promise) }
            }
        )
        let finding = report.violations.first?.description ?? report.failure ?? ""
        FileHandle.standardError.write(Data("\(bug): seed \(report.seed), \(finding)\n".utf8))
        let sound = WebhookScenario(emphasis: bug.emphasis).simulator
        for seed in 1...report.seed {
            let correct = sound.run(seed: seed)
            #expect(correct.isClean, "\(correct.summary)")
        }
    }
}
