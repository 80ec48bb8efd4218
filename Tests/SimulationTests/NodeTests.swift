import Domain
import Simulation
import Testing

@Suite struct NodeTests {
    private static let day = Duration.seconds(86_400)

    /// A life of the machine with two nodes that do `work`, each behind a door.
    private static func play(
        doors: [FrontDoor<Int>] = [FrontDoor(), FrontDoor()],
        work: @escaping @Sendable (World, Int, Incarnation) async throws -> Void = { _, _, node in
            try await node.time.sleep(day)
        },
        scenario: @escaping @Sendable (World) async throws -> Void
    ) -> SimulationReport {
        Simulator { world in
            try await world.run { machine in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (index, door) in doors.enumerated() {
                        group.addTask {
                            try await world.runNode(index + 1, on: machine, isAlone: doors.count == 1) {
                                door.open($0.number, of: $0)
                                try await work(world, index + 1, $0)
                            }
                        }
                    }
                    for try await _ in group {}
                }
            } scenario: {
                try await scenario(world)
            }
        }.run(seed: 7, plan: FaultPlan())
    }

    @Test func `a node dies alone and starts again, the other and the machine live on`() {
        let doors = [FrontDoor<Int>(), FrontDoor<Int>()]
        let report = Self.play(doors: doors) { world in
            try await world.time.sleep(.seconds(1))
            world.kill(node: 1)
            #expect(!doors[0].isOpen && doors[1].isOpen)
            try await world.time.sleep(.seconds(6))
            #expect(try await doors[0].ask { $0 } == 2)
            #expect(try await doors[1].ask { $0 } == 1)
        }
        #expect(report.isClean && report.crashes == 0, "\(report.summary)")
    }

    @Test func `all nodes die with their machine and start again`() {
        let doors = [FrontDoor<Int>(), FrontDoor<Int>()]
        let report = Self.play(doors: doors) { world in
            try await world.time.sleep(.seconds(1))
            world.kill()
            #expect(!doors[0].isOpen && !doors[1].isOpen)
            try await world.time.sleep(.seconds(6))
            #expect(try await doors[0].ask { $0 } == 2)
            #expect(try await doors[1].ask { $0 } == 2)
        }
        #expect(report.isClean && report.crashes == 1, "\(report.summary)")
    }

    @Test func `a node that stands still does nothing until it goes on, and finds its timers run out`() {
        let steps = Notes<Duration>()
        let otherSteps = Counter()
        let report = Self.play { world, index, node in
            if index == 1 { world.suspend(node, for: .seconds(60)) }
            while true {
                try await node.time.sleep(.seconds(1))
                if index == 1 { steps.add(node.time.elapsed()) } else { otherSteps.add() }
            }
        } scenario: { world in
            try await world.time.sleep(.milliseconds(60_500))
            #expect(steps.all == [.seconds(60)])
            #expect(otherSteps.count == 60)
            try await world.time.sleep(.seconds(2))
            #expect(steps.all == [.seconds(60), .seconds(61), .seconds(62)])
        }
        #expect(report.isClean, "\(report.summary)")
    }

    @Test func `a node that stands still answers once it goes on`() {
        let doors = [FrontDoor<Int>(), FrontDoor<Int>()]
        let report = Self.play(doors: doors) { world, _, node in
            world.suspend(node, for: .seconds(30))
            try await node.time.sleep(Self.day)
        } scenario: { world in
            try await world.time.sleep(.seconds(1))
            #expect(try await doors[0].ask { $0 } == 1)
            #expect(world.executor.elapsed == .seconds(30))
        }
        #expect(report.isClean, "\(report.summary)")
    }

    @Test func `a node that dies while it stands still does not hold up the next life`() {
        let doors = [FrontDoor<Int>(), FrontDoor<Int>()]
        let report = Self.play(doors: doors) { world, _, node in
            if node.number == 1 { world.suspend(node, for: Self.day) }
            try await node.time.sleep(Self.day)
        } scenario: { world in
            try await world.time.sleep(.seconds(1))
            world.kill(node: 1)
            try await world.time.sleep(.seconds(6))
            #expect(try await doors[0].ask { $0 } == 2)
            world.kill()
            try await world.time.sleep(.seconds(6))
            #expect(try await doors[1].ask { $0 } == 2)
        }
        #expect(report.isClean, "\(report.summary)")
    }

    @Test func `a node alone ends its machine when it fails, one of two starts again by itself`() {
        struct Failure: Error {}
        for count in 1...2 {
            let lives = Counter()
            let report = Self.play(doors: (0..<count).map { _ in FrontDoor() }) { world, index, node in
                if index == 1 {
                    lives.add()
                    throw Failure()
                }
                try await node.time.sleep(Self.day)
            } scenario: { world in
                try await world.time.sleep(Self.day)
            }
            #expect(lives.count == World.livesMax)
            #expect(report.failure?.hasPrefix("lives exhausted") == true, "\(report.summary)")
        }
    }

    @Test func `the wall clock starts where the simulator says, and monotonic time at zero`() {
        var simulator = Simulator { world in
            world.oracle.expect(world.time.now() == Instant(seconds: 1_000_004), "P1", "\(world.time.now())")
            world.oracle.expect(world.time.elapsed() == .zero, "P1", "\(world.time.elapsed())")
        }
        simulator.start = { Instant(seconds: 1_000_000 + Int64($0)) }
        let report = simulator.run(seed: 4, plan: FaultPlan())
        #expect(report.isClean, "\(report.summary)")
    }
}
