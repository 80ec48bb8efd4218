package import Domain
import ServiceLifecycle
package import Signatures

/// One signed webhook on its way to a source.
package struct SampleShipment: Sendable {
    /// The source's name.
    package let source: String
    /// The provider's id of the event.
    package let id: String
    /// The event's type.
    package let type: String
    /// What stands after the URL's path: a query with its `?`, or nothing.
    package let query: String
    /// The signed request.
    package let request: WebhookRequest

    /// Puts a shipment together.
    package init(source: String, id: String, type: String, query: String = "", request: WebhookRequest) {
        self.source = source
        self.id = id
        self.type = type
        self.query = query
        self.request = request
    }
}

/// Sends sample events to several sources in turn, one after the other, in real time.
package struct SampleTraffic: Service {
    private let makers: [@Sendable () -> SampleShipment?]
    private let interval: Duration
    private let time: Time
    private let send: @Sendable (SampleShipment) async -> Int?
    private let observe: @Sendable (SampleShipment, _ status: Int?) -> Void

    /// Makes traffic; it starts with `run`.
    /// - Parameter interval: the pause before each event.
    /// - Parameter makers: make the next webhook of a source each, in turn; one that gives nil is passed over.
    /// - Parameter send: posts a webhook and gives the status; nil when there was no answer.
    /// - Parameter observe: called with each webhook and its answer.
    package init(
        every interval: Duration,
        time: Time,
        makers: [@Sendable () -> SampleShipment?],
        send: @escaping @Sendable (SampleShipment) async -> Int?,
        observe: @escaping @Sendable (SampleShipment, _ status: Int?) -> Void
    ) {
        precondition(!makers.isEmpty, "traffic has a source")
        self.makers = makers
        self.interval = interval
        self.time = time
        self.send = send
        self.observe = observe
    }

    /// Runs until it is shut down or cancelled.
    package func run() async throws {
        var turn = 0
        while (try? await cancelWhenGracefulShutdown { [time, interval] in try await time.sleep(interval) })
            != nil
        {
            let maker = makers[turn % makers.count]
            turn += 1
            guard let shipment = maker() else { continue }
            observe(shipment, await send(shipment))
        }
    }
}
