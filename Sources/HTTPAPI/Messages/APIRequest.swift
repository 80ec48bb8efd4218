package import Domain

/// One complete HTTP request, checked and read to its last byte: what every handler is given.
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
        clientAddress: String,
        id: RequestID,
        isSecure: Bool = false
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.clientAddress = clientAddress
        self.id = id
        self.isSecure = isSecure
    }
}

/// Answers one request; it does not throw: whatever goes wrong is a response.
package typealias RequestHandler = @Sendable (APIRequest) async -> APIResponse
