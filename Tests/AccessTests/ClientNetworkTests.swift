import Access
import Testing

@Suite struct ClientNetworkTests {
    @Test func `is one IPv4 address, also mapped into IPv6`() {
        let client = ClientNetwork(address: "192.0.2.1")
        #expect(client == ClientNetwork(address: "::ffff:192.0.2.1"))
        #expect(client == ClientNetwork(address: "::ffff:c000:201"))
        #expect(client != ClientNetwork(address: "192.0.2.2"))
    }

    @Test func `is the first half of an IPv6 address`() {
        let client = ClientNetwork(address: "2001:db8:1:2::1")
        #expect(client == ClientNetwork(address: "2001:db8:1:2:ffff:ffff:ffff:ffff"))
        #expect(client != ClientNetwork(address: "2001:db8:1:3::1"))
        #expect(ClientNetwork(address: "::c000:201:0:0:0:0") != ClientNetwork(address: "192.0.2.1"))
    }

    @Test(arguments: [
        "", "localhost", "192.0.2", "192.0.2.01", "0x7f.1", "fe80::1%eth0", "192.0.2.1:80", "1\u{0}",
    ])
    func `is one client for whatever is no address`(text: String) {
        #expect(ClientNetwork(address: text) == ClientNetwork(address: "unix"))
    }
}
