import Access
import Domain
import Providers
import Registry

/// Integrations: list, show, create, change, replace, remove.
struct IntegrationRoutes: Sendable {
    let context: ResourceContext

    var all: [Route] { [list, show, create, change, replace, remove] }

    private var list: Route {
        Route(
            .get,
            "/api/integrations",
            id: "listIntegrations",
            tag: "integrations",
            summary: "Lists integrations by name; a vendor's key sees that vendor's own.",
            replies: [.json(200, .list(of: "Integration"), "All integrations.")],
            action: .guarded(.read) { _, scope in
                .page(context.visibleSnapshot(scope).integrations.map(\.json), nextCursor: nil)
            }
        )
    }

    private var show: Route {
        Route(
            .get,
            "/api/integrations/{name}",
            id: "getIntegration",
            tag: "integrations",
            summary: "Shows an integration; of its credential only which fields are set.",
            replies: [.json(200, .named("Integration"), "The integration.")],
            action: .guarded(.read) { call, scope in
                .json(try context.integration(call.path["name"], scope).json)
            }
        )
    }

    private var create: Route {
        Route(
            .post,
            "/api/integrations",
            id: "createIntegration",
            tag: "integrations",
            summary: "Makes an integration.",
            body: .object([.required("name", .name, "Its name."), Self.provider] + Self.fields),
            replies: [.json(201, .named("Integration"), "The integration.")],
            problems: [409, 422],
            action: .guarded(.admin) { call, scope in
                try scope.requirePlatform()
                let body = call.body ?? .null
                let definition = try DefinitionReader.newIntegration(
                    body,
                    named: body["name"]?.string ?? ""
                )
                let credential = try DefinitionReader.credential(body) ?? [:]
                try await context.registry.commit([.createIntegration(definition, credential)], owner: .api)
                return .json(try context.integration(definition.name.text, scope).json, status: 201)
            }
        )
    }

    private var change: Route {
        Route(
            .patch,
            "/api/integrations/{name}",
            id: "changeIntegration",
            tag: "integrations",
            summary: "Changes an integration; what the body leaves out stays.",
            body: .object(Self.fields),
            replies: [.json(200, .named("Integration"), "The integration.")],
            problems: [409, 422],
            action: .guarded(.admin) { call, scope in
                try scope.requirePlatform()
                let current = try context.integration(call.path["name"], scope)
                let body = call.body ?? .null
                let definition = try DefinitionReader.integration(body, over: current.definition)
                return try await update(definition, body, scope)
            }
        )
    }

    private var replace: Route {
        Route(
            .put,
            "/api/integrations/{name}",
            id: "replaceIntegration",
            tag: "integrations",
            summary: "Makes an integration or replaces it; a credential that is left out stays.",
            body: .object([Self.provider] + Self.fields),
            replies: [.json(200, .named("Integration"), "The integration.")],
            problems: [409, 422],
            action: .guarded(.admin) { call, scope in
                try scope.requirePlatform()
                let body = call.body ?? .null
                let definition = try DefinitionReader.newIntegration(body, named: call.path["name"])
                guard context.registry.snapshot.integration(named: definition.name) == nil else {
                    return try await update(definition, body, scope)
                }
                let credential = try DefinitionReader.credential(body) ?? [:]
                try await context.registry.commit([.createIntegration(definition, credential)], owner: .api)
                return .json(try context.integration(definition.name.text, scope).json)
            }
        )
    }

    private var remove: Route {
        Route(
            .delete,
            "/api/integrations/{name}",
            id: "removeIntegration",
            tag: "integrations",
            summary: "Removes an integration that no route names; its calls stay on record.",
            replies: [.empty(204, "It is gone.")],
            problems: [409],
            action: .guarded(.admin) { call, scope in
                try scope.requirePlatform()
                let current = try context.integration(call.path["name"], scope)
                try await context.registry.commit([.removeIntegration(current.name)], owner: .api)
                return APIResponse(status: 204)
            }
        )
    }

    private static let provider = Schema.Property.required(
        "provider",
        .choice(APIProvider.allCases.map(\.rawValue)),
        "Whose API it is."
    )

    static let fields: [Schema.Property] = [
        .optional(
            "credential",
            .map(.string(length: 1...IntegrationDefinition.fieldBytesMax)),
            "The values of the provider's fields themselves, by name."
        ),
        .optional(
            "base_url",
            .nullable(.string(length: 1...2_048, format: "uri")),
            "Where the API is; null is the provider's own place. With another one the credential is due again."
        ),
        .optional("allow_private", .boolean, "Whether private addresses and plain http are allowed."),
        .optional("enabled", .boolean, "Whether calls are made with it."),
        .optional("vendor", .nullable(.name), "The vendor it belongs to; null is the platform."),
        .optional(
            "limits",
            .map(.any),
            "This account's own limits, by name: `{\"per_second\": 25, \"burst\": 50}`, "
                + "`{\"count\": 1000, \"window_seconds\": 3600}` or `{\"in_flight\": 25}`."
        ),
        .optional("settings", .map(.any), "The provider's own settings; none has any so far."),
    ]

    private func update(
        _ definition: IntegrationDefinition,
        _ body: JSONValue,
        _ scope: AccessScope
    ) async throws -> APIResponse {
        let credential = try DefinitionReader.credential(body)
        try await context.registry.commit([.updateIntegration(definition, credential)], owner: .api)
        return .json(try context.integration(definition.name.text, scope).json)
    }
}
