import Domain

extension ProxyEndpoint {
    /// The endpoint's path item in the OpenAPI document.
    static var pathItem: JSONMember {
        let writes = ["post", "put", "patch", "delete"].map { operation($0, "write", hasBody: true) }
        return JSONMember(
            "/api/proxy/{integration}/{path}",
            .object([operation("get", "read", hasBody: false)] + writes)
        )
    }

    private static let parameters = JSONMember(
        "parameters",
        [
            [
                "name": "integration", "in": "path", "required": true, "schema": ["type": "string"],
                "description": "The integration whose credential, budget and health count.",
            ],
            [
                "name": "path", "in": "path", "required": true, "schema": ["type": "string"],
                "description": "What follows the provider's base URL, slashes and escapes as they are.",
            ],
            [
                "name": "Usher-Key", "in": "header", "required": false, "schema": ["type": "string"],
                "description": "The API key, where the SDK's own authentication has no place for it.",
            ],
            [
                "name": "Usher-Wedding", "in": "header", "required": false, "schema": ["type": "string"],
                "description": "The wedding it is for: decides how urgent it is.",
            ],
            [
                "name": "Usher-Priority", "in": "header", "required": false,
                "schema": ["type": "string", "enum": .array(Priority.allCases.map { .string($0.name) })],
                "description": "How urgent it is, in place of what follows from the wedding.",
            ],
        ]
    )

    private static func operation(_ method: String, _ level: String, hasBody: Bool) -> JSONMember {
        let problem: JSONValue = ["$ref": "#/components/responses/Problem"]
        let name = method.prefix(1).uppercased() + method.dropFirst()
        var members = [
            JSONMember("operationId", .string("proxy\(name)")),
            JSONMember("tags", ["proxy"]),
            JSONMember(
                "summary",
                "Passes a request of the provider's own SDK on; so it does HEAD, OPTIONS and CalDAV's methods."
            ),
            JSONMember("security", [["apiKey": [.string(level)]]]),
            parameters,
        ]
        if hasBody { members.append(JSONMember("requestBody", ["content": ["*/*": [:]]])) }
        let statuses = [400, 401, 403, 404, 405, 408, 413, 417, 421, 422, 429, 431, 500, 502, 503, 504]
        let problems = statuses.map { JSONMember(String($0), problem) }
        let answer: JSONValue = ["description": "The provider's answer, whatever its status, as it came."]
        members.append(JSONMember("responses", .object([JSONMember("default", answer)] + problems)))
        return JSONMember(method, .object(members))
    }
}
