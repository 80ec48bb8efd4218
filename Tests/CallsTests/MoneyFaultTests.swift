import Calls
import Domain
import Providers
import Sandbox
import Testing
import Transport
import UsherTesting

/// The faults that payments must survive, F1 to F28: after each, one charge stands.
///
/// | what goes wrong | where it is tested |
/// |---|---|
/// | F1 refused connection, F2 TLS, F3 time-out before the body | `nothing was sent` |
/// | F4 to F8, F15, F16, F24: the answer is lost, late, wrong, or stored wrongly | `an answer that tells nothing` |
/// | F9, F10 webhooks before the answer | here |
/// | F11, F23 crashes, F12 two nodes, F27 clocks that step | `MoneySimulationTests` |
/// | F13 a key that is too old | here |
/// | F14 another body under the key, F20 a double click, F21 a repeated request | here, `CallEngineTests` |
/// | F17, F18 late success | here, `CallEngineTests` |
/// | F19 a part is captured | here |
/// | F22 the breaker opens, F26 two providers time out, F28 a bank says no | here |
/// | F25 an SMS without an answer | here |
@Suite(.onManualClock) struct MoneyFaultTests {
    private static let vendors: [String: any VendorMachine] = [
        "stripe-main.test": StripeVendor(), "stripe-second.test": StripeVendor(),
    ]
    private static let integrations:
        [(name: String, dialect: any CallDialect, credential: [String: String])] = [
            ("stripe-main", StripeCalls(), ["key": StripeVendor.secretKeyDefault]),
            ("stripe-second", StripeCalls(), ["key": StripeVendor.secretKeyDefault]),
        ]
    private static let confirm = "/v1/payment_intents/"

    private func payment(
        _ operation: Providers.Operation = .paymentsCharge,
        key: String = "order-1",
        token: String = "pm_card_visa"
    ) -> CallSubmission {
        CallSubmission(
            operation,
            input: [
                "amount": ["amount": 125_000, "currency": "EUR"], "sources": ["stripe": .string(token)],
            ],
            key: key
        )
    }

    private func run(_ body: (CallRig) async throws -> Void) async throws {
        try await CallRig.run(Self.integrations, vendors: Self.vendors, body)
    }

    private func entries(_ rig: CallRig, _ kind: String) -> [LedgerEntry] {
        (rig.vendors.ledger("stripe-main.test") + rig.vendors.ledger("stripe-second.test")).filter {
            $0.kind == kind
        }
    }

    private func settle(_ rig: CallRig) async throws {
        let isOver = try await rig.pass(atMost: .seconds(1_500), step: .seconds(1)) {
            try await rig.engine.openCalls().isEmpty
        }
        #expect(isOver)
    }

    /// Submits while `body` lets time pass, and gives the call as it is in the end.
    private func pay(
        _ rig: CallRig,
        _ submission: CallSubmission,
        meanwhile body: () async throws -> Void
    ) async throws -> StoredCall? {
        async let pending = rig.engine.submit(submission, owner: "platform")
        _ = try await rig.pass(atMost: .seconds(5)) { try await !rig.engine.openCalls().isEmpty }
        try await body()
        try await settle(rig)
        return try await rig.engine.find(try await pending.call.id)
    }

    @Test(arguments: [
        TransportError.connectFailed("refused"), .tls("certificate"), .timedOut(sent: false),
        .connectionLost(sent: false),
    ])
    func `F1 to F3: nothing was sent, so the next integration charges, once`(
        failure: TransportError
    ) async throws {
        try await run { rig in
            rig.vendors.fail("stripe-main.test", [failure])
            let result = try await rig.engine.submit(payment(), owner: "platform")
            #expect(result.call.state == .succeeded)
            #expect(entries(rig, "charge").count == 1)
        }
    }

