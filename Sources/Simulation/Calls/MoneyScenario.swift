import Calls
import Domain
import Gateway
package import Providers
import Vault

/// Usher between applications that sell and processors that fail in every way.
///
/// Applications charge, hold, capture, refund and void under keys, and repeat what had no answer. Processors lose
/// requests and answers, take effect late, fail, forget, slow down; their webhooks come late, twice, out of order or
/// never. One node or two share the database; each stands still, dies and has a clock that steps; all die with the
/// machine of the database. Then all is calm, and what was told, what is stored and what the processors' books say must
/// agree (`MoneyJudge`).
package struct MoneyScenario: Sendable {
    /// Wraps the dialect of each processor: tests plant bugs through it.
    package typealias DialectWrap = @Sendable (any CallDialect) -> any CallDialect

    /// What happens more often than by chance.
    package enum Emphasis: Sendable {
        /// Nothing: each fault is off in some seeds and frequent in others.
        case none
        /// Two nodes stand still for longer than their leases last.
        case stalls
    }

    /// Beyond it something goes round in circles.
    private static let jobsMax = 1_500_000
    /// How long everything may take to come right by itself: a day, after which a person is asked, and some more.
    private static let calmMax = Duration.seconds(30 * 3_600)

    /// What was counted in all simulations so far.
    package let figures: MoneyFigures
    private let emphasis: Emphasis
    private let wrap: DialectWrap

    /// Makes the scenario.
    package init(
        emphasis: Emphasis = .none,
        figures: MoneyFigures = MoneyFigures(),
        dialect wrap: @escaping DialectWrap = { $0 }
    ) {
        self.emphasis = emphasis
        self.figures = figures
        self.wrap = wrap
    }

    /// Plays it.
    package var simulator: Simulator {
        var simulator = Simulator { world in try await play(in: world) }
        simulator.limits = SimulationExecutor.Limits(jobsMax: Self.jobsMax)
        simulator.start = { StartInstant.draw(seed: $0) }
        return simulator
    }

    private struct Parties: Sendable {
        let world: World
        let weather: MoneyWeather
        let nodes: SimulatedNodes<MoneyNode>
        let processors: SimulatedProcessors
        let shop: SimulatedShop
        let post: SimulatedPost
        let clocks: [SteppingClock]
    }

    private func play(in world: World) async throws {
        let weather = MoneyWeather(seed: world.seed, emphasis: emphasis)
        let nodes = SimulatedNodes<MoneyNode>(count: weather.nodes, world)
        let clocks = nodes.doors.map { _ in SteppingClock() }
        let processors = SimulatedProcessors(world, weather)
        let parties = Parties(
            world: world,
            weather: weather,
            nodes: nodes,
            processors: processors,
            shop: SimulatedShop(world, nodes, weather),
            post: SimulatedPost(world, nodes, processors, weather),
            clocks: clocks
        )
        let setUp = MoneyNode.SetUp(
            directory: MoneyNode.directory(weather.route, wrap: wrap),
            rootKey: RootKey.generate(random: world.random(for: "root key")),
            processors: processors,
            clocks: clocks
        )
        world.record("the route is \(weather.route.joined(separator: ", "))")
        try await world.run { machine in
            try await MoneyNode.live(machine, in: world, setUp, nodes.doors)
        } scenario: {
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    await parties.post.run()
                    return false
                }
                group.addTask {
                    await storm(parties)
                    try await judge(parties)
                    return true
                }
                while let isJudged = try await group.next() {
                    if isJudged { group.cancelAll() }
                }
            }
        }
    }

    /// Lets everything happen; ends when the shop knows the end of all it asked for.
    private func storm(_ parties: Parties) async {
        let world = parties.world
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await parties.shop.run() }
            group.addTask {
                for step in parties.weather.clockSteps {
                    guard (try? await world.time.sleep(step.at - world.executor.elapsed)) != nil else {
                        return
                    }
                    parties.clocks[step.node - 1].step(to: step.offset)
                    world.record("the wall clock of node \(step.node) is off by \(step.offset)")
                }
            }
            group.addTask {
                for death in parties.weather.nodeDeaths {
                    guard (try? await world.time.sleep(death.at - world.executor.elapsed)) != nil else {
                        return
                    }
                    world.kill(node: death.node)
                }
            }
            group.addTask {
                guard (try? await world.time.sleep(MoneyWeather.stormLength)) != nil else { return }
                world.calm()
                parties.processors.calm()
                for clock in parties.clocks { clock.step(to: .zero) }
                world.record("all is calm")
            }
        }
    }

    /// Waits until nothing is on its way, then compares.
    private func judge(_ parties: Parties) async throws {
        let world = parties.world
        let end = world.executor.elapsed + Self.calmMax
        while world.executor.elapsed < end {
            if parties.processors.isIdle, parties.post.isIdle,
                let open = try? await parties.nodes.ask({ try await $0.engine.openCalls() }),
                open.keys.allSatisfy({ $0 == .held })
            {
                break
            }
            try await world.time.sleep(.seconds(5))
        }
        var stored: StoredMoney?
        for _ in 0..<100 where stored == nil {
            stored = try? await parties.nodes.ask { try await StoredMoney(from: $0) }
            if stored == nil { try await world.time.sleep(.seconds(1)) }
        }
        guard let stored else { return world.oracle.expect(false, "M2", "no node came up again") }
        let judge = MoneyJudge(world.oracle, parties.shop.records, parties.processors.ledgers, stored)
        let (counts, ages) = judge.judge(hasTrueClocks: parties.weather.clockSteps.isEmpty)
        figures.add(counts, ages: ages)
    }
}
