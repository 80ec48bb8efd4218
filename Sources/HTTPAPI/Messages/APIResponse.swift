package import Domain

/// One HTTP response, before it is written.
///
/// The writer adds `content-length` or `transfer-encoding`, `date`, `connection` and the security fields; a handler sets none of these.
package struct APIResponse: Hashable, Sendable {
    /// The status code, 200 to 599; 101 with a `socket`.
    package var status: Int
    /// Header fields, names in lower case.
    package var headers: Headers
    /// The body; empty when there is a `stream`.
    package var body: [UInt8]
    /// The body, made while it is sent; nil when `body` is all of it.
    package var stream: ResponseStream?
    /// What the connection turns into; nil for every answer but 101.
    package private(set) var socket: ResponseSocket?

    /// Makes a response; traps when the status is not 200 to 599.
    package init(status: Int, headers: Headers = Headers(), body: [UInt8] = []) {
        precondition((200...599).contains(status), "a handler answers with a final status")
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Makes a response whose body is made while it is sent; `status` allows a body.
    package init(status: Int, headers: Headers = Headers(), stream: ResponseStream) {
        self.init(status: status, headers: headers)
        self.stream = stream
    }

    /// Makes the response to a WebSocket handshake that was found right.
    package init(socket: ResponseSocket) {
        status = 101
        headers = Headers()
        body = []
        self.socket = socket
    }

    /// Makes a response with a body of the media type `contentType`.
    package init(status: Int, contentType: String, body: [UInt8]) {
        self.init(status: status, body: body)
        headers.append(lowercaseName: "content-type", value: contentType)
    }
}
