import Domain
import Providers
import Sandbox
import Synchronization
import Transport

/// What nodes reach in the simulation of an outage: one processor that goes down, and the application's destination.
final class EmergencyOutside: Sendable {
    static let processor = "stripe.test"
    static let destination = "app.example.com"

    private struct State {
        var vendor: FaultyVendor
        var random: SeededRandom
        /// The ids in the results that the application has taken, each as often as it came.
        var results: [String: Int] = [:]
        var isCalm = false
    }

    /// What comes back from where a request arrived.
    private enum Reply: Sendable {
        case answer(VendorAnswer)
        case dropped
    }

    private let world: World
    private let random: RandomSource
    private let state: Mutex<State>

    /// - Parameter outage: when the processor is down, by the time since the start.
    init(_ world: World, outage: Range<Duration>, kind: VendorFault.Kind) {
        self.world = world
        random = world.random(for: "destination")
        var vendor = FaultyVendor(StripeVendor())
        let start = world.time.now()
        _ = vendor.add(
            VendorFault(kind, since: start + outage.lowerBound, until: start + outage.upperBound)
        )
        state = Mutex(
            State(vendor: vendor, random: SeededRandom(seed: world.random(for: "vendor").next()))
        )
    }

    /// The ids of calls whose results have arrived.
    var results: [String: Int] { state.withLock { $0.results } }

    /// From now on everything answers as it should.
    func calm() {
        state.withLock { state in
            state.isCalm = true
            state.vendor.clearFaults()
        }
    }

    /// The port of one life of a node.
    func upstream(of node: Incarnation) -> Upstream {
        Upstream { request async throws(TransportError) in try await self.send(request, from: node) }
    }

    private func send(
        _ request: OutgoingRequest,
        from node: Incarnation
    ) async throws(TransportError) -> OutgoingResponse {
        guard node.isAlive else { throw .cancelled(sent: true) }
        do {
            let reply = try await world.network.exchange(from: node, timeout: request.timeout) {
                () -> Reply? in
                request.url.authority == Self.processor ? await self.charge(request) : self.receive(request)
            }
            guard case .answer(let answer) = reply else { throw TransportError.connectionLost(sent: true) }
            return OutgoingResponse(status: answer.status, headers: answer.headers, body: answer.body)
        } catch let error as TransportError {
            throw error
        } catch NetworkError.refused {
            throw .connectFailed("refused")
        } catch NetworkError.timedOut {
            throw .timedOut(sent: true)
        } catch {
            throw .cancelled(sent: true)
        }
    }

    private func charge(_ request: OutgoingRequest) async -> Reply? {
        let target = request.url.pathAndQuery
        let path = target.prefix { $0 != "?" }
        var headers = Headers(request.headers)
        headers.append("host", Self.processor)
        let asked = VendorRequest(
            method: request.method,
            path: String(path),
            query: String(target.dropFirst(path.count + 1)),
            headers: headers,
            body: request.body
        )
        let now = world.time.now()
        let exchange = state.withLock { $0.vendor.exchange(asked, now: now, random: &$0.random) }
        switch exchange {
        case .answer(let answer, let delay):
            try? await world.time.sleep(delay)
            return .answer(answer)
        case .refused: return nil
        case .silence:
            try? await world.time.sleep(request.timeout * 2)
            return .dropped
        case .dropped(let delay):
            try? await world.time.sleep(delay)
            return .dropped
        }
    }

    /// One in ten deliveries is not taken until all is calm.
    private func receive(_ request: OutgoingRequest) -> Reply {
        let isTaken = state.withLock { $0.isCalm } || random.fraction() > 0.1
        let body = try? JSONParser.parse(request.body)
        if isTaken, let id = body?["data"]?["id"]?.string {
            world.record("the application hears of \(id)")
            state.withLock { $0.results[id, default: 0] += 1 }
        }
        return .answer(VendorAnswer(status: isTaken ? 200 : 503))
    }
}
