import Domain
import Providers
import Signatures
import Testing

@Suite struct StripeWebhooksTests {
    private let dialect = WebhookDialect(.stripe(StripeSettings()))

    private func describe(_ body: String) throws(DescriptionError) -> EventDescription {
        try dialect.read(WebhookRequest(url: "", headers: Headers(), body: Array(body.utf8))).events[0]
    }

    private func event(_ object: String, type: String = "a.b") -> String {
        #"{"id":"evt_1","object":"event","type":"\#(type)","created":1800000000,"data":{"object":\#(object)}}"#
    }

    @Test func `reads id, type, time and the object's id`() throws {
        let event = try describe(event(#"{"id":"cus_1","object":"customer"}"#, type: "customer.created"))
        #expect(event.providerEventID == Array("evt_1".utf8))
        #expect(event.type == "customer.created")
        #expect(event.occurredAt == Instant(seconds: 1_800_000_000))
        #expect(event.orderingKey == Array("cus_1".utf8))
        #expect(event.priority == .normal)
    }

    @Test(arguments: [
        (#"{"id":"pi_1","object":"payment_intent"}"#, "pi_1"),
        (#"{"id":"ch_1","object":"charge","payment_intent":"pi_1"}"#, "pi_1"),
        (#"{"id":"re_1","object":"refund","payment_intent":"pi_1"}"#, "pi_1"),
        (#"{"id":"dp_1","object":"dispute","payment_intent":"pi_1"}"#, "pi_1"),
        (#"{"id":"cs_1","object":"checkout.session","payment_intent":"pi_1"}"#, "pi_1"),
        (#"{"id":"cs_1","object":"checkout.session","payment_intent":null}"#, "cs_1"),
        (#"{"id":"ch_1","object":"charge","payment_intent":""}"#, "ch_1"),
        (#"{"id":"in_1","object":"invoice","payment_intent":"pi_1"}"#, "in_1"),
        (#"{"id":"ch_1","object":"charge","payment_intent":{"id":"pi_1"}}"#, "ch_1"),
    ])
    func `orders by what the event is about`(object: String, key: String) throws {
        #expect(try describe(event(object)).orderingKey == Array(key.utf8))
    }

    @Test(arguments: [#"{"object":"balance"}"#, #"{"id":null}"#, "[]", "null", #"{"id":""}"#])
    func `has no order for objects without an id`(object: String) throws {
        #expect(try describe(event(object)).orderingKey == nil)
    }

    @Test func `reads thin events by their related object`() throws {
        let event = try describe(
            #"""
            {"id":"evt_test_65","object":"v2.core.event","type":"v1.billing.meter.error_report_triggered",
             "created":"2026-09-17T06:20:52.246Z","context":null,
             "related_object":{"id":"mtr_test_61","type":"billing.meter","url":"/v1/billing/meters/mtr_test_61"},
             "data":{"object":{"id":"not this"}}}
            """#
        )
        #expect(event.providerEventID == Array("evt_test_65".utf8))
        #expect(event.orderingKey == Array("mtr_test_61".utf8))
        #expect(event.occurredAt?.description == "2026-09-17T06:20:52.246Z")
    }

    @Test(arguments: [
        ("", "json_malformed"), ("{}", "event_field_missing"), (#"{"id":"evt_1"}"#, "event_field_missing"),
        (#"{"type":"a"}"#, "event_field_missing"), ("[]", "event_field_missing"),
        ("null", "event_field_missing"),
        (#"{"id":null,"type":"a"}"#, "event_field_invalid"),
        (#"{"id":"","type":"a"}"#, "event_field_invalid"),
        (#"{"id":"a\n","type":"a"}"#, "event_field_invalid"),
        (#"{"id":"x","type":"a b"}"#, "event_field_invalid"),
        (#"{"id":"x","type":"é"}"#, "event_field_invalid"), (#"{"id":"x","type":1}"#, "event_field_invalid"),
        (#"{"id":"x","id":"y","type":"a"}"#, "json_duplicate_key"), (#"{"id":"x","type":"a"} "#, "none"),
        (#"{"id":"x","type":"a",}"#, "json_malformed"), ("\u{FEFF}{}", "json_malformed"),
    ])
    func `refuses a body that it cannot name`(body: String, code: String) {
        do throws(DescriptionError) {
            _ = try describe(body)
            #expect(code == "none")
        } catch {
            #expect(error.code == code)
        }
    }

    @Test func `accepts an id of 255 bytes and a type of 128, and refuses longer ones`() throws {
        for (id, type, isGood) in [(255, 128, true), (256, 1, false), (1, 129, false)] {
            let body =
                #"{"id":"\#(String(repeating: "i", count: id))","type":"\#(String(repeating: "t", count: type))"}"#
            #expect(((try? describe(body)) != nil) == isGood)
        }
    }

    @Test(arguments: [#""soon""#, "-1", "1e9", "9223372036854775807", "null", "{}"])
    func `takes an event whose time it cannot read`(created: String) throws {
        #expect(try describe(#"{"id":"x","type":"a","created":\#(created)}"#).occurredAt == nil)
    }

    @Test func `keeps the order of a key that is too long to store`() throws {
        let long = String(repeating: "k", count: 256)
        let key = try describe(event(#"{"id":"\#(long)"}"#)).orderingKey
        #expect(key?.count == 32)
        #expect(key == (try describe(event(#"{"id":"\#(long)"}"#)).orderingKey))
        #expect(key != (try describe(event(#"{"id":"\#(long)x"}"#)).orderingKey))
    }

    @Test(arguments: [
        ("charge.dispute.created", Priority.high), ("payment_intent.payment_failed", .high),
        ("charge.failed", .high),
        ("invoice.payment_failed", .high), ("payment_intent.succeeded", .high),
        ("checkout.session.completed", .high),
        ("checkout.session.async_payment_failed", .high), ("invoice.paid", .high), ("payout.failed", .high),
        ("payment_intent.created", .normal), ("charge.refunded", .normal), ("customer.updated", .normal),
        ("product.created", .low), ("balance.available", .low), ("price.deleted", .low), ("failed", .normal),
        ("product", .normal), ("products.created", .normal), ("invoice.paid.twice", .normal),
    ])
    func `ranks its event types`(type: String, priority: Priority) throws {
        #expect(EventPriority.stripe(type) == priority)
        #expect(try describe(event("{}", type: type)).priority == priority)
    }

    @Test func `answers as Stripe's examples do`() {
        #expect(dialect.manners.acknowledgement.status == 200)
        #expect(dialect.manners.acknowledgement.contentType == "application/json")
        #expect(dialect.manners.overloadStatus == 503)
    }
}
