/// Tells which addresses a stranger's URL may never lead to, and by which rule.
///
/// The list is IANA's special-purpose registries (RFC 6890 and its updates) plus what clouds use for their metadata
/// services. IPv6 outside `2000::/3` that no rule names is refused too: nothing public lives there. An IPv4-mapped
/// address is judged as the IPv4 address inside it; NAT64, 6to4 and Teredo addresses carry an IPv4 address of the
/// sender's choice and are refused whatever is inside.
package enum AddressClassifier {
    /// One row of the list.
    package struct Rule: Hashable, Sendable {
        /// A short name, fit for metric labels: `loopback`.
        package let name: String
        /// The addresses, as prefix and length: `127.0.0.0/8`.
        package let prefix: String
        /// Where it is written down.
        package let source: String
        /// Whether `allow_private` lets it through.
        package let isPrivate: Bool

        let address: IPAddress
        let length: Int

        init(_ prefix: String, _ name: String, _ source: String, isPrivate: Bool = false) {
            let parts = prefix.utf8.split(separator: 0x2F)
            guard parts.count == 2, let address = IPAddress(Array(parts[0])),
                let length = Int(Substring(parts[1]))
            else { preconditionFailure("\(prefix) is not a prefix") }
            self.prefix = prefix
            self.name = name
            self.source = source
            self.isPrivate = isPrivate
            self.address = address
            self.length = length
        }

        func covers(_ other: IPAddress) -> Bool {
            guard address.isIPv4 == other.isIPv4 else { return false }
            if address.isIPv4 { return Self.agree(address.low << 32, other.low << 32, bits: length) }
            return Self.agree(address.high, other.high, bits: min(length, 64))
                && Self.agree(address.low, other.low, bits: max(length - 64, 0))
        }

        private static func agree(_ left: UInt64, _ right: UInt64, bits: Int) -> Bool {
            bits == 0 || (left ^ right) >> UInt64(64 - bits) == 0
        }
    }

    /// The rules for IPv4; the first that covers an address names it.
    package static let ipv4: [Rule] = [
        Rule("168.63.129.16/32", "cloud-metadata", "Azure: What is IP address 168.63.129.16"),
        Rule("100.100.100.200/32", "cloud-metadata", "Alibaba Cloud: instance metadata"),
        Rule("192.0.0.192/32", "cloud-metadata", "Oracle Cloud: instance metadata"),
        Rule("0.0.0.0/8", "this-network", "RFC 1122 section 3.2.1.3"),
        Rule("10.0.0.0/8", "private", "RFC 1918", isPrivate: true),
        Rule("100.64.0.0/10", "shared", "RFC 6598"),
        Rule("127.0.0.0/8", "loopback", "RFC 1122 section 3.2.1.3", isPrivate: true),
        Rule("169.254.0.0/16", "link-local", "RFC 3927"),
        Rule("172.16.0.0/12", "private", "RFC 1918", isPrivate: true),
        Rule("192.0.0.0/24", "protocol-assignments", "RFC 6890"),
        Rule("192.0.2.0/24", "documentation", "RFC 5737"),
        Rule("192.88.99.0/24", "6to4-relay", "RFC 7526"),
        Rule("192.168.0.0/16", "private", "RFC 1918", isPrivate: true),
        Rule("198.18.0.0/15", "benchmarking", "RFC 2544"),
        Rule("198.51.100.0/24", "documentation", "RFC 5737"),
        Rule("203.0.113.0/24", "documentation", "RFC 5737"),
        Rule("224.0.0.0/4", "multicast", "RFC 5771"),
        Rule("255.255.255.255/32", "broadcast", "RFC 919"),
        Rule("240.0.0.0/4", "reserved", "RFC 1112 section 4"),
    ]

    /// The rules for IPv6; the first that covers an address names it.
    package static let ipv6: [Rule] = [
        Rule("::/128", "unspecified", "RFC 4291 section 2.5.2"),
        Rule("::1/128", "loopback", "RFC 4291 section 2.5.3", isPrivate: true),
        Rule("::/96", "ipv4-compatible", "RFC 4291 section 2.5.5.1"),
        Rule("::ffff:0:0:0/96", "ipv4-translated", "RFC 2765"),
        Rule("64:ff9b::/96", "nat64", "RFC 6052"),
        Rule("64:ff9b:1::/48", "nat64", "RFC 8215"),
        Rule("100::/64", "discard", "RFC 6666"),
        Rule("100:0:0:1::/64", "dummy", "RFC 9780"),
        Rule("2001::/32", "teredo", "RFC 4380"),
        Rule("2001::/23", "protocol-assignments", "RFC 2928"),
        Rule("2001:db8::/32", "documentation", "RFC 3849"),
        Rule("2002::/16", "6to4", "RFC 3056"),
        Rule("3fff::/20", "documentation", "RFC 9637"),
        Rule("5f00::/16", "segment-routing", "RFC 9602"),
        Rule("fd00:ec2::/32", "cloud-metadata", "AWS: EC2 instance metadata over IPv6"),
        Rule("fd20:ce::/32", "cloud-metadata", "Google Cloud: metadata over IPv6"),
        Rule("fc00::/7", "private", "RFC 4193", isPrivate: true),
        Rule("fe80::/10", "link-local", "RFC 4291 section 2.5.6"),
        Rule("fec0::/10", "site-local", "RFC 3879"),
        Rule("ff00::/8", "multicast", "RFC 4291 section 2.7"),
    ]

    private static let globalUnicast = Rule("2000::/3", "global", "RFC 4291 section 2.4")
    private static let unallocated = Rule("::/0", "unallocated", "RFC 4291 section 2.4")

    /// The rule that speaks against `address`; nil when it is public.
    package static func rule(against address: IPAddress) -> Rule? {
        let address = address.unmapped
        if let rule = (address.isIPv4 ? ipv4 : ipv6).first(where: { $0.covers(address) }) { return rule }
        return address.isIPv4 || globalUnicast.covers(address) ? nil : unallocated
    }
}
