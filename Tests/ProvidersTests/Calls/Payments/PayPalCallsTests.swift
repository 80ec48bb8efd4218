import Domain
import Providers
import Resilience
import Testing

@Suite struct PayPalCallsTests {
    private let dialect = PayPalCalls()
    private let scene = PaymentScene.paypal
    private let head = ["authorization: Bearer A21", "accept: application/json"]

    private func keyed(_ key: String = PaymentScene.key) -> [String] {
        ["paypal-request-id: \(key)", "prefer: return=representation", "content-type: application/json"]
    }

    private let amount = #""amount":{"currency_code":"EUR","value":"1250.00"}"#

    private func order(_ status: String, _ payments: String = "", _ more: String = "") -> String {
        let payments = payments.isEmpty ? "" : #","payments":{\#(payments)}"#
        return #"{"id":"O1","status":"\#(status)","purchase_units":[{\#(amount)\#(payments)}]\#(more)}"#
    }

    private func capture(_ status: String, _ more: String = "") -> String {
        #""captures":[{"id":"C1","status":"\#(status)",\#(amount)\#(more)}]"#
    }

    private func authorization(_ status: String) -> String {
        #""authorizations":[{"id":"A1","status":"\#(status)",\#(amount)}]"#
    }

    private func fault(_ issue: String, name: String = "UNPROCESSABLE_ENTITY") -> String {
        #"{"name":"\#(name)","debug_id":"d1","details":[{"issue":"\#(issue)","description":"text"}]}"#
    }

