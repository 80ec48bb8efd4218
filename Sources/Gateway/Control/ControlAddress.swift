import Foundation

/// Where a running server is reached: scheme, host, port and perhaps a path.
package struct ControlAddress: Hashable, Sendable, CustomStringConvertible {
    /// Where `usher serve` listens when nothing else is said.
    package static let standard = "http://127.0.0.1:8080"

    /// The address without a slash at its end.
    package let text: String
    /// Whether requests travel encrypted.
    package let isEncrypted: Bool
    /// Whether the host is this machine.
    package let isLoopback: Bool

    /// Reads an address; throws `.invalidAddress`.
    package init(_ text: String) throws(ControlError) {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased() else {
            throw .invalidAddress(text, reason: "it is not a URL")
        }
        guard scheme == "http" || scheme == "https" else {
            throw .invalidAddress(text, reason: "it is neither http nor https")
        }
        guard let host = parts.host, !host.isEmpty else {
            throw .invalidAddress(text, reason: "it names no host")
        }
        guard parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil else {
            throw .invalidAddress(text, reason: "it has more than scheme, host, port and path")
        }
        var trimmed = text[...]
        while trimmed.utf8.last == UInt8(ascii: "/") { trimmed = trimmed.dropLast() }
        self.text = String(trimmed)
        isEncrypted = scheme == "https"
        isLoopback = Self.isLoopback(host)
    }

    package var description: String { text }

    private static func isLoopback(_ host: String) -> Bool {
        switch host.lowercased() {
        case "localhost", "::1", "[::1]": true
        case let name:
            name.utf8.starts(with: "127.".utf8)
                && name.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E }
        }
    }
}
