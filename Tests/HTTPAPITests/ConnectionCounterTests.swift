import HTTPAPI
import Testing

@Suite struct `Connection counter` {
    @Test func `counts one address up to its limit, and all together up to theirs`() {
        var limits = ServerLimits()
        limits.connectionsPerAddressMax = 2
        limits.connectionsMax = 3
        let counter = ConnectionCounter(limits: limits)
        #expect(counter.enter("192.0.2.1"))
        #expect(counter.enter("192.0.2.1"))
        #expect(!counter.enter("192.0.2.1"))
        #expect(counter.enter("192.0.2.2"))
        #expect(!counter.enter("192.0.2.3"))
        #expect(counter.all == 3)
        counter.leave("192.0.2.1")
        #expect(counter.enter("192.0.2.1"))
    }

    @Test func `does not count loopback by address`() {
        var limits = ServerLimits()
        limits.connectionsPerAddressMax = 1
        let counter = ConnectionCounter(limits: limits)
        for _ in 0..<5 { #expect(counter.enter("127.0.0.1")) }
        #expect(counter.enter("::1"))
        #expect(counter.all == 6)
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2"),
        ("2001:db8:1:2::9", "2001:db8:1:2"), ("2001:db8::1", "2001:db8:0:0"), ("fe80::1%eth0", "fe80:0:0:0"),
        ("::", "0:0:0:0"),
    ])
    func `takes an IPv6 network for one address`(_ address: String, _ network: String) {
        #expect(ConnectionCounter.network(address) == network)
    }
}
