import Domain

extension WebhookEndpoint {
    /// The endpoint's path item in the OpenAPI document.
    static var pathItem: JSONMember {
        JSONMember(
            "/api/integrations/webhooks/{source}",
            [
                "post": operation("receiveWebhook", ["requestBody": ["content": ["*/*": [:]]]]),
                "get": operation("receiveWebhookByGet", [:]),
            ]
        )
    }

    private static func operation(_ id: String, _ more: JSONValue) -> JSONValue {
        let problem: JSONValue = ["$ref": "#/components/responses/Problem"]
        let members: JSONValue = [
            "operationId": .string(id),
            "tags": ["webhooks"],
            "summary": "Takes a provider's webhook in; its signature is the key.",
            "security": [],
            "parameters": [
                ["name": "source", "in": "path", "required": true, "schema": ["type": "string"]]
            ],
            "responses": [
                "200": [
                    "description":
                        "It is durable, or the provider's question is answered, in its own dialect."
                ],
                "202": ["description": "It is durable (Microsoft Graph)."],
                "204": ["description": "It is durable."],
                "400": problem, "401": problem, "403": problem, "404": problem, "405": problem,
                "408": problem,
                "413": problem, "429": problem, "503": problem,
            ],
        ]
        return .object((members.object ?? []) + (more.object ?? []))
    }
}
