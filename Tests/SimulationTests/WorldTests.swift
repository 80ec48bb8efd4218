import Domain
import Simulation
import Testing

@Suite struct WorldTests {
    /// Lives of a process that counts the seconds, in a world with these faults, for one virtual hour.
    private static func play(
        _ plan: FaultPlan,
        process: @escaping @Sendable (World, Incarnation) async throws -> Void,
        scenario: @escaping @Sendable (World) async throws -> Void
    ) -> SimulationReport {
        Simulator { world in
            try await world.run(
                process: { try await process(world, $0) },
                scenario: { try await scenario(world) }
            )
        }.run(seed: 5, plan: plan)
    }

    @Test func `a killed process stops at once and a new one starts`() {
        let lives = Notes<Int>()
        let zombieSteps = Counter()
        let report = Self.play(FaultPlan()) { _, incarnation in
            lives.add(incarnation.number)
            while true {
                try await incarnation.time.sleep(.seconds(1))
                if !incarnation.isAlive { zombieSteps.add() }
            }
        } scenario: { world in
            for _ in 0..<3 {
                try await world.time.sleep(.seconds(20))
                world.kill()
            }
            try await world.time.sleep(.seconds(20))
        }
        #expect(report.isClean && report.crashes == 3, "\(report.summary)")
        #expect(lives.all == [1, 2, 3, 4])
        #expect(zombieSteps.count == 0)
    }

    @Test func `what the dead started by themselves ends too`() {
        let ended = Counter()
        let report = Self.play(FaultPlan()) { _, incarnation in
            _ = Task {
                try? await incarnation.time.sleep(.seconds(86_400))
                ended.add()
            }
            try await incarnation.time.sleep(.seconds(86_400))
        } scenario: { world in
            try await world.time.sleep(.seconds(1))
            world.kill()
            try await world.time.sleep(.seconds(10))
            #expect(ended.count == 1)
        }
        #expect(report.isClean, "\(report.summary)")
    }

    @Test func `a dead process answers nobody`() {
        let door = FrontDoor<Int>()
        let report = Self.play(FaultPlan()) { _, incarnation in
            door.open(incarnation.number, of: incarnation)
            try await incarnation.time.sleep(.seconds(86_400))
        } scenario: { world in
            try await world.time.sleep(.seconds(1))
            #expect(try await door.ask { $0 } == 1)
            let lastWords = try await door.ask { try await Self.kill(world, asked: $0) }
            #expect(lastWords == nil)
            #expect(try await door.ask { $0 } == nil)
            try await world.time.sleep(.seconds(6))
            #expect(try await door.ask { $0 } == 2)
        }
        #expect(report.isClean, "\(report.summary)")
    }

    /// Dies while it works on an answer.
    private static func kill(_ world: World, asked service: Int) async throws -> Int {
        world.kill()
        return service
    }

    @Test func `a process that fails to stay up is a failure at the limit`() {
        struct Failure: Error {}
        let lives = Counter()
        let report = Self.play(FaultPlan()) { _, _ in
            lives.add()
            throw Failure()
        } scenario: { world in
            try await world.time.sleep(.seconds(86_400))
        }
        #expect(lives.count == World.livesMax)
        #expect(report.failure?.hasPrefix("lives exhausted") == true)
        #expect(!report.isClean)
    }

    @Test func `a request under way arrives although its sender died`() {
        let arrivals = Counter()
        let report = Self.play(FaultPlan()) { world, incarnation in
            guard incarnation.number == 1 else { return try await incarnation.time.sleep(.seconds(86_400)) }
            let answer = try await world.network.exchange(from: incarnation, timeout: .seconds(30)) {
                () -> Int? in
                arrivals.add()
                return 1
            }
            Issue.record("a dead caller heard \(answer)")
        } scenario: { world in
            try await world.time.sleep(.microseconds(500))  // A request takes 1 ms at least.
            world.kill()
            try await world.time.sleep(.seconds(30))
        }
        #expect(report.isClean && report.crashes == 1, "\(report.summary)")
        #expect(arrivals.count == 1)
    }

    @Test func `violations are kept with their promise, up to the limit`() {
        let report = Simulator { world in
            world.oracle.expect(true, "P1", "holds")
            for number in 0..<100 { world.oracle.expect(false, "P2", "row \(number)") }
        }.run(seed: 1, plan: FaultPlan())
        #expect(report.violations.count == Oracle.violationsMax)
        #expect(report.violations.first?.description == "P2: row 0")
        #expect(report.summary.contains("seed 1"))
    }

    @Test func `seeds draw different plans, and each the same again`() {
        let plans = (1...200 as ClosedRange<UInt64>).map { FaultPlan(seed: $0) }
        #expect(Set(plans).count > 190)
        #expect(plans == (1...200 as ClosedRange<UInt64>).map { FaultPlan(seed: $0) })
        #expect(plans.contains { $0.crashes == .none } && plans.contains { $0.fullDisk != nil })
    }

    @Test func `lines are kept on request and do not change the run`() {
        var simulator = StoreScenario().simulator
        let silent = simulator.run(seed: 9)
        simulator.keepsLines = true
        let told = simulator.run(seed: 9)
        #expect(silent.lines.isEmpty && !told.lines.isEmpty)
        #expect(silent.hash == told.hash)
    }
}
