import Calls
import Domain
import Providers
import Sandbox
import Testing
import Transport
import UsherTesting

/// When calls are due where the nodes share a server's clock, which is not their own.
@Suite struct DueTimeTests {
    @Test func `a node whose clock is behind does not take up the calls that it carries`() async throws {
        try await CallRig.run(
            [("stripe-main", StripeCalls(), ["key": StripeVendor.secretKeyDefault])],
            vendors: ["stripe-main.test": StripeVendor()],
            startingAt: "2020-01-01T00:00:00Z"
        ) { rig in
            rig.vendors.damage("stripe-main.test", .blackHole, now: rig.time.now)
            let submission = CallSubmission(
                .paymentsCharge,
                input: [
                    "amount": ["amount": 500, "currency": "EUR"], "sources": ["stripe": "pm_card_visa"],
                ],
                isAsync: true,
                key: "k"
            )
            let call = try await rig.engine.submit(submission, owner: "platform").call
            _ = try await rig.pass(atMost: .seconds(4)) { false }
            #expect(try await rig.engine.find(call.id)?.epoch == 1)
        }
    }
}
