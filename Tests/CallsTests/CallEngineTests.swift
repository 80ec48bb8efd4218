import Calls
import Domain
import Providers
import Sandbox
import Testing
import UsherTesting

@Suite("CallEngine")
struct CallEngineTests {
    private static let stripe: (name: String, dialect: any CallDialect, credential: [String: String]) = (
        "stripe-main", StripeCalls(), ["key": StripeVendor.secretKeyDefault]
    )
    private static let second: (name: String, dialect: any CallDialect, credential: [String: String]) = (
        "stripe-second", StripeCalls(), ["key": StripeVendor.secretKeyDefault]
    )
    private static var vendors: [String: any VendorMachine] {
        ["stripe-main.test": StripeVendor(), "stripe-second.test": StripeVendor()]
    }

    private func charge(
        _ token: String = "pm_card_visa",
        amount: Int64 = 125_000,
        key: String? = "order-1"
    ) -> CallSubmission {
        CallSubmission(
            .paymentsCharge,
            input: [
                "amount": ["amount": .integer(amount), "currency": "EUR"],
                "sources": ["stripe": .string(token)],
            ],
            key: key
        )
    }

    private func charges(_ rig: CallRig) -> [LedgerEntry] {
        (rig.vendors.ledger("stripe-main.test") + rig.vendors.ledger("stripe-second.test")).filter {
            $0.kind == "charge"
        }
    }

    @Test func `a charge is taken once and answered`() async throws {
        try await CallRig.run([Self.stripe, Self.second], vendors: Self.vendors) { rig in
            let result = try await rig.engine.submit(charge(), owner: "platform")
            #expect(result.call.state == .succeeded)
            #expect(result.reply?["status"]?.string == "succeeded")
            #expect(result.call.reference?.hasPrefix("pi_") == true)
            #expect(charges(rig).count == 1)
            #expect(charges(rig).first?.tag == "\(result.call.id)")
        }
    }

    @Test func `the same key gives the same answer and sends nothing again`() async throws {
        try await CallRig.run([Self.stripe], vendors: Self.vendors) { rig in
            let first = try await rig.engine.submit(charge(), owner: "platform")
            let sent = rig.vendors.requests.count
            let second = try await rig.engine.submit(charge(), owner: "platform")
            #expect(second.call.id == first.call.id)
            #expect(second.reply == first.reply)
            #expect(rig.vendors.requests.count == sent)
        }
    }

