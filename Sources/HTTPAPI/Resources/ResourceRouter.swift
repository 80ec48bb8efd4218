package import Access
package import Calls
import Domain
package import Health
package import Logging
import Registry
import Storage
package import Telemetry
import Transport
import Vault
import Webhooks

/// The route table of everything but webhooks.
package enum ResourceRouter {
    /// The version in the OpenAPI document.
    package static let version = "0.1.0"

    /// Makes the router over the services.
    ///
    /// - Parameters:
    ///   - sessions: those who are signed in, and may read with that; nil knows none.
    ///   - others: routes that `Gateway` makes over services of its own choice.
    package static func make(
        _ context: ResourceContext,
        calls: CallEngine,
        backfiller: Backfiller,
        proxy: ProxyEngine,
        alerts: AlertDesk,
        browsers: PushBook,
        signals: SignalHub,
        monitor: HealthMonitor,
        proxies: TrustedProxies = .none,
        sessions: Sessions? = nil,
        logger: Logger,
        others: [Route] = []
    ) -> Router {
        let routes =
            EventRoutes(context: context).all + DeliveryRoutes(context: context).all
            + ReplayRoutes(context: context).all + SourceRoutes(context: context).all
            + DestinationRoutes(context: context).all + KeyRoutes(context: context).all
            + WeddingRoutes(context: context).all + VendorRoutes(context: context).all
            + RetentionRoutes(context: context).all + ConfigurationRoutes(context: context).all
            + IntegrationRoutes(context: context).all + FailoverRoutes(context: context).all
            + ConnectRoutes(context: context).all
            + HealthRoutes(context: context, calls: calls, monitor: monitor).all
            + IncidentRoutes(context: context, monitor: monitor).all
            + HealthHistoryRoutes(context: context, monitor: monitor).all
            + CallRoutes(context: context, calls: calls).all
            + (calls.content.map { ContentRoutes(store: $0).all } ?? [])
            + FailoverRecordRoutes(context: context, calls: calls).all
            + BudgetRoutes(context: context, calls: calls).all
            + IntegrationTestRoutes(context: context, calls: calls).all
            + BackfillRoutes(context: context, backfiller: backfiller).all
            + ProxyRoutes(context: context, proxy: proxy).all
            + AlertRoutes(context: context, alerts: alerts).all
            + PushRoutes(browsers: browsers, allowsPlain: alerts.reachesThisMachine).all
            + ObjectRoutes(context: context, calls: calls, proxy: proxy).all
            + streamRoutes(context, calls, signals) + others
        let document = OpenAPI.route(
            documenting: routes,
            schemas: .resources,
            version: version,
            otherPaths: [WebhookEndpoint.pathItem, ProxyEndpoint.pathItem]
        )
        let ports = Router.Ports(
            authenticate: { request async throws(AccessError) in
                if let sessions, let token = sessionToken(request, proxies) {
                    return try await sessions.use(token).scope
                }
                return try await context.keys.authenticate(
                    authorization: request.headers.first("authorization"),
                    client: proxies.network(of: request)
                )
            },
            problem: Problem.init(service:),
            keyLeaked: { request in
                logger.warning(
                    "an API key was sent in a URL; revoke it",
                    metadata: ["request": "\(request.id)"]
                )
            }
        )
        return Router(routes + [document], schemas: .resources, ports: ports, logger: logger)
    }

    /// The session that a page of ours reads with: never one that changes something, nor one beside a key.
    private static func sessionToken(_ request: APIRequest, _ proxies: TrustedProxies) -> SessionToken? {
        guard request.headers.first("authorization") == nil,
            request.method == .get || request.method == .head,
            request.isSameOrigin
        else { return nil }
        return SessionCookie.token(in: request, isSecure: proxies.isSecure(request))
    }
}

extension ResourceRouter {
    private static func streamRoutes(
        _ context: ResourceContext,
        _ calls: CallEngine,
        _ signals: SignalHub
    ) -> [Route] {
        let exporter = Exporter(
            sources: [.events(context), .deliveries(context), .calls(context, calls)],
            cursors: context.cursors
        )
        return StreamRoutes(context: context, signals: signals, exporter: exporter).all
            + ExportRoutes(context: context, exporter: exporter).all
    }
}

extension Problem {
    /// What a caller is told of an error of a service; nil for one that is not known.
    init?(service error: any Error) {
        switch error {
        case let error as RegistryError: self.init(error)
        case let error as StorageError where error.isRetryable: self = .unavailable
        case is CancellationError: self = .unavailable
        default: return nil
        }
    }

    private init(_ error: RegistryError) {
        switch error {
        case .invalid(let problems):
            self.init(
                status: 422,
                code: "invalid-definition",
                title: "The definition is not valid.",
                detail: error.description,
                extensions: [
                    JSONMember(
                        "errors",
                        .array(
                            problems.map { ["field": .string($0.field), "message": .string($0.message)] }
                        )
                    )
                ]
            )
        case .alreadyExists:
            self.init(
                status: 409,
                code: "already-exists",
                title: "The name is taken.",
                detail: error.description
            )
        case .notFound:
            self = .notFound
        case .ownedByFile:
            self.init(
                status: 409,
                code: "owned-by-file",
                title: "The configuration file owns this.",
                detail: error.description
            )
        case .tooMany:
            self.init(status: 409, code: "too-many", title: "There are too many.", detail: error.description)
        case .inUse:
            self.init(status: 409, code: "in-use", title: "It is still needed.", detail: error.description)
        }
    }
}
