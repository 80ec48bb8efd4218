import Calls
import Domain
import Providers
import Sandbox
import Telemetry
import Testing
import UsherTesting

/// What those who watch are told of calls and failovers.
@Suite("CallSignal")
struct CallSignalTests {
    private static let accounts: [(name: String, dialect: any CallDialect, credential: [String: String])] = [
        ("stripe-main", StripeCalls(), ["key": StripeVendor.secretKeyDefault]),
        ("stripe-second", StripeCalls(), ["key": StripeVendor.secretKeyDefault]),
    ]
    private static var vendors: [String: any VendorMachine] {
        ["stripe-main.test": StripeVendor(), "stripe-second.test": StripeVendor()]
    }

    @Test func `a call is told in each state that it comes to`() async throws {
        try await CallRig.run(Self.accounts, vendors: Self.vendors) { rig in
            let submission = CallSubmission(
                .paymentsCharge,
                input: [
                    "amount": ["amount": 500, "currency": "EUR"], "sources": ["stripe": "pm_card_visa"],
                ],
                wedding: WeddingID("w-1"),
                isAsync: false,
                key: "k1"
            )
            let result = try await rig.engine.submit(submission, owner: "platform")
            let told = try #require(rig.ports.signals?.told(after: 0))
            #expect(told.map { $0.body["state"] } == ["queued", "working", "succeeded"])
            #expect(told.allSatisfy { $0.kind == .callChanged && $0.wedding?.text == "w-1" })
            #expect(told.allSatisfy { $0.subject == result.call.id.description })
            #expect(told.last?.body["integration"] == "stripe-main")
        }
    }

    @Test func `an order is told when it is given and when it is taken back`() async throws {
        try await CallRig.run(Self.accounts, vendors: Self.vendors) { rig in
            let name = try #require(ResourceName("stripe-second"))
            _ = try await rig.engine.failOver(
                .payments,
                to: name,
                for: nil,
                reason: "maintenance",
                by: "platform"
            )
            #expect(try await rig.engine.failBack(.payments))
            #expect(try await !rig.engine.failBack(.payments))
            let told = try #require(rig.ports.signals?.told(after: 0))
            #expect(told.map(\.kind) == [.failoverOpened, .failoverEnded])
            #expect(told.map(\.subject) == ["payments", "payments"])
            #expect(told.first?.body["to"] == "stripe-second")
        }
    }
}