    @Test func `the same key with another body is refused`() async throws {
        try await CallRig.run([Self.stripe], vendors: Self.vendors) { rig in
            _ = try await rig.engine.submit(charge(), owner: "platform")
            await #expect(throws: CallError.self) {
                _ = try await rig.engine.submit(charge(amount: 1), owner: "platform")
            }
            #expect(charges(rig).count == 1)
        }
    }

    @Test func `the same key of another owner is another call`() async throws {
        try await CallRig.run([Self.stripe], vendors: Self.vendors) { rig in
            let first = try await rig.engine.submit(charge(), owner: "platform")
            let second = try await rig.engine.submit(charge(), owner: "vendor:garcia")
            #expect(second.call.id != first.call.id)
            #expect(charges(rig).count == 2)
        }
    }

    @Test func `a refused connection moves the charge to the next integration`() async throws {
        try await CallRig.run([Self.stripe, Self.second], vendors: Self.vendors) { rig in
            rig.vendors.damage("stripe-main.test", .refuse, now: rig.time.now)
            let result = try await rig.engine.submit(charge(), owner: "platform")
            #expect(result.call.state == .succeeded)
            #expect(result.integration?.text == "stripe-second")
            #expect(charges(rig).count == 1)
            let attempts = try await rig.engine.attempts(of: result.call.id)
            #expect(attempts.map(\.state) == [.notApplied, .succeeded])
        }
    }

    @Test func `a declined card is not tried elsewhere`() async throws {
        try await CallRig.run([Self.stripe, Self.second], vendors: Self.vendors) { rig in
            let result = try await rig.engine.submit(charge("pm_card_chargeDeclined"), owner: "platform")
            #expect(result.call.state == .refused)
            #expect(result.call.failure?.kind == .declined)
            #expect(rig.vendors.requests.allSatisfy { !$0.contains("stripe-second") })
        }
    }

    @Test func `a lost answer is found out about and never charged elsewhere`() async throws {
        try await CallRig.run([Self.stripe, Self.second], vendors: Self.vendors) { rig in
            rig.vendors.damage(
                "stripe-main.test",
                .dropAnswer,
                path: "/v1/payment_intents/",
                method: "POST",
                now: rig.time.now
            )
            async let pending = rig.engine.submit(charge(), owner: "platform")
            let isInDoubt = try await rig.pass(atMost: .seconds(10)) {
                try await rig.engine.openCalls()[.inDoubt] != nil
            }
            #expect(isInDoubt)
            rig.vendors.mend("stripe-main.test")
            let isOver = try await rig.pass(atMost: .seconds(60)) { try await rig.engine.openCalls().isEmpty }
            #expect(isOver)
            let result = try await rig.engine.result(of: try await pending.call.id)
            #expect(result?.call.state == .succeeded)
            #expect(charges(rig).count == 1)
            #expect(rig.vendors.requests.allSatisfy { !$0.contains("stripe-second") })
        }
    }

    @Test func `a refund goes where the charge was made`() async throws {
        try await CallRig.run([Self.stripe, Self.second], vendors: Self.vendors) { rig in
            rig.vendors.damage("stripe-main.test", .refuse, now: rig.time.now)
            let paid = try await rig.engine.submit(charge(), owner: "platform")
            rig.vendors.mend("stripe-main.test")
            let refund = CallSubmission(.paymentsRefund, input: [:], of: .call(paid.call.id), key: "refund-1")
            let result = try await rig.engine.submit(refund, owner: "platform")
            #expect(result.call.state == .succeeded)
            #expect(result.integration?.text == "stripe-second")
            let refunds = rig.vendors.ledger("stripe-second.test").filter { $0.kind == "refund" }
            #expect(refunds.count == 1)
        }
    }

    @Test func `bad input is refused before anything is stored or sent`() async throws {
        try await CallRig.run([Self.stripe], vendors: Self.vendors) { rig in
            let inputs: [JSONValue] = [
                [:], ["amount": ["amount": 5, "currency": "XXX"], "sources": ["stripe": "pm"]],
                [
                    "amount": ["amount": 1_000_000_000_000_000, "currency": "EUR"],
                    "sources": ["stripe": "pm"],
                ],
                ["amount": ["amount": 5, "currency": "EUR"]],
                ["amount": ["amount": 5, "currency": "EUR"], "sources": ["square": "ccof:x"]],
            ]
            for input in inputs {
                await #expect(throws: CallError.self) {
                    _ = try await rig.engine.submit(
                        CallSubmission(.paymentsCharge, input: input, key: "k"),
                        owner: "platform"
                    )
                }
            }
            #expect(rig.vendors.requests.isEmpty)
            let stored = try await rig.engine.list(CallFilter(), before: nil, limit: 10)
            #expect(stored.isEmpty)
        }
    }

    @Test func `a capability without an integration is said so`() async throws {
        try await CallRig.run([Self.stripe], vendors: Self.vendors) { rig in
            let sms = CallSubmission(.smsSend, input: ["to": "+34600111222", "body": "hello"], key: "k")
            await #expect(throws: CallError.self) { _ = try await rig.engine.submit(sms, owner: "platform") }
        }
    }

    @Test(.onManualClock) func `late success after the call moved on is refunded once`() async throws {
        try await CallRig.run([Self.stripe, Self.second], vendors: Self.vendors) { rig in
            rig.vendors.damage("stripe-main.test", .refuse, now: rig.time.now)
            let paid = try await rig.engine.submit(charge(), owner: "platform")
            rig.vendors.mend("stripe-main.test")
            let stray = try await rig.engine.submit(charge(key: "stray"), owner: "platform")
            let attempts = try await rig.engine.attempts(of: paid.call.id)
            #expect(attempts.first?.state == .notApplied)
            let outcome = CallOutcome(reply: ["status": "succeeded"], reference: stray.call.reference)
            let news = CallNews(
                call: paid.call.id,
                provider: .stripe,
                reference: stray.call.reference,
                verdict: .succeeded(outcome)
            )
            let first = try await rig.engine.learn(news)
            let second = try await rig.engine.learn(news)
            #expect(first == .undoing)
            #expect(second == .nothing)
            let isOver = try await rig.pass(atMost: .seconds(60)) { try await rig.engine.openCalls().isEmpty }
            #expect(isOver)
            let refunds = rig.vendors.ledger("stripe-main.test").filter { $0.kind == "refund" }
            #expect(refunds.count == 1)
            let undone = try await rig.engine.attempts(of: paid.call.id)
            #expect(undone.first?.state == .compensated)
        }
    }
}
