import Domain
import Providers
import Resilience
import Testing

@Suite struct SquareCallsTests {
    private let dialect = SquareCalls()
    private let scene = PaymentScene.square
    private let head = [
        "authorization: Bearer EAAA1", "square-version: 2026-09-16", "accept: application/json",
    ]
    private let type = "content-type: application/json"

    private func payment(_ status: String, _ more: String = "") -> String {
        """
        {"payment":{"id":"P1","status":"\(status)","amount_money":{"amount":125000,"currency":"EUR"}\(more)}}
        """
    }

    @Test(arguments: [(Operation.paymentsCharge, "true"), (.paymentsAuthorize, "false")])
    func `creates a payment in one request, texts kept inside their strings`(
        operation: Providers.Operation,
        completes: String
    ) throws {
        let call = try PaymentScene.call(
            operation,
            PaymentScene.payment(adding: [
                JSONMember("customers", ["square": "C1"]),
                JSONMember("description", "Añejo \"&\",\r\n\"amount\":1"),
                JSONMember("reference", "inv-1"),
            ])
        )
        let request = try scene.next(dialect, call)
        #expect(request.effect == .takesEffect)
        #expect(
            PaymentScene.wire(request) == ["POST https://connect.squareup.com/v2/payments"] + head + [
                type,
                #"{"source_id":"ccof:1","idempotency_key":"\#(PaymentScene.key)","#
                    + #""amount_money":{"amount":125000,"currency":"EUR"},"autocomplete":\#(completes),"#
                    + #""location_id":"L1","customer_id":"C1","reference_id":"\#(PaymentScene.tag)","#
                    + #""note":"inv-1: Añejo \"&\",\r\n\"amount\":1"}"#,
            ]
        )
    }

    @Test func `keys and references fit Square's limits`() throws {
        #expect(PaymentScene.key.utf8.count <= 45)
        #expect(PaymentScene.tag.utf8.count <= 40)
        let long = String(repeating: "ñ", count: 250)
        let call = try PaymentScene.call(
            .paymentsCharge,
            PaymentScene.payment(adding: [
                JSONMember("description", .string(long)), JSONMember("reference", "r"),
            ])
        )
        guard case .bytes(let body) = try scene.next(dialect, call).body,
            let note = try JSONParser.parse(body)["note"]?.string
        else {
            Issue.record("no note")
            return
        }
        #expect(note.utf8.count == 499 && note.hasPrefix("r: ñ"))
    }

    @Test(arguments: [(Int64(500), "JPY"), (1_500, "KWD")])
    func `counts money in the smallest units`(amount: Int64, currency: String) throws {
        let call = try PaymentScene.call(.paymentsCharge, PaymentScene.payment(amount, currency))
        let expected = #""amount_money":{"amount":\#(amount),"currency":"\#(currency)"}"#
        #expect(PaymentScene.wire(try scene.next(dialect, call)).last?.contains(expected) == true)
    }

    @Test(arguments: [(Operation.paymentsCapture, "complete"), (.paymentsVoid, "cancel")])
    func `completes and cancels without a key`(operation: Providers.Operation, verb: String) throws {
        let request = try scene.next(dialect, try PaymentScene.call(operation, of: "P/1"))
        #expect(
            PaymentScene.wire(request) == ["POST https://connect.squareup.com/v2/payments/P%2F1/\(verb)"]
                + head
                + [type, "{}"]
        )
    }

    @Test func `a refund carries the tag in its reason, which is cut for it`() throws {
        let amount: JSONValue = ["amount": 5000, "currency": "EUR"]
        let call = try PaymentScene.call(
            .paymentsRefund,
            ["amount": amount, "reason": "the band (ill)"],
            of: "P1"
        )
        #expect(
            PaymentScene.wire(try scene.next(dialect, call)) == [
                "POST https://connect.squareup.com/v2/refunds"
            ] + head
                + [
                    type,
                    #"{"idempotency_key":"\#(PaymentScene.key)","amount_money":{"amount":5000,"currency":"EUR"},"#
                        + #""payment_id":"P1","reason":"the band (ill) (\#(PaymentScene.tag))"}"#,
                ]
        )
        let long: JSONValue = ["amount": amount, "reason": .string(String(repeating: "x", count: 192))]
        let cut = PaymentScene.wire(
            try scene.next(dialect, try PaymentScene.call(.paymentsRefund, long, of: "P1"))
        ).last
        #expect(cut?.hasSuffix("x (\(PaymentScene.tag))\"}") == true)
        #expect(cut?.contains(String(repeating: "x", count: 158)) == true)
        #expect(cut?.contains(String(repeating: "x", count: 159)) == false)
    }

    @Test func `a refund of all asks what is left, and asks for the same after a crash`() throws {
        let call = try PaymentScene.call(.paymentsRefund, of: "P1")
        let look = try scene.next(dialect, call)
        #expect(look.method == "GET" && look.effect == .none)
        let part = payment("COMPLETED", #","refunded_money":{"amount":25000,"currency":"EUR"}"#)
        let progress: JSONValue = ["amount": 100_000, "currency": "EUR"]
        #expect(scene.read(dialect, call, PaymentScene.answer(200, part)) == .goOn(progress))
        for _ in 0..<2 {
            let request = try scene.next(dialect, call, progress)
            #expect(request.effect == .takesEffect)
            #expect(PaymentScene.wire(request).last?.contains(#"{"amount":100000,"currency":"EUR"}"#) == true)
        }
        let all = payment("COMPLETED", #","refunded_money":{"amount":125000,"currency":"EUR"}"#)
        #expect(
            scene.read(dialect, call, PaymentScene.answer(200, all)).line
                == "succeeded refunded 125000 EUR 125000 P1"
        )
        #expect(
            scene.read(dialect, call, PaymentScene.answer(200, payment("APPROVED"))).line
                == "notApplied rejected not_captured"
        )
    }

    @Test func `reads payments and refunds by their references`() throws {
        let url = { (target: String) in
            try scene.next(dialect, try PaymentScene.call(.paymentsGet, of: target)).url
        }
        #expect(try url("P1") == "https://connect.squareup.com/v2/payments/P1")
        #expect(try url("refund:P1_a/../") == "https://connect.squareup.com/v2/refunds/P1_a%2F..%2F")
    }

    @Test func `checks source, target and part before anything is sent`() throws {
        let stripe: JSONValue = ["amount": ["amount": 1, "currency": "EUR"], "sources": ["stripe": "pm_1"]]
        #expect(PaymentScene.fault(dialect, try PaymentScene.call(.paymentsCharge, stripe)) == .missingSource)
        let part: JSONValue = ["amount": ["amount": 1, "currency": "EUR"]]
        #expect(
            PaymentScene.fault(dialect, try PaymentScene.call(.paymentsCapture, part, of: "P1"))
                == .invalidField
        )
        for target in [nil, "", "refund:R1"] {
            #expect(
                PaymentScene.fault(dialect, try PaymentScene.call(.paymentsVoid, of: target)) == .invalidField
            )
        }
    }

    @Test(arguments: [
        ("COMPLETED", "", "succeeded succeeded 125000 EUR 0 P1"),
        ("APPROVED", "", "succeeded authorized 125000 EUR 0 P1"),
        ("PENDING", "", "succeeded processing 125000 EUR 0 P1"),
        ("CANCELED", "", "notApplied rejected canceled"),
        ("FAILED", #","card_details":{"errors":[{"code":"CVV_FAILURE"}]}"#, "refused declined CVV_FAILURE"),
        ("FAILED", "", "refused declined payment_failed"),
        ("BRAND_NEW", "", "inDoubt unavailable unreadable_answer"),
    ])
    func `reads every state of a new payment`(status: String, more: String, line: String) throws {
        let call = try PaymentScene.call(.paymentsCharge, PaymentScene.payment())
        #expect(scene.read(dialect, call, PaymentScene.answer(200, payment(status, more))).line == line)
    }

    @Test(arguments: [
        (402, "PAYMENT_METHOD_ERROR", "CARD_DECLINED", "refused declined CARD_DECLINED"),
        (400, "PAYMENT_METHOD_ERROR", "BRAND_NEW", "refused declined BRAND_NEW"),
        (400, "INVALID_REQUEST_ERROR", "CARD_TOKEN_USED", "refused declined CARD_TOKEN_USED"),
        (400, "INVALID_REQUEST_ERROR", "VALUE_TOO_LONG", "notApplied rejected VALUE_TOO_LONG"),
        (401, "AUTHENTICATION_ERROR", "UNAUTHORIZED", "notApplied unauthorized UNAUTHORIZED"),
        (403, "AUTHENTICATION_ERROR", "INSUFFICIENT_SCOPES", "notApplied unauthorized INSUFFICIENT_SCOPES"),
        (404, "INVALID_REQUEST_ERROR", "NOT_FOUND", "notApplied not_found NOT_FOUND"),
        (429, "RATE_LIMIT_ERROR", "RATE_LIMITED", "notApplied limited RATE_LIMITED"),
        (400, "INVALID_REQUEST_ERROR", "IDEMPOTENCY_KEY_REUSED", "inDoubt conflict IDEMPOTENCY_KEY_REUSED"),
        (400, "API_ERROR", "TEMPORARY_ERROR", "inDoubt conflict TEMPORARY_ERROR"),
        (409, "INVALID_REQUEST_ERROR", "CONFLICT", "inDoubt conflict CONFLICT"),
        (408, "API_ERROR", "REQUEST_TIMEOUT", "inDoubt conflict REQUEST_TIMEOUT"),
        (500, "API_ERROR", "INTERNAL_SERVER_ERROR", "inDoubt unavailable INTERNAL_SERVER_ERROR"),
        (503, "API_ERROR", "SERVICE_UNAVAILABLE", "inDoubt unavailable SERVICE_UNAVAILABLE"),
        (504, "", "", "inDoubt unavailable http_504"),
        (302, "", "", "inDoubt unavailable http_302"),
    ])
    func `reads every class of error`(status: Int, category: String, code: String, line: String) throws {
        let call = try PaymentScene.call(.paymentsCharge, PaymentScene.payment())
        let body = #"{"errors":[{"category":"\#(category)","code":"\#(code)","detail":"d"}]}"#
        let answer = PaymentScene.answer(status, body)
        #expect(scene.read(dialect, call, answer).line == line)
        let get = scene.read(dialect, try PaymentScene.call(.paymentsGet, of: "P1"), answer)
        if case .inDoubt = get { Issue.record("reading left doubt: \(get.line)") }
    }

    @Test(arguments: [
        (Operation.paymentsCapture, "COMPLETED", "succeeded succeeded 125000 EUR 0 P1"),
        (.paymentsCapture, "CANCELED", "notApplied rejected canceled"),
        (.paymentsCapture, "APPROVED", "inDoubt conflict APPROVED"),
        (.paymentsVoid, "CANCELED", "succeeded voided 125000 EUR 0 P1"),
        (.paymentsVoid, "COMPLETED", "notApplied rejected already_captured"),
        (.paymentsVoid, "FAILED", "notApplied rejected failed"),
    ])
    func `a change that Square refuses is looked at: it may be done already`(
        operation: Providers.Operation,
        status: String,
        line: String
    ) throws {
        let call = try PaymentScene.call(operation, of: "P1")
        let refused = #"{"errors":[{"category":"INVALID_REQUEST_ERROR","code":"BAD_REQUEST"}]}"#
        #expect(scene.read(dialect, call, PaymentScene.answer(400, refused)) == .goOn(["look": true]))
        let look = try scene.next(dialect, call, ["look": true])
        #expect(look.method == "GET" && look.effect == .takesEffect)
        #expect(
            scene.read(dialect, call, PaymentScene.answer(200, payment(status)), ["look": true]).line == line
        )
        for failed in [401, 404, 429, 500] {
            let verdict = scene.read(dialect, call, PaymentScene.answer(failed), ["look": true])
            #expect(verdict.line == "inDoubt unavailable http_\(failed)")
        }
    }

    @Test(arguments: [
        ("COMPLETED", "succeeded refunded 5000 EUR 5000 refund:R1"),
        ("PENDING", "succeeded processing 5000 EUR 0 refund:R1"),
        ("REJECTED", "refused declined refund_rejected"),
        ("FAILED", "refused declined refund_failed"), ("BRAND_NEW", "inDoubt unavailable unreadable_answer"),
    ])
    func `reads every state of a refund`(status: String, line: String) throws {
        let amount: JSONValue = ["amount": 5000, "currency": "EUR"]
        let call = try PaymentScene.call(.paymentsRefund, ["amount": amount], of: "P1")
        let body =
            #"{"refund":{"id":"R1","status":"\#(status)","amount_money":{"amount":5000,"currency":"EUR"}}}"#
        #expect(scene.read(dialect, call, PaymentScene.answer(200, body)).line == line)
    }

    @Test func `knows a limit by its status`() {
        let limited = PaymentScene.answer(429, "", [("retry-after", "7")])
        #expect(dialect.limits(in: limited) == [.refused(limit: nil, wait: .seconds(7))])
        #expect(dialect.limits(in: PaymentScene.answer(503)).isEmpty)
        let probe = dialect.probe(scene.account, now: PaymentScene.now)
        #expect(PaymentScene.wire(probe) == ["GET https://connect.squareup.com/v2/merchants/me"] + head)
    }
}
