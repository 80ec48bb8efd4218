import Access
package import Calls
import Domain
package import Logging
import Registry
import Transport

/// `/api/proxy/{integration}/{path}`: providers' own SDKs, with nothing but their base URL changed.
///
/// Not a route of the router: its path has no end that a template could name, its body and its answer are streams, and
/// its key may stand where the SDK puts it.
package struct ProxyEndpoint: Sendable {
    /// The largest body: 5 GiB, S3's largest part.
    package static let bodyBytesMax = 5_368_709_120
    /// How long a request may wait for its budget, a token and the provider's answer together.
    package static let handlingTimeMax = Duration.seconds(150)
    /// The field that names a wedding.
    static let weddingHeader = "usher-wedding"
    /// The field that says how urgent a request is.
    static let priorityHeader = "usher-priority"

    private let context: ResourceContext
    private let engine: ProxyEngine
    private let proxies: TrustedProxies
    private let logger: Logger

    /// Wires the endpoint.
    package init(
        context: ResourceContext,
        engine: ProxyEngine,
        proxies: TrustedProxies = .none,
        logger: Logger
    ) {
        self.context = context
        self.engine = engine
        self.proxies = proxies
        self.logger = logger
    }

    /// How a body is read: as it comes; nothing goes on for a client that has left.
    ///
    /// On the connection's event loop, whose client to the provider is on it too: no piece changes threads on its way.
    package var policy: RequestPolicy {
        .streaming(
            bytesMax: Self.bodyBytesMax,
            placement: .eventLoop,
            handlingTimeMax: Self.handlingTimeMax,
            endsWithClient: true
        )
    }

    /// Passes a request on and its answer back; every failure of Usher's own is a problem document.
    package func respond(to request: APIRequest, _ path: ProxyPath) async -> APIResponse {
        do {
            return try await pass(request, path)
        } catch let problem as Problem {
            return problem.response(for: request.id)
        } catch let error as AccessError {
            return Problem(error).response(for: request.id)
        } catch let error as ProxyError {
            return Problem(error).response(for: request.id)
        } catch {
            logger.error(
                "a request through the proxy failed for an unknown reason",
                metadata: ["request": "\(request.id)", "error": "\(error)"]
            )
            return Problem.internalError.response(for: request.id)
        }
    }

    private func pass(_ request: APIRequest, _ path: ProxyPath) async throws -> APIResponse {
        guard !ProxyRules.holdsKey(request.query.text) else {
            logger.warning(
                "an API key was sent in a URL; revoke it",
                metadata: ["request": "\(request.id)"]
            )
            throw Problem.keyInURL
        }
        let scope = try await authenticate(request)
        try scope.require(ProxyRules.isSafe(method: request.method.rawValue) ? .read : .write)
        guard path.isSafe else { throw ProxyError.path }
        let known = try context.integration(path.integration, scope)
        guard let integration = engine.integration(named: known.name) else {
            throw ProxyError.unsupported
        }
        let answer = try await engine.send(try call(request, path, scope), to: integration)
        return response(answer, to: request.method)
    }

    private func authenticate(_ request: APIRequest) async throws(AccessError) -> AccessScope {
        let client = proxies.client(peer: request.clientAddress, headers: request.headers)
        return try await context.keys.authenticate(
            authorization: ProxyKey.authorization(request.headers),
            client: ClientNetwork(address: client?.description ?? request.clientAddress)
        )
    }

    private func call(_ request: APIRequest, _ path: ProxyPath, _ scope: AccessScope) throws -> ProxyCall {
        var priority: Priority?
        if let name = request.headers.first(Self.priorityHeader) {
            guard let named = Priority(name: name) else { throw Problem.unknownPriority }
            priority = named
        }
        return ProxyCall(
            method: request.method.rawValue,
            path: path.path,
            query: request.query.text,
            headers: request.headers,
            body: body(request),
            wedding: try context.wedding(request.headers.first(Self.weddingHeader), scope),
            priority: priority
        )
    }

    private func body(_ request: APIRequest) -> StreamedRequest.Body? {
        let stream = request.stream ?? RequestBody(request.body)
        guard stream.length != 0 else { return nil }
        return StreamedRequest.Body(length: stream.length.map { Int64($0) }) { try await stream.next() }
    }

    private func response(_ answer: ProxyAnswer, to method: RequestMethod) -> APIResponse {
        var headers = Headers(answer.headers.map { ($0.name, $0.value) })
        headers.append(lowercaseName: "usher-proxy-call", value: answer.id.description)
        if let version = answer.version {
            headers.append(lowercaseName: "usher-api-version", value: version)
        }
        // What a provider sends is shown to nobody as a page of Usher's.
        headers.append(lowercaseName: "content-security-policy", value: "sandbox")
        let transfer = answer.body
        guard answer.status != 204, answer.status != 304 else {
            transfer.finish()
            return APIResponse(status: answer.status, headers: headers)
        }
        guard method != .head else {
            transfer.finish()
            guard let length = answer.length else {
                return APIResponse(status: answer.status, headers: headers)
            }
            return APIResponse(
                status: answer.status,
                headers: headers,
                stream: ResponseStream(length: length) { _ in }
            )
        }
        let stream = ResponseStream(length: answer.length) { sink in
            do {
                while let piece = try await transfer.next() { try await sink.write(piece) }
            } catch {
                transfer.cancel()
                throw error
            }
        }
        return APIResponse(status: answer.status, headers: headers, stream: stream)
    }
}