    @Test(arguments: [
        [VendorFault.Kind.dropAnswer], [.blackHole], [.failAfter(status: 500)], [.failBefore(status: 503)],
        [.slow(.seconds(4)), .dropAnswer], [.lateEffect(.seconds(30))],
        [.storedFailure(.init(status: 500, takesEffect: true))],
        [.storedFailure(.init(status: 500, takesEffect: false))],
        [.storedFailure(.init(status: 500, takesEffect: true)), .hideNew(.seconds(90))],
    ])
    func `F4 to F8, F15, F24: an answer that tells nothing is found out about`(
        faults: [VendorFault.Kind]
    ) async throws {
        try await run { rig in
            for fault in faults {
                rig.vendors.damage(
                    "stripe-main.test",
                    fault,
                    path: Self.confirm,
                    method: "POST",
                    now: rig.time.now
                )
            }
            let call = try await pay(rig, payment()) {
                _ = try await rig.pass(atMost: .seconds(60)) {
                    try await rig.engine.openCalls()[.inDoubt] != nil
                }
                rig.vendors.mend("stripe-main.test")
            }
            let charges = entries(rig, "charge")
            // What is stored as failed stays failed: then the intent is cancelled, and nothing is charged.
            let isLost = faults == [.storedFailure(.init(status: 500, takesEffect: false))]
            #expect(charges.count == (isLost ? 0 : 1))
            #expect(call?.state == (isLost ? .failed : .succeeded) && call?.reference == charges.first?.id)
        }
    }

    @Test func `F9: a webhook settles what is in doubt`() async throws {
        try await run { rig in
            rig.vendors.damage("stripe-main.test", .dropAnswer, path: Self.confirm, now: rig.time.now)
            let call = try await pay(rig, payment()) {
                _ = try await rig.pass(atMost: .seconds(5)) {
                    try await rig.engine.openCalls()[.inDoubt] != nil
                }
                let effect = try await rig.engine.learn(try await news(rig))
                #expect(effect == .settled)
            }
            #expect(call?.state == .succeeded)
            #expect(entries(rig, "charge").count == 1)
        }
    }

    @Test func `F10: a webhook before the answer changes nothing`() async throws {
        try await run { rig in
            rig.vendors.damage("stripe-main.test", .slow(.seconds(5)), path: Self.confirm, now: rig.time.now)
            let call = try await pay(rig, payment()) {
                _ = try await rig.pass(atMost: .seconds(3)) { !entries(rig, "charge").isEmpty }
                let effect = try await rig.engine.learn(try await news(rig))
                #expect(effect == .nothing)
            }
            #expect(call?.state == .succeeded)
            #expect(entries(rig, "charge").count == 1 && entries(rig, "refund").isEmpty)
        }
    }

    /// What a webhook would say of the one charge.
    private func news(_ rig: CallRig) async throws -> CallNews {
        let charge = try #require(entries(rig, "charge").first)
        let id = try #require(charge.tag.flatMap { CallID($0) })
        return CallNews(
            call: id,
            provider: .stripe,
            reference: charge.id,
            verdict: .succeeded(CallOutcome(reply: ["status": "succeeded"], reference: charge.id))
        )
    }

    @Test func `F13: a key that may be forgotten is not used again`() throws {
        let account = IntegrationAccount(provider: .stripe, baseURL: "https://x.test", credential: [:])
        let input = try CallInput(.paymentsCharge, payment().input)
        let call = CallRequest(
            operation: .paymentsCharge,
            input: input,
            key: "k",
            tag: "call_1",
            startedAt: Instant(seconds: 0)
        )
        for (dialect, hours) in [
            (StripeCalls() as any CallDialect, 24), (PayPalCalls(), 6), (SquareCalls(), 24),
        ] {
            for round in 0..<50 {
                let step = dialect.settle(
                    call,
                    account,
                    progress: ["intent": "pi_1", "order": "O1"],
                    age: .seconds(hours * 3_600),
                    round: round,
                    now: Instant(seconds: 0)
                )
                #expect(step != .replay)
            }
        }
    }

