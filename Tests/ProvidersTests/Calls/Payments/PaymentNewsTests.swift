import Domain
import Providers
import Testing

@Suite struct PaymentNewsTests {
    private static let tag = PaymentScene.tag

    private func line(_ provider: APIProvider, _ type: String, _ body: String) throws -> String? {
        let json = try JSONParser.parse(Array(body.utf8))
        return PaymentNews.read(provider: provider, eventType: type, body: json)
            .map { "\($0.tag ?? "-") \($0.objectID) \($0.verdict.line)" }
    }

    private static func intent(_ status: String, _ more: String = "") -> String {
        """
        {"data":{"object":{"object":"payment_intent","id":"pi_1","status":"\(status)","amount":500,"currency":"eur",
         "metadata":{"usher_call":"\(tag)"}\(more)}}}
        """
    }

    private static func charge(_ status: String, _ more: String) -> String {
        """
        {"data":{"object":{"object":"charge","id":"ch_1","payment_intent":"pi_1","status":"\(status)","amount":500,
         "currency":"eur","metadata":{"usher_call":"\(tag)"}\(more)}}}
        """
    }

    @Test(arguments: [
        ("payment_intent.succeeded", intent("succeeded"), "succeeded succeeded 500 EUR 0 pi_1"),
        (
            "payment_intent.amount_capturable_updated", intent("requires_capture"),
            "succeeded authorized 500 EUR 0 pi_1"
        ),
        ("payment_intent.processing", intent("processing"), "succeeded processing 500 EUR 0 pi_1"),
        ("payment_intent.canceled", intent("canceled"), "dead rejected canceled"),
        ("payment_intent.created", intent("requires_confirmation"), "unknown"),
        (
            "payment_intent.payment_failed",
            intent("requires_payment_method", #","last_payment_error":{"code":"card_declined"}"#),
            "refused declined card_declined"
        ),
        ("charge.succeeded", charge("succeeded", #","captured":true"#), "succeeded succeeded 500 EUR 0 pi_1"),
        (
            "charge.succeeded", charge("succeeded", #","captured":false"#),
            "succeeded authorized 500 EUR 0 pi_1"
        ),
        ("charge.pending", charge("pending", ""), "succeeded processing 500 EUR 0 pi_1"),
        (
            "charge.failed", charge("failed", #","failure_code":"expired_card""#),
            "refused declined expired_card"
        ),
        (
            "charge.refunded", charge("succeeded", #","captured":true,"amount_refunded":500"#),
            "succeeded refunded 500 EUR 500 pi_1"
        ),
        (
            "charge.captured", charge("succeeded", #","captured":true,"amount_captured":300"#),
            "succeeded succeeded 300 EUR 0 pi_1"
        ),
    ])
    func `reads Stripe's events of payments`(type: String, body: String, verdict: String) throws {
        #expect(try line(.stripe, type, body) == "\(Self.tag) pi_1 \(verdict)")
    }

    @Test(arguments: [
        (intent("succeeded"), true), (#"{"metadata":{"usher_call":"call\u005f018f"}}"#, true),
        ("call_", true),
        (#"{"name":"Zo\u00eb"}"#, true), (#"{"id":"evt_1","object":"event"}"#, false), ("call", false),
        (#"a\u0"#, false), ("", false),
    ])
    func `a body is only read where a tag may be`(body: String, may: Bool) {
        #expect(PaymentNews.mayHaveTag(Array(body.utf8)) == may)
    }

    @Test func `reads Stripe's events of refunds, and none of disputes`() throws {
        let refund = """
            {"data":{"object":{"object":"refund","id":"re_1","status":"succeeded","amount":5,"currency":"eur",
             "metadata":{"usher_call":"\(Self.tag)"}}}}
            """
        for type in ["refund.created", "refund.updated", "charge.refund.updated"] {
            #expect(try line(.stripe, type, refund) == "\(Self.tag) re_1 succeeded refunded 5 EUR 5 re_1")
        }
        let dispute =
            #"{"data":{"object":{"object":"dispute","id":"dp_1","payment_intent":"pi_1","status":"lost"}}}"#
        #expect(try line(.stripe, "charge.dispute.closed", dispute) == nil)
        #expect(try line(.stripe, "customer.created", Self.intent("succeeded")) == nil)
        #expect(try line(.stripe, "payment_intent.succeeded", "{}") == nil)
    }

    @Test(arguments: [
        (tag, "COMPLETED", "\(tag) P1 succeeded succeeded 500 EUR 0 P1"),
        ("wedding-7", "COMPLETED", "- P1 succeeded succeeded 500 EUR 0 P1"),
        (tag, "APPROVED", "\(tag) P1 succeeded authorized 500 EUR 0 P1"),
        (tag, "FAILED", "\(tag) P1 refused declined payment_failed"),
        (tag, "CANCELED", "\(tag) P1 dead rejected canceled"), (tag, "BRAND_NEW", "\(tag) P1 unknown"),
    ])
    func `reads Square's events of payments`(reference: String, status: String, expected: String) throws {
        let body = """
            {"data":{"object":{"payment":{"id":"P1","status":"\(status)","reference_id":"\(reference)",
             "amount_money":{"amount":500,"currency":"EUR"}}}}}
            """
        #expect(try line(.square, "payment.updated", body) == expected)
        #expect(try line(.square, "order.updated", body) == nil)
    }

    @Test func `reads Square's events of refunds`() throws {
        let body = """
            {"data":{"object":{"refund":{"id":"R1","status":"COMPLETED","reason":"ill (\(Self.tag))",
             "amount_money":{"amount":500,"currency":"EUR"}}}}}
            """
        #expect(
            try line(.square, "refund.updated", body)
                == "\(Self.tag) R1 succeeded refunded 500 EUR 500 refund:R1"
        )
    }

    private static let amount = #""amount":{"currency_code":"EUR","value":"5.00"}"#

    @Test(arguments: [
        ("PAYMENT.CAPTURE.COMPLETED", "capture", "COMPLETED", "succeeded succeeded 500 EUR 0 capture:X1"),
        ("PAYMENT.CAPTURE.PENDING", "capture", "PENDING", "succeeded processing 500 EUR 0 capture:X1"),
        ("PAYMENT.CAPTURE.DENIED", "capture", "DECLINED", "refused declined DECLINED"),
        ("PAYMENT.CAPTURE.REFUNDED", "refund", "COMPLETED", "succeeded refunded 500 EUR 500 refund:X1"),
        (
            "PAYMENT.AUTHORIZATION.CREATED", "authorization", "CREATED",
            "succeeded authorized 500 EUR 0 authorization:X1"
        ),
        ("PAYMENT.AUTHORIZATION.VOIDED", "authorization", "VOIDED", "dead rejected VOIDED"),
    ])
    func `reads PayPal's events of payments`(
        type: String,
        kind: String,
        status: String,
        verdict: String
    ) throws {
        let body = """
            {"resource_type":"\(kind)","resource":{"id":"X1","status":"\(status)","custom_id":"\(Self.tag)",\(Self.amount)}}
            """
        #expect(try line(.paypal, type, body) == "\(Self.tag) X1 \(verdict)")
    }

    @Test(arguments: [
        ("CHECKOUT.ORDER.APPROVED", "APPROVED", "unknown"),
        ("CHECKOUT.ORDER.COMPLETED", "COMPLETED", "unknown"),
        ("CHECKOUT.ORDER.VOIDED", "VOIDED", "dead rejected VOIDED"),
    ])
    func `an order alone proves no payment`(type: String, status: String, verdict: String) throws {
        let body = """
            {"resource_type":"checkout-order","resource":{"id":"O1","status":"\(status)",
             "purchase_units":[{"custom_id":"\(Self.tag)",\(Self.amount)}]}}
            """
        #expect(try line(.paypal, type, body) == "\(Self.tag) O1 \(verdict)")
        #expect(try line(.paypal, "CUSTOMER.DISPUTE.CREATED", body) == nil)
        #expect(try line(.zoom, type, body) == nil)
    }
}
