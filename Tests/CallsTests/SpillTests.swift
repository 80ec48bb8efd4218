import Calls
import Domain
import Providers
import Resilience
import Sandbox
import Testing
import UsherTesting

/// Calls that the first integration's budget would make too late go to the next.
@Suite struct SpillTests {
    private static let integrations:
        [(name: String, dialect: any CallDialect, credential: [String: String])] = [
            ("first", OpenWeatherMapCalls(), ["key": OpenWeatherMapVendor.keyDefault]),
            ("second", OpenWeatherMapCalls(), ["key": OpenWeatherMapVendor.keyDefault]),
        ]

    private func run(
        _ first: LimitKind,
        _ second: LimitKind = .fixedWindow(count: 1_000, length: .seconds(20)),
        _ body: (CallRig) async throws -> Void
    ) async throws {
        try await CallRig.run(
            Self.integrations,
            vendors: ["first.test": OpenWeatherMapVendor(), "second.test": OpenWeatherMapVendor()],
            accountLimits: [
                "first": [ProviderLimit("calls", first)], "second": [ProviderLimit("calls", second)],
            ],
            body
        )
    }

    private func weather(
        _ rig: CallRig,
        within patience: Duration
    ) -> CallSubmission {
        CallSubmission(
            .weatherCurrent,
            input: ["latitude": 40, "longitude": 3],
            priority: .critical,
            deadline: rig.time.now + patience,
            isFresh: true
        )
    }

    private func count(_ host: String, _ rig: CallRig) -> Int {
        rig.vendors.requests.count { $0.contains(host) }
    }

    @Test func `those who ask at once share both budgets, and nobody waits`() async throws {
        try await run(.fixedWindow(count: 3, length: .seconds(20))) { rig in
            let results = try await withThrowingTaskGroup(of: CallResult.self) { group in
                for _ in 0..<12 {
                    group.addTask {
                        let submission = weather(rig, within: .seconds(19))
                        return try await rig.engine.submit(submission, owner: "platform")
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(results.allSatisfy { $0.call.state == .succeeded })
            #expect(count("first", rig) == 3 && count("second", rig) == 9)
        }
    }

    /// The window turns in 200 ms; critical calls have patience for 250.
    @Test func `who would miss its deadline goes elsewhere, who would not waits`() async throws {
        try await run(.fixedWindow(count: 1, length: .seconds(20))) { rig in
            _ = try await rig.engine.submit(weather(rig, within: .seconds(19)), owner: "platform")
            #expect(count("first", rig) == 1)
            rig.time.advance(by: .milliseconds(19_800))
            let hasty = weather(rig, within: .milliseconds(100))
            #expect(try await rig.engine.submit(hasty, owner: "platform").integration?.text == "second")
            async let patient = rig.engine.submit(weather(rig, within: .seconds(10)), owner: "platform")
            let isOver = try await rig.pass(atMost: .seconds(2), step: .milliseconds(20)) {
                let calls = try await rig.engine.list(CallFilter(), before: nil, limit: 9)
                return calls.count == 3 && calls.allSatisfy(\.state.isFinal)
            }
            #expect(isOver && count("first", rig) == 2 && count("second", rig) == 1)
            _ = try await patient
        }
    }

    @Test func `who can be served nowhere in time is told at once`() async throws {
        let tight = LimitKind.fixedWindow(count: 1, length: .seconds(20))
        try await run(tight, tight) { rig in
            for _ in 0..<2 {
                _ = try await rig.engine.submit(weather(rig, within: .seconds(19)), owner: "platform")
            }
            let late = try await rig.engine.submit(weather(rig, within: .seconds(5)), owner: "platform")
            #expect(late.call.state == .failed && late.call.failure?.code == "deadline")
            #expect(rig.vendors.requests.count == 2)
        }
    }

    /// One call a second; those who wait stand in the queue, where weddings take turns.
    @Test func `a call does not wait behind the many of another wedding`() async throws {
        try await CallRig.run(
            [("first", OpenWeatherMapCalls(), ["key": OpenWeatherMapVendor.keyDefault])],
            vendors: ["first.test": OpenWeatherMapVendor()],
            accountLimits: [
                "first": [ProviderLimit("calls", .tokenBucket(ratePerSecond: 1, burst: 1))]
            ]
        ) { rig in
            let submit = { (wedding: String) async throws -> CallID in
                var submission = weather(rig, within: .seconds(600))
                submission.wedding = WeddingID(wedding)
                submission.priority = .normal
                submission.isAsync = true
                return try await rig.engine.submit(submission, owner: "platform").call.id
            }
            for _ in 0..<20 { _ = try await submit("loud") }
            _ = try await rig.pass(atMost: .seconds(2)) { false }
            let quiet = try await submit("quiet")
            let isOver = try await rig.pass(atMost: .seconds(4)) {
                try await rig.engine.result(of: quiet)?.call.state == .succeeded
            }
            #expect(isOver)
            #expect(count("first", rig) < 12)
        }
    }

    @Test func `what lives at one integration waits there, or is late`() async throws {
        let accounts: [(name: String, dialect: any CallDialect, credential: [String: String])] = [
            ("first", StripeCalls(), ["key": StripeVendor.secretKeyDefault]),
            ("second", StripeCalls(), ["key": StripeVendor.secretKeyDefault]),
        ]
        // A charge takes two requests.
        let tight = ProviderLimit("calls", .fixedWindow(count: 2, length: .seconds(20)))
        try await CallRig.run(
            accounts,
            vendors: ["first.test": StripeVendor(), "second.test": StripeVendor()],
            accountLimits: ["first": [tight]]
        ) { rig in
            let charge = CallSubmission(
                .paymentsCharge,
                input: [
                    "amount": ["amount": 500, "currency": "EUR"], "sources": ["stripe": "pm_card_visa"],
                ],
                priority: .critical,
                key: "k"
            )
            let paid = try await rig.engine.submit(charge, owner: "platform")
            #expect(paid.integration?.text == "first")
            let look = CallSubmission(
                .paymentsGet,
                input: [:],
                of: .call(paid.call.id),
                deadline: rig.time.now + .seconds(5)
            )
            let late = try await rig.engine.submit(look, owner: "platform")
            #expect(late.call.state == .failed && count("second", rig) == 0)
        }
    }
}
