package import Domain
import ServiceLifecycle
package import Signatures

/// Sends sample events of a provider to one source, one after the other, in real time.
package struct SampleTraffic: Service {
    private let makeWebhook: @Sendable () -> (id: String, type: String, request: WebhookRequest)?
    private let interval: Duration
    private let time: Time
    private let send: @Sendable (WebhookRequest) async -> Int?
    private let observe: @Sendable (_ id: String, _ type: String, _ status: Int?) -> Void

    /// Makes traffic; it starts with `run`.
    /// - Parameter interval: the pause before each event.
    /// - Parameter makeWebhook: makes the next webhook; nil ends the traffic.
    /// - Parameter send: posts a request and gives the status; nil when there was no answer.
    /// - Parameter observe: called with each event and its answer.
    package init(
        every interval: Duration,
        time: Time,
        makeWebhook: @escaping @Sendable () -> (id: String, type: String, request: WebhookRequest)?,
        send: @escaping @Sendable (WebhookRequest) async -> Int?,
        observe: @escaping @Sendable (_ id: String, _ type: String, _ status: Int?) -> Void
    ) {
        self.makeWebhook = makeWebhook
        self.interval = interval
        self.time = time
        self.send = send
        self.observe = observe
    }

    /// Runs until it is shut down or cancelled.
    package func run() async throws {
        while (try? await cancelWhenGracefulShutdown { [time, interval] in try await time.sleep(interval) })
            != nil
        {
            guard let (id, type, request) = makeWebhook() else { return }
            observe(id, type, await send(request))
        }
    }
}
