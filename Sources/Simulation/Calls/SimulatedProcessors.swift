import Calls
import Domain
import Providers
import Sandbox
import Synchronization
import Transport

/// Stripe with two accounts, Square and PayPal behind the `Upstream` port, with their faults, and what they have done.
final class SimulatedProcessors: Sendable {
    /// Every account there is; an integration has its name.
    static let names = ["stripe", "square", "paypal", "stripe-two"]
    /// The most times a node stands still in one simulation.
    private static let standsMax = 10
    /// How long an access token is used: an hour less than it lives.
    private static let tokenLife = Duration.seconds(8 * 3_600)

    private struct State {
        var vendors: [String: FaultyVendor]
        var random: SeededRandom
        var tokens: [String: (token: Secret, since: Duration)] = [:]
        var isCalm = false
        var stands = 0
    }

    /// What comes back from a processor that was reached.
    private enum Reply: Sendable {
        case answer(VendorAnswer)
        /// The connection broke.
        case dropped
    }

    private let world: World
    private let weather: MoneyWeather
    private let random: RandomSource
    private let state: Mutex<State>

    init(_ world: World, _ weather: MoneyWeather) {
        self.world = world
        self.weather = weather
        random = world.random(for: "stands")
        let start = world.time.now()
        var vendors: [String: FaultyVendor] = [:]
        for name in Self.names {
            var settings = VendorSettings(
                webhookURL: "https://usher.test/\(name)",
                webhookKeys: SigningKeys([Secret("whsec_simulated")])
            )
            settings.sendsUnsigned = true
            guard let vendor = VendorCatalogue.vendor(Self.provider(name), settings: settings) else {
                continue
            }
            var faulty = FaultyVendor(vendor)
            for trouble in weather.troubles where trouble.host == Self.host(name) {
                _ = faulty.add(
                    VendorFault(
                        trouble.kind,
                        share: trouble.share,
                        method: trouble.method,
                        since: start + trouble.start,
                        until: start + trouble.start + trouble.length
                    )
                )
            }
            vendors[Self.host(name)] = faulty
        }
        state = Mutex(
            State(vendors: vendors, random: SeededRandom(seed: world.random(for: "vendors").next()))
        )
    }

    static func host(_ name: String) -> String { "\(name).test" }

    static func provider(_ name: String) -> APIProvider {
        switch name {
        case "square": .square
        case "paypal": .paypal
        default: .stripe
        }
    }

    /// What took effect, by account.
    var ledgers: [String: [LedgerEntry]] {
        state.withLock { state in
            Dictionary(
                Self.names.map { ($0, state.vendors[Self.host($0)]?.ledger ?? []) },
                uniquingKeysWith: { first, _ in first }
            )
        }
    }

    /// Ends all faults; what is late still comes.
    func calm() {
        state.withLock { state in
            state.isCalm = true
            for host in state.vendors.keys { state.vendors[host]?.clearFaults() }
        }
    }

    /// Lets what is late take effect, and gives the webhooks that want to leave, by account.
    func advance() -> [(name: String, webhook: VendorWebhook)] {
        let now = world.time.now()
        return state.withLock { state in
            Self.names.flatMap { name -> [(name: String, webhook: VendorWebhook)] in
                let host = Self.host(name)
                state.vendors[host]?.advance(now: now, random: &state.random)
                return (state.vendors[host]?.takeWebhooks(now: now) ?? []).map { (name, $0) }
            }
        }
    }

    /// Whether nothing is on its way to a processor that will still take effect.
    var isIdle: Bool { state.withLock { state in state.vendors.values.allSatisfy { $0.nextLate == nil } } }

    // MARK: Access tokens

