import Access
package import Dashboard
package import HTTPAPI

extension Services {
    /// The HTTP API over these services.
    package func api(_ ports: Ports) -> GatewayAPI {
        front(ports).api
    }

    /// The HTTP API over these services, and its pages, whose charts want to be run.
    package func front(_ ports: Ports) -> (api: GatewayAPI, dashboard: DashboardSite) {
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
        let sessions = Sessions(database: database, vault: vault, time: ports.time, random: ports.random)
        let router = ResourceRouter.make(
            context,
            calls: calls,
            backfiller: backfiller,
            proxy: proxy,
            alerts: alerts,
            browsers: browsers,
            signals: signals,
            monitor: monitor,
            proxies: proxies,
            sessions: sessions,
            logger: ports.logger,
            others: ReadinessRoutes(context: context, desk: readiness).all
                + EmergencyRoutes(desk: emergency, time: ports.time).all
        )
        let dashboard = dashboard(ports, sessions: sessions, router: router)
        let api = GatewayAPI(
            webhooks: WebhookEndpoint(receiver: receiver, proxies: proxies),
            proxy: ProxyEndpoint(context: context, engine: proxy, proxies: proxies, logger: ports.logger),
            router: { await router.respond(to: $0) },
            streamPolicy: { router.streamPolicy($0) },
            pages: dashboard.site
        )
        return (api, dashboard)
    }
}
