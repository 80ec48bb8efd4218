import Domain
import Testing

@Suite struct ResourceNameTests {
    @Test(arguments: ["a", "stripe", "stripe-eu-2", "a1", "admin", "con", String(repeating: "a", count: 63)])
    func `accepts what a DNS label allows`(text: String) {
        #expect(ResourceName(text)?.description == text)
    }

    @Test(arguments: [
        "", "-a", "a-", "1a", "a_b", "a.b", "a/b", "a b", "a%2fb", "a\u{0}", "a\n", ".", "..", "-",
    ])
    func `refuses what would have to be escaped`(text: String) {
        #expect(ResourceName(text) == nil)
    }

    @Test(arguments: ["STRIPE", "Stripe", "str\u{131}pe", "\u{212A}", "stripe\u{212A}"])
    func `69: refuses letters that fold into a name`(text: String) {
        #expect(ResourceName(text) == nil)
    }

    @Test(arguments: [
        "str\u{456}pe", "stripé", "stripe\u{301}", "ｓtripe", "stripe\u{200B}", "\u{202E}stripe",
    ])
    func `70: refuses letters that look like a name`(text: String) {
        #expect(ResourceName(text) == nil)
    }

    @Test(arguments: [64, 1_000])
    func `71: refuses a name that is too long`(count: Int) {
        #expect(ResourceName(String(repeating: "a", count: count)) == nil)
    }

    @Test(arguments: [".well-known", "__proto__", "constructor()", "con."])
    func `72: refuses names with a meaning elsewhere that are not labels`(text: String) {
        #expect(ResourceName(text) == nil)
    }

    @Test func `sorts by bytes`() throws {
        let names = try ["b", "a-b", "a", "ab"].map { try #require(ResourceName($0)) }
        #expect(names.sorted().map(\.text) == ["a", "a-b", "ab", "b"])
    }
}
