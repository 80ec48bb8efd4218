import Domain

/// One address and port that Usher itself listens on.
package struct ListenEndpoint: Hashable, Sendable {
    /// The address, never a wildcard: list every address of the machine for one.
    package let address: IPAddress
    /// The port.
    package let port: Int

    /// Makes an endpoint.
    package init(address: IPAddress, port: Int) {
        self.address = address.unmapped
        self.port = port
    }
}

/// Which addresses a destination may have.
///
/// | address | by default | `allowPrivate` |
/// |---|---|---|
/// | public | yes | yes |
/// | loopback, RFC 1918, unique local | no | yes |
/// | Usher's own | no | yes |
/// | link-local, metadata services, multicast, reserved, … | no | no |
package struct AddressPolicy: Hashable, Sendable {
    /// Whether loopback and private addresses, Usher's own, and plain `http` are allowed.
    package let allowPrivate: Bool
    /// Where Usher listens; a delivery to itself would go round for ever.
    package let ownEndpoints: Set<ListenEndpoint>
    /// The names in Usher's own public URLs, in lower case.
    package let ownHosts: Set<String>

    /// Makes a policy.
    package init(allowPrivate: Bool, ownEndpoints: Set<ListenEndpoint> = [], ownHosts: Set<String> = []) {
        self.allowPrivate = allowPrivate
        self.ownEndpoints = ownEndpoints
        self.ownHosts = Set(ownHosts.map(lowercasedASCII))
    }

    /// Public addresses only, and no knowledge of Usher's own.
    package static let publicOnly = AddressPolicy(allowPrivate: false)

    /// The name of the rule that speaks against connecting to `address`; nil when it is allowed.
    package func refusal(of address: IPAddress, port: Int) -> String? {
        if let rule = AddressClassifier.rule(against: address) {
            return allowPrivate && rule.isPrivate ? nil : rule.name
        }
        let isOwn = ownEndpoints.contains(ListenEndpoint(address: address, port: port))
        return isOwn && !allowPrivate ? "own-address" : nil
    }

    /// The name of the rule that speaks against the host name `host` (lower case); nil when it may be resolved.
    package func refusal(ofHost host: String) -> String? {
        guard !allowPrivate else { return nil }
        if ownHosts.contains(host) { return "own-host" }
        let labels = host.utf8.split(separator: 0x2E)
        guard labels.count > 1 else { return "local-name" }
        return Self.localDomains.contains { host.utf8.reversed().starts(with: $0.utf8.reversed()) }
            ? "local-name" : nil
    }

    /// Names that never lead to the public internet: RFC 6761, RFC 6762, ICANN 2024, RFC 8375.
    private static let localDomains = [".localhost", ".local", ".internal", ".home.arpa"]
}
