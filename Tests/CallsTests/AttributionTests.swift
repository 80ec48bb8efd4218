import Calls
import Domain
import Providers
import Sandbox
import Testing
import Transport
import UsherTesting

/// News of a late charge is of the right one of two accounts at the same processor.
@Suite(.onManualClock) struct AttributionTests {
    private static let accounts: [(name: String, dialect: any CallDialect, credential: [String: String])] = [
        ("stripe-main", StripeCalls(), ["key": StripeVendor.secretKeyDefault]),
        ("stripe-eu", StripeCalls(), ["key": StripeVendor.secretKeyDefault]),
    ]

    private func run(_ body: (CallRig) async throws -> Void) async throws {
        try await CallRig.run(
            Self.accounts,
            vendors: ["stripe-main.test": StripeVendor(), "stripe-eu.test": StripeVendor()],
            body
        )
    }

    private func charge(_ key: String) -> CallSubmission {
        CallSubmission(
            .paymentsCharge,
            input: ["amount": ["amount": 500, "currency": "EUR"], "sources": ["stripe": "pm_card_visa"]],
            key: key
        )
    }

    private func entries(_ account: String, _ kind: String, _ rig: CallRig) -> [LedgerEntry] {
        rig.vendors.ledger("\(account).test").filter { $0.kind == kind }
    }

    /// How news says whose it is.
    enum Mark: CaseIterable {
        case key
        case source
    }

    private func news(
        _ call: CallID,
        _ attempt: StoredAttempt,
        at account: String,
        _ mark: Mark,
        _ reference: String?
    ) -> CallNews {
        CallNews(
            call: call,
            provider: .stripe,
            source: mark == .source ? ResourceName(account) : nil,
            attempt: mark == .key ? AttemptKey.make(attempt.id, of: call) : nil,
            reference: reference,
            verdict: .succeeded(CallOutcome(reply: ["status": "succeeded"], reference: reference))
        )
    }

    /// A call whose first attempt, at `stripe-main`, reached nothing, and whose second, at `stripe-eu`, is in doubt.
    private func withDoubt(
        _ rig: CallRig,
        _ body: (CallID, [StoredAttempt]) async throws -> Void
    ) async throws {
        // The sandbox numbers its payments: those of the two accounts must not have the same ids.
        _ = try await rig.engine.submit(charge("earlier"), owner: "platform")
        rig.vendors.fail("stripe-main.test", [.connectFailed("refused")])
        rig.vendors.damage("stripe-eu.test", .blackHole, path: "/v1/payment_intents/", now: rig.time.now)
        async let pending = rig.engine.submit(charge("order"), owner: "platform")
        let isInDoubt = try await rig.pass(atMost: .seconds(60)) {
            try await rig.engine.openCalls()[.inDoubt] != nil
        }
        #expect(isInDoubt)
        // Both calls are of the same millisecond: their ids tell no order.
        let doubted = CallFilter(state: .inDoubt)
        let call = try #require(try await rig.engine.list(doubted, before: nil, limit: 1).first)
        try await body(call.id, try await rig.engine.attempts(of: call.id))
        rig.vendors.mend("stripe-eu.test")
        let isOver = try await rig.pass(atMost: .seconds(1_500), step: .seconds(1)) {
            try await rig.engine.openCalls().isEmpty
        }
        #expect(isOver)
        _ = try await pending
    }

    @Test(arguments: Mark.allCases)
    func `a late charge is given back at its own account, whatever the other one's attempt does`(
        mark: Mark
    ) async throws {
        try await run { rig in
            try await withDoubt(rig) { call, attempts in
                #expect(attempts.map(\.state) == [.notApplied, .inDoubt])
                let stray = try await rig.engine.submit(charge("stray"), owner: "platform")
                #expect(stray.integration?.text == "stripe-main")
                let late = news(call, attempts[0], at: "stripe-main", mark, stray.call.reference)
                #expect(try await rig.engine.learn(late) == .undoing)
                #expect(try await rig.engine.learn(late) == .nothing)
            }
            let refunds = entries("stripe-main", "refund", rig)
            #expect(refunds.count == 1 && refunds.first?.of == entries("stripe-main", "charge", rig).last?.id)
            #expect(entries("stripe-eu", "charge", rig).count == 1)
            #expect(entries("stripe-eu", "refund", rig).isEmpty)
        }
    }

    @Test(arguments: Mark.allCases)
    func `what is in doubt at one account is settled by that account's webhook`(mark: Mark) async throws {
        try await run { rig in
            try await withDoubt(rig) { call, attempts in
                let told = news(call, attempts[1], at: "stripe-eu", mark, "pi_told")
                #expect(try await rig.engine.learn(told) == .settled)
                let settled = try await rig.engine.result(of: call)
                #expect(settled?.call.state == .succeeded && settled?.call.reference == "pi_told")
                #expect(settled?.integration?.text == "stripe-eu")
            }
        }
    }

    @Test func `news of an attempt that is none of the call's changes nothing`() async throws {
        try await run { rig in
            try await withDoubt(rig) { call, attempts in
                let other = CallNews(
                    call: call,
                    provider: .stripe,
                    attempt: String(repeating: "0", count: 32),
                    reference: "pi_x",
                    verdict: .succeeded(CallOutcome(reply: ["status": "succeeded"], reference: "pi_x"))
                )
                let effect = try await rig.engine.learn(other)
                #expect(effect == .nothing)
                // A source that no integration is named after tells nothing.
                let vague = news(call, attempts[0], at: "stripe", .source, "pi_x")
                await #expect(throws: NewsTooEarly.self) { _ = try await rig.engine.learn(vague) }
            }
        }
    }

    @Test func `the request shows which attempt it is, and the webhook brings it back`() async throws {
        try await run { rig in
            let paid = try await rig.engine.submit(charge("order"), owner: "platform")
            let attempt = try #require(try await rig.engine.attempts(of: paid.call.id).first)
            let look = CallSubmission(.paymentsGet, input: [:], of: .call(paid.call.id), keepsRaw: true)
            let seen = try await rig.engine.submit(look, owner: "platform")
            let raw = try #require(try await rig.engine.rawAnswer(of: seen.call.id))
            let event: JSONValue = ["data": ["object": try JSONParser.parse(raw.body)]]
            let news = PaymentNews.read(provider: .stripe, eventType: "payment_intent.succeeded", body: event)
            #expect(news?.tag == "\(paid.call.id)")
            #expect(news?.attempt == AttemptKey.make(attempt.id, of: paid.call.id))
        }
    }
}