    @Test func `F16: a look-up that fails proves nothing`() async throws {
        try await run { rig in
            let stored = VendorFault.Kind.storedFailure(.init(status: 500, takesEffect: true))
            rig.vendors.damage(
                "stripe-main.test",
                stored,
                path: Self.confirm,
                method: "POST",
                now: rig.time.now
            )
            rig.vendors.damage("stripe-main.test", .failBefore(status: 503), method: "GET", now: rig.time.now)
            let call = try await pay(rig, payment()) {
                _ = try await rig.pass(atMost: .seconds(60), step: .seconds(1)) { false }
                #expect(try await rig.engine.openCalls()[.inDoubt] != nil)
                rig.vendors.mend("stripe-main.test")
            }
            #expect(call?.state == .succeeded)
            #expect(entries(rig, "charge").count == 1)
        }
    }

    @Test func `F17: what undoes a late charge is itself done once when its answer is lost`() async throws {
        try await run { rig in
            rig.vendors.fail("stripe-main.test", [.connectFailed("refused")])
            let paid = try await rig.engine.submit(payment(), owner: "platform")
            let stray = try await rig.engine.submit(payment(key: "stray"), owner: "platform")
            rig.vendors.damage("stripe-main.test", .dropAnswer, path: "/v1/refunds", now: rig.time.now)
            try await rig.engine.hear(late(stray, as: paid, "succeeded"))
            _ = try await rig.pass(atMost: .seconds(20)) { try await rig.engine.openCalls()[.inDoubt] != nil }
            rig.vendors.mend("stripe-main.test")
            try await rig.engine.hear(late(stray, as: paid, "succeeded"))
            try await settle(rig)
            #expect(entries(rig, "charge").count == 2 && entries(rig, "refund").count == 1)
            #expect(entries(rig, "refund").first?.of == stray.call.reference)
        }
    }

    @Test func `F18: a late hold that was captured meanwhile is refunded instead of voided`() async throws {
        try await run { rig in
            rig.vendors.fail("stripe-main.test", [.connectFailed("refused")])
            let held = try await rig.engine.submit(payment(.paymentsAuthorize), owner: "platform")
            let stray = try await rig.engine.submit(
                payment(.paymentsAuthorize, key: "stray"),
                owner: "platform"
            )
            let capture = CallSubmission(
                .paymentsCapture,
                input: [:],
                of: .call(stray.call.id),
                key: "capture"
            )
            _ = try await rig.engine.submit(capture, owner: "platform")
            try await rig.engine.hear(late(stray, as: held, "authorized"))
            try await settle(rig)
            #expect(entries(rig, "void").isEmpty && entries(rig, "refund").count == 1)
            #expect(try await rig.engine.attempts(of: held.call.id).first?.state == .compensated)
        }
    }

    @Test func `the capture of a hold is not taken for a late hold and given back`() async throws {
        try await run { rig in
            rig.vendors.fail("stripe-main.test", [.connectFailed("refused")])
            let held = try await rig.engine.submit(payment(.paymentsAuthorize), owner: "platform")
            let outcome = CallOutcome(reply: ["status": "succeeded"], reference: "capture:7")
            let news = CallNews(
                call: held.call.id,
                provider: .stripe,
                reference: "capture:7",
                verdict: .succeeded(outcome)
            )
            #expect(try await rig.engine.learn(news) == .nothing)
        }
    }

    /// News that a charge was made by an attempt of another call.
    private func late(_ stray: CallResult, as call: CallResult, _ status: String) -> CallNews {
        let outcome = CallOutcome(reply: ["status": .string(status)], reference: stray.call.reference)
        return CallNews(
            call: call.call.id,
            provider: .stripe,
            reference: stray.call.reference,
            verdict: .succeeded(outcome)
        )
    }

