import Access
import Domain
import Providers
import Registry

/// Which integrations serve a capability, and how calls move on: list, show, set, remove.
///
/// Routes are the platform's: for a vendor's key there are none.
struct FailoverRoutes: Sendable {
    let context: ResourceContext

    var all: [Route] { [list, show, replace, remove] }

    private var list: Route {
        Route(
            .get,
            "/api/routes",
            id: "listRoutes",
            tag: "routes",
            summary: "Lists the routes of all capabilities, those that nobody has set too.",
            replies: [.json(200, .list(of: "Route"), "All routes.")],
            action: .guarded(.read) { _, scope in
                try scope.requirePlatform()
                let snapshot = context.registry.snapshot
                return .page(Capability.allCases.map { snapshot.route(for: $0).json }, nextCursor: nil)
            }
        )
    }

    private var show: Route {
        Route(
            .get,
            "/api/routes/{capability}",
            id: "getRoute",
            tag: "routes",
            summary: "Shows a capability's route.",
            replies: [.json(200, .named("Route"), "The route.")],
            action: .guarded(.read) { call, scope in
                try scope.requirePlatform()
                return .json(context.registry.snapshot.route(for: try capability(call)).json)
            }
        )
    }

    private var replace: Route {
        Route(
            .put,
            "/api/routes/{capability}",
            id: "replaceRoute",
            tag: "routes",
            summary: "Sets a capability's route.",
            body: .object(Self.fields),
            replies: [.json(200, .named("Route"), "The route.")],
            problems: [409, 422],
            action: .guarded(.admin) { call, scope in
                try scope.requirePlatform()
                let capability = try capability(call)
                let route = try DefinitionReader.route(call.body ?? .null, capability)
                try await context.registry.commit([.putRoute(route)], owner: .api)
                return .json(context.registry.snapshot.route(for: capability).json)
            }
        )
    }

    private var remove: Route {
        Route(
            .delete,
            "/api/routes/{capability}",
            id: "removeRoute",
            tag: "routes",
            summary: "Removes a capability's route: every integration that can serves it again.",
            replies: [.empty(204, "The default holds.")],
            problems: [409],
            action: .guarded(.admin) { call, scope in
                try scope.requirePlatform()
                try await context.registry.commit([.removeRoute(try capability(call))], owner: .api)
                return APIResponse(status: 204)
            }
        )
    }

    static let fields: [Schema.Property] = [
        .required(
            "order",
            .array(.name, count: 1...RouteDefinition.orderMax),
            "The platform's integrations that serve it, best first."
        ),
        .optional(
            "strategy",
            .choice(FailoverStrategy.allCases.map(\.rawValue)),
            "How calls move to the next one: `immediate` unless given, `manual` for calendars."
        ),
    ]

    private func capability(_ call: RouteCall) throws(Problem) -> Capability {
        guard let capability = Capability(name: call.path["capability"]) else { throw .notFound }
        return capability
    }
}
