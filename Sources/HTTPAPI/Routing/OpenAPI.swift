import Access
package import Domain

/// The OpenAPI 3.1 document of a route table.
package struct OpenAPI: Sendable {
    private let routes: [Route]
    private let schemas: SchemaCatalogue
    private let version: String
    private let otherPaths: [JSONMember]

    /// Describes `routes`; `version` is the program's.
    /// - Parameter otherPaths: path items of what is served beside the router.
    package init(
        routes: [Route],
        schemas: SchemaCatalogue,
        version: String,
        otherPaths: [JSONMember] = []
    ) {
        self.routes = routes
        self.schemas = schemas
        self.version = version
        self.otherPaths = otherPaths
    }

    /// The route that serves the document of `routes` and of itself at `/api/openapi.json`.
    package static func route(
        documenting routes: [Route],
        schemas: SchemaCatalogue,
        version: String,
        otherPaths: [JSONMember] = []
    ) -> Route {
        func route(_ answer: APIResponse) -> Route {
            Route(
                .get,
                "/api/openapi.json",
                id: "getOpenAPI",
                tag: "about",
                summary: "This document.",
                replies: [.json(200, .any, "An OpenAPI 3.1 document.")],
                action: .guarded(.read) { _, _ in answer }
            )
        }
        let complete = routes + [route(APIResponse(status: 200))]
        let description = OpenAPI(
            routes: complete,
            schemas: schemas,
            version: version,
            otherPaths: otherPaths
        )
        return route(.json(description.document))
    }

    /// The document.
    package var document: JSONValue {
        [
            "openapi": "3.1.0",
            "info": [
                "title": "Usher",
                "version": .string(version),
                "description":
                    "Webhooks in, verified and durable; deliveries out, in order, until they arrive.",
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ],
            "servers": [["url": "/"]],
            "paths": paths,
            "components": [
                "securitySchemes": [
                    "apiKey": ["type": "http", "scheme": "bearer", "description": "An API key: `ushk_…`."]
                ],
                "responses": ["Problem": problemResponse],
                "schemas": .object(
                    [JSONMember("Problem", Self.problemSchema)]
                        + schemas.schemas.map { JSONMember($0.name, $0.schema.json) }
                ),
            ],
        ]
    }

    private var paths: JSONValue {
        var order: [String] = []
        var operations: [String: [JSONMember]] = [:]
        for route in routes {
            let path = route.path.description
            if operations[path] == nil { order.append(path) }
            operations[path, default: []].append(JSONMember(route.method.name, operation(route)))
        }
        return .object(otherPaths + order.map { JSONMember($0, .object(operations[$0] ?? [])) })
    }

    private func operation(_ route: Route) -> JSONValue {
        var members = [
            JSONMember("operationId", .string(route.id)),
            JSONMember("tags", [.string(route.tag)]),
            JSONMember("summary", .string(route.summary)),
            JSONMember("security", security(route)),
        ]
        let parameters = pathParameters(route) + queryParameters(route)
        if !parameters.isEmpty { members.append(JSONMember("parameters", .array(parameters))) }
        if let body = route.body {
            members.append(
                JSONMember(
                    "requestBody",
                    [
                        "required": .bool(!body.isWhollyOptional),
                        "content": ["application/json": ["schema": body.json]],
                    ]
                )
            )
        }
        if !route.rawBodies.isEmpty {
            let content = route.rawBodies.map { JSONMember($0, ["schema": [:]]) }
            members.append(JSONMember("requestBody", ["required": true, "content": .object(content)]))
        } else if route.streamedBytesMax != nil {
            let content: JSONValue = ["application/octet-stream": ["schema": [:]]]
            members.append(JSONMember("requestBody", ["required": true, "content": content]))
        }
        members.append(JSONMember("responses", responses(route)))
        return .object(members)
    }

    private func security(_ route: Route) -> JSONValue {
        guard let level = route.level else { return [] }
        return [["apiKey": [.string(level.rawValue)]]]
    }

    private func pathParameters(_ route: Route) -> [JSONValue] {
        route.path.parameterNames.map { name in
            ["name": .string(name), "in": "path", "required": true, "schema": ["type": "string"]]
        }
    }

    private func queryParameters(_ route: Route) -> [JSONValue] {
        route.parameters.map { parameter in
            [
                "name": .string(parameter.name), "in": "query", "required": false,
                "description": .string(parameter.summary), "schema": parameter.schema.json,
            ]
        }
    }

    private func responses(_ route: Route) -> JSONValue {
        let replies = route.replies.map { reply in
            var members = [JSONMember("description", .string(reply.summary))]
            if let type = reply.contentType {
                let media: JSONValue = reply.schema.map { ["schema": $0.json] } ?? [:]
                let others = reply.otherContentTypes.map { JSONMember($0, [:]) }
                members.append(JSONMember("content", .object([JSONMember(type, media)] + others)))
            }
            return JSONMember(String(reply.status), .object(members))
        }
        let answered = Set(route.replies.map(\.status))
        let problems = route.allProblems.filter { !answered.contains($0) }.map { status in
            JSONMember(String(status), ["$ref": "#/components/responses/Problem"])
        }
        return .object(replies + problems)
    }

    private var problemResponse: JSONValue {
        [
            "description": "What went wrong (RFC 9457); `code` is stable.",
            "content": .object([
                JSONMember(Problem.contentType, ["schema": ["$ref": "#/components/schemas/Problem"]])
            ]),
        ]
    }

    private static let problemSchema: JSONValue = [
        "type": "object",
        "properties": [
            "type": ["type": "string", "format": "uri"],
            "title": ["type": "string"],
            "status": ["type": "integer", "minimum": 400, "maximum": 599],
            "detail": ["type": "string"],
            "instance": ["type": "string", "description": "The request's id, as the log has it."],
            "code": ["type": "string", "description": "The stable name of this kind of problem."],
        ],
        "required": ["type", "title", "status", "instance", "code"],
        "additionalProperties": true,
    ]
}
