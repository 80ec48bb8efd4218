package import Domain

/// One HTTP request, checked and read to its last byte, unless its route streams: what every handler is given.
///
/// It knows nothing of sockets, so handlers run the same in tests and in the simulation.
package struct APIRequest: Sendable {
    /// The method.
    package let method: RequestMethod
    /// The path as sent, still percent-encoded, without the query; canonical (see `RequestGuard`).
    package let path: String
    /// The parameters after `?`, decoded.
    package let query: Query
    /// The header fields, names in lower case, values as sent.
    package let headers: Headers
    /// The body, exactly the bytes that were sent; chunked framing removed.
    package let body: [UInt8]
    /// The body as it comes, on routes that stream (`RequestPolicy.streamsBody`); nil on all others.
    package let stream: RequestBody?
    /// The peer's address as text: IPv4, IPv6, or `unknown` for what has none.
    package let clientAddress: String
    /// Names this request in logs and problem documents.
    package let id: RequestID
    /// Whether it came over TLS that ended here.
    package let isSecure: Bool

    /// Makes a request.
    package init(
        method: RequestMethod,
        path: String,
        query: Query = Query(),
        headers: Headers = Headers(),
        body: [UInt8] = [],
        stream: RequestBody? = nil,
        clientAddress: String,
        id: RequestID,
        isSecure: Bool = false
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.stream = stream
        self.clientAddress = clientAddress
        self.id = id
        self.isSecure = isSecure
    }
}

/// Answers one request; it does not throw: whatever goes wrong is a response.
package typealias RequestHandler = @Sendable (APIRequest) async -> APIResponse
