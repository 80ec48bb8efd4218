import Domain
import Providers
import Testing

@Suite struct SquareSettlingTests {
    private let dialect = SquareCalls()
    private let scene = PaymentScene.square

    private func charge() throws -> CallRequest {
        try PaymentScene.call(.paymentsCharge, PaymentScene.payment())
    }

    @Test func `a charge is replayed and listed in turn, cancelled by its key late, then held`() throws {
        let call = try charge()
        let steps = [0, 1, 2, 3, 4, 7, 9, 39, 40].map {
            scene.settle(dialect, call, age: .seconds(60), round: $0).line
        }
        #expect(
            steps == [
                "replay", "replay", "GET /v2/payments", "replay", "GET /v2/payments", "replay",
                "POST /v2/payments/cancel", "POST /v2/payments/cancel", "hold",
            ]
        )
        #expect(scene.settle(dialect, call, age: .seconds(82_800), round: 0).line == "GET /v2/payments")
        #expect(scene.settle(dialect, call, age: .seconds(82_799), round: 1) == .replay)
    }

    @Test func `lists what has the time and the total, and cancels with the attempt's own key`() throws {
        guard case .ask(let list) = scene.settle(dialect, try charge(), age: .seconds(60), round: 2),
            case .ask(let cancel) = scene.settle(dialect, try charge(), age: .seconds(600), round: 9)
        else {
            Issue.record("asks nothing")
            return
        }
        #expect(
            list.url == "https://connect.squareup.com/v2/payments?begin_time=2027-06-12T09%3A59%3A00Z"
                + "&end_time=2027-06-12T10%3A01%3A00Z&location_id=L1&total=125000&limit=100"
        )
        #expect(PaymentScene.wire(cancel).last == #"{"idempotency_key":"\#(PaymentScene.key)"}"#)
        #expect(cancel.effect == .none && list.effect == .none)
    }

    @Test(arguments: [
        (599, 200, "{}", "unknown"), (600, 200, "{}", "dead unavailable canceled_by_key"),
        (600, 200, #"{"errors":[{"code":"BAD_REQUEST"}]}"#, "unknown"), (600, 200, "<html>", "unknown"),
        (600, 400, "{}", "unknown"), (600, 500, "{}", "unknown"), (600, 429, "{}", "unknown"),
    ])
    func `a cancellation by key proves death, unless the request may still be on its way`(
        age: Int,
        status: Int,
        body: String,
        line: String
    ) throws {
        let answer = PaymentScene.answer(status, body)
        #expect(scene.readSettled(dialect, try charge(), answer, age: .seconds(age), round: 9).line == line)
    }

    @Test(arguments: [
        (PaymentScene.tag, "COMPLETED", "succeeded succeeded 125000 EUR 0 P1"),
        (PaymentScene.tag, "APPROVED", "succeeded authorized 125000 EUR 0 P1"),
        (PaymentScene.tag, "FAILED", "unknown"), (PaymentScene.tag, "CANCELED", "unknown"),
        ("call_01KC0000000000000000000001", "COMPLETED", "unknown"),
    ])
    func `the list proves success alone`(tag: String, status: String, line: String) throws {
        let body = """
            {"payments":[{"id":"P0","status":"COMPLETED","amount_money":{"amount":1,"currency":"EUR"}},
             {"id":"P1","status":"\(status)","reference_id":"\(tag)",
              "amount_money":{"amount":125000,"currency":"EUR"}}]}
            """
        let answer = PaymentScene.answer(200, body)
        #expect(
            scene.readSettled(dialect, try charge(), answer, age: .seconds(90_000), round: 2).line == line
        )
    }

    @Test(arguments: [
        (Operation.paymentsCapture, "APPROVED", 599, "unknown"),
        (.paymentsCapture, "APPROVED", 600, "dead conflict APPROVED"),
        (.paymentsCapture, "COMPLETED", 1, "succeeded succeeded 125000 EUR 0 P1"),
        (.paymentsVoid, "CANCELED", 1, "succeeded voided 125000 EUR 0 P1"),
        (.paymentsVoid, "COMPLETED", 1, "dead rejected already_captured"),
    ])
    func `changes are known by the payment`(
        operation: Providers.Operation,
        status: String,
        age: Int,
        line: String
    ) throws {
        let call = try PaymentScene.call(operation, of: "P1")
        #expect(scene.settle(dialect, call, age: .seconds(60), round: 2).line == "GET /v2/payments/P1")
        let body = """
            {"payment":{"id":"P1","status":"\(status)","amount_money":{"amount":125000,"currency":"EUR"}}}
            """
        let answer = PaymentScene.answer(200, body)
        #expect(scene.readSettled(dialect, call, answer, age: .seconds(age), round: 8).line == line)
    }

    @Test func `a refund is known by payment and tag`() throws {
        let call = try PaymentScene.call(
            .paymentsRefund,
            ["amount": ["amount": 5000, "currency": "EUR"], "reason": "ill"],
            of: "P1"
        )
        #expect(scene.settle(dialect, call, age: .seconds(60), round: 2).line == "GET /v2/refunds")
        let settled = { (reason: String, payment: String, age: Int, cursor: String) in
            let body = """
                {"refunds":[{"id":"R1","status":"COMPLETED","payment_id":"\(payment)","reason":"\(reason)",
                 "amount_money":{"amount":5000,"currency":"EUR"}}]\(cursor)}
                """
            return scene.readSettled(
                dialect,
                call,
                PaymentScene.answer(200, body),
                age: .seconds(age),
                round: 8
            ).line
        }
        let found = "succeeded refunded 5000 EUR 5000 refund:R1"
        #expect(settled("ill (\(PaymentScene.tag))", "P1", 1, "") == found)
        #expect(settled(PaymentScene.tag, "P1", 1, "") == found)
        #expect(settled(PaymentScene.tag, "P2", 599, "") == "unknown")
        #expect(settled("ill", "P1", 600, "") == "dead unavailable not_found_at_square")
        #expect(settled("ill", "P1", 600, #","cursor":"c""#) == "unknown")
    }
}
