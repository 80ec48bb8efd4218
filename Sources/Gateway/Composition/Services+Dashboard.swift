import Access
import Dashboard
import Domain
import HTTPAPI
import Registry
import ServiceLifecycle

extension Services {
    /// The pages over the API's operations.
    func dashboard(_ ports: Ports, sessions: Sessions, router: Router) -> DashboardSite {
        DashboardSite(
            DashboardSite.Ports(
                keys: keys,
                sessions: sessions,
                api: { await router.respond(to: $0, as: $1) },
                zones: .system,
                proxies: ports.trustedProxies,
                time: ports.time,
                logger: ports.logger
            )
        )
    }
}

/// Takes the figures of the dashboard's charts.
struct FigureSampling: Service {
    let figures: FigureHistory

    func run() async throws {
        await cancelWhenGracefulShutdown { try? await figures.run() }
    }
}
