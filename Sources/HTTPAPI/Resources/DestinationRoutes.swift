import Access
import Domain
import Registry

/// Destinations: list, show, create, change, remove, enable after a 410.
struct DestinationRoutes: Sendable {
    let context: ResourceContext

    var all: [Route] { [list, show, create, change, remove, enable] }

    private var list: Route {
        Route(
            .get,
            "/api/destinations",
            id: "listDestinations",
            tag: "destinations",
            summary: "Lists destinations by name.",
            replies: [.json(200, .list(of: "Destination"), "All destinations.")],
            action: .guarded(.read) { _, scope in
                let destinations = context.registry.snapshot.destinations
                    .filter { context.mayRead($0.definition.vendor, scope) }
                return .page(destinations.map(\.json), nextCursor: nil)
            }
        )
    }

    private var show: Route {
        Route(
            .get,
            "/api/destinations/{name}",
            id: "getDestination",
            tag: "destinations",
            summary: "Shows a destination; its secrets never.",
            replies: [.json(200, .named("Destination"), "The destination.")],
            action: .guarded(.read) { call, scope in
                .json(try context.destination(call.path["name"], scope).json)
            }
        )
    }

    private var create: Route {
        Route(
            .post,
            "/api/destinations",
            id: "createDestination",
            tag: "destinations",
            summary: "Makes a destination.",
            body: .object(
                [
                    .required("name", .string(length: 1...63), "Its name."),
                    .required(
                        "url",
                        .string(length: 1...2_048, format: "uri"),
                        "Where deliveries are posted."
                    ),
                ] + Self.fields
            ),
            replies: [.json(201, .named("Destination"), "The destination.")],
            problems: [409, 422],
            action: .guarded(.admin) { call, scope in
                try scope.requirePlatform()
                let body = call.body ?? .null
                let name = try DefinitionReader.name(body["name"]?.string ?? "", "name")
                let base = DestinationDefinition(name: name, url: "")
                let definition = try DefinitionReader.destination(body, over: base)
                let secrets = try DefinitionReader.secrets(body) ?? []
                try await context.registry.commit([.createDestination(definition, secrets)], owner: .api)
                return .json(try context.destination(name.text, scope).json, status: 201)
            }
        )
    }

    private var change: Route {
        Route(
            .patch,
            "/api/destinations/{name}",
            id: "changeDestination",
            tag: "destinations",
            summary: "Changes a destination; what the body leaves out stays.",
            body: .object(
                [.optional("url", .string(length: 1...2_048, format: "uri"), "Where deliveries are posted.")]
                    + Self.fields
            ),
            replies: [.json(200, .named("Destination"), "The destination.")],
            problems: [409, 422],
            action: .guarded(.admin) { call, scope in
                try scope.requirePlatform()
                let current = try context.destination(call.path["name"], scope)
                let body = call.body ?? .null
                let definition = try DefinitionReader.destination(body, over: current.definition)
                let secrets = try DefinitionReader.secrets(body)
                try await context.registry.commit([.updateDestination(definition, secrets)], owner: .api)
                return .json(try context.destination(current.name.text, scope).json)
            }
        )
    }

    private var remove: Route {
        Route(
            .delete,
            "/api/destinations/{name}",
            id: "removeDestination",
            tag: "destinations",
            summary: "Removes a destination; what waits for it becomes dead letters.",
            replies: [.empty(204, "It is gone.")],
            problems: [409],
            action: .guarded(.admin) { call, scope in
                try scope.requirePlatform()
                let current = try context.destination(call.path["name"], scope)
                try await context.registry.commit([.removeDestination(current.name)], owner: .api)
                return APIResponse(status: 204)
            }
        )
    }

    private var enable: Route {
        Route(
            .post,
            "/api/destinations/{name}/enable",
            id: "enableDestination",
            tag: "destinations",
            summary: "Lets a destination go on that was stopped because it answered 410 Gone.",
            replies: [.json(200, .named("Destination"), "The destination.")],
            action: .guarded(.write) { call, scope in
                let current = try context.destination(call.path["name"], scope)
                try await context.registry.resume(destination: current.name)
                return .json(try context.destination(current.name.text, scope).json)
            }
        )
    }

    static let fields: [Schema.Property] = [
        .optional(
            "standby_url",
            .nullable(.string(length: 1...2_048, format: "uri")),
            "Used with the same `webhook-id` while the first URL is down."
        ),
        .optional("secret", .string(length: 1...4_096), "The signing secret itself."),
        .optional(
            "secrets",
            .array(.string(length: 1...4_096), count: 1...DestinationDefinition.secretsMax),
            "The signing secrets themselves, newest first; two while one is being rotated."
        ),
        .optional(
            "events",
            .array(.string(length: 1...128), count: 1...DestinationDefinition.eventsMax),
            "Patterns of event types: `*`, `charge.*`, `charge.refunded`."
        ),
        .optional(
            "sources",
            .array(.string(length: 1...63), count: 0...1_000),
            "The sources whose events it wants; empty is all."
        ),
        .optional("enabled", .boolean, "Whether deliveries are made."),
        .optional("allow_private", .boolean, "Whether private addresses and plain http are allowed."),
        .optional("concurrency", .integer(1...1_000), "The most deliveries in flight."),
        .optional("rate_per_second", .nullable(.number), "The most deliveries a second; null is no limit."),
        .optional("timeout_seconds", .number, "How long one attempt may take."),
        .optional("attempts_max", .integer(1...100), "The most attempts before it is a dead letter."),
        .optional(
            "vendor",
            .nullable(.string(length: 1...63)),
            "The vendor it belongs to; null is the platform."
        ),
    ]
}
