import Calls
import Domain
import Providers
import Resilience
import Sandbox
import Testing
import UsherTesting

@Suite("CallWatch")
struct CallWatchTests {
    private static let accounts: [(name: String, dialect: any CallDialect, credential: [String: String])] = [
        ("stripe-main", StripeCalls(), ["key": StripeVendor.secretKeyDefault]),
        ("stripe-second", StripeCalls(), ["key": StripeVendor.secretKeyDefault]),
    ]
    private static var vendors: [String: any VendorMachine] {
        ["stripe-main.test": StripeVendor(), "stripe-second.test": StripeVendor()]
    }

    /// Charges; `async` does not wait, for what needs the clock to move.
    @discardableResult
    private func charge(
        _ rig: CallRig,
        _ key: String,
        wedding: String? = nil,
        isAsync: Bool = false
    ) async throws -> CallResult {
        let submission = CallSubmission(
            .paymentsCharge,
            input: ["amount": ["amount": 500, "currency": "EUR"], "sources": ["stripe": "pm_card_visa"]],
            wedding: wedding.flatMap { WeddingID($0) },
            isAsync: isAsync,
            key: key
        )
        return try await rig.engine.submit(submission, owner: "platform")
    }

    /// Enough for a breaker to open; time moves, or the budget would run out.
    private func chargeTwelveTimes(_ rig: CallRig) async throws {
        for number in 0..<12 {
            try await charge(rig, "k\(number)", wedding: "w-1")
            rig.time.advance(by: .milliseconds(100))
        }
    }

    @Test func `a broken first integration is recorded once, and the record ends when it is back`()
        async throws
    {
        try await CallRig.run(Self.accounts, vendors: Self.vendors) { rig in
            rig.vendors.damage("stripe-main.test", .refuse, now: rig.time.now)
            try await chargeTwelveTimes(rig)
            let isOpen = try await rig.pass(atMost: .seconds(10)) {
                try await !rig.engine.openFailovers().isEmpty
            }
            #expect(isOpen)
            let open = try await rig.engine.openFailovers()
            #expect(open.count == 1)
            let record = try #require(open.first)
            #expect(record.capability == .payments && !record.isOrder && record.from == 1 && record.to == 2)
            #expect(!record.reason.isEmpty)
            #expect(rig.engine.wayBack(of: record).contains("10, 25, 50"))
            rig.vendors.mend("stripe-main.test")
            var number = 100
            let isOver = try await rig.pass(atMost: .seconds(300)) {
                number += 1
                try await charge(rig, "k\(number)", wedding: "w-2", isAsync: true)
                return try await rig.engine.openFailovers().isEmpty
            }
            #expect(isOver)
            let all = try await rig.engine.failovers(limit: 10)
            #expect(all.count == 1 && all.first?.endedAt != nil)
            let touched = try await rig.engine.weddings(of: try #require(all.first))
            #expect(touched.contains { $0.text == "w-2" })
        }
    }

    @Test func `an order ends by itself, and while it holds nothing else is recorded`() async throws {
        try await CallRig.run(Self.accounts, vendors: Self.vendors) { rig in
            let name = try #require(ResourceName("stripe-second"))
            _ = try await rig.engine.failOver(
                .payments,
                to: name,
                for: .seconds(20),
                reason: "maintenance",
                by: "platform"
            )
            #expect(try await charge(rig, "a").integration == name)
            let isOver = try await rig.pass(atMost: .seconds(30)) {
                try await rig.engine.openFailovers().isEmpty
            }
            #expect(isOver)
            #expect(try await charge(rig, "b").integration?.text == "stripe-main")
            #expect(try await rig.engine.failovers(limit: 10).count == 1)
        }
    }

    @Test func `a probe says what the answer means, whether it is good or not`() async throws {
        try await CallRig.run(Self.accounts, vendors: Self.vendors) { rig in
            let name = try #require(ResourceName("stripe-main"))
            let good = try await rig.engine.probe(name)
            #expect(good.isGood && good.status == 200 && good.latency != nil)
            rig.vendors.damage("stripe-main.test", .refuse, now: rig.time.now)
            let bad = try await rig.engine.probe(name)
            #expect(!bad.isGood && bad.status == nil)
            #expect(bad.meaning.contains("No answer"))
            await #expect(throws: CallError.self) {
                _ = try await rig.engine.probe(try #require(ResourceName("nobody")))
            }
        }
    }

    @Test(arguments: [(200, ExchangeOutcome.ok), (401, .caller), (429, .rejected), (503, .fail)])
    func `a probe's status is news of the right kind`(_ status: Int, _ outcome: ExchangeOutcome) {
        #expect(ProbeMeaning(status: status).outcome == outcome)
        #expect(ProbeMeaning(status: status).sentence("Stripe").hasSuffix("."))
    }

    @Test func `a reservation survives a restart, keeps others out, and goes back whole`() async throws {
        try await CallRig.run(Self.accounts, vendors: Self.vendors) { rig in
            let name = try #require(ResourceName("stripe-main"))
            let now = rig.time.now
            let wedding = try #require(WeddingID("w-1"))
            func share(_ quota: Int) -> Reservation {
                Reservation(wedding: wedding, quota: quota, from: now, to: now + .seconds(3_600))
            }
            let record = try await rig.engine.reserve(share(1_000), of: "charges", at: name, by: "platform")
            await #expect(throws: ReservationError.self) {
                _ = try await rig.engine.reserve(share(10_000_000), of: "charges", at: name, by: "platform")
            }
            await #expect(throws: ReservationError.unknownLimit(rig.limits(name))) {
                _ = try await rig.engine.reserve(share(1), of: "nothing", at: name, by: "platform")
            }
            // A second engine over the same database is what a restart makes.
            let next = rig.restarted()
            _ = try await next.look([:])
            let integration = try #require(next.integration(name))
            #expect(next.desk.reservations(at: integration.id) == [record])
            let forecast = next.desk.outlook(of: integration, for: .seconds(3_600))
            let charges = forecast.first { $0.limit == "charges" }?.outlook
            #expect((999...1_001).contains(charges?.reserved ?? 0))
            #expect(try await next.release(record.id, at: name))
            #expect(try await !next.release(record.id, at: name))
            #expect(
                next.desk.outlook(of: integration, for: .seconds(3_600)).allSatisfy {
                    $0.outlook?.reserved ?? 0 == 0
                }
            )
        }
    }

    @Test func `nothing is unserved until the last integration of a route is shut out`() async throws {
        try await CallRig.run(Self.accounts, vendors: Self.vendors) { rig in
            #expect(rig.engine.unserved().isEmpty)
            rig.vendors.damage("stripe-main.test", .refuse, now: rig.time.now)
            try await chargeTwelveTimes(rig)
            let standings = try await rig.engine.standings()
            #expect(standings.map(\.isUsable) == [false, true])
            #expect(rig.engine.unserved().isEmpty)
            rig.vendors.damage("stripe-second.test", .refuse, now: rig.time.now)
            for number in 20..<40 { try await charge(rig, "k\(number)", isAsync: true) }
            let isUnserved = try await rig.pass(atMost: .seconds(60)) {
                rig.engine.unserved() == [.payments]
            }
            #expect(isUnserved)
        }
    }
}
