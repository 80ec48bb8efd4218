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
    let vendors: DemonstrationVendors
    let logger: Logger

    /// Runs until a termination signal, or until it is cancelled.
    func run() async throws {
        try await registerWeddings()
        let triggers = try triggers()
        for trigger in triggers { await shakeHands(trigger) }
        let services: [any Service] = [
            try stripe(),
            samples(triggers),
            DeadLetterWatch(client: client, time: .system) { [screen] letter in screen.happened(letter) },
            PaymentTraffic(client: client, vendors: vendors, screen: screen, time: .system),
        ]
        try await Companions.run(services, logger: logger)
    }

    private func registerWeddings() async throws {
        let weddings = DemonstrationWeddings(now: Time.system.now(), zones: SystemZones.directory)
        _ = try await client.upload(
            "/api/weddings/import",
            query: [],
            "application/json",
            weddings.document.serialized()
        )
        for (wedding, body) in weddings.references {
            _ = try await client.post("/api/weddings/\(wedding)/references", body)
        }
    }

    /// All but Stripe's, which has a sandbox of its own.
    private func triggers() throws -> [WebhookTrigger] {
        let keys = SigningKeyRing.beside(configuration: files.configurationPath)
        return try WebhookTrigger.all(configuration, keys: keys, resolver: .process)
            .filter { $0.source.text != files.stripeSource }
    }

    /// Asks what the provider asks before its first event, for those that do.
    private func shakeHands(_ trigger: WebhookTrigger) async {
        let now = Time.system.now()
        guard let event = SandboxHandshake.event(of: trigger.provider, now: now, random: .system),
            let webhook = try? trigger.webhook(sending: event, now: now)
        else { return }
        let url = listenURL + WebhookTrigger.path(of: trigger.source)
        let status = try? await http.post(webhook.request, to: url).status
        screen.happened(.asked(source: trigger.source.text, type: webhook.type, status: status))
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
            pace: .init(interval: .milliseconds(2_400), faultsPerMille: 80),
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

    private func samples(_ triggers: [WebhookTrigger]) -> SampleTraffic {
        SampleTraffic(
            every: .milliseconds(3_500),
            time: .system,
            makers: triggers.map { trigger in { Self.shipment(trigger) } },
            send: { [http, listenURL] shipment in
                let url = listenURL + WebhookTrigger.path + shipment.source + shipment.query
                return try? await http.post(shipment.request, to: url).status
            },
            observe: { [screen] shipment, status in
                screen.happened(
                    .arrived(
                        source: shipment.source,
                        type: shipment.type,
                        id: shipment.id,
                        kind: .original,
                        attempt: 1,
                        status: status
                    )
                )
            }
        )
    }

    /// One of the types that become events: a handshake was made at the start.
    private static func shipment(_ trigger: WebhookTrigger) -> SampleShipment? {
        var random = RandomSource.system
        let types = trigger.types.filter { $0 != "calendar.sync" }
        guard let type = types.randomElement(using: &random),
            let webhook = try? trigger.webhook(type, now: Time.system.now(), random: random)
        else { return nil }
        return SampleShipment(
            source: trigger.source.text,
            id: webhook.id,
            type: webhook.type,
            query: webhook.querySuffix,
            request: webhook.request
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
