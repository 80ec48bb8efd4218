import Calls
import Domain
import Providers
import Sandbox
import Testing
import Transport
import UsherTesting

/// Identical reads share one answer.
@Suite struct SharedReadTests {
    private static let weather: [(name: String, dialect: any CallDialect, credential: [String: String])] = [
        ("owm", OpenWeatherMapCalls(), ["key": OpenWeatherMapVendor.keyDefault]),
        ("wapi", WeatherAPICalls(), ["key": WeatherAPIVendor.keyDefault]),
    ]
    private static var vendors: [String: any VendorMachine] {
        ["owm.test": OpenWeatherMapVendor(), "wapi.test": WeatherAPIVendor()]
    }

    private func weather(
        _ latitude: JSONValue = .number("40.4168"),
        operation: Providers.Operation = .weatherCurrent,
        isFresh: Bool = false,
        priority: Priority? = nil
    ) -> CallSubmission {
        CallSubmission(
            operation,
            input: ["latitude": latitude, "longitude": .number("-3.7038")],
            priority: priority,
            isFresh: isFresh
        )
    }

    private func run(_ body: (CallRig) async throws -> Void) async throws {
        try await CallRig.run(Self.weather, vendors: Self.vendors, body)
    }

    @Test func `the weather of one place is asked for once in ten minutes`() async throws {
        try await run { rig in
            let first = try await rig.engine.submit(weather(), owner: "platform")
            #expect(first.call.state == .succeeded && first.call.answeredAt == nil)
            rig.time.advance(by: .seconds(240))
            let second = try await rig.engine.submit(weather(.number("40.4152")), owner: "platform")
            #expect(second.call.state == .succeeded && second.call.id != first.call.id)
            #expect(second.reply == first.reply && second.integration?.text == "owm")
            #expect(second.call.answeredFrom == first.call.id)
            #expect(second.call.answeredAt == first.call.finishedAt)
            #expect(try await rig.engine.attempts(of: second.call.id).isEmpty)
            let stored = try #require(try await rig.engine.result(of: second.call.id))
            #expect(stored.call.answeredFrom == first.call.id && stored.reply == first.reply)
            let other = try await rig.engine.submit(weather(), owner: "vendor:garcia")
            #expect(other.call.answeredFrom == nil && other.call.answeredAt == first.call.finishedAt)
            #expect(rig.vendors.requests.count == 1)
            rig.time.advance(by: .seconds(360))
            let late = try await rig.engine.submit(weather(), owner: "platform")
            #expect(late.call.answeredAt == nil && rig.vendors.requests.count == 2)
        }
    }

    @Test func `other places, other operations and a fresh one are asked for`() async throws {
        try await run { rig in
            _ = try await rig.engine.submit(weather(), owner: "platform")
            _ = try await rig.engine.submit(weather(.number("48.85")), owner: "platform")
            _ = try await rig.engine.submit(weather(operation: .weatherForecast), owner: "platform")
            #expect(rig.vendors.requests.count == 3)
            let fresh = try await rig.engine.submit(weather(isFresh: true), owner: "platform")
            #expect(fresh.call.isFresh && fresh.call.answeredAt == nil && rig.vendors.requests.count == 4)
            let next = try await rig.engine.submit(weather(), owner: "platform")
            #expect(next.call.answeredFrom == fresh.call.id && rig.vendors.requests.count == 4)
        }
    }

    @Test func `what another integration answered is good as long as that one says`() async throws {
        try await run { rig in
            rig.vendors.fail("owm.test", [.connectFailed("refused")])
            let first = try await rig.engine.submit(weather(), owner: "platform")
            #expect(first.integration?.text == "wapi")
            rig.time.advance(by: .seconds(179))
            let second = try await rig.engine.submit(weather(), owner: "platform")
            #expect(second.call.answeredFrom == first.call.id && second.integration?.text == "wapi")
            rig.time.advance(by: .seconds(1))
            let third = try await rig.engine.submit(weather(), owner: "platform")
            #expect(third.call.answeredAt == nil && third.integration?.text == "owm")
        }
    }

    @Test func `many who ask at once are answered by one request`() async throws {
        try await run { rig in
            rig.vendors.damage("owm.test", .slow(.seconds(1)), now: rig.time.now)
            async let all = submitAll(20, rig)
            let isOver = try await rig.pass(atMost: .seconds(20)) {
                let calls = try await rig.engine.list(CallFilter(), before: nil, limit: 30)
                return calls.count == 20 && calls.allSatisfy(\.state.isFinal)
            }
            #expect(isOver)
            let results = try await all
            #expect(results.allSatisfy { $0.call.state == .succeeded })
            #expect(results.filter { $0.call.answeredAt == nil }.count == 1)
            #expect(Set(results.map { $0.reply?.serialized() }).count == 1)
            #expect(rig.vendors.requests.count == 1)
        }
    }