    @Test(arguments: [(Operation.paymentsCharge, "CAPTURE"), (.paymentsAuthorize, "AUTHORIZE")])
    func `an order is paid at once with a saved token, texts kept inside their strings`(
        operation: Providers.Operation,
        intent: String
    ) throws {
        let call = try PaymentScene.call(
            operation,
            PaymentScene.payment(adding: [
                JSONMember("description", "Añejo \"&\",\r\n\"value\":1"), JSONMember("reference", "inv-1"),
            ])
        )
        let request = try scene.next(dialect, call)
        #expect(request.effect == .takesEffect)
        #expect(
            PaymentScene.wire(request) == ["POST https://api-m.paypal.com/v2/checkout/orders"] + head
                + keyed() + [
                    #"{"intent":"\#(intent)","purchase_units":[{"reference_id":"inv-1","#
                        + #""description":"Añejo \"&\",\r\n\"value\":1","custom_id":"\#(PaymentScene.tag)","#
                        + #""invoice_id":"\#(PaymentScene.tag)",\#(amount)}],"#
                        + #""payment_source":{"token":{"id":"8kk8451t","type":"PAYMENT_METHOD_TOKEN"}}}"#
                ]
        )
    }

    @Test(arguments: [(Operation.paymentsCharge, "capture"), (.paymentsAuthorize, "authorize")])
    func `an order left unpaid is paid with a request id of its own`(
        operation: Providers.Operation,
        verb: String
    ) throws {
        let call = try PaymentScene.call(operation, PaymentScene.payment())
        for status in ["CREATED", "SAVED", "APPROVED"] {
            #expect(
                scene.read(dialect, call, PaymentScene.answer(201, order(status))) == .goOn(["order": "O1"])
            )
        }
        let request = try scene.next(dialect, call, ["order": "O1"])
        #expect(request.effect == .takesEffect)
        #expect(
            PaymentScene.wire(request) == ["POST https://api-m.paypal.com/v2/checkout/orders/O1/\(verb)"]
                + head
                + keyed("\(PaymentScene.key)-\(verb)") + ["{}"]
        )
        #expect(
            PaymentScene.wire(request).allSatisfy {
                !$0.hasPrefix("paypal-request-id") || $0.utf8.count <= 108 + 19
            }
        )
    }

    @Test(arguments: [
        (Int64(500), "JPY", "500"), (1_500, "KWD", "1.500"), (125_000, "EUR", "1250.00"), (5, "EUR", "0.05"),
        (50_000, "HUF", "500"), (50_000, "TWD", "500"),
    ])
    func `writes money with the currency's digits, and reads it back`(
        amount: Int64,
        currency: String,
        text: String
    ) throws {
        let call = try PaymentScene.call(.paymentsCharge, PaymentScene.payment(amount, currency))
        let written = #"{"currency_code":"\#(currency)","value":"\#(text)"}"#
        #expect(PaymentScene.wire(try scene.next(dialect, call)).last?.contains(written) == true)
        let body = """
            {"id":"O1","status":"COMPLETED","purchase_units":[{"payments":{"captures":[
             {"id":"C1","status":"COMPLETED","amount":\(written)}]}}]}
            """
        #expect(
            scene.read(dialect, call, PaymentScene.answer(201, body)).line
                == "succeeded succeeded \(amount) \(currency) 0 capture:C1"
        )
    }

    @Test(arguments: ["1.005", "1,00", "-1.00", "", ".", "1.0.0", "1e3", "9999999999999"])
    func `an amount that is none leaves doubt about a capture`(value: String) throws {
        let call = try PaymentScene.call(.paymentsCapture, of: "authorization:A1")
        let body = #"{"id":"C1","status":"COMPLETED","amount":{"currency_code":"EUR","value":"\#(value)"}}"#
        #expect(
            scene.read(dialect, call, PaymentScene.answer(201, body)).line
                == "inDoubt unavailable unreadable_answer"
        )
    }

    @Test(arguments: ["HUF", "TWD"])
    func `refuses what PayPal cannot write`(currency: String) throws {
        let call = try PaymentScene.call(.paymentsCharge, PaymentScene.payment(50_050, currency))
        #expect(PaymentScene.fault(dialect, call) == .invalidMoney)
    }

    @Test func `captures, refunds and voids what the references name`() throws {
        let part: JSONValue = ["amount": ["amount": 5000, "currency": "EUR"]]
        let five = #""amount":{"currency_code":"EUR","value":"50.00"}"#
        let base = "POST https://api-m.paypal.com/v2"
        let refund: JSONValue = ["amount": ["amount": 5000, "currency": "EUR"], "reason": "ill"]
        let cases: [(Providers.Operation, JSONValue, String, String, String)] = [
            (
                .paymentsCapture, [:], "authorization:A1", "/payments/authorizations/A1/capture",
                #"{"final_capture":true}"#
            ),
            (
                .paymentsCapture, part, "authorization:A1", "/payments/authorizations/A1/capture",
                "{\(five),\"final_capture\":true}"
            ),
            (.paymentsCapture, [:], "order:O1", "/checkout/orders/O1/capture", "{}"),
            (
                .paymentsRefund, [:], "capture:C/1", "/payments/captures/C%2F1/refund",
                #"{"custom_id":"\#(PaymentScene.tag)"}"#
            ),
            (
                .paymentsRefund, refund, "capture:C1", "/payments/captures/C1/refund",
                #"{\#(five),"custom_id":"\#(PaymentScene.tag)","note_to_payer":"ill"}"#
            ),
            (.paymentsVoid, [:], "authorization:A1", "/payments/authorizations/A1/void", ""),
        ]
        for (operation, input, target, path, body) in cases {
            let request = try scene.next(dialect, try PaymentScene.call(operation, input, of: target))
            #expect(request.effect == .takesEffect)
            #expect(PaymentScene.wire(request) == [base + path] + head + keyed() + [body])
        }
    }

    @Test(arguments: [
        ("order:O1", "/checkout/orders/O1"), ("authorization:A1", "/payments/authorizations/A1"),
        ("capture:C1", "/payments/captures/C1"), ("refund:R1", "/payments/refunds/R1"),
    ])
    func `reads whatever has a reference`(target: String, path: String) throws {
        let request = try scene.next(dialect, try PaymentScene.call(.paymentsGet, of: target))
        #expect(PaymentScene.wire(request) == ["GET https://api-m.paypal.com/v2\(path)"] + head)
        #expect(request.effect == .none)
    }

    @Test func `checks source, target and part before anything is sent`() throws {
        let stripe: JSONValue = ["amount": ["amount": 1, "currency": "EUR"], "sources": ["stripe": "pm_1"]]
        #expect(PaymentScene.fault(dialect, try PaymentScene.call(.paymentsCharge, stripe)) == .missingSource)
        for target in [nil, "", "C1", "capture:", "order:O1", "authorization:A1", "refund:R1", "sale:S1"] {
            #expect(
                PaymentScene.fault(dialect, try PaymentScene.call(.paymentsRefund, of: target))
                    == .invalidField
            )
        }
        let part: JSONValue = ["amount": ["amount": 1, "currency": "EUR"]]
        #expect(
            PaymentScene.fault(dialect, try PaymentScene.call(.paymentsCapture, part, of: "order:O1"))
                == .invalidField
        )
    }

    @Test func `reads every state of what an order holds`() throws {
        let call = try PaymentScene.call(.paymentsCharge, PaymentScene.payment())
        let page =
            #","links":[{"rel":"self","href":"s"},{"rel":"payer-action","href":"https://paypal.com/p"}]"#
        let two =
            #""captures":[{"id":"C1","status":"COMPLETED",\#(amount)},{"id":"C2","status":"DECLINED",\#(amount)}]"#
        let cases = [
            (order("COMPLETED", capture("COMPLETED")), "succeeded succeeded 125000 EUR 0 capture:C1"),
            (order("COMPLETED", capture("PENDING")), "succeeded processing 125000 EUR 0 capture:C1"),
            (order("COMPLETED", capture("REFUNDED")), "succeeded refunded 125000 EUR 125000 capture:C1"),
            (order("COMPLETED", two), "succeeded succeeded 125000 EUR 0 capture:C1"),
            (order("COMPLETED", capture("DECLINED")), "refused declined DECLINED"),
            (
                order("COMPLETED", capture("FAILED", #","status_details":{"reason":"PAYMENT_BLOCKED"}"#)),
                "refused declined PAYMENT_BLOCKED"
            ),
            (
                order("COMPLETED", authorization("CREATED")),
                "succeeded authorized 125000 EUR 0 authorization:A1"
            ),
            (
                order("COMPLETED", authorization("PENDING")),
                "succeeded processing 125000 EUR 0 authorization:A1"
            ),
            (order("COMPLETED", authorization("DENIED")), "refused declined DENIED"),
            (order("COMPLETED", authorization("VOIDED")), "notApplied rejected VOIDED"),
            (order("PAYER_ACTION_REQUIRED", "", page), "succeeded requires_action 125000 EUR 0 order:O1"),
            (order("VOIDED"), "notApplied rejected VOIDED"),
            (order("COMPLETED"), #"goOn {"look":"order:O1"}"#),
            (order("BRAND_NEW"), "inDoubt unavailable unreadable_answer"),
            ("<html>", "inDoubt unavailable unreadable_answer"),
        ]
        for (body, line) in cases {
            #expect(scene.read(dialect, call, PaymentScene.answer(201, body)).line == line)
        }
        let waiting = PaymentScene.answer(201, order("PAYER_ACTION_REQUIRED", "", page))
        guard case .succeeded(let outcome) = scene.read(dialect, call, waiting) else { return }
        #expect(outcome.reply["action_url"]?.string == "https://paypal.com/p")
        #expect(outcome.external?.description == "paypal:order:O1")
    }

    @Test(arguments: [
        (422, "INSTRUMENT_DECLINED", "refused declined INSTRUMENT_DECLINED"),
        (422, "PAYER_CANNOT_PAY", "refused declined PAYER_CANNOT_PAY"),
        (422, "TRANSACTION_REFUSED", "refused declined TRANSACTION_REFUSED"),
        (422, "PAYER_ACTION_REQUIRED", "refused declined PAYER_ACTION_REQUIRED"),
        (422, "AMOUNT_MISMATCH", "notApplied rejected AMOUNT_MISMATCH"),
        (422, "DUPLICATE_INVOICE_ID", "inDoubt conflict DUPLICATE_INVOICE_ID"),
        (422, "ORDER_COMPLETION_IN_PROGRESS", "inDoubt conflict ORDER_COMPLETION_IN_PROGRESS"),
        (400, "INVALID_STRING_LENGTH", "notApplied rejected INVALID_STRING_LENGTH"),
        (400, "PAYPAL_REQUEST_ID_REQUIRED", "notApplied rejected PAYPAL_REQUEST_ID_REQUIRED"),
        (401, "", "notApplied unauthorized N"),
        (403, "PERMISSION_DENIED", "notApplied unauthorized PERMISSION_DENIED"),
        (404, "INVALID_RESOURCE_ID", "notApplied not_found INVALID_RESOURCE_ID"),
        (415, "", "notApplied rejected N"),
        (409, "PREVIOUS_REQUEST_IN_PROGRESS", "inDoubt conflict PREVIOUS_REQUEST_IN_PROGRESS"),
        (429, "", "notApplied limited N"), (500, "", "inDoubt unavailable N"),
        (503, "", "inDoubt unavailable N"),
        (302, "", "inDoubt unavailable N"),
    ])
    func `reads every class of error`(status: Int, issue: String, line: String) throws {
        let answer = PaymentScene.answer(status, fault(issue, name: "N"))
        let call = try PaymentScene.call(.paymentsCharge, PaymentScene.payment())
        #expect(scene.read(dialect, call, answer).line == line)
        let get = scene.read(dialect, try PaymentScene.call(.paymentsGet, of: "capture:C1"), answer)
        if case .inDoubt = get { Issue.record("reading left doubt: \(get.line)") }
    }

    @Test func `a known order that wants its payer is no failure`() throws {
        let call = try PaymentScene.call(.paymentsCharge, PaymentScene.payment())
        let progress: JSONValue = ["order": "O1", "page": "https://paypal.com/p"]
        for issue in ["ORDER_NOT_APPROVED", "PAYER_ACTION_REQUIRED", "REDIRECT_PAYER_FOR_ALTERNATE_FUNDING"] {
            let verdict = scene.read(dialect, call, PaymentScene.answer(422, fault(issue)), progress)
            #expect(verdict.line == "succeeded requires_action 125000 EUR 0 order:O1")
        }
    }

    @Test func `what PayPal calls done already is looked at, and told by the payment itself`() throws {
        let amount = self.amount
        let related = #","supplementary_data":{"related_ids":{"order_id":"O1"}}"#
        let cases: [(Providers.Operation, String, String, [(String, String)])] = [
            (
                .paymentsCapture, "authorization:A1", "AUTHORIZATION_ALREADY_CAPTURED",
                [
                    (#"{"id":"A1","status":"CAPTURED",\#(amount)\#(related)}"#, #"goOn {"look":"order:O1"}"#),
                    (order("COMPLETED", capture("COMPLETED")), "succeeded succeeded 125000 EUR 0 capture:C1"),
                ]
            ),
            (
                .paymentsCapture, "order:O1", "ORDER_ALREADY_CAPTURED",
                [(order("COMPLETED", capture("COMPLETED")), "succeeded succeeded 125000 EUR 0 capture:C1")]
            ),
            (
                .paymentsRefund, "capture:C1", "CAPTURE_FULLY_REFUNDED",
                [
                    (
                        #"{"id":"C1","status":"REFUNDED",\#(amount)}"#,
                        "succeeded refunded 125000 EUR 125000 capture:C1"
                    )
                ]
            ),
            (
                .paymentsVoid, "authorization:A1", "PREVIOUSLY_VOIDED",
                [
                    (
                        #"{"id":"A1","status":"VOIDED",\#(amount)}"#,
                        "succeeded voided 125000 EUR 0 authorization:A1"
                    )
                ]
            ),
            (
                .paymentsVoid, "authorization:A1", "PREVIOUSLY_CAPTURED",
                [
                    (
                        #"{"id":"A1","status":"CAPTURED",\#(amount)\#(related)}"#,
                        "notApplied rejected already_captured"
                    )
                ]
            ),
        ]
        for (operation, target, issue, answers) in cases {
            let call = try PaymentScene.call(operation, of: target)
            var verdict = scene.read(dialect, call, PaymentScene.answer(422, fault(issue)))
            for (body, line) in answers {
                guard case .goOn(let progress) = verdict else {
                    Issue.record("\(issue) does not look: \(verdict.line)")
                    break
                }
                let request = try scene.next(dialect, call, progress)
                #expect(request.method == "GET" && request.effect == .takesEffect)
                let lost = scene.read(dialect, call, PaymentScene.answer(500), progress)
                #expect(lost.line == "inDoubt unavailable http_500")
                verdict = scene.read(dialect, call, PaymentScene.answer(200, body), progress)
                #expect(verdict.line == line)
            }
        }
    }

    @Test func `a second charge step that was done already finds its capture`() throws {
        let call = try PaymentScene.call(.paymentsCharge, PaymentScene.payment())
        let done = PaymentScene.answer(422, fault("ORDER_ALREADY_CAPTURED"))
        #expect(scene.read(dialect, call, done, ["order": "O1"]) == .goOn(["look": "order:O1"]))
    }

    @Test func `a part of what is given back already is rejected, not repeated`() throws {
        let call = try PaymentScene.call(
            .paymentsRefund,
            ["amount": ["amount": 1, "currency": "EUR"]],
            of: "capture:C1"
        )
        let verdict = scene.read(dialect, call, PaymentScene.answer(422, fault("CAPTURE_FULLY_REFUNDED")))
        #expect(verdict.line == "notApplied rejected CAPTURE_FULLY_REFUNDED")
    }

    @Test func `a void asks what became of it when the answer is empty`() throws {
        let call = try PaymentScene.call(.paymentsVoid, of: "authorization:A1")
        #expect(scene.read(dialect, call, PaymentScene.answer(204)) == .goOn(["look": "authorization:A1"]))
        let full = PaymentScene.answer(200, #"{"id":"A1","status":"VOIDED",\#(amount)}"#)
        #expect(scene.read(dialect, call, full).line == "succeeded voided 125000 EUR 0 authorization:A1")
    }

    @Test func `a void of what is captured says to refund it, one of an unpaid order has nothing to do`()
        throws
    {
        let captured = try PaymentScene.call(.paymentsVoid, of: "capture:C1")
        #expect(try scene.next(dialect, captured).effect == .none)
        let answer = PaymentScene.answer(200, #"{"id":"C1","status":"COMPLETED",\#(amount)}"#)
        #expect(scene.read(dialect, captured, answer).line == "notApplied rejected already_captured")
        let unpaid = try PaymentScene.call(.paymentsVoid, of: "order:O1")
        #expect(
            scene.read(dialect, unpaid, PaymentScene.answer(200, order("PAYER_ACTION_REQUIRED"))).line
                == "succeeded voided 125000 EUR 0 order:O1"
        )
        let paid = PaymentScene.answer(200, order("COMPLETED", capture("COMPLETED")))
        #expect(scene.read(dialect, unpaid, paid).line == "notApplied rejected already_captured")
        let held = PaymentScene.answer(200, order("COMPLETED", authorization("CREATED")))
        #expect(scene.read(dialect, unpaid, held) == .goOn(["void": "authorization:A1"]))
        let void = try scene.next(dialect, unpaid, ["void": "authorization:A1"])
        #expect(void.url.hasSuffix("/v2/payments/authorizations/A1/void") && void.effect == .takesEffect)
        let lost = scene.read(dialect, unpaid, PaymentScene.answer(500), ["void": "authorization:A1"])
        #expect(lost.line == "inDoubt unavailable http_500")
    }

    @Test(arguments: [
        ("COMPLETED", "succeeded refunded 125000 EUR 125000 refund:R1"),
        ("PENDING", "succeeded processing 125000 EUR 0 refund:R1"), ("FAILED", "refused declined FAILED"),
        ("CANCELLED", "refused declined CANCELLED"), ("BRAND_NEW", "inDoubt unavailable unreadable_answer"),
    ])
    func `reads every state of a refund`(status: String, line: String) throws {
        let call = try PaymentScene.call(.paymentsRefund, of: "capture:C1")
        let answer = PaymentScene.answer(201, #"{"id":"R1","status":"\#(status)",\#(amount)}"#)
        #expect(scene.read(dialect, call, answer).line == line)
    }

    @Test func `knows a limit by its status`() {
        let limited = PaymentScene.answer(429, "", [("retry-after", "30")])
        #expect(dialect.limits(in: limited) == [.refused(limit: nil, wait: .seconds(30))])
        let probe = dialect.probe(scene.account, now: PaymentScene.now)
        #expect(PaymentScene.wire(probe) == ["GET https://api-m.paypal.com/v1/notifications/webhooks"] + head)
    }
}
