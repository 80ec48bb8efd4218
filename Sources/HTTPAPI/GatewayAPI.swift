import Domain

/// Everything the server answers: webhooks on their own short way, what is passed on to providers, all else through the
/// router.
package struct GatewayAPI: Sendable {
    /// The largest body of a request that is not a webhook, in bytes: 1 MiB.
    package static let bodyBytesMax = 1_048_576

    private let webhooks: WebhookEndpoint
    private let proxy: ProxyEndpoint?
    private let router: RequestHandler
    private let streamPolicy: @Sendable (AcceptedHead) -> RequestPolicy?
    private let pages: PageSite?

    /// Wires the ways.
    ///
    /// - Parameter proxy: passes requests on to providers; nil passes none.
    /// - Parameter pages: the pages for people; nil has none.
    /// - Parameter streamPolicy: how bodies that are streamed are read (`Router.streamPolicy`); nil for all others.
    package init(
        webhooks: WebhookEndpoint,
        proxy: ProxyEndpoint? = nil,
        router: @escaping RequestHandler,
        streamPolicy: @escaping @Sendable (AcceptedHead) -> RequestPolicy? = { _ in nil },
        pages: PageSite? = nil
    ) {
        self.webhooks = webhooks
        self.proxy = proxy
        self.router = router
        self.streamPolicy = streamPolicy
        self.pages = pages
    }

    /// Answers one request.
    package var handle: RequestHandler {
        { request in
            if let source = WebhookEndpoint.source(in: request.path) {
                return await webhooks.receive(request, source: source)
            }
            if let proxy, let path = ProxyPath(request.path) {
                return await proxy.respond(to: request, path)
            }
            guard request.method.isOwn else { return Problem.notFound.response(for: request.id) }
            if let pages, pages.serves(request.path) { return await pages.respond(request) }
            return await router(request)
        }
    }

    /// Decides from the head how much is read and where the answer is made.
    package var policy: @Sendable (AcceptedHead) -> RequestPolicy {
        { head in
            if let source = WebhookEndpoint.source(in: head.path) { return webhooks.policy(source: source) }
            if let proxy, ProxyPath.isOne(head.path) { return proxy.policy }
            return streamPolicy(head) ?? RequestPolicy(bodyBytesMax: Self.bodyBytesMax)
        }
    }
}
