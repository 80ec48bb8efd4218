import Testing
import Transport

struct AddressClassifierTests {
    @Test(arguments: [
        ("0.0.0.0", "this-network"), ("0.1.2.3", "this-network"), ("10.255.255.255", "private"),
        ("100.64.0.0", "shared"), ("100.127.255.255", "shared"), ("100.100.100.200", "cloud-metadata"),
        ("127.0.0.1", "loopback"), ("127.255.255.255", "loopback"), ("168.63.129.16", "cloud-metadata"),
        ("169.254.169.254", "link-local"), ("172.16.0.0", "private"), ("172.31.255.255", "private"),
        ("192.0.0.1", "protocol-assignments"), ("192.0.0.192", "cloud-metadata"),
        ("192.0.2.9", "documentation"),
        ("192.88.99.1", "6to4-relay"), ("192.168.1.1", "private"), ("198.18.0.0", "benchmarking"),
        ("198.19.255.255", "benchmarking"), ("198.51.100.1", "documentation"),
        ("203.0.113.1", "documentation"),
        ("224.0.0.1", "multicast"), ("239.255.255.255", "multicast"), ("240.0.0.1", "reserved"),
        ("255.255.255.255", "broadcast"), ("::", "unspecified"), ("::1", "loopback"),
        ("::7f00:1", "ipv4-compatible"),
        ("::ffff:169.254.169.254", "link-local"), ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:10.0.0.1", "private"),
        ("::ffff:0:127.0.0.1", "ipv4-translated"), ("64:ff9b::a9fe:a9fe", "nat64"), ("64:ff9b:1::1", "nat64"),
        ("100::1", "discard"), ("100:0:0:1::1", "dummy"), ("2001::1", "teredo"),
        ("2001:2::1", "protocol-assignments"), ("2001:20::1", "protocol-assignments"),
        ("2001:db8::1", "documentation"), ("2002:7f00:1::", "6to4"), ("3fff::1", "documentation"),
        ("5f00::1", "segment-routing"), ("fd00:ec2::254", "cloud-metadata"),
        ("fd20:ce::254", "cloud-metadata"),
        ("fc00::1", "private"), ("fdff::1", "private"), ("fe80::1", "link-local"), ("febf::1", "link-local"),
        ("fec0::1", "site-local"), ("ff02::1", "multicast"), ("4000::1", "unallocated"),
        ("1234::1", "unallocated"),
    ])
    func `names the rule against an address`(text: String, rule: String) throws {
        let address = try #require(IPAddress(text))
        #expect(AddressClassifier.rule(against: address)?.name == rule)
    }

    @Test(arguments: [
        "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0",
        "192.167.255.255",
        "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2001:200::1",
        "2001:4860:4860::8888",
        "2606:4700::1", "2001:db7::1", "2003::1", "3ffe::1", "::ffff:1.1.1.1",
    ])
    func `public addresses have no rule against them`(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(AddressClassifier.rule(against: address) == nil)
    }

    @Test
    func `every rule says where it comes from and finds its own first address`() throws {
        for rule in AddressClassifier.ipv4 + AddressClassifier.ipv6 {
            let first = try #require(IPAddress(String(rule.prefix.prefix { $0 != "/" })))
            #expect(AddressClassifier.rule(against: first) != nil, "\(rule.prefix)")
            #expect(!rule.source.isEmpty && !rule.name.isEmpty)
        }
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("::1", true), ("10.1.2.3", true), ("172.16.0.1", true), ("192.168.0.1", true),
        ("fd12::1", true), ("::ffff:127.0.0.1", true), ("1.1.1.1", true),
        ("169.254.169.254", false), ("::ffff:169.254.169.254", false), ("fe80::1", false), ("0.0.0.0", false),
        ("::", false), ("224.0.0.1", false), ("255.255.255.255", false), ("100.64.0.1", false),
        ("168.63.129.16", false), ("fd00:ec2::254", false), ("64:ff9b::7f00:1", false),
        ("2002:7f00:1::", false),
        ("ff02::1", false), ("198.18.0.1", false),
    ])
    func `allow_private lets private networks in and nothing else`(text: String, isAllowed: Bool) throws {
        let address = try #require(IPAddress(text))
        #expect((AddressPolicy(allowPrivate: true).refusal(of: address, port: 443) == nil) == isAllowed)
    }

    @Test
    func `Usher's own address and name are refused unless private ones are allowed`() throws {
        let own = try #require(IPAddress("1.1.1.1"))
        let endpoints: Set = [ListenEndpoint(address: own, port: 443)]
        let policy = AddressPolicy(
            allowPrivate: false,
            ownEndpoints: endpoints,
            ownHosts: ["Hooks.Example.com"]
        )
        #expect(policy.refusal(of: own, port: 443) == "own-address")
        let mapped = try #require(IPAddress("::ffff:1.1.1.1"))
        #expect(policy.refusal(of: mapped, port: 443) == "own-address")
        #expect(policy.refusal(of: own, port: 8_443) == nil)
        #expect(policy.refusal(ofHost: "hooks.example.com") == "own-host")
        #expect(AddressPolicy(allowPrivate: true, ownEndpoints: endpoints).refusal(of: own, port: 443) == nil)
    }
}
