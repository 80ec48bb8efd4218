import Testing
import Transport

struct AddressRangeTests {
    @Test(arguments: [
        ("198.51.100.7", "198.51.100.7/32"), ("198.51.100.0/24", "198.51.100.0/24"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("2001:DB8::/32", "2001:db8::/32"), ("::/0", "::/0"), ("2001:db8::1", "2001:db8::1/128"),
        ("2001:db8:0:0:8000::/65", "2001:db8:0:0:8000::/65"),
    ])
    func `reads an address or a prefix`(text: String, canonical: String) {
        #expect(AddressRange(text)?.description == canonical)
    }

    @Test(arguments: [
        "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/8/8",
        "10.0.0.0 /8",
        "10.0.0.1/8", "10.0.0.0/-1", "10.0.0.0/999", "10.0.0.0/0000", "2001:db8::/129", "2001:db8::1/64",
        "2001:db8:0:0:8000::/64", "::ffff:10.0.0.0/104", "::ffff:10.0.0.1", "example.com", "10.0.0.0/８",
    ])
    func `reads nothing else`(text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test(arguments: [
        ("198.51.100.0/24", "198.51.100.0", true), ("198.51.100.0/24", "198.51.100.255", true),
        ("198.51.100.0/24", "198.51.101.0", false), ("198.51.100.0/24", "198.51.99.255", false),
        ("198.51.100.0/24", "::ffff:198.51.100.9", true), ("0.0.0.0/0", "203.0.113.1", true),
        ("0.0.0.0/0", "2001:db8::1", false), ("::/0", "2001:db8::1", true), ("::/0", "203.0.113.1", false),
        ("198.51.100.7", "198.51.100.7", true), ("198.51.100.7", "198.51.100.6", false),
        ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::", false),
        ("2001:db8:0:0:8000::/65", "2001:db8:0:0:ffff::", true),
        ("2001:db8:0:0:8000::/65", "2001:db8:0:0:7fff::", false),
        ("2001:db8::1", "2001:db8::1", true), ("2001:db8::1", "2001:db8::2", false),
    ])
    func `covers its addresses and no other`(range: String, address: String, isIn: Bool) throws {
        let range = try #require(AddressRange(range))
        #expect(range.contains(try #require(IPAddress(address))) == isIn)
    }
}
