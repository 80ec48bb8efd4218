import Domain
import Providers
import Testing

@Suite struct PayPalSettlingTests {
    private let dialect = PayPalCalls()
    private let scene = PaymentScene.paypal
    private let hour = Duration.seconds(3_600)
    private let amount = #""amount":{"currency_code":"EUR","value":"1250.00"}"#

    @Test func `creating an order is replayed while its request id lives, then held`() throws {
        let call = try PaymentScene.call(.paymentsCharge, PaymentScene.payment())
        for round in [0, 1, 2, 39] {
            #expect(scene.settle(dialect, call, age: hour * 5 - .seconds(1), round: round) == .replay)
            #expect(scene.settle(dialect, call, age: hour * 5, round: round).line == "hold")
            #expect(scene.settle(dialect, call, age: hour * 7, round: round).line == "hold")
        }
        guard case .hold(let text) = scene.settle(dialect, call, age: hour * 7, round: 0) else { return }
        #expect(text.contains(PaymentScene.tag))
    }

    @Test func `a known order is replayed and read in turn, and only read when the id is old`() throws {
        let call = try PaymentScene.call(.paymentsCharge, PaymentScene.payment())
        let steps = [0, 1, 2, 3, 40].map {
            scene.settle(dialect, call, ["order": "O1"], age: .seconds(60), round: $0).line
        }
        let read = "GET /v2/checkout/orders/O1"
        #expect(steps == ["replay", "replay", read, "replay", "hold"])
        #expect(scene.settle(dialect, call, ["order": "O1"], age: hour * 5, round: 0).line == read)
    }

    @Test func `captures, refunds and voids are replayed in turn for 44 days`() throws {
        let day = Duration.seconds(86_400)
        let line = { (operation: Providers.Operation, target: String, age: Duration, round: Int) in
            scene.settle(dialect, try PaymentScene.call(operation, of: target), age: age, round: round).line
        }
        #expect(try line(.paymentsCapture, "authorization:A1", day, 1) == "replay")
        #expect(
            try line(.paymentsCapture, "authorization:A1", day, 2) == "GET /v2/payments/authorizations/A1"
        )
        #expect(try line(.paymentsCapture, "authorization:A1", day * 43, 3) == "replay")
        #expect(try line(.paymentsRefund, "capture:C1", day * 44, 3) == "GET /v2/payments/captures/C1")
        #expect(try line(.paymentsVoid, "authorization:A1", day, 3) == "replay")
        #expect(try line(.paymentsCapture, "order:O1", hour * 5, 1) == "GET /v2/checkout/orders/O1")
        #expect(try line(.paymentsVoid, "authorization:A1", .zero, 40) == "hold")
    }

    @Test func `what was being looked at is looked at again`() throws {
        let call = try PaymentScene.call(.paymentsCapture, of: "authorization:A1")
        #expect(scene.settle(dialect, call, ["look": "order:O1"], age: hour * 2_000, round: 7) == .replay)
    }

    @Test(arguments: [
        (
            "COMPLETED", #""captures":[{"id":"C1","status":"COMPLETED","#, 1,
            "succeeded succeeded 125000 EUR 0 capture:C1"
        ),
        ("COMPLETED", #""captures":[{"id":"C1","status":"DECLINED","#, 1, "refused declined DECLINED"),
        (
            "COMPLETED", #""authorizations":[{"id":"A1","status":"CREATED","#, 1,
            "succeeded authorized 125000 EUR 0 authorization:A1"
        ),
        ("APPROVED", "", 599, "unknown"), ("APPROVED", "", 600, "dead unavailable not_applied_at_paypal"),
        ("CREATED", "", 600, "dead unavailable not_applied_at_paypal"),
        ("COMPLETED", "", 600, "unknown"), ("BRAND_NEW", "", 600, "unknown"),
        ("PAYER_ACTION_REQUIRED", "", 1, "succeeded requires_action 125000 EUR 0 order:O1"),
    ])
    func `an order tells by its payments`(status: String, payments: String, age: Int, line: String) throws {
        let call = try PaymentScene.call(.paymentsCharge, PaymentScene.payment())
        let held = payments.isEmpty ? "" : #","payments":{\#(payments)\#(amount)}]}"#
        let body = #"{"id":"O1","status":"\#(status)","purchase_units":[{\#(amount)\#(held)}]}"#
        let verdict = scene.readSettled(
            dialect,
            call,
            PaymentScene.answer(200, body),
            ["order": "O1"],
            age: .seconds(age),
            round: 8
        )
        #expect(verdict.line == line)
    }

    @Test(arguments: [
        (Operation.paymentsCapture, "CREATED", 599, 8, "unknown"),
        (.paymentsCapture, "CREATED", 9_000, 7, "unknown"),
        (.paymentsCapture, "CREATED", 600, 8, "dead unavailable not_applied_at_paypal"),
        (.paymentsCapture, "CAPTURED", 600, 4, "unknown"),
        (.paymentsCapture, "CAPTURED", 600, 6, "succeeded succeeded 125000 EUR 0 authorization:A1"),
        (.paymentsCapture, "VOIDED", 1, 2, "dead rejected VOIDED"),
        (.paymentsVoid, "VOIDED", 1, 2, "succeeded voided 125000 EUR 0 authorization:A1"),
        (.paymentsVoid, "CAPTURED", 1, 2, "dead rejected already_captured"),
        (.paymentsVoid, "CREATED", 600, 8, "dead unavailable not_applied_at_paypal"),
    ])
    func `an authorization tells whether it was captured or voided`(
        operation: Providers.Operation,
        status: String,
        age: Int,
        round: Int,
        line: String
    ) throws {
        let call = try PaymentScene.call(operation, of: "authorization:A1")
        let answer = PaymentScene.answer(200, #"{"id":"A1","status":"\#(status)",\#(amount)}"#)
        #expect(scene.readSettled(dialect, call, answer, age: .seconds(age), round: round).line == line)
    }

    @Test func `a capture tells of a refund of all, and never that one did not happen`() throws {
        let part: JSONValue = ["amount": ["amount": 5000, "currency": "EUR"]]
        let line = { (status: String, input: JSONValue) in
            let call = try PaymentScene.call(.paymentsRefund, input, of: "capture:C1")
            let answer = PaymentScene.answer(200, #"{"id":"C1","status":"\#(status)",\#(amount)}"#)
            return scene.readSettled(dialect, call, answer, age: hour * 1_000, round: 2).line
        }
        #expect(try line("REFUNDED", [:]) == "succeeded refunded 125000 EUR 125000 capture:C1")
        #expect(try line("REFUNDED", part) == "unknown")
        #expect(try line("COMPLETED", [:]) == "unknown")
        #expect(try line("PARTIALLY_REFUNDED", part) == "unknown")
    }

    @Test(arguments: [400, 401, 404, 429, 500])
    func `an error proves nothing`(status: Int) throws {
        let call = try PaymentScene.call(.paymentsCharge, PaymentScene.payment())
        let verdict = scene.readSettled(
            dialect,
            call,
            PaymentScene.answer(status),
            ["order": "O1"],
            age: hour * 1_000,
            round: 2
        )
        #expect(verdict == .unknown)
    }
}
