import Domain
import HTTPAPI
import Testing

@Suite(.timeLimit(.minutes(1))) struct `OpenAPI document` {
    private var routes: [Route] {
        ThingRoutes.all
            + [OpenAPI.route(documenting: ThingRoutes.all, schemas: ThingRoutes.schemas, version: "1.2.3")]
    }

    /// Requests that together answer with each documented success and the usual problems.
    private func calls(
        _ door: Doorkeeper
    ) -> [(RequestMethod, template: String, target: String, String?, String?)] {
        let thing = "{\"name\":\"a\",\"state\":\"on\"}"
        return [
            (.get, "/healthz", "/healthz", nil, nil), (.get, "/healthz", "/healthz?x=1", nil, nil),
            (.get, "/api/things", "/api/things", door.read, nil),
            (.get, "/api/things", "/api/things?q=cursor", door.read, nil),
            (.get, "/api/things", "/api/things?limit=0", door.read, nil),
            (.get, "/api/things", "/api/things", nil, nil),
            (.post, "/api/things", "/api/things", door.admin, thing),
            (.post, "/api/things", "/api/things", door.admin, "[]"),
            (.post, "/api/things", "/api/things", door.write, thing),
            (.get, "/api/things/{name}", "/api/things/b", door.read, nil),
            (.delete, "/api/things/{name}", "/api/things/b", door.write, nil),
            (.get, "/api/things/defaults", "/api/things/defaults", door.read, nil),
            (.get, "/api/broken", "/api/broken", door.read, nil),
            (.get, "/api/openapi.json", "/api/openapi.json", door.read, nil),
        ]
    }

    @Test func `has every route, with all that a client must know, and nothing else`() {
        let document = OpenAPI(routes: routes, schemas: ThingRoutes.schemas, version: "1.2.3").document
        #expect(document["openapi"] == "3.1.0")
        #expect(document.pointer("/info/version") == "1.2.3")
        #expect(DocumentCheck(document: document).faults(routes) == [])
    }

    @Test func `is what its route serves, itself included`() async throws {
        try await Doorkeeper.with(routes, schemas: ThingRoutes.schemas) { door in
            let answer = try await door.send(.get, "/api/openapi.json", key: door.read)
            let served = try #require(answer.json)
            #expect(
                served == OpenAPI(routes: routes, schemas: ThingRoutes.schemas, version: "1.2.3").document
            )
        }
    }

    @Test func `describes what is really answered`() async throws {
        let check = DocumentCheck(
            document: OpenAPI(routes: routes, schemas: ThingRoutes.schemas, version: "1.2.3").document
        )
        try await Doorkeeper.with(routes, schemas: ThingRoutes.schemas) { door in
            for call in calls(door) {
                let answer = try await door.send(call.0, call.target, key: call.3, body: call.4)
                #expect(check.faults(answer, to: call.0, call.template) == [])
            }
        }
    }

    @Test func `would be found wrong`() throws {
        let document = OpenAPI(routes: routes, schemas: ThingRoutes.schemas, version: "1").document
        let check = DocumentCheck(document: document)
        #expect(check.faults(Array(routes.dropLast())) == ["get /api/openapi.json does not exist"])
        let thing = try #require(document.pointer("/components/schemas/Thing"))
        let schemas = JSONSchemaCheck(document: document)
        let wrong: [JSONValue] = [
            [], ["name": "a"], ["name": "", "state": "on"], ["name": "a", "state": "in"],
            ["name": "a", "state": "on", "weight": 101], ["name": "a", "state": "on", "x": 1],
            ["name": "a", "state": "on", "tags": ["a", "b", "c"]],
            ["name": "a", "state": "on", "labels": ["a": 1]],
        ]
        for value in wrong { #expect(!schemas.misfits(value, thing).isEmpty) }
        #expect(schemas.misfits(["name": "a", "state": "on", "weight": .null], thing).isEmpty)
        #expect(!check.faults(APIResponse(status: 418), to: .get, "/healthz").isEmpty)
        #expect(!check.faults(.json([]), to: .get, "/healthz").isEmpty)
    }
}
