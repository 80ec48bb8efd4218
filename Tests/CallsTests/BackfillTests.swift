import Calls
import Domain
import Providers
import Resilience
import Sandbox
import Testing
import UsherTesting

@Suite("Backfiller", .onManualClock)
struct BackfillTests {
    private typealias Account = (name: String, dialect: any CallDialect, credential: [String: String])

    private static let stripe: Account = (
        "stripe-main", StripeCalls(), ["key": StripeVendor.secretKeyDefault]
    )
    private static let square: Account = (
        "square-main", SquareCalls(),
        ["token": SquareVendor.accessTokenDefault, "location": SquareVendor.location]
    )
    private static let paypal: Account = (
        "paypal-main", PayPalCalls(),
        [
            "client_id": PayPalVendor.clientIDDefault, "client_secret": PayPalVendor.clientSecretDefault,
        ]
    )
    private static let apple: Account = (
        "apple-main", AppleCalendarCalls(),
        ["user": AppleCalendarVendor.user, "password": AppleCalendarVendor.password]
    )
    private static let google: Account = (
        "google-main", GoogleCalendarCalls(),
        [
            "client_id": VendorTokens.clientID, "client_secret": VendorTokens.clientSecret,
            "refresh_token": VendorTokens.refreshToken,
        ]
    )

    private func charge(_ provider: String, _ source: String, key: String) -> CallSubmission {
        CallSubmission(
            .paymentsCharge,
            input: ["amount": ["amount": 4_200, "currency": "EUR"], "sources": [provider: .string(source)]],
            key: key
        )
    }

    @Test func `an event that never arrived is injected once, one that did is not`() async throws {
        try await CallRig.run([Self.stripe], vendors: ["stripe-main.test": StripeVendor()]) { rig in
            _ = try await rig.engine.submit(charge("stripe", "pm_card_visa", key: "1"), owner: "platform")
            rig.time.advance(by: .seconds(120))
            let inbox = BackfillInbox()
            try await rig.backfilling(into: inbox) { backfiller in
                let first = try await rig.finish(backfiller, since: rig.time.now)
                #expect(!inbox.ids.isEmpty && inbox.ids.allSatisfy { $0.hasPrefix("evt_") })
                #expect(first.injected == Int64(inbox.ids.count))
                #expect(first.lastError == nil)
                let known = inbox.ids
                // What is known is read again for five minutes, and is nothing new.
                let asked = rig.time.now
                #expect(try await backfiller.request(try #require(ResourceName("stripe-main"))))
                let second = try await rig.finish(backfiller, since: asked)
                #expect(inbox.ids == known)
                #expect(inbox.offered == 2 * known.count)
                #expect(second.found == 2 * first.found && second.injected == first.injected)
            }
        }
    }

