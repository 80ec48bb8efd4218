import Calls
import Domain
import Providers
import Resilience
import Sandbox
import Testing
import Transport
import UsherTesting

@Suite("ConfirmingProbe")
struct ConfirmingProbeTests {
    private static let probe = "GET stripe-main.test/v1/balance"

    private func withDoubt<T: Sendable>(
        probes: Bool = true,
        _ body: (CallRig) async throws -> T
    ) async throws -> T {
        try await CallRig.run(
            [
                ("stripe-main", StripeCalls(), ["key": StripeVendor.secretKeyDefault]),
                ("stripe-second", StripeCalls(), ["key": StripeVendor.secretKeyDefault]),
            ],
            vendors: ["stripe-main.test": StripeVendor(), "stripe-second.test": StripeVendor()],
            probes: probes,
            body
        )
    }

    private func charge(_ rig: CallRig, _ key: String) async throws -> CallResult {
        let submission = CallSubmission(
            .paymentsCharge,
            input: ["amount": ["amount": 500, "currency": "EUR"], "sources": ["stripe": "pm_card_visa"]],
            key: key
        )
        return try await rig.engine.submit(submission, owner: "platform")
    }

    private func probes(_ rig: CallRig) -> Int { rig.vendors.requests.count { $0 == Self.probe } }

    private func isAway(_ rig: CallRig) -> Bool {
        rig.engine.views().contains { $0.integration.name.text == "stripe-main" && !$0.view.isUsable }
    }

    @Test func `a few calls that fail are confirmed by probes, and the breaker opens without more calls`()
        async throws
    {
        try await withDoubt { rig in
            rig.vendors.damage("stripe-main.test", .refuse, now: rig.time.now)
            for number in 0..<2 { _ = try await charge(rig, "k\(number)") }
            let isOpen = try await rig.pass(atMost: .seconds(3), step: .milliseconds(100)) { isAway(rig) }
            #expect(isOpen)
            #expect(probes(rig) >= 2)
        }
    }

    @Test func `a suspicion that probes do not share ends, and so do they`() async throws {
        try await withDoubt { rig in
            rig.vendors.fail("stripe-main.test", [.connectFailed("refused"), .connectFailed("refused")])
            for number in 0..<2 { _ = try await charge(rig, "k\(number)") }
            let isLate = try await rig.pass(atMost: .seconds(6), step: .milliseconds(100)) { isAway(rig) }
            #expect(!isLate)
            let sent = probes(rig)
            #expect((1...ConfirmingProbes.perSuspicionMax).contains(sent))
            _ = try await rig.pass(atMost: .seconds(6)) { false }
            #expect(probes(rig) == sent)
        }
    }

    @Test func `none is sent where probes are off`() async throws {
        try await withDoubt(probes: false) { rig in
            rig.vendors.damage("stripe-main.test", .refuse, now: rig.time.now)
            for number in 0..<2 { _ = try await charge(rig, "k\(number)") }
            _ = try await rig.pass(atMost: .seconds(6)) { false }
            #expect(probes(rig) == 0 && !isAway(rig))
        }
    }

    @Test func `none is sent where the provider counts requests by the day or the hour`() async throws {
        try await CallRig.run(
            [("weather", OpenWeatherMapCalls(), ["key": OpenWeatherMapVendor.keyDefault])],
            vendors: ["weather.test": OpenWeatherMapVendor()],
            probes: true
        ) { rig in
            rig.vendors.damage("weather.test", .refuse, now: rig.time.now)
            for number in 0..<2 {
                let submission = CallSubmission(
                    .weatherCurrent,
                    input: ["latitude": 52, "longitude": JSONValue.integer(number)],
                    isAsync: true
                )
                _ = try await rig.engine.submit(submission, owner: "platform")
            }
            _ = try await rig.pass(atMost: .seconds(6)) { false }
            let asked = Set(rig.vendors.requests)
            #expect(asked == ["GET weather.test/data/2.5/weather"])
        }
    }
}
