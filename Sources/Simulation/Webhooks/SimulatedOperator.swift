import Domain
import Gateway
import Registry
import Webhooks

/// Who looks after the process: asks for replays now and then, and lets stopped destinations go on.
struct SimulatedOperator: Sendable {
    private static let lookInterval = Duration.seconds(15)

    private let world: World
    private let nodes: SimulatedNodes<SimulatedGateway>

    init(_ world: World, _ nodes: SimulatedNodes<SimulatedGateway>) {
        self.world = world
        self.nodes = nodes
    }

    /// Asks some node until it answers, for a hundred seconds at most; nil when it did not.
    func ask<Answer: Sendable>(
        _ question: @escaping @Sendable (SimulatedGateway) async throws -> Answer
    ) async throws -> Answer? {
        for _ in 0..<100 {
            if let answer = try? await nodes.ask(question) { return answer }
            try await world.time.sleep(.seconds(1))
        }
        return nil
    }

    /// Asks for a replay at each of these times.
    func replay(at times: [Duration]) async {
        let random = world.random(for: "replays")
        for time in times {
            guard (try? await world.time.sleep(time - world.executor.elapsed)) != nil else { return }
            let queued = try? await nodes.ask { try await Self.replay($0, random) }
            world.record("replay: \(queued.map { "\($0) queued" } ?? "no answer")")
        }
    }

    /// Lets stopped destinations go on, now and then until `end`.
    func resumeStopped(until end: Duration) async {
        while world.executor.elapsed < end {
            guard (try? await world.time.sleep(Self.lookInterval)) != nil else { return }
            await resumeStopped()
        }
    }

    /// Lets stopped destinations go on, at each node: it does not hear of what another one was told.
    func resumeStopped() async {
        for door in nodes.doors {
            let resumed = try? await door.ask { gateway in
                let registry = gateway.services.registry
                let stopped = registry.snapshot.destinations.filter { $0.stop != nil }
                for destination in stopped { try await registry.resume(destination: destination.name) }
                return stopped.count
            }
            if let resumed, resumed > 0 { world.record("\(resumed) destinations go on") }
        }
    }

    /// Half of the replays are of dead letters, the others of one event, whatever has become of it.
    private static func replay(
        _ gateway: SimulatedGateway,
        _ random: RandomSource
    ) async throws -> Int {
        let services = gateway.services
        var subject = ReplayRequest.Subject.deadLetters(DeliveryFilter(state: .dead))
        if random.next() % 2 == 0 {
            let events = try await services.queries.events(EventFilter(), limit: 50).elements
            guard let event = random.element(of: events) else { return 0 }
            subject = .event(event.id, destinationID: nil)
        }
        return try await services.replayer.start(ReplayRequest(subject, requestedBy: "operator")).queued
    }
}
