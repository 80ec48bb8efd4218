package import Domain

/// One incoming webhook as its signature covers it: the bytes as they came, nothing parsed or rebuilt.
package struct WebhookRequest: Sendable {
    /// The HTTP method, upper case.
    package let method: String
    /// The source's public URL as configured; never rebuilt from `Host` or `X-Forwarded-*`.
    package let url: String
    /// The header fields, repeats kept.
    package let headers: Headers
    /// The raw body.
    package let body: [UInt8]

    /// Puts a request together.
    package init(method: String = "POST", url: String, headers: Headers, body: [UInt8]) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }

    /// The request with further header fields.
    package func adding(_ fields: [(String, String)]) -> WebhookRequest {
        var headers = headers
        for (name, value) in fields { headers.append(name, value) }
        return WebhookRequest(method: method, url: url, headers: headers, body: body)
    }
}
