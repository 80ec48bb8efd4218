import Domain

/// What goes wrong around the webhooks of one simulation, besides the faults of its plan.
///
/// Each is off in some seeds and frequent in others, as a fault hides another one.
struct WebhookWeather: Sendable {
    /// A time during which a destination does not answer.
    struct Outage: Sendable {
        let start: Duration
        let end: Duration
    }

    /// A step of a node's wall clock; its monotonic one never steps.
    struct ClockStep: Sendable {
        /// Whose, from 1.
        let node: Int
        /// Since the start of the simulation.
        let at: Duration
        /// How far the clock is off from then on.
        let offset: Duration
    }

    /// Chance of 500 for each delivery.
    let failing: Double
    /// Chance of 503 with `Retry-After`.
    let busy: Double
    /// Chance of 410.
    let gone: Double
    /// Chance that a node stands still while an answer is on its way to it, often for longer than its lease lasts.
    let stands: Double
    /// The longest that a destination takes over its answer.
    let slowMax: Duration
    /// How many nodes share the database.
    let nodes: Int
    /// When nodes die alone; none where there is but one.
    let nodeDeaths: [NodeDeath]
    /// When the first URL of the first destination is down; nil: never.
    let outage: Outage?
    /// Steps of the wall clock.
    let clockSteps: [ClockStep]
    /// When an operator asks for a replay.
    let replays: [Duration]
    /// Events that happen at Stripe, bursts aside.
    let events: Int
    /// The longest time between two of them.
    let gapMax: Duration

    /// A node that dies alone: the database and the other node live on.
    struct NodeDeath: Sendable {
        /// Which, from 1.
        let node: Int
        /// Since the start of the simulation.
        let at: Duration
    }

    /// Draws the weather of a seed.
    init(seed: UInt64, emphasis: WebhookScenario.Emphasis) {
        let random = RandomSource(seed: seed, purpose: "weather")
        func chance(_ choices: [Double]) -> Double { random.element(of: choices) ?? 0 }
        func moment() -> Duration { .milliseconds(Int64(random.fraction() * 50_000)) }
        failing = chance([0, 0, 0.05, 0.4])
        busy = chance([0, 0, 0.05, 0.2])
        gone = chance([0, 0, 0.01, 0.05])
        stands = emphasis == .stalls ? 0.2 : chance([0, 0, 0.02, 0.2])
        slowMax = random.element(of: [.zero, .zero, .milliseconds(300), .seconds(4)]) ?? .zero
        let nodes = emphasis == .stalls ? 2 : Int(1 + random.next() % 2)
        self.nodes = nodes
        func node() -> Int { Int(1 + random.next() % UInt64(nodes)) }
        nodeDeaths =
            nodes > 1 && random.next() % 2 == 0
            ? (0..<3).map { _ in NodeDeath(node: node(), at: moment()) }.sorted { $0.at < $1.at } : []
        events = emphasis == .stalls ? 60 : Int(8 + random.next() % 20)
        gapMax = random.element(of: [.seconds(3), .seconds(1), .milliseconds(200)]) ?? .seconds(1)
        if random.next() % 3 == 0 {
            let start = moment()
            outage = Outage(start: start, end: start + .seconds(5) + moment())
        } else {
            outage = nil
        }
        let offsets: [Duration] = [
            .seconds(-2), .seconds(2), .seconds(-200), .seconds(200), .seconds(-3_600), .seconds(3_600),
            .seconds(46_800),
        ]
        clockSteps =
            random.next() % 2 == 0
            ? (0..<2 * nodes)
                .map { _ in
                    ClockStep(node: node(), at: moment(), offset: random.element(of: offsets) ?? .zero)
                }
                .sorted { $0.at < $1.at } : []
        replays = random.next() % 2 == 0 ? (0..<2).map { _ in moment() }.sorted() : []
    }
}
