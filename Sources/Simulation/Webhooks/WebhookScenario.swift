import Domain
import Gateway
import Providers
import Registry
import Sandbox
package import Storage
import Vault
package import Webhooks

/// Usher between Stripe and three destinations, while everything that can fail fails.
///
/// Signed events come in over a bad network, are stored, and go out. One node or two share the database; each stands
/// still, dies and has a clock that steps, alone; all die with the machine of the database, whose disk fills up;
/// destinations fail and take their time. Then all is calm, and what is stored and what arrived must be as
/// `docs/ARCHITECTURE.md` promises (P1 to P4, P13, P14).
package struct WebhookScenario: Sendable {
    /// Wraps the three hot paths of each life of a node.
    package typealias StoreWrap = @Sendable (WebhookStore, Database) -> WebhookStore

    private static let stripeSecret = "whsec_simulated-stripe-endpoint-0001"
    private static let signingSecret = "whsec_c2ltdWxhdGVkLWRlc3RpbmF0aW9uLWtleS0wMDE="
    private static let publicURL = "https://hooks.example.com"
    /// Beyond it something goes round in circles (P13): ten times what a clean seed needs.
    private static let jobsMax = 200_000
    /// When the faults end.
    private static let stormLength = Duration.seconds(75)
    /// How long everything may take to come right by itself.
    private static let calmMax = Duration.seconds(86_400)

    /// What happens more often than by chance.
    package enum Emphasis: Sendable {
        /// Nothing: each fault is off in some seeds and frequent in others.
        case none
        /// Two nodes stand still for longer than their leases last, with full lanes.
        case stalls
    }

    private let wrapStore: StoreWrap
    private let emphasis: Emphasis

    /// Makes the scenario.
    ///
    /// - Parameters:
    ///   - emphasis: what happens more often than by chance.
    ///   - store: wraps the hot paths: tests plant bugs through it.
    package init(emphasis: Emphasis = .none, store: @escaping StoreWrap = { store, _ in store }) {
        self.emphasis = emphasis
        wrapStore = store
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
        let weather: WebhookWeather
        let nodes: SimulatedNodes<SimulatedGateway>
        let stripe: SimulatedStripe
        let destinations: SimulatedDestinations
        let definitions: [DestinationDefinition]
        let clocks: [SteppingClock]
    }

    private func play(in world: World) async throws {
        let weather = WebhookWeather(seed: world.seed, emphasis: emphasis)
        let definitions = try Self.destinations()
        let source = try Self.source()
        let nodes = SimulatedNodes<SimulatedGateway>(count: weather.nodes, world)
        let clocks = nodes.doors.map { _ in SteppingClock() }
        let destinations = SimulatedDestinations(
            world,
            weather,
            definitions,
            secret: Secret(Self.signingSecret)
        )
        let path = "/api/integrations/webhooks/\(source.name)"
        let stripe = SimulatedStripe(
            world,
            nodes,
            weather,
            endpoint: StripeSandbox.Endpoint(
                url: Self.publicURL + path,
                secret: Secret(Self.stripeSecret),
                retryDelays: SimulatedStripe.retryDelays
            ),
            path: path
        )
        let setUp = SimulatedGateway.SetUp(
            desired: DesiredRegistry(
                sources: [(source, [Secret(Self.stripeSecret)])],
                destinations: definitions.map { ($0, [Secret(Self.signingSecret)]) }
            ),
            rootKey: RootKey.generate(random: world.random(for: "root key")),
            publicURL: Self.publicURL,
            destinations: destinations,
            clocks: clocks,
            wrapStore: wrapStore
        )
        let parties = Parties(
            world: world,
            weather: weather,
            nodes: nodes,
            stripe: stripe,
            destinations: destinations,
            definitions: definitions,
            clocks: clocks
        )
        try await world.run { machine in
            try await SimulatedGateway.live(machine, in: world, setUp, nodes.doors)
        } scenario: {
            await Self.storm(parties)
            try await Self.judge(parties)
            // What is right must still be right after one more loss of power.
            world.kill()
            try await Self.judge(parties)
        }
    }

    /// Lets everything happen; ends when Stripe has nothing more to send.
    private static func storm(_ parties: Parties) async {
        let world = parties.world
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await parties.stripe.run() }
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
                await SimulatedOperator(world, parties.nodes).replay(at: parties.weather.replays)
            }
            group.addTask { await SimulatedOperator(world, parties.nodes).resumeStopped(until: stormLength) }
            group.addTask {
                guard (try? await world.time.sleep(stormLength)) != nil else { return }
                world.calm()
                parties.destinations.calm()
                for clock in parties.clocks { clock.step(to: .zero) }
                world.record("all is calm")
            }
        }
    }

    /// Waits until nothing is on its way, then compares.
    private static func judge(_ parties: Parties) async throws {
        let world = parties.world
        let helper = SimulatedOperator(world, parties.nodes)
        let end = world.executor.elapsed + calmMax
        var wait = Duration.milliseconds(500)
        while world.executor.elapsed < end {
            await helper.resumeStopped()
            if (try? await parties.nodes.ask { try await StoredWebhooks.isDrained($0) }) == true { break }
            try await world.time.sleep(wait)
            wait = min(wait * 2, .seconds(600))
        }
        let store = try await helper.ask { try await StoredWebhooks(from: $0) }
        guard let store else { return world.oracle.expect(false, "P14", "the process did not come up again") }
        WebhookJudge(
            oracle: world.oracle,
            ledger: parties.stripe.ledger,
            bodies: parties.stripe.bodies,
            definitions: parties.definitions,
            arrivals: parties.destinations.arrivals
        ).judge(store)
    }

    private static func source() throws -> SourceDefinition {
        SourceDefinition(name: try name("stripe"), provider: ProviderName.stripe.rawValue)
    }

    /// One with a standby URL, one that wants some types only, one that soon gives up.
    private static func destinations() throws -> [DestinationDefinition] {
        [
            DestinationDefinition(
                name: try name("app"),
                url: "https://app.example.com/hooks",
                standbyURL: "https://standby.example.net/hooks",
                concurrency: 4,
                timeout: .seconds(5)
            ),
            DestinationDefinition(
                name: try name("books"),
                url: "https://books.example.com/hooks",
                events: ["payment_intent.*", "charge.*"],
                timeout: .seconds(2)
            ),
            DestinationDefinition(
                name: try name("mail"),
                url: "https://mail.example.com/hooks",
                concurrency: 2,
                ratePerSecond: 5,
                timeout: .seconds(3),
                attemptsMax: 3
            ),
        ]
    }

    private static func name(_ text: String) throws -> ResourceName {
        guard let name = ResourceName(text) else { throw SimulationError.disk("\(text) is no name") }
        return name
    }
}
