import Access
import Calls
import Domain
import Registry

/// Testing an integration: one cheap request, and what its answer means.
struct IntegrationTestRoutes: Sendable {
    let context: ResourceContext
    let calls: CallEngine

    var all: [Route] { [test] }

    private var test: Route {
        Route(
            .post,
            "/api/integrations/{name}/test",
            id: "testIntegration",
            tag: "integrations",
            summary:
                "Sends a request that changes nothing with an integration's credential, and says what came.",
            replies: [.json(200, .named("IntegrationTest"), "What came of it; see `good`.")],
            action: .guarded(.write) { call, scope in
                let integration = try context.integration(call.path["name"], scope)
                do {
                    let result = try await calls.probe(integration.name)
                    return .json([
                        "integration": .string(result.integration.text),
                        "good": .bool(result.isGood),
                        "status": result.status.map { .integer($0) } ?? .null,
                        "latency_ms": .milliseconds(result.latency),
                        "meaning": .string(result.meaning),
                    ])
                } catch let error as CallError {
                    throw Problem(error)
                }
            }
        )
    }
}
