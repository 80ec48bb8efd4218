import Domain

/// The URL of a destination, read by one strict parser so that what was checked is what is used.
///
/// Two parsers that disagree about where the host ends are how guards are passed. So this one works on bytes and
/// knows no repairs: `https` (or `http` for private destinations), no user, no `\`, no space, control or percent sign
/// in the host; the host is a name of letters, digits and hyphens or a literal address as `inet_pton` reads it; no
/// trailing dot, nothing beyond ASCII (punycode is fine), no fragment. Scheme and host are lower-cased, an address is
/// written canonically, a default port is dropped and an empty path becomes `/`; path and query stay as they are.
package struct DestinationURL: Hashable, Sendable, CustomStringConvertible {
    /// The longest URL, in bytes.
    package static let bytesMax = 2_048

    /// The two schemes.
    package enum Scheme: String, Hashable, Sendable {
        case http
        case https

        /// The port when the URL names none.
        package var defaultPort: Int { self == .http ? 80 : 443 }
    }

    /// What stands between `//` and the port.
    package enum Host: Hashable, Sendable {
        /// A name to be resolved, in lower case.
        case name(String)
        /// A literal address.
        case address(IPAddress)
    }

    /// The scheme.
    package let scheme: Scheme
    /// The host.
    package let host: Host
    /// The port, the scheme's own when the text names none.
    package let port: Int
    /// What follows the host: starts with `/`, without a fragment.
    package let pathAndQuery: String

    /// Reads and checks `text`.
    ///
    /// - Parameter bytesMax: the longest that is taken, for URLs that nobody saves.
    package init(
        _ text: String,
        policy: AddressPolicy,
        bytesMax: Int = Self.bytesMax
    ) throws(DestinationURLError) {
        guard text.utf8.count <= bytesMax else { throw .tooLong }
        var reader = DestinationURLReader(Array(text.utf8))
        scheme = try reader.scheme()
        let authority = try reader.authority()
        host = authority.host
        port = authority.port ?? scheme.defaultPort
        pathAndQuery = try reader.pathAndQuery()
        try check(policy)
    }

    /// Checks again what can be checked without resolving: the policy may have changed since the URL was saved.
    package func check(_ policy: AddressPolicy) throws(DestinationURLError) {
        if scheme == .http, !policy.allowPrivate { throw .plainHTTP }
        guard PortRule.allows(port, plainHTTP: scheme == .http) else { throw .refusedPort(port) }
        let rule =
            switch host {
            case .name(let name): policy.refusal(ofHost: name)
            case .address(let address): policy.refusal(of: address, port: port)
            }
        if let rule { throw .refusedAddress(rule: rule) }
    }

    /// Host and port as they stand in the `Host` field; a default port is left out.
    package var authority: String {
        port == scheme.defaultPort ? hostText : "\(hostText):\(port)"
    }

    /// The whole URL in canonical form.
    package var text: String { "\(scheme.rawValue)://\(authority)\(pathAndQuery)" }

    package var description: String { text }

    private var hostText: String {
        switch host {
        case .name(let name): name
        case .address(let address): address.isIPv4 ? address.description : "[\(address)]"
        }
    }
}

/// Why a text is not taken as a destination's URL.
package enum DestinationURLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It is longer than `DestinationURL.bytesMax`.
    case tooLong
    /// It does not start with `https://` or `http://`.
    case scheme
    /// It is `http` and the destination is not private.
    case plainHTTP
    /// There is a user or a password in it.
    case userInfo
    /// The host is neither a name nor a literal address in canonical form.
    case host
    /// The port is not a number from 1 to 65535 without leading zeros.
    case port
    /// The port belongs to something that is not HTTP.
    case refusedPort(Int)
    /// There is a byte in path or query that has to be percent-encoded, or a broken percent escape.
    case path
    /// There is a fragment, which would never be sent.
    case fragment
    /// The host is refused by the named rule of `AddressClassifier` or `AddressPolicy`.
    case refusedAddress(rule: String)

    /// A bounded set of stable names, fit for metric labels and problem documents.
    package var code: String {
        switch self {
        case .tooLong: "url_too_long"
        case .scheme: "url_scheme"
        case .plainHTTP: "url_plain_http"
        case .userInfo: "url_user_info"
        case .host: "url_host"
        case .port: "url_port"
        case .refusedPort: "url_refused_port"
        case .path: "url_path"
        case .fragment: "url_fragment"
        case .refusedAddress: "url_refused_address"
        }
    }

    /// One sentence that says what is wrong; fit for the one who typed the URL.
    package var description: String {
        switch self {
        case .tooLong: "the URL is longer than \(DestinationURL.bytesMax) bytes"
        case .scheme: "the URL has to start with https://"
        case .plainHTTP: "http:// is only allowed with allow_private"
        case .userInfo: "a URL with a user or password is not allowed"
        case .host: "the host has to be a plain name or a literal address in canonical form"
        case .port: "the port has to be a number from 1 to 65535"
        case .refusedPort(let port):
            "port \(port) is not allowed: use 443 or one from 1024 up that speaks HTTP"
        case .path: "path and query hold a character that has to be percent-encoded"
        case .fragment: "a URL with a fragment (#) is not allowed"
        case .refusedAddress(let rule): "the host is not allowed (\(rule))"
        }
    }
}
