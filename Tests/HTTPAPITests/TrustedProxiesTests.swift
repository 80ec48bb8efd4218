import Domain
import HTTPAPI
import Testing
import Transport

struct TrustedProxiesTests {
    private func client(_ hops: Int, _ lines: [String], peer: String = "203.0.113.9") -> String? {
        let headers = Headers(lines.map { ("X-Forwarded-For", $0) })
        return TrustedProxies(hops: hops).client(peer: peer, headers: headers)?.description
    }

    @Test func `without proxies the peer is the client, whatever the field says`() {
        #expect(client(0, ["198.51.100.1"]) == "203.0.113.9")
        #expect(client(0, [], peer: "2001:db8::1") == "2001:db8::1")
        #expect(client(0, ["198.51.100.1"], peer: "unknown") == nil)
    }

    @Test func `the entry counts that the outermost proxy has written`() {
        #expect(client(1, ["198.51.100.1"]) == "198.51.100.1")
        #expect(client(1, ["192.0.2.66, 198.51.100.1"]) == "198.51.100.1")
        #expect(client(2, ["192.0.2.66, 198.51.100.1, 10.0.0.1"]) == "198.51.100.1")
        #expect(client(2, ["192.0.2.66", "2001:db8::7 ,\t10.0.0.1 "]) == "2001:db8::7")
        #expect(client(3, ["192.0.2.66,198.51.100.1", "10.0.0.1"]) == "192.0.2.66")
        #expect(client(1, ["rubbish, '; DROP TABLE, 198.51.100.1"]) == "198.51.100.1")
    }

    @Test(
        arguments: [
            (1, []), (1, [""]), (2, ["198.51.100.1"]), (1, ["198.51.100.1,"]), (2, ["198.51.100.1,,"]),
            (1, ["198.51.100.1:443"]), (1, ["[2001:db8::1]"]), (1, ["unknown"]), (1, ["_hidden"]),
            (1, ["198.51.100.1 198.51.100.2"]), (1, ["127.1"]), (1, ["198.51.100.1\u{A0}"]),
            (1, ["fe80::1%eth0"]),
            (2, ["198.51.100.1, unknown"]), (2, ["unknown, 198.51.100.1"]), (1, ["\"198.51.100.1\""]),
            (1, ["198.51.100.1", ""]),
        ] as [(Int, [String])]
    )
    func `too few entries, or one that is no address, tell nothing`(hops: Int, lines: [String]) {
        #expect(client(hops, lines) == nil)
    }
}
