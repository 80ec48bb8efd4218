import Domain
import Gateway
import Logging
import Sandbox
import ServiceLifecycle

/// Everything that happens around the gateway in the demonstration: payments, partners, forms, and a look at the
/// dead letters.
struct DemonstrationTraffic {
    let configuration: Gateway.Configuration
    let files: DemonstrationFiles
    let listenURL: String
    let client: ControlClient
    let http: HTTPControl
    let screen: DemonstrationScreen
    let logger: Logger

    /// Runs until a termination signal, or until it is cancelled.
    func run() async throws {
        let services: [any Service] = [
            try stripe(),
            try samples(of: "standard-webhooks", every: .seconds(6)),
            try samples(of: "generic", every: .seconds(11)),
            DeadLetterWatch(client: client, time: .system) { [screen] letter in screen.happened(letter) },
        ]
        try await Companions.run(services, logger: logger)
    }

    private func stripe() throws -> StripeTraffic {
        let url = files.stripeURL(listenURL: listenURL)
        let endpoint = StripeSandbox.Endpoint(
            url: url,
            secret: try files.stripeSecret(),
            retryDelays: [.seconds(2), .seconds(5), .seconds(15), .seconds(60)]
        )
        let source = files.stripeSource
        let random = RandomSource.system
        return StripeTraffic(
            StripeSandbox(endpoint, seed: random.next()),
            pace: .init(interval: .milliseconds(700), faultsPerMille: 80),
            seed: random.next(),
            time: .system,
            send: { [http] request in try? await http.post(request, to: url).status },
            observe: { [screen] shipment, status in
                screen.happened(
                    .arrived(
                        source: source,
                        type: shipment.type,
                        id: shipment.eventID,
                        kind: shipment.kind,
                        attempt: shipment.attempt,
                        status: status
                    )
                )
            }
        )
    }

    private func samples(of provider: String, every interval: Duration) throws -> SampleTraffic {
        let wish = WebhookTrigger.Wish(provider: provider)
        let trigger = try WebhookTrigger(wish, configuration: configuration, resolver: .process)
        let url = listenURL + WebhookTrigger.path(of: trigger.source)
        return SampleTraffic(
            every: interval,
            time: .system,
            makeWebhook: {
                var random = RandomSource.system
                guard let type = trigger.types.randomElement(using: &random),
                    let webhook = try? trigger.webhook(type, now: Time.system.now(), random: random)
                else { return nil }
                return (webhook.id, webhook.type, webhook.request)
            },
            send: { [http] request in try? await http.post(request, to: url).status },
            observe: { [screen] id, type, status in
                let source = trigger.source.text
                screen.happened(
                    .arrived(source: source, type: type, id: id, kind: .original, attempt: 1, status: status)
                )
            }
        )
    }
}

/// Asks the server's API again and again for dead letters, and tells the new ones.
private struct DeadLetterWatch: Service {
    let client: ControlClient
    let time: Time
    let tell: @Sendable (DemonstrationBoard.Happening) -> Void

    func run() async throws {
        // What was dead before the demonstration started is not told.
        var told = Set(try await letters().compactMap { $0["id"]?.string })
        while (try? await cancelWhenGracefulShutdown { [time] in try await time.sleep(.seconds(1)) }) != nil {
            for letter in try await letters().reversed() {
                guard let id = letter["id"]?.string, told.insert(id).inserted else { continue }
                tell(
                    .died(
                        delivery: id,
                        type: letter["event_type"]?.string ?? "",
                        destination: letter["destination"]?.string ?? "",
                        attempts: Int(letter["attempts"]?.int64 ?? 0)
                    )
                )
            }
        }
    }

    private func letters() async throws -> [JSONValue] {
        try await client.list("/api/dead-letters", limit: 100).elements()
    }
}
