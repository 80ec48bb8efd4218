import Access
import Domain
import HTTPAPI

/// A small route table with one route of each kind.
enum ThingRoutes {
    struct Unforeseen: Error {}

    static let schemas = SchemaCatalogue([
        (
            "Thing",
            .object([
                .required("name", .string(length: 1...63), "Its name."),
                .required("state", .choice(["on", "off"]), "Whether it runs."),
                .optional("weight", .nullable(.integer(0...100)), "How much it counts."),
                .optional("tags", .array(.string(length: 1...8), count: 0...2), "What it is filed under."),
                .optional("labels", .map(.string(length: 0...8)), "Free text."),
            ])
        )
    ])

    private static let things: [JSONValue] = [["name": "first", "state": "on", "weight": .null]]

    static let all: [Route] = [
        Route(
            .get,
            "/healthz",
            id: "getHealth",
            tag: "about",
            summary: "Whether the process runs.",
            replies: [.other(200, "text/plain", "It does.")],
            action: .open { _ in APIResponse(status: 200, contentType: "text/plain", body: Array("ok".utf8)) }
        ),
        Route(
            .get,
            "/api/things",
            id: "listThings",
            tag: "things",
            summary: "All things.",
            parameters: [
                Route.Parameter("limit", .integer(1...200), "At most so many."),
                Route.Parameter("state", .choice(["on", "off"]), "Only these."),
                Route.Parameter("q", .string(length: 1...20), "Only with this text."),
                Route.Parameter("deep", .boolean, "With all members."),
            ],
            replies: [.json(200, .page(of: "Thing"), "A page.")],
            action: .guarded(.read) { call, _ in
                .page(Array(things.prefix(call.integer("limit") ?? 50)), nextCursor: call.text("q"))
            }
        ),
        Route(
            .post,
            "/api/things",
            id: "createThing",
            tag: "things",
            summary: "Makes a thing.",
            body: .named("Thing"),
            replies: [.json(201, .named("Thing"), "The thing.")],
            action: .guarded(.admin) { call, _ in .json(call.body ?? .null, status: 201) }
        ),
        Route(
            .get,
            "/api/things/{name}",
            id: "getThing",
            tag: "things",
            summary: "One thing.",
            replies: [.json(200, .named("Thing"), "The thing.")],
            action: .guarded(.read) { call, _ in .json(["name": .string(call.path["name"]), "state": "on"]) }
        ),
        Route(
            .delete,
            "/api/things/{name}",
            id: "deleteThing",
            tag: "things",
            summary: "Removes a thing.",
            replies: [.empty(204, "It is gone.")],
            action: .guarded(.write) { _, _ in APIResponse(status: 204) }
        ),
        Route(
            .get,
            "/api/things/defaults",
            id: "getDefaults",
            tag: "things",
            summary: "What things are made with.",
            replies: [.json(200, .any, "Anything.")],
            action: .guarded(.read) { _, scope in .json(["level": .string(scope.level.rawValue)]) }
        ),
        Route(
            .get,
            "/api/broken",
            id: "getBroken",
            tag: "things",
            summary: "Fails.",
            replies: [.json(200, .any, "Never.")],
            action: .guarded(.read) { _, _ in throw Unforeseen() }
        ),
    ]
}
