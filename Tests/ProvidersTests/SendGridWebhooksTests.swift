import Domain
import Providers
import Signatures
import Testing

@Suite struct SendGridWebhooksTests {
    private let dialect = WebhookDialect(.sendgrid(SendGridSettings()))

    private func read(_ body: String) throws(DescriptionError) -> [EventDescription] {
        try dialect.read(WebhookRequest(url: "", headers: Headers(), body: Array(body.utf8))).events
    }

    @Test func `stores each element by itself, as it was written`() throws {
        let first =
            #"{"event" : "open","sg_event_id":"a","sg_message_id":"m1.filter.1","timestamp":1800000000}"#
        let second = #"{"event":"bounce","sg_message_id":"m1.filter.2"}"#
        let events = try read("[\(first),\r\n\(second)]\r\n")
        #expect(events.map(\.type) == ["email.open", "email.bounce"])
        #expect(events.map(\.part) == [EventPart(Array(first.utf8)), EventPart(Array(second.utf8))])
        #expect(events[0].providerEventID == Array("a".utf8))
        #expect(events[1].providerEventID == sha256([Array(second.utf8)]))
        #expect(events.map(\.orderingKey) == [Array("m1".utf8), Array("m1".utf8)])
        #expect(events.map(\.occurredAt) == [Instant(seconds: 1_800_000_000), nil])
        #expect(events.map(\.priority) == [.low, .high])
    }

    @Test func `hashes an element whose id cannot be one`() throws {
        for id in [#""""#, "7", #""\u0007""#, "\"\(String(repeating: "x", count: 256))\""] {
            let element = #"{"event":"open","sg_event_id":\#(id)}"#
            #expect(try read("[\(element)]")[0].providerEventID == sha256([Array(element.utf8)]))
        }
    }

    @Test(arguments: [
        ("delivered", Priority.normal), ("dropped", .high), ("bounce", .high), ("processed", .low),
        ("deferred", .low), ("click", .low), ("spamreport", .normal), ("group_unsubscribe", .normal),
    ])
    func `knows what is urgent`(event: String, priority: Priority) throws {
        #expect(try read(#"[{"event":"\#(event)"}]"#)[0].priority == priority)
    }

    @Test func `takes an empty array for no event`() throws {
        #expect(try read("[]\r\n").isEmpty)
    }

    @Test func `bounds the number of events`() throws {
        let element = #"{"event":"open"}"#
        let most = Array(repeating: element, count: WebhookContent.eventsMax)
        #expect(try read("[\(most.joined(separator: ","))]").count == WebhookContent.eventsMax)
        #expect(throws: DescriptionError.invalid("the number of events")) {
            try read("[\((most + [element]).joined(separator: ","))]")
        }
    }

    @Test func `refuses what is no array of events`() {
        #expect(throws: DescriptionError.invalid("the body, which must be an array of events,")) {
            try read(#"{"event":"open"}"#)
        }
        for body in ["", "9[]", "[{}", "[{\"event\":\"a\",\"event\":\"b\"}]"] {
            let error = #expect(throws: DescriptionError.self) { try read(body) }
            guard case .invalidJSON = error else {
                Issue.record("\(body): \(String(describing: error))")
                continue
            }
        }
        #expect(throws: DescriptionError.missing("`event` of element 1")) {
            try read(#"[{"event":"open"},1]"#)
        }
        #expect(throws: DescriptionError.invalid("`event` of element 0")) {
            try read(#"[{"event":"\#(String(repeating: "x", count: 123))"}]"#)
        }
    }
}
