import Access
import Domain
import HTTPAPI
import Synchronization

/// The figures of every integration over the last minutes, for the charts: sampled here, kept in memory.
package final class FigureHistory: Sendable {
    /// How often figures are taken: every 5 seconds.
    static let interval = Duration.seconds(5)
    /// How many are kept of each integration: 10 minutes.
    static let samplesMax = 120
    /// How many integrations are followed.
    static let integrationsMax = 512

    /// The figures of one moment.
    struct Sample: Hashable, Sendable {
        let at: Instant
        /// The 95th percentile, in milliseconds; nil while nothing was called.
        let latency: Double?
        /// 0 to 1; nil while nothing was called.
        let errorRate: Double?
        let state: String
    }

    private let ports: DashboardSite.Ports
    private let samples = Mutex([String: [Sample]]())

    init(_ ports: DashboardSite.Ports) {
        self.ports = ports
    }

    /// The samples of an integration, oldest first.
    func samples(of integration: String) -> [Sample] {
        samples.withLock { $0[integration] ?? [] }
    }

    /// Takes samples until it is cancelled.
    package func run() async throws {
        while true {
            await sample()
            try await ports.time.sleep(Self.interval)
        }
    }

    /// Takes one sample of each integration.
    func sample() async {
        let request = APIRequest(
            method: .get,
            path: "/api/integrations/health-check",
            clientAddress: "127.0.0.1",
            id: RequestID(now: ports.time.now(), random: .constant)
        )
        let response = await ports.api(request, ports.keys.console)
        guard let report = try? JSONParser.parse(response.body) else { return }
        took(report.list("integrations"), at: ports.time.now())
    }

    /// Takes in what the health check says of the integrations; who is gone from it is forgotten.
    func took(_ integrations: [JSONValue], at now: Instant) {
        samples.withLock { samples in
            var kept: [String: [Sample]] = [:]
            for integration in integrations.prefix(Self.integrationsMax) {
                guard let name = integration.text("name") else { continue }
                var own = samples[name] ?? []
                let isCalled = integration.count("recent_calls") > 0
                own.append(
                    Sample(
                        at: now,
                        latency: isCalled ? integration["p95_ms"]?.double : nil,
                        errorRate: isCalled ? integration["error_rate"]?.double : nil,
                        state: integration.text("state") ?? "unknown"
                    )
                )
                kept[name] = own.suffix(Self.samplesMax)
            }
            samples = kept
        }
    }
}

extension RandomSource {
    /// For ids that need not differ: nothing is looked up by them.
    fileprivate static var constant: RandomSource { RandomSource { 0 } }
}
