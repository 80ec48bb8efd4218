import Domain
import Providers
import Testing

@Suite struct StripeSettlingTests {
    private let dialect = StripeCalls()
    private let scene = PaymentScene.stripe

    private func intent(_ status: String, _ more: String = "") -> String {
        #"{"id":"pi_1","status":"\#(status)","amount":125000,"currency":"eur"\#(more)}"#
    }

    @Test func `a charge is replayed twice, then read and cancelled in turn, then held`() throws {
        let call = try PaymentScene.call(.paymentsCharge, PaymentScene.payment())
        let steps = [0, 1, 2, 3, 4, 39, 40].map {
            scene.settle(dialect, call, ["intent": "pi_1"], age: .seconds(60), round: $0).line
        }
        let read = "GET /v1/payment_intents/pi_1"
        let cancel = "POST /v1/payment_intents/pi_1/cancel"
        #expect(steps == ["replay", "replay", read, cancel, read, cancel, "hold"])
    }

    @Test(arguments: [
        (Operation.paymentsCapture, "GET /v1/payment_intents/pi_1"),
        (.paymentsVoid, "GET /v1/payment_intents/pi_1"),
        (.paymentsRefund, "GET /v1/refunds"),
    ])
    func `no key is used again near the end of its life`(operation: Providers.Operation, look: String) throws
    {
        let call = try PaymentScene.call(operation, of: "pi_1")
        let hour = Duration.seconds(3_600)
        #expect(scene.settle(dialect, call, age: hour * 23 - .seconds(1), round: 0) == .replay)
        #expect(scene.settle(dialect, call, age: hour * 23, round: 0).line == look)
        #expect(scene.settle(dialect, call, age: hour * 25, round: 1).line == look)
        #expect(scene.settle(dialect, call, age: .seconds(60), round: 2).line == look)
    }

    @Test func `each cancellation has a key of its own, and none is the operation's effect`() throws {
        let call = try PaymentScene.call(.paymentsCharge, PaymentScene.payment())
        var keys: Set<String> = []
        for round in [3, 5, 7] {
            guard
                case .ask(let request) = scene.settle(
                    dialect,
                    call,
                    ["intent": "pi_1"],
                    age: .zero,
                    round: round
                )
            else {
                Issue.record("round \(round) asks nothing")
                continue
            }
            #expect(request.effect == .none)
            keys.formUnion(request.headers.filter { $0.name == "idempotency-key" }.map(\.value))
        }
        #expect(keys.count == 3 && !keys.contains(PaymentScene.key))
    }

    @Test(arguments: [
        ("succeeded", "", "succeeded succeeded 125000 EUR 0 pi_1"),
        ("requires_capture", "", "succeeded authorized 125000 EUR 0 pi_1"),
        ("canceled", "", "dead rejected canceled"),
        ("requires_confirmation", "", "unknown"),
        ("requires_payment_method", "", "unknown"),
        (
            "requires_payment_method", #","last_payment_error":{"code":"expired_card"}"#,
            "refused declined expired_card"
        ),
    ])
    func `an intent that may still be confirmed proves nothing, however old`(
        status: String,
        more: String,
        line: String
    ) throws {
        let call = try PaymentScene.call(.paymentsCharge, PaymentScene.payment())
        let answer = PaymentScene.answer(200, intent(status, more))
        let age = Duration.seconds(90_000)
        #expect(scene.readSettled(dialect, call, answer, ["intent": "pi_1"], age: age, round: 8).line == line)
    }

    @Test func `a cancellation that came too late finds the payment`() throws {
        let call = try PaymentScene.call(.paymentsCharge, PaymentScene.payment())
        let body =
            #"{"error":{"code":"payment_intent_unexpected_state","payment_intent":\#(intent("succeeded"))}}"#
        let late = scene.readSettled(
            dialect,
            call,
            PaymentScene.answer(400, body),
            ["intent": "pi_1"],
            age: .zero,
            round: 3
        )
        #expect(late.line == "succeeded succeeded 125000 EUR 0 pi_1")
        for status in [400, 404, 429, 500] {
            let answer = PaymentScene.answer(status)
            #expect(
                scene.readSettled(dialect, call, answer, ["intent": "pi_1"], age: .seconds(90_000), round: 3)
                    == .unknown
            )
        }
    }

    @Test(arguments: [(Operation.paymentsCapture, "requires_capture"), (.paymentsVoid, "requires_capture")])
    func `a change that is not there after ten minutes will not come`(
        operation: Providers.Operation,
        status: String
    ) throws {
        let call = try PaymentScene.call(operation, of: "pi_1")
        let answer = PaymentScene.answer(200, intent(status))
        #expect(scene.readSettled(dialect, call, answer, age: .seconds(599), round: 8) == .unknown)
        #expect(
            scene.readSettled(dialect, call, answer, age: .seconds(600), round: 8).line
                == "dead conflict \(status)"
        )
    }

    @Test func `a void that met a capture is dead, so that the caller refunds`() throws {
        let call = try PaymentScene.call(.paymentsVoid, of: "pi_1")
        let answer = PaymentScene.answer(200, intent("succeeded"))
        #expect(
            scene.readSettled(dialect, call, answer, age: .zero, round: 2).line
                == "dead rejected already_captured"
        )
    }

    @Test func `a refund is known by the call's tag`() throws {
        let call = try PaymentScene.call(.paymentsRefund, of: "pi_1")
        let list = { (tag: String, more: Bool) in
            """
            {"data":[{"id":"re_0","status":"succeeded","amount":1,"currency":"eur","metadata":{}},
             {"id":"re_1","status":"pending","amount":5000,"currency":"eur","metadata":{"usher_call":"\(tag)"}}],
             "has_more":\(more)}
            """
        }
        let settled = { (body: String, age: Int) in
            scene.readSettled(dialect, call, PaymentScene.answer(200, body), age: .seconds(age), round: 8)
                .line
        }
        #expect(settled(list(PaymentScene.tag, false), 5) == "succeeded processing 5000 EUR 0 re_1")
        #expect(settled(list("call_other", false), 599) == "unknown")
        #expect(settled(list("call_other", false), 600) == "dead unavailable not_found_at_stripe")
        #expect(settled(list("call_other", true), 600) == "unknown")
        #expect(settled("{}", 600) == "unknown")
    }

    @Test
    func `an attempt without a stored intent is searched by its tag, and dead once the search has caught up`()
        throws
    {
        let call = try PaymentScene.call(.paymentsCharge, PaymentScene.payment())
        guard case .ask(let request) = scene.settle(dialect, call, age: .seconds(90_000), round: 0) else {
            Issue.record("asks nothing")
            return
        }
        #expect(
            request.url == "https://api.stripe.com/v1/payment_intents/search?query="
                + "metadata%5B%27usher_call%27%5D%3A%27\(PaymentScene.tag)%27&limit=100"
        )
        let settled = { (body: String, age: Int) in
            scene.readSettled(dialect, call, PaymentScene.answer(200, body), age: .seconds(age), round: 8)
                .line
        }
        #expect(settled(#"{"data":[],"has_more":false}"#, 3_599) == "unknown")
        #expect(settled(#"{"data":[],"has_more":false}"#, 3_600) == "dead unavailable not_found_at_stripe")
        #expect(
            settled(#"{"data":[\#(intent("canceled")),\#(intent("succeeded"))]}"#, 1)
                == "succeeded succeeded 125000 EUR 0 pi_1"
        )
    }
}
