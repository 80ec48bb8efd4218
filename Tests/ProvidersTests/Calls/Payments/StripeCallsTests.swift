import Domain
import Providers
import Resilience
import Testing

@Suite struct StripeCallsTests {
    private let dialect = StripeCalls()
    private let scene = PaymentScene.stripe
    private let head = [
        "authorization: Bearer sk_test_1", "stripe-version: 2026-10-28.endive",
    ]
    private let form = "content-type: application/x-www-form-urlencoded"

    private func intent(_ status: String, _ more: String = "") -> String {
        """
        {"id":"pi_1","object":"payment_intent","status":"\(status)","amount":125000,"currency":"eur"\(more)}
        """
    }

    @Test func `a charge is an unconfirmed intent first, its texts encoded, under a key of its own`() throws {
        let call = try PaymentScene.call(
            .paymentsCharge,
            PaymentScene.payment(adding: [
                JSONMember("customers", ["stripe": "cus_1"]),
                JSONMember("description", "Añejo & Söhne\r\nX: 1 [a]=b"),
                JSONMember("reference", "inv-1"),
                JSONMember("metadata", ["wedding_id": "w&1", "a b": "1=2"]),
            ])
        )
        let request = try scene.next(dialect, call)
        #expect(request.effect == .none)
        #expect(
            PaymentScene.wire(request) == ["POST https://api.stripe.com/v1/payment_intents"] + head + [
                "idempotency-key: \(PaymentScene.key)-create", form,
                "amount=125000&currency=eur&payment_method=pm_1&customer=cus_1&capture_method=automatic"
                    + "&automatic_payment_methods%5Benabled%5D=true"
                    + "&automatic_payment_methods%5Ballow_redirects%5D=never"
                    + "&description=A%C3%B1ejo%20%26%20S%C3%B6hne%0D%0AX%3A%201%20%5Ba%5D%3Db"
                    + "&metadata%5Busher_call%5D=\(PaymentScene.tag)&metadata%5Busher_attempt%5D=\(PaymentScene.key)"
                    + "&metadata%5Busher_reference%5D=inv-1"
                    + "&metadata%5Ba%20b%5D=1%3D2&metadata%5Bwedding_id%5D=w%261",
            ]
        )
    }

    @Test func `an authorization is captured by hand`() throws {
        let call = try PaymentScene.call(.paymentsAuthorize, PaymentScene.payment())
        #expect(
            PaymentScene.wire(try scene.next(dialect, call)).last?.contains("capture_method=manual") == true
        )
    }

    @Test func `confirms with the attempt's own key what was stored, the same after a crash`() throws {
        let call = try PaymentScene.call(.paymentsCharge, PaymentScene.payment())
        let created = scene.read(dialect, call, PaymentScene.answer(200, intent("requires_confirmation")))
        #expect(created == .goOn(["intent": "pi_1"]))
        for _ in 0..<2 {
            let request = try scene.next(dialect, call, ["intent": "pi_1"])
            #expect(request.effect == .takesEffect)
            #expect(
                PaymentScene.wire(request) == ["POST https://api.stripe.com/v1/payment_intents/pi_1/confirm"]
                    + head + ["idempotency-key: \(PaymentScene.key)", form, ""]
            )
        }
    }

    @Test(arguments: [
        (Operation.paymentsCapture, "/v1/payment_intents/pi_1/capture", ""),
        (.paymentsVoid, "/v1/payment_intents/pi_1/cancel", ""),
        (
            .paymentsRefund, "/v1/refunds",
            "payment_intent=pi_1&metadata%5Busher_call%5D=\(PaymentScene.tag)"
                + "&metadata%5Busher_attempt%5D=\(PaymentScene.key)&expand%5B%5D=charge"
        ),
    ])
    func `changes of all of a payment are one request`(
        operation: Providers.Operation,
        path: String,
        body: String
    ) throws {
        let request = try scene.next(dialect, try PaymentScene.call(operation, of: "pi_1"))
        #expect(request.effect == .takesEffect)
        #expect(
            PaymentScene.wire(request) == ["POST https://api.stripe.com\(path)"] + head
                + ["idempotency-key: \(PaymentScene.key)", form, body]
        )
    }

    @Test func `reads payments and refunds without a key`() throws {
        let get = try scene.next(dialect, try PaymentScene.call(.paymentsGet, of: "pi_1"))
        #expect(
            PaymentScene.wire(get) == [
                "GET https://api.stripe.com/v1/payment_intents/pi_1?expand%5B%5D=latest_charge"
            ] + head
        )
        let refund = try scene.next(dialect, try PaymentScene.call(.paymentsGet, of: "re_1"))
        #expect(refund.url == "https://api.stripe.com/v1/refunds/re_1?expand%5B%5D=charge")
        #expect(refund.effect == .none)
    }

    @Test(arguments: [Operation.paymentsCapture, .paymentsRefund])
    func `looks at the currency before a part of a payment moves`(operation: Providers.Operation) throws {
        let call = try PaymentScene.call(
            operation,
            ["amount": ["amount": 5000, "currency": "EUR"]],
            of: "pi_1"
        )
        let look = try scene.next(dialect, call)
        #expect(look.method == "GET" && look.effect == .none)
        #expect(
            scene.read(dialect, call, PaymentScene.answer(200, intent("succeeded")))
                == .goOn(["currency": "eur"])
        )
        let dollars = #"{"id":"pi_1","status":"succeeded","amount":1,"currency":"usd"}"#
        #expect(
            scene.read(dialect, call, PaymentScene.answer(200, dollars)).line
                == "notApplied rejected currency_mismatch"
        )
        let body = PaymentScene.wire(try scene.next(dialect, call, ["currency": "eur"])).last ?? ""
        #expect(body.contains(operation == .paymentsRefund ? "&amount=5000&" : "amount_to_capture=5000"))
    }

    @Test(arguments: [
        (Int64(500), "JPY", "amount=500&currency=jpy"), (1_500, "KWD", "amount=1500&currency=kwd"),
        (5, "ISK", "amount=500&currency=isk"), (5, "UGX", "amount=500&currency=ugx"),
        (500, "MGA", "amount=5&currency=mga"),
    ])
    func `counts money as Stripe does`(amount: Int64, currency: String, expected: String) throws {
        let call = try PaymentScene.call(.paymentsCharge, PaymentScene.payment(amount, currency))
        #expect(PaymentScene.wire(try scene.next(dialect, call)).last?.hasPrefix(expected + "&") == true)
    }

    @Test(arguments: [(Int64(1_505), "KWD"), (550, "MGA")])
    func `refuses what Stripe would round`(amount: Int64, currency: String) throws {
        let call = try PaymentScene.call(.paymentsCharge, PaymentScene.payment(amount, currency))
        #expect(throws: CallInputError.self) { try dialect.check(call) }
    }

    @Test func `checks source, names of metadata and target before anything is sent`() throws {
        var input: JSONValue = ["amount": ["amount": 1, "currency": "EUR"], "sources": ["square": "ccof:1"]]
        let code = { (call: CallRequest) in PaymentScene.fault(dialect, call) }
        #expect(code(try PaymentScene.call(.paymentsCharge, input)) == .missingSource)
        for name in ["usher_call", "a]b", "a[b", String(repeating: "n", count: 41)] {
            input = PaymentScene.payment(adding: [JSONMember("metadata", .object([JSONMember(name, "x")]))])
            #expect(code(try PaymentScene.call(.paymentsCharge, input)) == .invalidField, "\(name)")
        }
        for target in [nil, "re_1", "../v1/charges", "capture:1"] {
            #expect(code(try PaymentScene.call(.paymentsVoid, of: target)) == .invalidField)
        }
        #expect(code(try PaymentScene.call(.paymentsGet, of: "re_1")) == nil)
    }

    @Test(arguments: [
        ("succeeded", #","amount_received":125000"#, "succeeded succeeded 125000 EUR 0 pi_1"),
        ("requires_capture", #","amount_capturable":125000"#, "succeeded authorized 125000 EUR 0 pi_1"),
        ("processing", "", "succeeded processing 125000 EUR 0 pi_1"),
        ("requires_action", "", "succeeded requires_action 125000 EUR 0 pi_1"),
        (
            "requires_payment_method", #","last_payment_error":{"code":"card_declined"}"#,
            "refused declined card_declined"
        ),
        ("canceled", "", "notApplied rejected canceled"),
        ("requires_confirmation", "", "inDoubt conflict requires_confirmation"),
        ("brand_new_word", "", "inDoubt conflict brand_new_word"),
    ])
    func `reads every state of a confirmed intent`(status: String, more: String, line: String) throws {
        let call = try PaymentScene.call(.paymentsCharge, PaymentScene.payment())
        let verdict = scene.read(
            dialect,
            call,
            PaymentScene.answer(200, intent(status, more)),
            ["intent": "pi_1"]
        )
        #expect(verdict.line == line)
    }

    @Test func `a payment that wants its payer says where, and what webhooks will call it`() throws {
        let call = try PaymentScene.call(.paymentsCharge, PaymentScene.payment())
        let page =
            #","next_action":{"type":"redirect_to_url","redirect_to_url":{"url":"https://hooks.stripe.com/3ds"}}"#
        let answer = PaymentScene.answer(200, intent("requires_action", page))
        guard case .succeeded(let outcome) = scene.read(dialect, call, answer, ["intent": "pi_1"]) else {
            Issue.record("not succeeded")
            return
        }
        #expect(outcome.reply["action_url"]?.string == "https://hooks.stripe.com/3ds")
        #expect(outcome.external?.description == "stripe:payment-intent:pi_1")
    }

    private static let faults: [(Int, String, String, String)] = [
        (
            402,
            #"{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds","message":"No."}"#,
            "refused declined card_declined", "refused declined card_declined"
        ),
        (
            402, #"{"type":"card_error","code":"authentication_required"}"#,
            "refused declined authentication_required", "refused declined authentication_required"
        ),
        (
            400, #"{"type":"invalid_request_error","code":"parameter_invalid_integer"}"#,
            "notApplied rejected parameter_invalid_integer", "notApplied rejected parameter_invalid_integer"
        ),
        (
            400, #"{"type":"idempotency_error","message":"Keys…"}"#,
            "notApplied conflict idempotency_error", "inDoubt conflict idempotency_error"
        ),
        (
            409, #"{"type":"idempotency_error","code":"idempotency_key_in_use"}"#,
            "notApplied conflict idempotency_key_in_use", "inDoubt conflict idempotency_key_in_use"
        ),
        (401, "{}", "notApplied unauthorized http_401", "notApplied unauthorized http_401"),
        (403, "{}", "notApplied unauthorized http_403", "notApplied unauthorized http_403"),
        (
            404, #"{"code":"resource_missing"}"#, "notApplied not_found resource_missing",
            "notApplied not_found resource_missing"
        ),
        (429, #"{"code":"rate_limit"}"#, "notApplied limited rate_limit", "notApplied limited rate_limit"),
        (
            429, #"{"code":"lock_timeout"}"#, "notApplied conflict lock_timeout",
            "notApplied conflict lock_timeout"
        ),
        (424, "{}", "notApplied conflict http_424", "inDoubt conflict http_424"),
        (500, #"{"type":"api_error"}"#, "notApplied unavailable api_error", "inDoubt unavailable api_error"),
        (502, "null", "notApplied unavailable http_502", "inDoubt unavailable http_502"),
        (302, "null", "notApplied unavailable http_302", "inDoubt unavailable http_302"),
    ]

    @Test(arguments: faults)
    func `an error of the draft never leaves doubt, one of the confirmation may`(
        status: Int,
        error: String,
        ofDraft: String,
        ofConfirmation: String
    ) throws {
        let call = try PaymentScene.call(.paymentsCharge, PaymentScene.payment())
        let answer = PaymentScene.answer(status, #"{"error":\#(error)}"#)
        #expect(scene.read(dialect, call, answer).line == ofDraft)
        #expect(scene.read(dialect, call, answer, ["intent": "pi_1"]).line == ofConfirmation)
    }

    @Test(arguments: ["", "<html>", "[]", #"{"id":"ch_1","status":"succeeded"}"#, #"{"id":"pi_1"}"#])
    func `an answer of success that cannot be read leaves doubt`(body: String) throws {
        for operation in [Operation.paymentsCapture, .paymentsVoid, .paymentsRefund] {
            let call = try PaymentScene.call(operation, of: "pi_1")
            #expect(
                scene.read(dialect, call, PaymentScene.answer(200, body)).line
                    == "inDoubt unavailable unreadable_answer"
            )
        }
        let get = try PaymentScene.call(.paymentsGet, of: "pi_1")
        #expect(
            scene.read(dialect, get, PaymentScene.answer(200, body)).line
                == "notApplied unavailable unreadable_answer"
        )
    }

    @Test func `an answer that turns a repetition away never rejects the request itself`() throws {
        let call = try PaymentScene.call(.paymentsCharge, PaymentScene.payment())
        for status in [401, 403, 409, 424, 429, 500, 502] {
            switch scene.read(dialect, call, PaymentScene.answer(status), ["intent": "pi_1"]) {
            case .inDoubt: continue
            case .notApplied(let failure):
                #expect([.limited, .unauthorized, .conflict].contains(failure.kind), "\(status)")
            case let verdict: Issue.record("\(status) settles what it does not know: \(verdict.line)")
            }
        }
    }

    @Test(arguments: [
        (Operation.paymentsCapture, "succeeded", "succeeded succeeded 125000 EUR 0 pi_1"),
        (.paymentsCapture, "canceled", "notApplied rejected canceled"),
        (.paymentsVoid, "canceled", "succeeded voided 125000 EUR 0 pi_1"),
        (.paymentsVoid, "succeeded", "notApplied rejected already_captured"),
        (.paymentsRefund, "requires_capture", "notApplied rejected payment_intent_unexpected_state"),
    ])
    func `what is done already is success, what cannot be done is not`(
        operation: Providers.Operation,
        status: String,
        line: String
    ) throws {
        let call = try PaymentScene.call(operation, of: "pi_1")
        let body =
            #"{"error":{"code":"payment_intent_unexpected_state","payment_intent":\#(intent(status))}}"#
        #expect(scene.read(dialect, call, PaymentScene.answer(400, body)).line == line)
    }

    @Test func `a capture of another amount is not the one that was asked for`() throws {
        let call = try PaymentScene.call(
            .paymentsCapture,
            ["amount": ["amount": 5000, "currency": "EUR"]],
            of: "pi_1"
        )
        let body = """
            {"error":{"code":"payment_intent_unexpected_state",
             "payment_intent":\(intent("succeeded", #","amount_received":125000"#))}}
            """
        let verdict = scene.read(dialect, call, PaymentScene.answer(400, body), ["currency": "eur"])
        #expect(verdict.line == "notApplied rejected already_captured")
    }

    @Test(arguments: [
        ("succeeded", "", "succeeded refunded 5000 EUR 5000 re_1"),
        (
            "succeeded", #","charge":{"id":"ch_1","amount_refunded":9000}"#,
            "succeeded refunded 5000 EUR 9000 re_1"
        ),
        ("pending", "", "succeeded processing 5000 EUR 0 re_1"),
        ("requires_action", "", "succeeded requires_action 5000 EUR 0 re_1"),
        (
            "failed", #","failure_reason":"expired_or_canceled_card""#,
            "refused declined expired_or_canceled_card"
        ),
        ("canceled", "", "notApplied rejected refund_canceled"),
    ])
    func `reads every state of a refund`(status: String, more: String, line: String) throws {
        let call = try PaymentScene.call(.paymentsRefund, of: "pi_1")
        let body = #"{"id":"re_1","status":"\#(status)","amount":5000,"currency":"eur"\#(more)}"#
        #expect(scene.read(dialect, call, PaymentScene.answer(200, body)).line == line)
    }

    @Test func `a payment given back already is read once more and counts as refunded`() throws {
        let call = try PaymentScene.call(.paymentsRefund, of: "pi_1")
        let refused = PaymentScene.answer(400, #"{"error":{"code":"charge_already_refunded"}}"#)
        let verdict = scene.read(dialect, call, refused)
        #expect(verdict == .goOn(["refunded": true]))
        #expect(try scene.next(dialect, call, ["refunded": true]).method == "GET")
        let all = intent("succeeded", #","latest_charge":{"id":"ch_1","amount_refunded":125000}"#)
        #expect(
            scene.read(dialect, call, PaymentScene.answer(200, all), ["refunded": true]).line
                == "succeeded refunded 125000 EUR 125000 pi_1"
        )
    }

    @Test func `messages of strangers have one line and no card numbers`() throws {
        let call = try PaymentScene.call(.paymentsCharge, PaymentScene.payment())
        let body = #"{"error":{"code":"x","message":"Card 4242424242424242\r\nis\u0000 bad, code 1234"}}"#
        guard case .notApplied(let failure) = scene.read(dialect, call, PaymentScene.answer(400, body)) else {
            Issue.record("not a rejection")
            return
        }
        #expect(failure.message == "Card …  is  bad, code 1234")
    }

    @Test func `tells limits from locks`() {
        let reason = { (reason: String) in [("stripe-rate-limited-reason", reason)] }
        let limited = PaymentScene.answer(429, #"{"error":{"code":"rate_limit"}}"#, reason("global-rate"))
        #expect(dialect.limits(in: limited) == [.refused(limit: "global", wait: nil)])
        let endpoint = PaymentScene.answer(429, "", reason("endpoint-rate") + [("retry-after", "3")])
        #expect(dialect.limits(in: endpoint) == [.refused(limit: nil, wait: .seconds(3))])
        #expect(dialect.limits(in: PaymentScene.answer(429, #"{"error":{"code":"lock_timeout"}}"#)).isEmpty)
        #expect(dialect.limits(in: PaymentScene.answer(500)).isEmpty)
    }

    @Test func `the probe reads the balance`() {
        let probe = dialect.probe(scene.account, now: PaymentScene.now)
        #expect(PaymentScene.wire(probe) == ["GET https://api.stripe.com/v1/balance"] + head)
    }
}
