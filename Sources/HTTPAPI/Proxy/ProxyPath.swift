import Calls
import Domain

/// `/api/proxy/{integration}/{path}`: what is the integration's name, and what goes on unchanged.
package struct ProxyPath: Hashable, Sendable {
    /// What every such path begins with.
    package static let prefix = "/api/proxy/"

    /// The integration's name as it was sent.
    package let integration: String
    /// The rest, percent-encoded as it was sent; `/` when there is none.
    package let path: String

    /// Takes a path apart; nil when it is not one of the proxy's.
    package init?(_ text: some StringProtocol) {
        guard Self.isOne(text) else { return nil }
        let rest = text.utf8.dropFirst(Self.prefix.utf8.count)
        let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
        integration = String(Substring(text[rest.startIndex..<end]))
        path = end == rest.endIndex ? "/" : String(text[end...])
    }

    /// Whether a path is one of the proxy's.
    package static func isOne(_ path: some StringProtocol) -> Bool {
        path.utf8.starts(with: prefix.utf8)
    }

    /// Whether it can be passed on as it is, to some provider at least: which of them take `//` is known later.
    package var isSafe: Bool {
        ProxyRules.isSafe(path: "/\(integration)\(path)", keepsEmptySegments: true)
    }
}
