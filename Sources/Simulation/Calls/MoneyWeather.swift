import Domain
import Providers
import Sandbox

/// What goes wrong around the payments of one simulation, besides the faults of its plan.
///
/// Each is off in some seeds and frequent in others, as a fault hides another one.
struct MoneyWeather: Sendable {
    /// A fault of a processor, by the time since the start of the simulation.
    struct Trouble: Sendable {
        let host: String
        let kind: VendorFault.Kind
        let share: Double
        let method: String?
        let start: Duration
        let length: Duration
    }

    /// When the last fault ends.
    static let stormLength = Duration.seconds(180)
    /// The longest that a request stays on its way and takes effect all the same; dialects take ten minutes for enough.
    static let latenessMax = Duration.seconds(540)

    /// How many nodes share the database.
    let nodes: Int
    /// When nodes die alone; none where there is but one.
    let nodeDeaths: [WebhookWeather.NodeDeath]
    /// Steps of the wall clocks.
    let clockSteps: [WebhookWeather.ClockStep]
    /// Chance that a node stands still while an answer is on its way to it, often for longer than its lease lasts.
    let stands: Double
    /// The processors' names, in the order of the route.
    let route: [String]
    /// What goes wrong at the processors.
    let troubles: [Trouble]
    /// Chance of each webhook to be lost for good.
    let webhooksLost: Double
    /// Chance of each webhook to come twice.
    let webhooksDoubled: Double
    /// The longest that a webhook stays on its way.
    let webhookDelayMax: Duration
    /// What is bought.
    let purchases: Int
    /// The longest time between two purchases.
    let gapMax: Duration
    /// Chance that a request of the application comes twice at the same time.
    let doubled: Double
    /// Chance that the payer's bank says no.
    let declined: Double
    /// Chance that nobody waits for the result.
    let async: Double

    /// Draws the weather of a seed.
    init(seed: UInt64, emphasis: MoneyScenario.Emphasis) {
        let random = RandomSource(seed: seed, purpose: "money weather")
        func chance(_ choices: [Double]) -> Double { random.element(of: choices) ?? 0 }
        func moment() -> Duration { .milliseconds(Int64(random.fraction() * 60_000)) }
        let nodes = emphasis == .stalls ? 2 : Int(1 + random.next() % 2)
        self.nodes = nodes
        func node() -> Int { Int(1 + random.next() % UInt64(nodes)) }
        nodeDeaths =
            nodes > 1 && random.next() % 2 == 0
            ? (0..<3).map { _ in WebhookWeather.NodeDeath(node: node(), at: moment()) }
                .sorted { $0.at < $1.at } : []
        let offsets: [Duration] = [
            .seconds(-2), .seconds(2), .seconds(-200), .seconds(200), .seconds(-3_600), .seconds(3_600),
        ]
        clockSteps =
            random.next() % 4 == 0
            ? (0..<2 * nodes)
                .map { _ in
                    WebhookWeather.ClockStep(
                        node: node(),
                        at: moment(),
                        offset: random.element(of: offsets) ?? .zero
                    )
                }
                .sorted { $0.at < $1.at } : []
        stands = emphasis == .stalls ? 0.2 : chance([0, 0, 0.02, 0.1])
        route = Self.route(random)
        troubles = Self.troubles(route, random)
        webhooksLost = chance([0, 0, 0.1, 1])
        webhooksDoubled = chance([0, 0.3])
        webhookDelayMax = random.element(of: [.milliseconds(50), .seconds(3), .seconds(120)]) ?? .zero
        purchases = Int(3 + random.next() % 6)
        gapMax = random.element(of: [.seconds(8), .seconds(2), .milliseconds(200)]) ?? .seconds(1)
        doubled = chance([0, 0.2, 0.6])
        declined = chance([0, 0.1])
        async = chance([0, 0.3, 1])
    }

    /// One to four of the processors, Stripe sometimes with two accounts, in any order.
    private static func route(_ random: RandomSource) -> [String] {
        var left = SimulatedProcessors.names
        var route: [String] = []
        for _ in 0..<Int(1 + random.next() % UInt64(left.count)) {
            route.append(left.remove(at: Int(random.next() % UInt64(left.count))))
        }
        return route
    }

    private static func troubles(_ route: [String], _ random: RandomSource) -> [Trouble] {
        guard random.next() % 10 > 0 else { return [] }
        return route.flatMap { name in
            (0..<Int(random.next() % 5)).map { _ in
                let start = Duration.milliseconds(Int64(random.fraction() * 80_000))
                let longest = stormLength - start
                return Trouble(
                    host: SimulatedProcessors.host(name),
                    kind: kind(random),
                    share: random.element(of: [0.2, 0.5, 1]) ?? 1,
                    method: random.element(of: [nil, "POST", "GET"]) ?? nil,
                    start: start,
                    length: longest * random.fraction()
                )
            }
        }
    }

    private static func kind(_ random: RandomSource) -> VendorFault.Kind {
        let status = random.element(of: [500, 502, 503, 504]) ?? 500
        let seconds = { (most: Double) in Duration.milliseconds(Int64(random.fraction() * most * 1_000)) }
        switch random.next() % 15 {
        case 0: return .refuse
        case 1: return .blackHole
        case 2: return .failBefore(status: status)
        case 3, 4: return .failAfter(status: status)
        case 5: return .storedFailure(.init(status: status, takesEffect: random.next() % 2 == 0))
        case 6: return .slow(seconds(45))
        case 7: return .creep(first: seconds(6), over: .seconds(60))
        case 8:
            let advice: [VendorFault.RetryAdvice] = [.absent, .seconds(2), .date(seconds: 5), .garbage]
            return .storm(random.element(of: advice) ?? .absent)
        case 9, 10: return .dropAnswer
        case 11, 12: return .lateEffect(seconds(random.next() % 2 == 0 ? 60 : latenessMax.inSeconds))
        case 13: return .hideNew(seconds(90))
        default:
            return random.next() % 2 == 0 ? .halveLimit : .clockSkew(seconds(600) - .seconds(300))
        }
    }
}
