import Calls
import Domain
import Providers
import Sandbox
import Testing
import UsherTesting

@Suite(.onManualClock) struct CallEmergencyTests {
    private static let stripe: (name: String, dialect: any CallDialect, credential: [String: String]) = (
        "stripe-main", StripeCalls(), ["key": StripeVendor.secretKeyDefault]
    )
    private static var vendors: [String: any VendorMachine] { ["stripe-main.test": StripeVendor()] }

    private func charge(
        _ priority: Priority,
        _ key: String,
        isAsync: Bool = true,
        deadline: Instant? = nil
    ) -> CallSubmission {
        CallSubmission(
            .paymentsCharge,
            input: [
                "amount": ["amount": 125_000, "currency": "EUR"], "sources": ["stripe": "pm_card_visa"],
            ],
            priority: priority,
            deadline: deadline,
            isAsync: isAsync,
            key: key
        )
    }

    private func isOver(_ rig: CallRig, _ id: CallID) async throws -> Bool {
        try await rig.engine.find(id)?.state == .succeeded
    }

    @Test func `calls of low priority wait while it is on and go when it is over`() async throws {
        try await CallRig.run([Self.stripe], vendors: Self.vendors) { rig in
            rig.engine.desk.emergency(DeskEmergency(weddings: []))
            let low = try await rig.engine.submit(charge(.low, "low"), owner: "platform").call.id
            let high = try await rig.engine.submit(charge(.high, "high"), owner: "platform").call.id
            #expect(try await rig.pass(atMost: .seconds(30)) { try await isOver(rig, high) })
            #expect(
                try await rig.pass(atMost: .seconds(120), step: .seconds(5)) { try await isOver(rig, low) }
                    == false
            )
            rig.engine.desk.emergency(nil)
            #expect(
                try await rig.pass(atMost: .seconds(60), step: .seconds(1)) { try await isOver(rig, low) }
            )
        }
    }

    @Test func `a call is deferred for half of its time at most, and does not fail for it`() async throws {
        try await CallRig.run([Self.stripe], vendors: Self.vendors) { rig in
            rig.engine.desk.emergency(DeskEmergency(weddings: []))
            let began = rig.time.now
            let submission = charge(.low, "low", deadline: began + .seconds(1_200))
            let id = try await rig.engine.submit(submission, owner: "platform").call.id
            #expect(
                try await rig.pass(atMost: .seconds(900), step: .seconds(5)) { try await isOver(rig, id) }
            )
            #expect(rig.time.now - began >= .seconds(600))
        }
    }

    @Test func `who waits for an answer gets it`() async throws {
        try await CallRig.run([Self.stripe], vendors: Self.vendors) { rig in
            rig.engine.desk.emergency(DeskEmergency(weddings: []))
            let result = try await rig.engine.submit(charge(.low, "low", isAsync: false), owner: "platform")
            #expect(result.call.state == .succeeded)
        }
    }

    @Test func `an integration first called in an emergency obeys too, and is let loose with the others`()
        async throws
    {
        try await CallRig.run([Self.stripe], vendors: Self.vendors) { rig in
            rig.engine.desk.emergency(DeskEmergency(weddings: []))
            _ = try await rig.engine.submit(charge(.high, "a", isAsync: false), owner: "platform")
            #expect(rig.engine.desk.tightened == ["stripe-main"].count)
            rig.engine.desk.emergency(nil)
            #expect(rig.engine.desk.tightened == 0)
            #expect(rig.engine.desk.emergency == nil)
        }
    }

    @Test func `a test of an integration is remembered as a trial, and so is a call`() async throws {
        try await CallRig.run([Self.stripe], vendors: Self.vendors) { rig in
            #expect(try await rig.engine.lastTrials(of: [1]).isEmpty)
            let name = try #require(ResourceName("stripe-main"))
            #expect(try await rig.engine.probe(name).isGood)
            let tested = rig.time.now
            #expect(try await rig.engine.lastTrials(of: [1]) == [1: tested])
            rig.time.advance(by: .seconds(60))
            _ = try await rig.engine.submit(charge(.high, "a", isAsync: false), owner: "platform")
            let tried = try #require(try await rig.engine.lastTrials(of: [1])[1])
            #expect(tried >= tested + .seconds(60))
        }
    }
}
