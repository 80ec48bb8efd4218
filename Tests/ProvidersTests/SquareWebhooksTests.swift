import Domain
import Providers
import Signatures
import Testing

@Suite struct SquareWebhooksTests {
    private let dialect = WebhookDialect(.square(NoSettings()))

    private func describe(_ body: String) throws(DescriptionError) -> EventDescription {
        try dialect.read(WebhookRequest(url: "", headers: Headers(), body: Array(body.utf8))).events[0]
    }

    private func event(_ data: String, type: String = "payment.updated") -> String {
        #"{"merchant_id":"M","type":"\#(type)","event_id":"e-1","created_at":"2026-11-22T21:33:20.5Z","data":\#(data)}"#
    }

    @Test func `reads id, type and time`() throws {
        let found = try describe(event(#"{"type":"payment","id":"p1"}"#))
        #expect(found.providerEventID == Array("e-1".utf8))
        #expect(found.type == "payment.updated")
        #expect(found.occurredAt == Instant("2026-11-22T21:33:20.5Z"))
        #expect(found.part == nil)
    }

    @Test(arguments: [
        (#"{"type":"payment","id":"p1","object":{"payment":{"id":"p1","order_id":"o1"}}}"#, "p1"),
        (#"{"type":"refund","id":"p1_r","object":{"refund":{"id":"p1_r","payment_id":"p1"}}}"#, "p1"),
        (#"{"type":"dispute","id":"d","object":{"dispute":{"disputed_payment":{"payment_id":"p1"}}}}"#, "p1"),
        (#"{"type":"refund","id":"r","object":{"refund":{"payment_id":""}}}"#, "r"),
        (#"{"type":"order_updated","id":"o1","object":{"order_updated":{"order_id":"o1"}}}"#, "o1"),
    ])
    func `keeps the story of one payment in order`(data: String, key: String) throws {
        #expect(try describe(event(data)).orderingKey == Array(key.utf8))
    }

    @Test func `has no order without an object`() throws {
        #expect(try describe(event("{}")).orderingKey == nil)
        #expect(try describe(event(#"{"id":null}"#)).orderingKey == nil)
    }

    @Test(arguments: [
        ("dispute.created", Priority.high), ("payment.updated", .high), ("refund.created", .high),
        ("invoice.scheduled_charge_failed", .high), ("invoice.published", .normal),
        ("order.updated", .normal), ("catalog.version.updated", .low), ("payout.sent", .low),
    ])
    func `knows what is urgent`(type: String, priority: Priority) throws {
        #expect(try describe(event("{}", type: type)).priority == priority)
    }

    @Test func `says what is missing`() {
        #expect(throws: DescriptionError.missing("`event_id`")) { try describe(#"{"type":"a"}"#) }
        #expect(throws: DescriptionError.missing("`type`")) { try describe(#"{"event_id":"a"}"#) }
        #expect(throws: DescriptionError.invalid("`event_id`")) {
            try describe(#"{"type":"a","event_id":""}"#)
        }
    }
}
