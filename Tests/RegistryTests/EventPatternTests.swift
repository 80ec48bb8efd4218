import Registry
import Testing

@Suite struct EventPatternTests {
    @Test(arguments: [
        ("*", "charge.refunded", true), ("*", "charge", true),
        ("charge.*", "charge.refunded", true), ("charge.*", "charge", false), ("charge.*", "charge.", false),
        ("charge.*", "charger.x", false), ("charge", "charge", true), ("charge", "charge.refunded", false),
        ("Charge", "charge", false),
    ])
    func `matches whole words only`(pattern: String, type: String, expected: Bool) throws {
        #expect(try #require(EventPattern(pattern)).matches(type) == expected)
    }

    @Test(arguments: ["", "*charge", "charge*", "ch*rge", "charge.**", "a b", "zahlung.ü", "\u{7F}"])
    func `refuses what is no pattern`(pattern: String) {
        #expect(EventPattern(pattern) == nil)
    }

    @Test func `takes a pattern of 128 bytes and none of 129`() {
        #expect(EventPattern(String(repeating: "a", count: 128)) != nil)
        #expect(EventPattern(String(repeating: "a", count: 129)) == nil)
    }
}
