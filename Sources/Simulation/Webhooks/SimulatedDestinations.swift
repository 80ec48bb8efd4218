import Domain
import Providers
import Registry
import Signatures
import Synchronization
import Transport

/// All destinations behind the `Upstream` port, and a record of what reached them.
final class SimulatedDestinations: Sendable {
    /// One request that reached a destination with a good signature.
    struct Arrival: Sendable {
        let destination: String
        let webhookID: String
        /// Nil when the body names no event.
        let providerEventID: String?
        let body: [UInt8]
        let isAccepted: Bool
    }

    private struct State {
        var machines: [String: ReceivingMachine]
        var arrivals: [Arrival] = []
        var inFlight: [String: Int] = [:]
        var isCalm = false
        var stands = 0
    }

    /// The most times a node stands still in one simulation: enough to meet, few enough to get on.
    private static let standsMax = 30

    private let world: World
    private let weather: WebhookWeather
    private let definitions: [DestinationDefinition]
    private let random: RandomSource
    private let state: Mutex<State>

    init(_ world: World, _ weather: WebhookWeather, _ definitions: [DestinationDefinition], secret: Secret) {
        self.world = world
        self.weather = weather
        self.definitions = definitions
        random = world.random(for: "stands")
        var machines: [String: ReceivingMachine] = [:]
        for definition in definitions {
            let name = definition.name.text
            machines[name] = ReceivingMachine(
                secret: secret,
                random: world.random(for: "destination \(name)")
            )
        }
        state = Mutex(State(machines: machines))
    }

    /// What arrived so far, in the order it came.
    var arrivals: [Arrival] { state.withLock { $0.arrivals } }

    /// From now on every destination answers 200.
    func calm() {
        state.withLock { $0.isCalm = true }
    }

    /// The port of one life of a node.
    func upstream(of incarnation: Incarnation) -> Upstream {
        Upstream { request async throws(TransportError) in
            try await self.send(request, from: incarnation)
        }
    }

    private func send(
        _ request: OutgoingRequest,
        from incarnation: Incarnation
    ) async throws(TransportError) -> OutgoingResponse {
        let url = request.url.text
        guard let definition = definitions.first(where: { $0.url == url || $0.standbyURL == url }) else {
            throw .unresolvable
        }
        let flight = "\(incarnation.name) \(definition.name)"
        let count = state.withLock { state in
            state.inFlight[flight, default: 0] += 1
            return state.inFlight[flight] ?? 0
        }
        defer { state.withLock { $0.inFlight[flight, default: 0] -= 1 } }
        world.oracle.expect(
            count <= definition.concurrency,
            "P13",
            "\(count) requests to \(definition.name) at a time, \(definition.concurrency) are allowed"
        )
        do {
            return try await world.network.exchange(from: incarnation, timeout: request.timeout) {
                let response = self.receive(request, definition)
                if let length = self.stand(definition) { self.world.suspend(incarnation, for: length) }
                if let wait = self.slowness { try? await self.world.time.sleep(wait) }
                return response
            }
        } catch NetworkError.refused {
            throw .connectFailed("refused")
        } catch NetworkError.timedOut {
            throw .timedOut(sent: true)
        } catch {
            throw .cancelled(sent: true)
        }
    }

    /// How long the node stands still while this answer is on its way to it; nil: not at all.
    ///
    /// The worst lengths are those a little over the lease, when another claim is just being worked on.
    private func stand(_ definition: DestinationDefinition) -> Duration? {
        guard weather.stands > 0, random.fraction() < weather.stands else { return nil }
        let isAllowed = state.withLock { state in
            guard !state.isCalm, state.stands < Self.standsMax else { return false }
            state.stands += 1
            return true
        }
        guard isAllowed else { return nil }
        let lease = definition.timeout * 2 + SimulatedGateway.leaseMargin
        let extra = Duration.milliseconds(Int64(random.fraction() * 3_000))
        switch random.next() % 4 {
        case 0: return extra
        case 1: return lease + extra * 10
        default: return lease + extra
        }
    }

    /// How long the destination takes over its answer; nil: no time.
    private var slowness: Duration? {
        guard weather.slowMax > .zero, !state.withLock({ $0.isCalm }) else { return nil }
        return .microseconds(Int64(random.fraction() * Double(weather.slowMax.microseconds)))
    }

    private func receive(_ request: OutgoingRequest, _ definition: DestinationDefinition) -> OutgoingResponse?
    {
        let isCalm = state.withLock { $0.isCalm }
        let name = definition.name.text
        if !isCalm, definition.standbyURL != nil, request.url.text == definition.url, isOut { return nil }
        let answer = state.withLock {
            $0.machines[name]?.receive(request, weather: isCalm ? nil : weather, now: world.time.now())
        }
        guard let answer else { return nil }
        let headers = Headers(request.headers)
        let webhookID = headers.first(StandardWebhooksSignature.idHeader) ?? ""
        world.record("\(webhookID) at \(name): \(answer)")
        world.oracle.expect(answer != .forged, "P3", "a delivery to \(name) has no good signature")
        guard answer != .forged else { return answer.response }
        let arrival = Arrival(
            destination: name,
            webhookID: webhookID,
            providerEventID: (try? JSONParser.parse(request.body))?["id"]?.string,
            body: request.body,
            isAccepted: answer == .accepted
        )
        state.withLock { $0.arrivals.append(arrival) }
        return answer.response
    }

    private var isOut: Bool {
        guard let outage = weather.outage else { return false }
        return (outage.start..<outage.end).contains(world.executor.elapsed)
    }
}