    private func submitAll(_ count: Int, _ rig: CallRig) async throws -> [CallResult] {
        try await withThrowingTaskGroup(of: CallResult.self) { group in
            for _ in 0..<count {
                group.addTask { try await rig.engine.submit(weather(), owner: "platform") }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test func `one that fails for its own reasons takes no other with it`() async throws {
        try await run { rig in
            rig.vendors.damage("owm.test", .blackHole, now: rig.time.now)
            rig.vendors.damage("wapi.test", .blackHole, now: rig.time.now)
            var hasty = weather()
            hasty.deadline = rig.time.now + .seconds(2)
            async let first = rig.engine.submit(hasty, owner: "platform")
            _ = try await rig.pass(atMost: .seconds(2)) { rig.vendors.requests.count == 1 }
            async let second = rig.engine.submit(weather(), owner: "platform")
            _ = try await rig.pass(atMost: .seconds(4)) { rig.vendors.requests.count > 1 }
            rig.vendors.mend("owm.test")
            rig.vendors.mend("wapi.test")
            let isOver = try await rig.pass(atMost: .seconds(30)) { try await rig.engine.openCalls().isEmpty }
            #expect(isOver)
            #expect(try await rig.engine.find(try await first.call.id)?.state == .failed)
            let patient = try #require(try await rig.engine.find(try await second.call.id))
            #expect(patient.state == .succeeded && patient.answeredAt == nil)
        }
    }

    @Test func `payments are looked at anew each time`() async throws {
        let stripe: (name: String, dialect: any CallDialect, credential: [String: String]) = (
            "stripe-main", StripeCalls(), ["key": StripeVendor.secretKeyDefault]
        )
        try await CallRig.run([stripe], vendors: ["stripe-main.test": StripeVendor()]) { rig in
            let charge = CallSubmission(
                .paymentsCharge,
                input: [
                    "amount": ["amount": 500, "currency": "EUR"], "sources": ["stripe": "pm_card_visa"],
                ],
                key: "k"
            )
            let paid = try await rig.engine.submit(charge, owner: "platform")
            let sent = rig.vendors.requests.count
            for _ in 0..<2 {
                let look = CallSubmission(.paymentsGet, input: [:], of: .call(paid.call.id))
                #expect(try await rig.engine.submit(look, owner: "platform").call.answeredAt == nil)
            }
            #expect(rig.vendors.requests.count == sent + 2)
        }
    }

    @Test func `what only lies in flight is shared, and not across a change`() async throws {
        let sendgrid: (name: String, dialect: any CallDialect, credential: [String: String]) = (
            "sendgrid", SendGridCalls(), ["key": SendGridVendor.keyDefault, "from": "venue@example.com"]
        )
        try await CallRig.run([sendgrid], vendors: ["sendgrid.test": SendGridVendor()]) { rig in
            let mail: JSONValue = ["to": ["a@example.com"], "subject": "Saturday", "text": "At six."]
            let send = CallSubmission(.emailSend, input: mail, key: "one")
            let sent = try await rig.engine.submit(send, owner: "platform")
            #expect(sent.call.state == .succeeded)
            let look = CallSubmission(.emailGet, input: [:], of: .call(sent.call.id))
            rig.vendors.damage("sendgrid.test", .slow(.seconds(1)), method: "GET", now: rig.time.now)
            func looks() -> Int { rig.vendors.requests.count { $0.hasPrefix("GET ") } }
            async let first = rig.engine.submit(look, owner: "platform")
            _ = try await rig.pass(atMost: .seconds(1)) { looks() == 1 }
            async let second = rig.engine.submit(look, owner: "platform")
            _ = try await rig.pass(atMost: .milliseconds(250)) { false }
            _ = try await rig.engine.submit(
                CallSubmission(.emailSend, input: mail, key: "two"),
                owner: "platform"
            )
            async let third = rig.engine.submit(look, owner: "platform")
            let isOver = try await rig.pass(atMost: .seconds(10)) {
                let calls = try await rig.engine.list(
                    CallFilter(operation: "email.get"),
                    before: nil,
                    limit: 9
                )
                return calls.count == 3 && calls.allSatisfy(\.state.isFinal)
            }
            #expect(isOver && looks() == 2)
            let (leader, follower, later) = try await (first, second, third)
            #expect(follower.call.answeredFrom == leader.call.id && follower.reply == leader.reply)
            #expect(leader.call.answeredAt == nil && later.call.answeredAt == nil)
            _ = try await withoutWaiting(rig, look)
            #expect(looks() == 3)
        }
    }

    /// Submits while time passes.
    private func withoutWaiting(_ rig: CallRig, _ submission: CallSubmission) async throws -> CallResult {
        async let pending = rig.engine.submit(submission, owner: "platform")
        _ = try await rig.pass(atMost: .seconds(3)) { false }
        return try await pending
    }
}
