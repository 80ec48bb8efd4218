import Access
import Domain
import Providers
import Registry

/// What `usher apply` calls: compares a whole configuration with what is registered, and makes it so.
struct ConfigurationRoutes: Sendable {
    let context: ResourceContext

    var all: [Route] { [plan, apply] }

    private var plan: Route {
        Route(
            .post,
            "/api/configuration/plan",
            id: "planConfiguration",
            tag: "configuration",
            summary: "Says what would change if the configuration file held this.",
            body: Self.body,
            replies: [.json(200, .named("Plan"), "The changes.")],
            action: .guarded(.admin) { call, scope in
                try scope.requirePlatform()
                return .json(json(try plan(call)))
            }
        )
    }

    private var apply: Route {
        Route(
            .post,
            "/api/configuration/apply",
            id: "applyConfiguration",
            tag: "configuration",
            summary: "Makes the changes, all or none; the file owns them from then on.",
            body: Self.body,
            replies: [.json(200, .named("Plan"), "The changes that were made.")],
            problems: [409, 422],
            action: .guarded(.admin) { call, scope in
                try scope.requirePlatform()
                let plan = try plan(call)
                try await context.registry.commit(plan.entries.map(\.change), owner: .file)
                return .json(json(plan))
            }
        )
    }

    private static let body = Schema.object([
        .required(
            "sources",
            .array(
                .object(
                    [
                        .required("name", .string(length: 1...63), "Its name."),
                        .required("provider", .string(length: 1...63), "Its provider."),
                    ] + SourceRoutes.fields
                ),
                count: 0...ResourceRegistry.sourcesMax
            ),
            "Every source of the file."
        ),
        .required(
            "destinations",
            .array(
                .object(
                    [
                        .required("name", .string(length: 1...63), "Its name."),
                        .required("url", .string(length: 1...2_048, format: "uri"), "Its URL."),
                    ] + DestinationRoutes.fields
                ),
                count: 0...ResourceRegistry.destinationsMax
            ),
            "Every destination of the file."
        ),
        .optional(
            "integrations",
            .array(
                .object(
                    [
                        .required("name", .name, "Its name."),
                        .required(
                            "provider",
                            .choice(APIProvider.allCases.map(\.rawValue)),
                            "Its provider."
                        ),
                    ] + IntegrationRoutes.fields
                ),
                count: 0...ResourceRegistry.integrationsMax
            ),
            "Every integration of the file."
        ),
        .optional(
            "routes",
            .array(
                .object(
                    [
                        .required(
                            "capability",
                            .choice(Capability.allCases.map(\.rawValue)),
                            "What it is for."
                        )
                    ] + FailoverRoutes.fields
                ),
                count: 0...Capability.allCases.count
            ),
            "Every route of the file."
        ),
    ])

    private func plan(_ call: RouteCall) throws -> RegistryPlan {
        let body = call.body ?? .null
        let sources = try (body["sources"]?.array ?? []).map { item in
            let name = try DefinitionReader.name(item["name"]?.string ?? "", "name")
            let base = SourceDefinition(name: name, provider: "")
            let definition = try DefinitionReader.source(item, over: base)
            return (definition: definition, secrets: try DefinitionReader.secrets(item) ?? [])
        }
        let destinations = try (body["destinations"]?.array ?? []).map { item in
            let name = try DefinitionReader.name(item["name"]?.string ?? "", "name")
            let base = DestinationDefinition(name: name, url: "")
            let definition = try DefinitionReader.destination(item, over: base)
            return (definition: definition, secrets: try DefinitionReader.secrets(item) ?? [])
        }
        let integrations = try (body["integrations"]?.array ?? []).map { item in
            let definition = try DefinitionReader.newIntegration(item, named: item["name"]?.string ?? "")
            return (definition: definition, credential: try DefinitionReader.credential(item) ?? [:])
        }
        let routes = try (body["routes"]?.array ?? []).compactMap { item in
            try item["capability"]?.string.flatMap { Capability(name: $0) }
                .map { try DefinitionReader.route(item, $0) }
        }
        let desired = DesiredRegistry(
            sources: sources,
            destinations: destinations,
            integrations: integrations,
            routes: routes
        )
        return RegistryPlan(from: context.registry.snapshot, to: desired)
    }

    private func json(_ plan: RegistryPlan) -> JSONValue {
        ["changes": .array(plan.entries.map { ["summary": .string($0.summary)] })]
    }
}
