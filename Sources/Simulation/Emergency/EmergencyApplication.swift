import Calls
import Domain
import Gateway
import Health
import Providers
import Synchronization

/// An application that charges in every priority and believes what it is told: once accepted, it does not ask again.
final class EmergencyApplication: Sendable {
    private let world: World
    private let nodes: SimulatedNodes<EmergencyNode>
    private let wedding: WeddingID
    private let random: RandomSource
    private let state = Mutex<[CallID: Priority]>([:])

    init(_ world: World, _ nodes: SimulatedNodes<EmergencyNode>, wedding: WeddingID) {
        self.world = world
        self.nodes = nodes
        self.wedding = wedding
        random = world.random(for: "application")
    }

    /// The calls that Usher has accepted, with their priorities.
    var accepted: [CallID: Priority] { state.withLock { $0 } }

    /// Charges for so long, every few seconds.
    func run(for length: Duration) async {
        let end = world.executor.elapsed + length
        var number = 0
        while world.executor.elapsed < end {
            number += 1
            await charge(number)
            let pause = Duration.milliseconds(Int64(1_000 + random.next() % 6_000))
            guard (try? await world.time.sleep(pause)) != nil else { return }
        }
    }

    private func charge(_ number: Int) async {
        let priority = random.element(of: Priority.allCases) ?? .normal
        let submission = CallSubmission(
            .paymentsCharge,
            input: [
                "amount": ["amount": .integer(10_000 + number), "currency": "EUR"],
                "sources": ["stripe": "pm_card_visa"],
            ],
            wedding: random.next() % 2 == 0 ? wedding : nil,
            priority: priority,
            isAsync: true,
            key: "order-\(number)"
        )
        for _ in 0..<20 {
            let nodes = nodes
            let result = try? await world.network.exchange(timeout: .seconds(20)) {
                try? await nodes.ask { node in
                    try await node.services.calls.submit(submission, owner: "platform")
                }
            }
            if let call = result?.call {
                world.record("\(call.id) is accepted, \(priority.name)")
                return state.withLock { $0[call.id] = priority }
            }
            guard (try? await world.time.sleep(.seconds(2))) != nil else { return }
        }
    }
}

/// A person who orders emergency mode now and then, sometimes calls it off, and looks whether it is on meanwhile.
final class EmergencyOperator: Sendable {
    private let world: World
    private let nodes: SimulatedNodes<EmergencyNode>
    private let random: RandomSource
    private let count = Mutex(0)

    init(_ world: World, _ nodes: SimulatedNodes<EmergencyNode>) {
        self.world = world
        self.nodes = nodes
        random = world.random(for: "operator")
    }

    /// How often it was ordered.
    var orders: Int { count.withLock { $0 } }

    func run(for length: Duration) async {
        let end = world.executor.elapsed + length
        while world.executor.elapsed < end {
            let pause = Duration.seconds(Int64(20 + random.next() % 200))
            guard (try? await world.time.sleep(pause)) != nil else { return }
            await order()
        }
    }

    private func order() async {
        let until = world.time.now() + .seconds(Int64(30 + random.next() % 400))
        let order = EmergencyMode.Order(reason: "drill", by: "platform", until: until)
        guard let status = try? await nodes.ask({ try await $0.services.emergency.order(order) }) else {
            return
        }
        world.record("emergency mode is ordered until \(until)")
        count.withLock { $0 += 1 }
        let isCalledOff = random.next() % 3 == 0
        let callOffAt = world.time.now() + .seconds(Int64(random.next() % 120))
        // A node's clock runs a little ahead of everybody's.
        while world.time.now() < (status.mode.endsAt ?? until) - .seconds(1) {
            guard (try? await world.time.sleep(.seconds(7))) != nil else { return }
            if isCalledOff, world.time.now() >= callOffAt {
                // It may be off even when no answer comes.
                _ = try? await nodes.ask { try await $0.services.emergency.callOff(by: "platform") }
                world.record("emergency mode is called off")
                return
            }
            guard let now = try? await nodes.ask({ try await $0.services.emergency.status() }),
                world.time.now() < until - .seconds(1)
            else { continue }
            world.oracle.expect(
                now.mode.isOn,
                "E5",
                "emergency mode is off, but it is ordered until \(until)"
            )
        }
    }
}
