import Access
import Domain
import Providers
import Registry
import Webhooks

/// Sources: list, show, create, change, remove.
struct SourceRoutes: Sendable {
    let context: ResourceContext

    var all: [Route] { [list, show, create, change, remove] }

    private var list: Route {
        Route(
            .get,
            "/api/sources",
            id: "listSources",
            tag: "sources",
            summary: "Lists sources by name.",
            replies: [.json(200, .list(of: "Source"), "All sources.")],
            action: .guarded(.read) { _, scope in
                let sources = context.registry.snapshot.sources.values
                    .filter { context.mayRead($0.definition.vendor, scope) }
                    .sorted { $0.name < $1.name }
                return .page(sources.map(json), nextCursor: nil)
            }
        )
    }

    private var show: Route {
        Route(
            .get,
            "/api/sources/{name}",
            id: "getSource",
            tag: "sources",
            summary: "Shows a source; its secrets never.",
            replies: [.json(200, .named("Source"), "The source.")],
            action: .guarded(.read) { call, scope in
                .json(json(try context.source(call.path["name"], scope)))
            }
        )
    }

    private var create: Route {
        Route(
            .post,
            "/api/sources",
            id: "createSource",
            tag: "sources",
            summary: "Makes a source.",
            body: .object(
                [
                    .required("name", .string(length: 1...63), "Its name in the URL."),
                    .required(
                        "provider",
                        .string(length: 1...63),
                        Self.providers
                    ),
                ] + Self.fields
            ),
            replies: [.json(201, .named("Source"), "The source.")],
            problems: [409, 422],
            action: .guarded(.admin) { call, scope in
                try scope.requirePlatform()
                let body = call.body ?? .null
                let name = try DefinitionReader.name(body["name"]?.string ?? "", "name")
                let base = SourceDefinition(name: name, provider: "")
                let definition = try DefinitionReader.source(body, over: base)
                let secrets = try DefinitionReader.secrets(body) ?? []
                try await context.registry.commit([.createSource(definition, secrets)], owner: .api)
                return .json(json(try context.source(name.text, scope)), status: 201)
            }
        )
    }

    private var change: Route {
        Route(
            .patch,
            "/api/sources/{name}",
            id: "changeSource",
            tag: "sources",
            summary: "Changes a source; what the body leaves out stays.",
            body: .object(
                [.optional("provider", .string(length: 1...63), Self.providers)]
                    + Self.fields
            ),
            replies: [.json(200, .named("Source"), "The source.")],
            problems: [409, 422],
            action: .guarded(.admin) { call, scope in
                try scope.requirePlatform()
                let current = try context.source(call.path["name"], scope)
                let body = call.body ?? .null
                let definition = try DefinitionReader.source(body, over: current.definition)
                let secrets = try DefinitionReader.secrets(body)
                try await context.registry.commit([.updateSource(definition, secrets)], owner: .api)
                return .json(json(try context.source(current.name.text, scope)))
            }
        )
    }

    private var remove: Route {
        Route(
            .delete,
            "/api/sources/{name}",
            id: "removeSource",
            tag: "sources",
            summary: "Removes a source; its events stay.",
            replies: [.empty(204, "It is gone.")],
            problems: [409],
            action: .guarded(.admin) { call, scope in
                try scope.requirePlatform()
                let current = try context.source(call.path["name"], scope)
                try await context.registry.commit([.removeSource(current.name)], owner: .api)
                return APIResponse(status: 204)
            }
        )
    }

    /// Every provider's name, for the description of a field.
    static let providers = ProviderName.allCases.map { "`\($0)`" }.joined(separator: ", ") + "."

    static let fields: [Schema.Property] = [
        .optional("settings", .map(.any), "The provider's own settings."),
        .optional(
            "secrets",
            .array(.string(length: 1...4_096), count: 0...SourceDefinition.secretsMax),
            "The signing secrets themselves; any may match."
        ),
        .optional("enabled", .boolean, "Whether webhooks are taken in."),
        .optional("body_bytes_max", .integer(1_024...10_485_760), "The largest body in bytes."),
        .optional("rate_per_second", .nullable(.number), "The most webhooks a second; null is no limit."),
        .optional(
            "vendor",
            .nullable(.string(length: 1...63)),
            "The vendor it belongs to; null is the platform."
        ),
        .optional(
            "allow_from",
            .array(.string(length: 1...49), count: 0...SourceDefinition.rangesMax),
            "The only addresses it may be sent to from, such as `192.0.2.0/24`; empty is everywhere."
        ),
        .optional(
            "retention",
            .object([
                .optional("bodies_days", .integer(1...3_650), "How many days bodies are kept."),
                .optional("fields_days", .integer(1...3_650), "How many days everything else is kept."),
            ]),
            "How long what it has sent is kept; `fields_days` is at least `bodies_days`."
        ),
    ]

    private func json(_ source: Source) -> JSONValue {
        source.json(publicURL: context.publicURL + Receiver.path + source.name.text)
    }
}