    @Test func `news that may be of either of two attempts waits for the one on its way`() async throws {
        try await run { rig in
            rig.vendors.fail("stripe-main.test", [.connectFailed("refused")])
            rig.vendors.damage(
                "stripe-second.test",
                .blackHole,
                path: "/v1/payment_intents/",
                now: rig.time.now
            )
            let call = try await pay(rig, payment()) {
                _ = try await rig.pass(atMost: .seconds(60)) {
                    try await rig.engine.openCalls()[.inDoubt] != nil
                }
                let open = try #require(try await rig.engine.list(CallFilter(), before: nil, limit: 1).first)
                let success = SettleVerdict.succeeded(
                    CallOutcome(reply: ["status": "succeeded"], reference: "pi_of_the_first")
                )
                await #expect(throws: NewsTooEarly.self) {
                    try await rig.engine.hear(
                        CallNews(
                            call: open.id,
                            provider: .stripe,
                            reference: "pi_of_the_first",
                            verdict: success
                        )
                    )
                }
                let failure = ProviderFailure(.rejected, code: "canceled", message: "cancelled")
                let effect = try await rig.engine.learn(
                    CallNews(
                        call: open.id,
                        provider: .stripe,
                        reference: "pi_of_the_first",
                        verdict: .dead(failure)
                    )
                )
                #expect(effect == .nothing)
                rig.vendors.mend("stripe-second.test")
            }
            #expect(call?.state == .succeeded)
            #expect(entries(rig, "charge").count == 1)
        }
    }

    @Test func `F19: a part is captured once, and nothing after it`() async throws {
        try await run { rig in
            let held = try await rig.engine.submit(payment(.paymentsAuthorize), owner: "platform")
            let part: JSONValue = ["amount": ["amount": 50_000, "currency": "EUR"]]
            for key in ["first", "first", "second"] {
                let capture = CallSubmission(.paymentsCapture, input: part, of: .call(held.call.id), key: key)
                _ = try await rig.engine.submit(capture, owner: "platform")
            }
            #expect(entries(rig, "capture").map(\.amount) == [50_000])
        }
    }

    @Test func `F20: a hundred clicks at once are one charge`() async throws {
        try await run { rig in
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<100 {
                    group.addTask { _ = try? await rig.engine.submit(self.payment(), owner: "platform") }
                }
            }
            try await settle(rig)
            #expect(entries(rig, "charge").count == 1)
        }
    }

    @Test func `F21: every repetition shows the provider the same key`() async throws {
        try await run { rig in
            rig.vendors.damage(
                "stripe-main.test",
                .failBefore(status: 500),
                path: Self.confirm,
                now: rig.time.now
            )
            _ = try await pay(rig, payment()) {
                _ = try await rig.pass(atMost: .seconds(15), step: .seconds(1)) {
                    rig.vendors.keys(ending: "/confirm").count >= 3
                }
                rig.vendors.mend("stripe-main.test")
            }
            let keys = rig.vendors.keys(ending: "/confirm")
            #expect(keys.count >= 3 && Set(keys).count == 1)
            #expect(entries(rig, "charge").count <= 1)
        }
    }

    @Test func `F22: a breaker that opens under way charges nobody again`() async throws {
        try await run { rig in
            rig.vendors.damage("stripe-main.test", .dropAnswer, path: Self.confirm, now: rig.time.now)
            for number in 0..<30 {
                var submission = payment(key: "order-\(number)")
                submission.isAsync = true
                _ = try await rig.engine.submit(submission, owner: "platform")
            }
            _ = try await rig.pass(atMost: .seconds(20)) { false }
            rig.vendors.mend("stripe-main.test")
            try await settle(rig)
            let charges = entries(rig, "charge")
            #expect(charges.count == 30 && Set(charges.map(\.tag)).count == 30)
        }
    }

    @Test func `F26: two providers that time out are not both asked`() async throws {
        try await run { rig in
            for host in ["stripe-main.test", "stripe-second.test"] {
                rig.vendors.damage(host, .blackHole, path: Self.confirm, method: "POST", now: rig.time.now)
            }
            let call = try await pay(rig, payment()) {
                _ = try await rig.pass(atMost: .seconds(60), step: .seconds(1)) {
                    try await rig.engine.openCalls()[.inDoubt] != nil
                }
                for host in ["stripe-main.test", "stripe-second.test"] { rig.vendors.mend(host) }
            }
            #expect(call?.state == .succeeded)
            #expect(entries(rig, "charge").count == 1)
            #expect(rig.vendors.requests.allSatisfy { !$0.contains("stripe-second") })
        }
    }

    @Test func `F28: a bank's no is the end, also of what is found out later`() async throws {
        try await run { rig in
            rig.vendors.damage("stripe-main.test", .dropAnswer, path: Self.confirm, now: rig.time.now)
            let call = try await pay(rig, payment(token: "pm_card_chargeDeclined")) {
                _ = try await rig.pass(atMost: .seconds(20)) {
                    try await rig.engine.openCalls()[.inDoubt] != nil
                }
                rig.vendors.mend("stripe-main.test")
            }
            #expect(call?.state == .refused)
            #expect(rig.vendors.requests.allSatisfy { !$0.contains("stripe-second") })
        }
    }

    @Test func `F25: an SMS whose answer was lost is not sent again`() async throws {
        let twilio: (name: String, dialect: any CallDialect, credential: [String: String]) = (
            "twilio", TwilioCalls(),
            [
                "account": TwilioVendor.accountDefault, "token": TwilioVendor.tokenDefault,
                "from": "+15005550006",
            ]
        )
        try await CallRig.run([twilio], vendors: ["twilio.test": TwilioVendor()]) { rig in
            rig.vendors.damage("twilio.test", .dropAnswer, method: "POST", now: rig.time.now)
            let sms = CallSubmission(.smsSend, input: ["to": "+34600111222", "body": "hello"], key: "k")
            let call = try await pay(rig, sms) {
                _ = try await rig.pass(atMost: .seconds(20)) {
                    try await rig.engine.openCalls()[.inDoubt] != nil
                }
                rig.vendors.mend("twilio.test")
            }
            #expect(call?.state == .succeeded)
            #expect(rig.vendors.ledger("twilio.test").filter { $0.kind == "sms" }.count == 1)
        }
    }

    @Test func `a look that cannot be sent does not end a capture that may be done`() async throws {
        let square: (name: String, dialect: any CallDialect, credential: [String: String]) = (
            "square", SquareCalls(), ["token": SquareVendor.accessTokenDefault]
        )
        try await CallRig.run([square], vendors: ["square.test": SquareVendor()]) { rig in
            let input: JSONValue = [
                "amount": ["amount": 125_000, "currency": "EUR"], "sources": ["square": "ccof:on-file"],
            ]
            let hold = CallSubmission(.paymentsAuthorize, input: input, key: "hold")
            let held = try await rig.engine.submit(hold, owner: "platform")
            let capture = CallSubmission(
                .paymentsCapture,
                input: [:],
                of: .call(held.call.id),
                key: "capture"
            )
            rig.vendors.damage("square.test", .dropAnswer, method: "POST", now: rig.time.now)
            let call = try await pay(rig, capture) {
                _ = try await rig.pass(atMost: .seconds(5)) {
                    try await rig.engine.openCalls()[.inDoubt] != nil
                }
                rig.vendors.mend("square.test")
                rig.vendors.damage("square.test", .refuse, method: "GET", now: rig.time.now)
                _ = try await rig.pass(atMost: .seconds(10)) { false }
                rig.vendors.mend("square.test")
            }
            #expect(call?.state == .succeeded)
            #expect(rig.vendors.ledger("square.test").filter { $0.kind == "capture" }.count == 1)
        }
    }
}
