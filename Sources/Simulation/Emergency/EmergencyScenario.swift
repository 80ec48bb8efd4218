import Calls
package import Domain
import Gateway
package import Health
import Providers
import Registry
import Sandbox
import Vault
package import Webhooks

/// An outage during a wedding: the only processor goes down, emergency mode comes and goes, people order it too.
///
/// An application charges in every priority, for the wedding and for nobody, and waits for results as webhooks. Nodes
/// die, the network loses requests, the disk fills up. Then all is calm, and:
///
/// | promise | what it says |
/// |---|---|
/// | E1 | every call that was accepted was carried out, or failed at the provider; none was given up for having waited |
/// | E2 | every result has reached the application |
/// | E3 | emergency mode has ended, and so has every record of it |
/// | E4 | of what it asked for nothing is left at any node |
/// | E5 | while an order held, it was on |
package struct EmergencyScenario: Sendable {
    /// What tests plant bugs through.
    package struct Plant: Sendable {
        /// Wraps the three hot paths of deliveries.
        package var store: @Sendable (WebhookStore) -> WebhookStore = { $0 }
        /// What runs in the place of the desk's own `run`.
        package var watch: @Sendable (EmergencyDesk, Time) async throws -> Void = { desk, _ in
            try await desk.run()
        }

        /// Plants nothing.
        package init() {}
    }

    private static let signingSecret = "whsec_c2ltdWxhdGVkLWRlc3RpbmF0aW9uLWtleS0wMDE="
    private static let jobsMax = 3_000_000
    /// When the faults end.
    private static let stormLength = Duration.seconds(420)
    /// How long everything may take to come right by itself.
    private static let calmMax = Duration.seconds(3 * 3_600)
    /// All must stay as always for so many looks in a row: what the storm left may show once more.
    private static let settledLooksMin = 20
    private static let settledLookEvery = Duration.seconds(15)

    /// What was counted in all simulations so far.
    package let figures: EmergencyFigures
    private let plant: Plant

    /// Makes the scenario.
    package init(figures: EmergencyFigures = EmergencyFigures(), plant: Plant = Plant()) {
        self.figures = figures
        self.plant = plant
    }

    /// Plays it.
    package var simulator: Simulator {
        var simulator = Simulator { world in try await play(in: world) }
        simulator.limits = SimulationExecutor.Limits(jobsMax: Self.jobsMax)
        return simulator
    }

    private struct Parties: Sendable {
        let world: World
        let nodes: SimulatedNodes<EmergencyNode>
        let outside: EmergencyOutside
        let application: EmergencyApplication
        let person: EmergencyOperator
    }

    private func play(in world: World) async throws {
        let random = world.random(for: "outage")
        let start = Duration.seconds(Int64(10 + random.next() % 40))
        let length = Duration.seconds(Int64(60 + random.next() % 300))
        let kinds: [VendorFault.Kind] = [.refuse, .failBefore(status: 503), .blackHole]
        let nodes = SimulatedNodes<EmergencyNode>(count: random.next() % 3 == 0 ? 2 : 1, world)
        let outside = EmergencyOutside(
            world,
            outage: start..<(start + length),
            kind: random.element(of: kinds) ?? .refuse
        )
        let wedding = try Self.wedding(world.time.now())
        let parties = Parties(
            world: world,
            nodes: nodes,
            outside: outside,
            application: EmergencyApplication(world, nodes, wedding: wedding.id),
            person: EmergencyOperator(world, nodes)
        )
        let setUp = EmergencyNode.SetUp(
            desired: try Self.desired(),
            wedding: wedding,
            rootKey: RootKey.generate(random: world.random(for: "root key")),
            outside: outside,
            plant: plant
        )
        try await world.run { machine in
            try await EmergencyNode.live(machine, in: world, setUp, nodes.doors)
        } scenario: {
            await Self.storm(parties)
            try await judge(parties)
        }
    }

    private static func storm(_ parties: Parties) async {
        let world = parties.world
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await parties.application.run(for: stormLength - .seconds(30)) }
            group.addTask { await parties.person.run(for: stormLength - .seconds(30)) }
            group.addTask {
                guard (try? await world.time.sleep(stormLength)) != nil else { return }
                world.calm()
                parties.outside.calm()
                world.record("all is calm")
            }
        }
    }

    /// Waits until nothing is on its way and all is as always, then compares.
    private func judge(_ parties: Parties) async throws {
        let world = parties.world
        let end = world.executor.elapsed + Self.calmMax
        var settledLooks = 0
        while world.executor.elapsed < end, settledLooks < Self.settledLooksMin {
            let isDone = try? await parties.nodes.ask { try await EmergencyJudge.isSettled($0) }
            settledLooks = isDone == true ? settledLooks + 1 : 0
            try await world.time.sleep(Self.settledLookEvery)
        }
        // Nodes obey what another one has decided at their next look.
        try await world.time.sleep(EmergencyDesk.lookEvery * 3)
        let judge = EmergencyJudge(
            oracle: world.oracle,
            accepted: parties.application.accepted,
            results: parties.outside.results
        )
        var count: EmergencyFigures.Counts?
        for _ in 0..<100 where count == nil {
            count = try? await parties.nodes.ask { try await judge.judge($0) }
            if count == nil { try await world.time.sleep(.seconds(1)) }
        }
        guard var count else { return world.oracle.expect(false, "E1", "no node came up again") }
        for door in parties.nodes.doors { _ = try? await door.ask { judge.judgeLeftovers($0) } }
        count.orders = parties.person.orders
        figures.add(count)
    }

    // MARK: What there is

    /// One that began an hour ago, wherever the clock stands.
    private static func wedding(_ now: Instant) throws -> Wedding {
        guard let id = WeddingID("w-garcia"), let cake = TimelineItemID("cake") else {
            throw SimulationError.disk("an id is none")
        }
        return try Wedding(
            id: id,
            title: "Garcia wedding",
            date: CivilDate(daysSinceEpoch: now.dayNumber),
            zone: .utc,
            timeline: [try TimelineItem(id: cake, name: "Cake", startsAt: now + .seconds(3_600))]
        )
    }

    private static func desired() throws -> DesiredRegistry {
        guard let stripe = ResourceName("stripe"), let app = ResourceName("app") else {
            throw SimulationError.disk("a name is none")
        }
        let credential = VendorCatalogue.credential(.stripe).map { ($0.field, Secret($0.value)) }
        return DesiredRegistry(
            sources: [],
            destinations: [
                (
                    DestinationDefinition(
                        name: app,
                        url: "https://\(EmergencyOutside.destination)/hooks",
                        timeout: .seconds(5)
                    ),
                    [Secret(signingSecret)]
                )
            ],
            integrations: [
                (
                    IntegrationDefinition(
                        name: stripe,
                        provider: .stripe,
                        baseURL: "http://\(EmergencyOutside.processor)",
                        allowPrivate: true
                    ),
                    Dictionary(credential) { first, _ in first }
                )
            ]
        )
    }
}
