import Domain
import Providers
import Testing

@Suite struct CorrelationRulesTests {
    private func candidates(
        _ rules: CorrelationRules,
        _ body: String = "",
        headers: [(String, String)] = [],
        url: String = "https://hooks.example.com/api/integrations/webhooks/s"
    ) -> CorrelationCandidates {
        rules.candidates(body: Array(body.utf8), headers: Headers(headers), url: url)
    }

    @Test(arguments: [
        ("stripe", #"{"data": {"object": {"metadata": {"wedding_id": "w1"}}}}"#),
        ("sendgrid", #"{"email": "a@b", "wedding_id": "w1"}"#),
        ("sendgrid", #"[{"email": "a@b", "wedding_id": "w1"}]"#),
        ("square", #"{"data": {"object": {"payment": {"reference_id": "w1"}}}}"#),
        ("paypal", #"{"resource": {"custom_id": "w1"}}"#),
        ("generic", #"{"data": {"metadata": {"wedding_id": "w1"}}}"#),
        ("generic", #"{"metadata": {"wedding_id": "w1"}}"#),
        ("standard-webhooks", #"{"data": {"wedding_id": "w1"}}"#),
        ("standard-webhooks", #"{"wedding_id": "w1"}"#),
    ])
    func `finds the wedding where a provider carries it`(provider: String, body: String) {
        #expect(candidates(.defaults(for: provider), body).weddings.map(\.text) == ["w1"])
    }

    @Test(arguments: [
        ("stripe", #"{"data": {"object": {"customer": "cus_1"}}}"#, "stripe:customer:cus_1"),
        ("zoom", #"{"payload": {"object": {"id": 85746065}}}"#, "zoom:meeting:85746065"),
        ("microsoft-graph", #"{"value": [{"subscriptionId": "s-1"}]}"#, "microsoft-graph:subscription:s-1"),
    ])
    func `finds the objects that may be tied to a wedding`(provider: String, body: String, object: String) {
        #expect(candidates(.defaults(for: provider), body).references.map(\.description) == [object])
    }

    @Test func `reads Google's channel from its header, and Twilio's wedding from the callback's query`() {
        let google = candidates(.defaults(for: "google-calendar"), headers: [("X-Goog-Channel-ID", "ch-1")])
        #expect(google.references.map(\.description) == ["google-calendar:channel:ch-1"])
        let url = "https://hooks.example.com/s?a=b&wedding=w%3a1%2E2&vendor=anna#wedding=no"
        let twilio = candidates(.defaults(for: "twilio"), "MessageSid=SM1", url: url)
        #expect(twilio.weddings.map(\.text) == ["w:1.2"])
        #expect(twilio.vendors.map(\.text) == ["anna"])
    }

    @Test(arguments: [
        "", "no json", #"{"wedding_id": {"a": 1}}"#, #"{"wedding_id": "a b"}"#, #"{"wedding_id": null}"#,
        #"{"wedding_id": "w1""#, #"{"wedding_id": ""}"#,
    ])
    func `what could be no id is passed over`(body: String) {
        #expect(candidates(.defaults(for: "generic"), body) == CorrelationCandidates())
    }

    @Test(arguments: ["wedding=%", "wedding=%2", "wedding=%zz", "wedding", "wedding=%ff", "=w1"])
    func `a query that does not decode names nothing`(query: String) {
        let found = candidates(.defaults(for: "twilio"), url: "https://hooks.example.com/s?" + query)
        #expect(found == CorrelationCandidates())
    }

    @Test func `settings replace a provider's defaults list by list`() throws {
        let rules = try CorrelationRules(
            ["wedding": ["header:X-Wedding", "/w"], "references": ["crm:deal": ["/deal"]]],
            provider: "stripe"
        )
        let body =
            #"{"w": "w2", "deal": 7, "data": {"object": {"customer": "c", "metadata": {"vendor": "anna"}}}}"#
        let found = candidates(rules, body, headers: [("x-wedding", "w1")])
        #expect(found.weddings.map(\.text) == ["w1", "w2"])
        #expect(found.vendors.map(\.text) == ["anna"])
        #expect(found.references.map(\.description) == ["crm:deal:7"])
        #expect(try CorrelationRules([:], provider: "stripe") == .defaults(for: "stripe"))
    }

    @Test(arguments: [
        "[]", #"{"weddings": []}"#, #"{"wedding": "/a"}"#, #"{"wedding": ["a"]}"#,
        #"{"wedding": ["cookie:a"]}"#,
        #"{"wedding": ["header:"]}"#, #"{"wedding": ["/~2"]}"#, #"{"references": ["/a"]}"#,
        #"{"references": {"zoom": ["/a"]}}"#, #"{"references": {"zoom:": ["/a"]}}"#,
    ])
    func `refuses rules it does not understand`(text: String) throws {
        let json = try JSONParser.parse(Array(text.utf8))
        #expect(throws: ProviderError.self) { try CorrelationRules(json, provider: "generic") }
    }

    @Test func `takes as many places as are allowed, and not one more`() throws {
        func json(_ count: Int) -> JSONValue {
            ["vendor": [], "wedding": .array((0..<count).map { .string("/a\($0)") })]
        }
        _ = try CorrelationRules(json(CorrelationRules.placesMax), provider: "generic")
        #expect(throws: ProviderError.self) {
            try CorrelationRules(json(CorrelationRules.placesMax + 1), provider: "generic")
        }
    }
}
