import Domain
import Foundation
import Health
import Simulation
import Testing
import Webhooks

/// A mistake built into emergency mode, to see that the simulation finds it.
enum PlantedEmergencyBug: CaseIterable, Sendable {
    /// Deliveries of low priority are dropped instead of deferred.
    case dropsLowPriority
    /// Whoever watches it dies after a while, and it is never undone.
    case stopsWatching
    /// An order ends as soon as nothing needs it.
    case endsOrdersEarly

    var promises: Set<String> {
        switch self {
        case .dropsLowPriority: ["E2"]
        case .stopsWatching: ["E3", "E4"]
        case .endsOrdersEarly: ["E5"]
        }
    }

    var scenario: EmergencyScenario {
        var plant = EmergencyScenario.Plant()
        switch self {
        case .dropsLowPriority: plant.store = { Self.dropping($0) }
        case .stopsWatching:
            plant.watch = { desk, time in
                for _ in 0..<12 {
                    await desk.look()
                    try await time.sleep(.seconds(5))
                }
                while true { try await time.sleep(.seconds(3_600)) }
            }
        case .endsOrdersEarly:
            plant.watch = { desk, time in
                while true {
                    await desk.look()
                    _ = try? await desk.callOff(by: "a bug")
                    try await time.sleep(.seconds(20))
                }
            }
        }
        return EmergencyScenario(plant: plant)
    }

    private static func dropping(_ store: WebhookStore) -> WebhookStore {
        var dropping = store
        let (claim, finish) = (store.claim, store.finish)
        dropping.claim = { order in
            let all = try await claim(ClaimOrder(shares: order.shares, now: order.now))
            guard order.priorityMax < .low else { return all }
            for delivery in all.deliveries where delivery.priority == .low {
                _ = try await finish(
                    FinishedDelivery(
                        seq: delivery.seq,
                        destinationID: delivery.destinationID,
                        lane: delivery.lane,
                        epoch: delivery.epoch,
                        attempts: [],
                        attemptsBefore: delivery.attempts,
                        verdict: .delivered,
                        now: order.now
                    )
                )
            }
            return ClaimOutcome(
                deliveries: all.deliveries.filter { $0.priority < .low },
                nextDue: all.nextDue
            )
        }
        return dropping
    }
}

@Suite(.serialized) struct EmergencySimulationTests {
    @Test func `an outage during a wedding: nothing that was accepted is dropped, and the mode always ends`()
    {
        let scenario = EmergencyScenario()
        let simulator = scenario.simulator
        for seed in 1...40 as ClosedRange<UInt64> {
            let report = simulator.run(seed: seed)
            #expect(report.isClean, "\(report.summary)")
        }
        let counts = scenario.figures.counts
        #expect(counts.low > 200 && counts.ownTimes >= 20 && counts.orders >= 20, "\(counts)")
    }

    @Test func `the same seed gives the same trace of an outage`() {
        let simulator = EmergencyScenario().simulator
        for seed in 1...3 as ClosedRange<UInt64> {
            #expect(simulator.run(seed: seed).hash == simulator.run(seed: seed).hash)
        }
    }

    @Test(arguments: PlantedEmergencyBug.allCases)
    func `a mistake planted in emergency mode is found within 40 seeds`(bug: PlantedEmergencyBug) throws {
        let simulator = bug.scenario.simulator
        let found = (1...40 as ClosedRange<UInt64>).lazy.map { simulator.run(seed: $0) }.first { report in
            report.violations.contains { bug.promises.contains($0.promise) }
        }
        let report = try #require(found)
        let finding = report.violations.first?.description ?? ""
        FileHandle.standardError.write(Data("\(bug): seed \(report.seed), \(finding)\n".utf8))
    }
}
