package import Access
import Domain
package import Logging

/// Finds the route of a request, checks that the request keeps the route's rules, and calls its handler.
///
/// The order is the one that tells a stranger least: key before parameters before body. Routes are public
/// (the OpenAPI document lists them), so 404 and 405 need no key.
package struct Router: Sendable {
    /// What the router needs from the rest of the process.
    package struct Ports: Sendable {
        /// Says whose request it is, from its `Authorization` field.
        package let authenticate: @Sendable (APIRequest) async throws(AccessError) -> AccessScope
        /// The problem for an error that a service threw; nil for one that is not known.
        package let problem: @Sendable (any Error) -> Problem?
        /// Called when a key was sent where it ends up in logs.
        package let keyLeaked: @Sendable (APIRequest) async -> Void

        /// Wires a router.
        package init(
            authenticate: @escaping @Sendable (APIRequest) async throws(AccessError) -> AccessScope,
            problem: @escaping @Sendable (any Error) -> Problem?,
            keyLeaked: @escaping @Sendable (APIRequest) async -> Void
        ) {
            self.authenticate = authenticate
            self.problem = problem
            self.keyLeaked = keyLeaked
        }
    }

    /// All routes.
    package let routes: [Route]
    private let catalogue: SchemaCatalogue
    private let ports: Ports
    private let logger: Logger
    /// By the number of segments; of those, the ones with more literal segments first.
    private let table: [Int: [Route]]

    /// Makes a router; traps when two routes have one id, or one method and one path.
    package init(_ routes: [Route], schemas: SchemaCatalogue, ports: Ports, logger: Logger) {
        precondition(Set(routes.map(\.id)).count == routes.count, "a route has an id of its own")
        let places = Set(routes.map { $0.method.rawValue + " " + $0.path.description })
        precondition(places.count == routes.count, "a method and a path lead to one route")
        self.routes = routes
        catalogue = schemas
        self.ports = ports
        self.logger = logger
        table = Dictionary(grouping: routes) { $0.path.segments.count }
            .mapValues { $0.sorted { $0.path.literalCount > $1.path.literalCount } }
    }

    /// Answers a request; every failure is a problem document.
    ///
    /// - Parameter known: whose request it is when that is known already, as for our own pages; nil authenticates.
    package func respond(to request: APIRequest, as known: AccessScope? = nil) async -> APIResponse {
        do {
            return try await answer(request, known)
        } catch let problem as Problem {
            return problem.response(for: request.id)
        } catch let error as AccessError {
            return Problem(error).response(for: request.id)
        } catch {
            if let problem = ports.problem(error) { return problem.response(for: request.id) }
            logger.error(
                "a request failed for an unknown reason",
                metadata: ["request": "\(request.id)", "error": "\(error)"]
            )
            return Problem.internalError.response(for: request.id)
        }
    }

    /// How the body of a request to a route that streams is read; nil for all other requests.
    package func streamPolicy(_ head: AcceptedHead) -> RequestPolicy? {
        let segments = head.path.dropFirst().utf8.split(
            separator: UInt8(ascii: "/"),
            omittingEmptySubsequences: false
        )
        let route = (table[segments.count] ?? []).first {
            $0.method == head.method && $0.path.match(segments) != nil
        }
        return route?.streamedBytesMax.map { .streaming(bytesMax: $0) }
    }

    private func answer(_ request: APIRequest, _ known: AccessScope?) async throws -> APIResponse {
        try await refuseKeyInQuery(request)
        let (route, path) = try find(request)
        switch route.action {
        case .open(let handler):
            return try await handler(try call(request, route, path))
        case .guarded(let level, let handler):
            let scope = if let known { known } else { try await ports.authenticate(request) }
            try scope.require(level)
            return try await handler(try call(request, route, path), scope)
        }
    }

    /// A key in a URL is in every log on the way: it is refused even when it is right, so that nobody relies on it.
    private func refuseKeyInQuery(_ request: APIRequest) async throws(Problem) {
        let hasKey = request.query.parameters.contains { $0.value.utf8.starts(with: APIKeyText.prefix.utf8) }
        guard hasKey else { return }
        await ports.keyLeaked(request)
        throw .badRequest(
            "key-in-url",
            "Send the key as 'Authorization: Bearer …', and revoke this one: it is in logs now."
        )
    }

    private func find(_ request: APIRequest) throws(Problem) -> (Route, PathValues) {
        let segments = request.path.dropFirst().utf8.split(
            separator: UInt8(ascii: "/"),
            omittingEmptySubsequences: false
        )
        let wanted = request.method == .head ? .get : request.method
        var allowed: [RequestMethod] = []
        for route in table[segments.count] ?? [] {
            guard let path = route.path.match(segments) else { continue }
            if route.method == wanted { return (route, path) }
            allowed.append(route.method)
        }
        guard !allowed.isEmpty else { throw .notFound }
        if allowed.contains(.get) { allowed.append(.head) }
        throw .methodNotAllowed(allow: allowed.map(\.rawValue).sorted().joined(separator: ", "))
    }

    private func call(_ request: APIRequest, _ route: Route, _ path: PathValues) throws(Problem) -> RouteCall
    {
        try ParameterCheck.check(request.query, route.parameters, others: route.takesOtherParameters)
        if !route.rawBodies.isEmpty {
            let call = RouteCall(request: request, path: path, body: nil)
            guard let type = call.mediaType, route.rawBodies.contains(type) else {
                throw .unsupportedMedia("Send one of: \(route.rawBodies.joined(separator: ", ")).")
            }
            return call
        }
        guard let schema = route.body else {
            guard request.body.isEmpty else {
                throw .badRequest("unexpected-body", "This operation takes no body.")
            }
            return RouteCall(request: request, path: path, body: nil)
        }
        if request.body.isEmpty, schema.isWhollyOptional {
            return RouteCall(request: request, path: path, body: .object([]))
        }
        return RouteCall(request: request, path: path, body: try jsonBody(request, schema))
    }

    private func jsonBody(_ request: APIRequest, _ schema: Schema) throws(Problem) -> JSONValue {
        let types = request.headers.values("content-type")
        guard types.count == 1, let type = types.first, Self.isJSON(type) else {
            throw .unsupportedMedia("Send JSON with 'Content-Type: application/json'.")
        }
        let value: JSONValue
        do {
            value = try JSONParser.parse(request.body)
        } catch {
            throw .badRequest("invalid-json", "The body is not valid JSON: \(error).")
        }
        do {
            try SchemaCheck(catalogue: catalogue).check(value, schema)
        } catch {
            throw Problem(
                status: 422,
                code: "invalid-body",
                title: "The body does not have the documented shape.",
                detail: "What is at '\(error.pointer)' \(error.reason).",
                extensions: [JSONMember("pointer", .string(error.pointer))]
            )
        }
        return value
    }

    /// `application/json`, with no parameter but `charset=utf-8`.
    private static func isJSON(_ contentType: String) -> Bool {
        let parts = lowercasedASCII(contentType).utf8.split(separator: UInt8(ascii: ";"))
            .map { $0.filter { $0 != 0x20 } }
        guard let type = parts.first, type.elementsEqual("application/json".utf8) else { return false }
        return parts.dropFirst().allSatisfy {
            $0.elementsEqual("charset=utf-8".utf8) || $0.elementsEqual("charset=\"utf-8\"".utf8)
        }
    }
}
