package import HTTPAPI

extension Services {
    /// The HTTP API over these services.
    package func api(_ ports: Ports) -> GatewayAPI {
        let context = ResourceContext(
            database: database,
            vault: vault,
            registry: registry,
            consents: consents,
            weddings: weddings,
            keys: keys,
            queries: queries,
            replayer: replayer,
            retention: retention,
            health: health,
            metrics: metrics,
            time: ports.time,
            publicURL: ports.publicURL
        )
        let proxies = ports.trustedProxies
        let router = ResourceRouter.make(
            context,
            calls: calls,
            backfiller: backfiller,
            proxy: proxy,
            signals: signals,
            proxies: proxies,
            logger: ports.logger
        )
        return GatewayAPI(
            webhooks: WebhookEndpoint(receiver: receiver, proxies: proxies),
            proxy: ProxyEndpoint(context: context, engine: proxy, proxies: proxies, logger: ports.logger),
            router: { await router.respond(to: $0) },
            streamPolicy: { router.streamPolicy($0) }
        )
    }
}
