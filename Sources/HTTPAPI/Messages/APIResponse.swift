package import Domain

/// One complete HTTP response, before it is written.
///
/// The writer adds `content-length`, `date`, `connection` and the security fields; a handler sets none of these.
package struct APIResponse: Hashable, Sendable {
    /// The status code, 200 to 599.
    package var status: Int
    /// Header fields, names in lower case.
    package var headers: Headers
    /// The body.
    package var body: [UInt8]

    /// Makes a response; traps when the status is not 200 to 599.
    package init(status: Int, headers: Headers = Headers(), body: [UInt8] = []) {
        precondition((200...599).contains(status), "a handler answers with a final status")
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Makes a response with a body of the media type `contentType`.
    package init(status: Int, contentType: String, body: [UInt8]) {
        self.init(status: status, body: body)
        headers.append(lowercaseName: "content-type", value: contentType)
    }
}
