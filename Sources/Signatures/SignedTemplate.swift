/// What an HMAC covers, as text with places: `{timestamp}.{body}`, `v0:{timestamp}:{body}`, `{url}{body}`.
package struct SignedTemplate: Hashable, Sendable, CustomStringConvertible {
    /// The longest template, in bytes.
    package static let bytesMax = 256

    enum Part: Hashable, Sendable {
        case literal([UInt8])
        case timestamp
        case body
        case url
    }

    let parts: [Part]
    package let description: String

    /// The body alone.
    package static let body = SignedTemplate(parts: [.body], description: "{body}")
    /// The configured URL and the body, nothing between them: what Square signs.
    static let urlThenBody = SignedTemplate(parts: [.url, .body], description: "{url}{body}")
    /// What Zoom signs.
    static let zoom = SignedTemplate(
        parts: [.literal(Array("v0:".utf8)), .timestamp, .literal(Array(":".utf8)), .body],
        description: "v0:{timestamp}:{body}"
    )

    /// Reads a template; nil unless it has `{body}` exactly once, no other brace, and is at most 256 bytes.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.bytesMax else { return nil }
        var parts: [Part] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let literal = rest.prefix { $0 != UInt8(ascii: "{") && $0 != UInt8(ascii: "}") }
            rest = rest.dropFirst(literal.count)
            if !literal.isEmpty { parts.append(.literal(Array(literal))) }
            guard !rest.isEmpty else { break }
            guard let (name, part) = places.first(where: { rest.starts(with: $0.name) }) else { return nil }
            parts.append(part)
            rest = rest.dropFirst(name.count)
        }
        guard parts.count(where: { $0 == .body }) == 1 else { return nil }
        self.init(parts: parts, description: text)
    }

    private init(parts: [Part], description: String) {
        self.parts = parts
        self.description = description
    }

    /// Whether the timestamp is signed.
    package var hasTimestamp: Bool { parts.contains(.timestamp) }

    /// The signed bytes in pieces, without copying the body.
    func pieces(_ request: WebhookRequest, timestamp: [UInt8]) -> [[UInt8]] {
        parts.map { part in
            switch part {
            case .literal(let bytes): bytes
            case .timestamp: timestamp
            case .body: request.body
            case .url: Array(request.url.utf8)
            }
        }
    }
}

private let places: [(name: [UInt8], part: SignedTemplate.Part)] = [
    (Array("{timestamp}".utf8), .timestamp),
    (Array("{body}".utf8), .body),
    (Array("{url}".utf8), .url),
]
