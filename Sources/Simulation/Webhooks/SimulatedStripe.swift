import Domain
import HTTPAPI
import Sandbox
import Signatures
import Synchronization

/// Stripe at the other end of the network: lets events happen and sends each until it is answered with 2xx.
final class SimulatedStripe: Sendable {
    /// How long it waits for an answer.
    static let patience = Duration.seconds(20)
    /// The waits between its tries: long enough to outlast every fault.
    static let retryDelays: [Duration] =
        [1, 1, 2, 4, 8, 15].map { .seconds($0) } + Array(repeating: .seconds(30), count: 40)

    private struct State {
        var sandbox: StripeSandbox
        var left: Int
        var nextHappening: Instant
        var bodies: [String: [UInt8]] = [:]
    }

    private let world: World
    private let nodes: SimulatedNodes<SimulatedGateway>
    private let weather: WebhookWeather
    private let path: String
    private let random: RandomSource
    private let state: Mutex<State>

    init(
        _ world: World,
        _ nodes: SimulatedNodes<SimulatedGateway>,
        _ weather: WebhookWeather,
        endpoint: StripeSandbox.Endpoint,
        path: String
    ) {
        self.world = world
        self.nodes = nodes
        self.weather = weather
        self.path = path
        random = world.random(for: "stripe")
        let sandbox = StripeSandbox(endpoint, seed: random.next())
        state = Mutex(State(sandbox: sandbox, left: weather.events, nextHappening: world.time.now()))
    }

    /// What happened, and what Usher has acknowledged.
    var ledger: StripeLedger { state.withLock { $0.sandbox.ledger } }

    /// The bodies of its events as sent, by event id.
    var bodies: [String: [UInt8]] { state.withLock { $0.bodies } }

    /// Lets everything happen and sends it; returns when every event is acknowledged or given up.
    func run() async {
        await withDiscardingTaskGroup { group in
            while let (shipments, wait) = advance() {
                for shipment in shipments {
                    group.addTask { await self.send(shipment) }
                }
                do { try await world.time.sleep(wait) } catch { return }
            }
        }
    }

    /// Takes what is to be sent now and says how long to wait; nil once all is done.
    private func advance() -> ([StripeShipment], Duration)? {
        let now = world.time.now()
        return state.withLock { state in
            if state.left > 0, now >= state.nextHappening {
                if state.left > 1, let fault = drawFault() { state.sandbox.command(fault) }
                state.sandbox.happen(now: now)
                state.left -= 1
                state.nextHappening =
                    now + .microseconds(Int64(random.fraction() * Double(weather.gapMax.microseconds)))
            }
            let due = state.sandbox.takeDue(now: now)
            for shipment in due where shipment.kind != .forged {
                state.bodies[shipment.eventID] = shipment.request.body
            }
            if state.left == 0, state.sandbox.isIdle { return nil }
            var wait = Duration.milliseconds(500)
            if state.left > 0 { wait = min(wait, state.nextHappening - now) }
            if let nextDue = state.sandbox.nextDue { wait = min(wait, nextDue - now) }
            return (due, max(wait, .milliseconds(1)))
        }
    }

    private func drawFault() -> StripeFault? {
        switch random.next() % 12 {
        case 0: .duplicate
        case 1: .reorder
        case 2: .delay(.milliseconds(Int64(random.fraction() * 5_000)))
        case 3: .burst(Int(2 + random.next() % 5))
        case 4: .badSignature
        default: nil
        }
    }

    private func send(_ shipment: StripeShipment) async {
        let request = APIRequest(
            method: .post,
            path: path,
            headers: shipment.request.headers,
            body: shipment.request.body,
            clientAddress: "203.0.113.7",
            id: RequestID(now: world.time.now(), random: random)
        )
        let nodes = nodes
        let response = try? await world.network.exchange(timeout: Self.patience) {
            try? await nodes.ask { await $0.handle(request) }
        }
        let status = response?.status
        world.record("\(shipment.eventID) try \(shipment.attempt): \(status.map(String.init) ?? "no answer")")
        state.withLock { $0.sandbox.answered(shipment.number, status: status, now: world.time.now()) }
    }
}
