package import Domain

/// A request of a provider's own SDK on its way through the proxy, as `ProviderCredential` changes it.
package struct ProxiedRequest: Hashable, Sendable {
    /// The method, upper case.
    package var method: String
    /// The path below the integration's base URL, percent-encoded as it was sent; starts with `/`.
    package var path: String
    /// What stood after the `?`, as it was sent; empty without a query.
    package var query: String
    /// The fields that go on.
    package var headers: [Headers.Field]

    /// Collects the parts.
    package init(method: String, path: String, query: String, headers: [Headers.Field]) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
    }

    /// Path and query as they stand in a URL.
    package var target: String { query.isEmpty ? path : "\(path)?\(query)" }

    /// Gives the field `name` (lower case) this value and no other.
    package mutating func set(_ name: String, _ value: String) {
        headers.removeAll { $0.name == name }
        headers += Headers([(name, value)]).fields
    }

    /// Gives the parameter `name` this value, which is encoded here, and no other; all others stay as they were sent.
    package mutating func setParameter(_ name: String, _ value: String) {
        let kept = query.utf8.split(separator: UInt8(ascii: "&")).filter { part in
            let written = String(Substring(part.prefix { $0 != UInt8(ascii: "=") }))
            return WireText.percentDecoded(written).map { lowercasedASCII($0) != name } ?? false
        }
        let others = kept.map { String(Substring($0)) }
        query = (others + [WireText.form([(name, value)])]).joined(separator: "&")
    }
}

extension APIProvider {
    /// Whether `//` in a path means something: to a store, `a//b` and `a/b` are two objects.
    package var keepsEmptySegments: Bool { self == .awsS3 }
}