    @Test func `what is lost between a page and its cursor is read again and injected once`() async throws {
        try await CallRig.run([Self.stripe], vendors: ["stripe-main.test": StripeVendor()]) { rig in
            for key in ["1", "2"] {
                _ = try await rig.engine.submit(charge("stripe", "pm_card_visa", key: key), owner: "platform")
            }
            rig.time.advance(by: .seconds(120))
            let inbox = BackfillInbox()
            inbox.fail(at: 2)
            let broken = try await rig.backfilling(into: inbox) { backfiller in
                try await rig.finish(backfiller, since: rig.time.now)
            }
            #expect(inbox.ids.count == 2)
            #expect(try #require(broken.through) < rig.time.now - .seconds(120) && broken.lastError != nil)
            // Another process, the same database.
            try await rig.backfilling(into: inbox) { backfiller in
                let asked = rig.time.now
                _ = try await backfiller.request(try #require(ResourceName("stripe-main")))
                let row = try await rig.finish(backfiller, since: asked)
                #expect(try #require(row.through) >= asked - .seconds(61) && row.lastError == nil)
                #expect(inbox.ids.count > 2 && Set(inbox.ids).count == inbox.ids.count)
            }
        }
    }

    @Test func `a window with more events than a run takes at a time is read in parts, oldest first`()
        async throws
    {
        try await CallRig.run([Self.stripe], vendors: ["stripe-main.test": StripeVendor()]) { rig in
            try await fill(rig, charges: 700)
            rig.time.advance(by: .seconds(120))
            let inbox = BackfillInbox()
            try await rig.backfilling(into: inbox) { backfiller in
                let start = rig.time.now
                let isThrough = try await rig.pass(atMost: .seconds(600)) {
                    (try await backfiller.list().first?.1.through ?? start - .seconds(3_600)) >= start
                        - .seconds(61)
                }
                #expect(isThrough)
                #expect(inbox.ids.count >= 700)
                #expect(Set(inbox.ids).count == inbox.ids.count)
            }
        }
    }

    /// Charges without the engine: a day's worth of them.
    private func fill(_ rig: CallRig, charges: Int) async throws {
        let stripe = StripeCalls()
        let account = IntegrationAccount(
            provider: .stripe,
            baseURL: "http://stripe-main.test",
            credential: ["key": Secret(StripeVendor.secretKeyDefault)]
        )
        let charge = charge("stripe", "pm_card_visa", key: "1")
        let input = try CallInput(charge.operation, charge.input)
        for number in 0..<charges {
            let now = rig.time.now
            let call = CallRequest(
                operation: charge.operation,
                input: input,
                key: "key-\(number)",
                tag: "call-\(number)",
                startedAt: now
            )
            var progress = JSONValue.null
            charging: for _ in 0..<4 {
                let request = try stripe.next(call, account, progress: progress, now: now)
                let answer = rig.vendors.answer("stripe-main.test", request, now: now)
                switch stripe.read(answer, call, account, progress: progress) {
                case .goOn(let next): progress = next
                case .succeeded: break charging
                case let other: Issue.record("\(other)")
                }
            }
            rig.time.advance(by: .milliseconds(250))
        }
    }

    @Test func `Square's and PayPal's past events are found as well`() async throws {
        let vendors: [String: any VendorMachine] = [
            "square-main.test": SquareVendor(), "paypal-main.test": PayPalVendor(),
        ]
        try await CallRig.run([Self.square, Self.paypal], vendors: vendors, tokens: Self.token) { rig in
            let headers = Headers([
                ("authorization", "Bearer \(SquareVendor.accessTokenDefault)"), ("host", "square-main.test"),
            ])
            _ = rig.vendors.exchange(
                "square-main.test",
                VendorRequest(method: "PUT", path: "/v2/events/enable", headers: headers),
                now: rig.time.now
            )
            let square = try await rig.engine.submit(
                charge("square", "cnon:card-nonce-ok", key: "1"),
                owner: "platform"
            )
            #expect(square.call.state == .succeeded)
            rig.time.advance(by: .seconds(120))
            let inbox = BackfillInbox()
            try await rig.backfilling(into: inbox) { backfiller in
                let start = rig.time.now
                #expect(try await rig.finish(backfiller, since: start, 1).injected > 0)
                let paypal = try await rig.finish(backfiller, since: start, 2)
                #expect(paypal.lastError == nil && paypal.through != nil)
            }
        }
    }

    /// What the vendor's token endpoint gives.
    private static let token: @Sendable (CallRig.Vendors, CallIntegration, Instant) -> Secret? = {
        vendors,
        integration,
        now in
        let account = integration.account
        let isPayPal = account.provider == .paypal
        let basic = WireText.basic(account.text("client_id"), account.text("client_secret"))
        let form = WireText.form(
            isPayPal
                ? [("grant_type", "client_credentials")]
                : [
                    ("grant_type", "refresh_token"), ("client_id", account.text("client_id")),
                    ("client_secret", account.text("client_secret")),
                    ("refresh_token", account.text("refresh_token")),
                ]
        )
        let exchange = vendors.exchange(
            "\(integration.name).test",
            VendorRequest(
                method: "POST",
                path: isPayPal ? "/v1/oauth2/token" : "/token",
                headers: Headers([
                    ("authorization", basic), ("content-type", "application/x-www-form-urlencoded"),
                ]),
                body: Array(form.utf8)
            ),
            now: now
        )
        guard case .answer(let answer, _) = exchange,
            let token = (try? JSONParser.parse(answer.body))?["access_token"]?.string
        else { return nil }
        return Secret(token)
    }

    // MARK: Calendars

    private func item(_ integration: String, _ title: String, key: String) -> CallSubmission {
        CallSubmission(
            .calendarCreate,
            input: [
                "title": .string(title), "start": ["at": "2027-06-12T15:00:00", "zone": "Europe/Madrid"],
                "end": ["at": "2027-06-12T18:00:00", "zone": "Europe/Madrid"],
            ],
            of: ResourceName(integration).map { .object(integration: $0, reference: nil) },
            key: key
        )
    }

    /// Has a call done while time passes: calendars take few requests a second.
    private func done(_ submission: CallSubmission, _ rig: CallRig) async throws -> CallID {
        var submission = submission
        submission.isAsync = true
        let id = try await rig.engine.submit(submission, owner: "platform").call.id
        let isDone = try await rig.pass(atMost: .seconds(120)) {
            try await rig.engine.result(of: id)?.call.state.isFinal == true
        }
        #expect(isDone)
        let result = try await rig.engine.result(of: id)
        #expect(result?.call.state == .succeeded, "\(String(describing: result?.call.failure))")
        return id
    }

    @Test(arguments: ["apple-main", "google-main"])
    func `each version of a change is one event, and what was there before is none`(
        _ name: String
    ) async throws {
        let vendors: [String: any VendorMachine] = [
            "apple-main.test": AppleCalendarVendor(), "google-main.test": GoogleCalendarVendor(),
        ]
        let account = name == "apple-main" ? Self.apple : Self.google
        try await CallRig.run([account], vendors: vendors, tokens: Self.token) { rig in
            _ = try await done(item(name, "Tasting", key: "1"), rig)
            let inbox = BackfillInbox()
            try await rig.backfilling(into: inbox) { backfiller in
                let integration = try #require(ResourceName(name))
                let first = try await rig.finish(backfiller, since: rig.time.now)
                #expect(first.lastError == nil && first.through != nil)
                #expect(inbox.offered == 0)
                // Made, then deleted: two versions.
                let made = try await done(item(name, "Ceremony", key: "2"), rig)
                for expected in [1, 1, 2, 2] {
                    if expected == 2, inbox.ids.count == 1 {
                        let gone = CallSubmission(
                            .calendarCancel,
                            input: [:],
                            of: .call(made),
                            key: "3"
                        )
                        _ = try await done(gone, rig)
                    }
                    let asked = rig.time.now
                    _ = try await backfiller.request(integration)
                    let row = try await rig.finish(backfiller, since: asked)
                    #expect(row.lastError == nil)
                    #expect(inbox.ids.count == expected)
                    rig.time.advance(by: .seconds(1))
                }
            }
        }
    }

    // MARK: When

    @Test func `an integration whose breaker has closed again is read at once`() async throws {
        try await CallRig.run([Self.stripe], vendors: ["stripe-main.test": StripeVendor()]) { rig in
            let inbox = BackfillInbox()
            try await rig.backfilling(into: inbox) { backfiller in
                let first = try await rig.finish(backfiller, since: rig.time.now)
                rig.vendors.damage("stripe-main.test", .refuse, now: rig.time.now)
                var number = 0
                func call() async throws {
                    number += 1
                    var submission = charge("stripe", "pm_card_visa", key: "c\(number)")
                    submission.isAsync = true
                    _ = try await rig.engine.submit(submission, owner: "platform")
                }
                func isClosed() -> Bool? {
                    ResourceName("stripe-main").flatMap { rig.engine.integration($0) }
                        .flatMap { rig.engine.desk.view($0, onlyKnown: true) }.map {
                            $0.health.breaker == .closed
                        }
                }
                let isOpen = try await rig.pass(atMost: .seconds(120)) {
                    try await call()
                    return isClosed() == false
                }
                #expect(isOpen)
                _ = try await rig.pass(atMost: .seconds(6)) { false }
                rig.vendors.mend("stripe-main.test")
                let mended = rig.time.now
                let isRead = try await rig.pass(atMost: .seconds(600)) {
                    if isClosed() == false { try await call() }
                    let row = try await backfiller.list().first?.1
                    return row?.lastRunAt.map { $0 >= mended } == true && row?.leaseUntil == nil
                }
                #expect(isRead)
                #expect(rig.time.now < first.dueAt)
            }
        }
    }

    @Test func `after an absence everything is read at once`() async throws {
        try await CallRig.run([Self.stripe], vendors: ["stripe-main.test": StripeVendor()]) { rig in
            let inbox = BackfillInbox()
            let first = try await rig.backfilling(into: inbox) { backfiller in
                try await rig.finish(backfiller, since: rig.time.now)
            }
            rig.time.advance(by: .seconds(40))
            let shortly = try await rig.backfilling(into: inbox) { backfiller in
                _ = try await rig.pass(atMost: .seconds(7)) { false }
                return try await backfiller.list().first?.1
            }
            #expect(shortly?.lastRunAt == first.lastRunAt)
            rig.time.advance(by: .seconds(61))
            try await rig.backfilling(into: inbox) { backfiller in
                let start = rig.time.now
                let row = try await rig.finish(backfiller, since: start)
                #expect(try #require(row.lastRunAt) < first.dueAt)
            }
        }
    }

    @Test func `without a place for what is found nothing is asked, and nothing is taken for known`()
        async throws
    {
        try await CallRig.run([Self.stripe], vendors: ["stripe-main.test": StripeVendor()]) { rig in
            let inbox = BackfillInbox()
            inbox.obstruct("there is no source")
            try await rig.backfilling(into: inbox) { backfiller in
                let row = try await rig.finish(backfiller, since: rig.time.now)
                #expect(row.lastError == "no_source: there is no source")
                #expect(row.through == nil)
                #expect(rig.vendors.requests.isEmpty)
                #expect(try await backfiller.request(try #require(ResourceName("nobody"))) == false)
            }
        }
    }
}
