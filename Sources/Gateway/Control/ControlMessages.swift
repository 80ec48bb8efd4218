package import Domain

/// One request to a running server's API, relative to its address.
package struct ControlRequest: Sendable {
    /// The method: upper-case letters.
    package let method: String
    /// The path with its leading slash, without a query.
    package let path: String
    /// The parameters, not yet percent-encoded.
    package let query: [(name: String, value: String)]
    /// The body; nil for none.
    package let body: JSONValue?

    /// Makes a request.
    package init(
        _ method: String,
        _ path: String,
        query: [(name: String, value: String)] = [],
        body: JSONValue? = nil
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.body = body
    }

    /// The path with its query, percent-encoded as RFC 3986 wants it.
    package var target: String {
        guard !query.isEmpty else { return path }
        let pairs = query.map { "\(Self.encoded($0.name))=\(Self.encoded($0.value))" }
        return path + "?" + pairs.joined(separator: "&")
    }

    /// One segment of a path or one value, percent-encoded: everything but RFC 3986's unreserved characters.
    package static func encoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: bytes.append(byte)
            default: bytes += [UInt8(ascii: "%")] + Array(Hex.encode([byte], letterCase: .upper).utf8)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A request as it leaves: absolute, with its fields.
package struct ControlMessage: Sendable {
    /// The method: upper-case letters.
    package let method: String
    /// The absolute URL.
    package let url: String
    /// The fields.
    package let headers: [(name: String, value: String)]
    /// The body.
    package let body: [UInt8]

    /// Makes a message.
    package init(method: String, url: String, headers: [(name: String, value: String)], body: [UInt8]) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

/// What came back.
package struct ControlResponse: Hashable, Sendable {
    /// The status.
    package let status: Int
    /// The fields.
    package let headers: Headers
    /// The body.
    package let body: [UInt8]

    /// Makes a response.
    package init(status: Int, headers: Headers = Headers(), body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