    /// The access token of an account; nil for those that have none.
    func token(of integration: CallIntegration) throws -> Secret? {
        guard case .oauth(let grant) = integration.dialect.facts.authentication else { return nil }
        let name = integration.name.text
        let elapsed = world.executor.elapsed
        if let kept = state.withLock({ $0.tokens[name] }), elapsed - kept.since < Self.tokenLife {
            return kept.token
        }
        let exchange = OAuthExchange(
            grant,
            integration.account,
            ownBaseURL: integration.dialect.facts.baseURL
        )
        let request = try exchange.request()
        guard case .bytes(let body) = request.body else { return nil }
        let asked = VendorRequest(
            method: request.method,
            path: grant.tokenEndpoint,
            headers: Headers(request.headers.map { ($0.name, $0.value) }),
            body: body
        )
        guard case .answer(let answer, _) = self.exchange(Self.host(name), asked),
            case .success(let tokens) = OAuthExchange.read(
                ProviderAnswer(
                    status: answer.status,
                    headers: answer.headers,
                    body: answer.body,
                    at: world.time.now()
                )
            )
        else {
            throw ProviderFailureError(
                ProviderFailure(.unavailable, code: "token", message: "no token could be had")
            )
        }
        state.withLock { $0.tokens[name] = (tokens.access.secret, elapsed) }
        return tokens.access.secret
    }

    /// Forgets a token that was refused.
    func tokenRefused(by integration: CallIntegration) {
        state.withLock { $0.tokens[integration.name.text] = nil }
    }

    // MARK: Requests

    /// The port of one life of a node.
    func upstream(of node: Incarnation) -> Upstream {
        Upstream { request async throws(TransportError) in try await self.send(request, from: node) }
    }

    private func send(
        _ request: OutgoingRequest,
        from node: Incarnation
    ) async throws(TransportError) -> OutgoingResponse {
        guard node.isAlive else { throw .cancelled(sent: true) }
        let host = request.url.authority
        let asked = Self.request(request, host)
        let isFinal = Mutex(false)
        do {
            let reply = try await world.network.exchange(from: node, timeout: request.timeout) {
                () -> Reply? in
                // A copy of a request that was clearly turned away is nobody's.
                guard !isFinal.withLock({ $0 }) else { return nil }
                let exchange = self.exchange(host, asked)
                self.world.record(
                    "\(node.name): \(asked.method) \(host)\(asked.path): \(Self.word(exchange))"
                )
                if let length = self.stand() { self.world.suspend(node, for: length) }
                switch exchange {
                case .answer(let answer, let delay):
                    if (400...499).contains(answer.status) { isFinal.withLock { $0 = true } }
                    try? await self.world.time.sleep(delay)
                    return .answer(answer)
                case .refused:
                    isFinal.withLock { $0 = true }
                    return nil
                case .silence:
                    try? await self.world.time.sleep(request.timeout * 2)
                    return .dropped
                case .dropped(let delay):
                    try? await self.world.time.sleep(delay)
                    return .dropped
                }
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

    private static func request(_ request: OutgoingRequest, _ host: String) -> VendorRequest {
        let target = request.url.pathAndQuery
        let path = target.prefix { $0 != "?" }
        var headers = Headers(request.headers)
        headers.append("host", host)
        return VendorRequest(
            method: request.method,
            path: String(path),
            query: String(target.dropFirst(path.count + 1)),
            headers: headers,
            body: request.body
        )
    }

    private func exchange(_ host: String, _ request: VendorRequest) -> VendorExchange {
        let now = world.time.now()
        return state.withLock { state in
            state.vendors[host]?.exchange(request, now: now, random: &state.random) ?? .refused
        }
    }

    private static func word(_ exchange: VendorExchange) -> String {
        switch exchange {
        case .answer(let answer, let delay): "\(answer.status) after \(delay)"
        case .refused: "refused"
        case .silence: "silence"
        case .dropped: "dropped"
        }
    }

    /// How long the node stands still while this answer is on its way to it; nil: not at all.
    private func stand() -> Duration? {
        guard weather.stands > 0, random.fraction() < weather.stands else { return nil }
        let isAllowed = state.withLock { state in
            guard !state.isCalm, state.stands < Self.standsMax else { return false }
            state.stands += 1
            return true
        }
        guard isAllowed else { return nil }
        // The lease of a request lasts 75 s: the worst lengths are a little over it.
        let extra = Duration.milliseconds(Int64(random.fraction() * 10_000))
        return random.next() % 2 == 0 ? extra : .seconds(70) + extra
    }
}
