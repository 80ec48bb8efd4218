import Domain

/// The parts of an absolute `http` or `https` URL without user information, as bytes: nothing is decoded.
package struct URLParts: Hashable, Sendable {
    /// `http` or `https`.
    package let scheme: String
    /// The host in lower case, with its port when the URL writes one that is not the scheme's own.
    package let authority: String
    /// What follows the authority: path, query; begins with `/` or is empty.
    package let target: String

    /// The longest URL, in bytes.
    package static let bytesMax = 8_192

    /// Takes a URL apart; nil when it is relative, of another scheme, has user information, or holds a blank or control.
    package init?(_ url: String) {
        let bytes = Array(url.utf8)
        guard bytes.count <= Self.bytesMax, bytes.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x5C })
        else {
            return nil
        }
        guard let colon = bytes.firstIndex(of: 0x3A), bytes.dropFirst(colon).starts(with: Array("://".utf8))
        else { return nil }
        let scheme = lowercasedASCII(String(decoding: bytes[..<colon], as: UTF8.self))
        guard ["http", "https"].contains(scheme) else { return nil }
        let rest = bytes[(colon + 3)...]
        let authority = rest.prefix { ![0x2F, 0x3F, 0x23].contains($0) }
        guard !authority.isEmpty, !authority.contains(0x40) else { return nil }
        var name = lowercasedASCII(String(decoding: authority, as: UTF8.self))
        let ownPort = scheme == "https" ? ":443" : ":80"
        if name.hasSuffix(ownPort) { name.removeLast(ownPort.utf8.count) }
        self.scheme = scheme
        self.authority = name
        target = String(decoding: rest[authority.endIndex...].prefix { $0 != 0x23 }, as: UTF8.self)
    }

    /// `https://host:port`, without a slash at its end.
    package var origin: String { "\(scheme)://\(authority)" }

    /// The host without a port.
    package var host: String {
        guard let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") else { return authority }
        return String(authority[..<colon])
    }

    /// The last two labels of the host: `zoom.us`.
    package var site: String {
        host.split(separator: ".", omittingEmptySubsequences: false).suffix(2).joined(separator: ".")
    }

    /// The path: `target` up to its query; `/` when there is none.
    package var path: String {
        let path = target.prefix { $0 != "?" }
        return path.isEmpty ? "/" : String(path)
    }

    /// The query without `?`; empty when there is none.
    package var query: String { String(target.drop { $0 != "?" }.dropFirst()) }
}
