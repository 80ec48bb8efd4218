import Domain
import Providers
import Sandbox
import Signatures
import Testing

@Suite struct ZoomVendorTests {
    private static let secretToken = Secret("zoom-secret-token-of-the-app")
    private let settings = VendorSettings(
        webhookURL: "https://usher.example/hooks/zoom",
        webhookKeys: SigningKeys([secretToken])
    )
    private let input: JSONValue = [
        "topic": "Rehearsal", "start": ["at": "2027-06-11T10:00:00", "zone": "Europe/Madrid"], "minutes": 45,
        "agenda": "Order of the day",
    ]

    private func tokenRequest(
        secret: String = ZoomVendor.secretDefault,
        grant: String = "account_credentials"
    )
        -> ProviderRequest
    {
        ProviderRequest(
            "POST",
            "https://zoom.sandbox/oauth/token",
            headers: [
                ("authorization", WireText.basic(ZoomVendor.clientDefault, secret)),
                ("content-type", "application/x-www-form-urlencoded"),
            ],
            body: .bytes(Array("grant_type=\(grant)&account_id=\(ZoomVendor.accountDefault)".utf8)),
            effect: .none
        )
    }

    private func account(_ token: String?) -> IntegrationAccount {
        IntegrationAccount(
            provider: .zoom,
            baseURL: "https://zoom.sandbox/v2",
            credential: ["host": Secret("planner@example.com")],
            accessToken: token.map { Secret($0) }
        )
    }

    /// A conversation whose account has a token.
    private func conversation(_ vendor: ZoomVendor) throws -> CallConversation<ZoomVendor> {
        var first = CallConversation(ZoomCalls(), vendor, account(nil))
        let answer = first.send(tokenRequest(), content: nil)
        let token = try #require(answer.json?["access_token"]?.string)
        return CallConversation(ZoomCalls(), first.vendor, account(token))
    }

    private func call(
        _ operation: Providers.Operation,
        _ json: JSONValue = [:],
        of target: String? = nil
    ) throws
        -> CallRequest
    {
        try TwilioVendorTests.call(operation, json, of: target)
    }

    private func outcome(_ verdict: CallVerdict) throws -> CallOutcome {
        guard case .succeeded(let outcome) = verdict else {
            Issue.record("\(verdict)")
            throw CancellationError()
        }
        return outcome
    }

    @Test func `gives tokens to its app alone`() {
        var conversation = CallConversation(ZoomCalls(), ZoomVendor(), account(nil))
        let given = conversation.send(tokenRequest(), content: nil)
        #expect(given.status == 200)
        #expect(given.json?["expires_in"] == 3599)
        #expect(
            conversation.send(tokenRequest(secret: "wrong"), content: nil).json?["error"] == "invalid_client"
        )
        let grant = conversation.send(tokenRequest(grant: "client_credentials"), content: nil)
        #expect(grant.json?["error"] == "unsupported_grant_type")
    }

    @Test func `makes, changes, tells and cancels a meeting, and sends signed events`() throws {
        var conversation = try conversation(ZoomVendor(settings: settings))
        let made = try outcome(try conversation.run(try call(.videoCreate, input)))
        let id = try #require(made.reference)
        // Ten o'clock in Madrid's summer.
        #expect(made.reply["start"] == "2027-06-11T08:00:00Z")
        conversation.now = conversation.now + .seconds(1)
        _ = try outcome(
            try conversation.run(try call(.videoUpdate, ["minutes": 60, "agenda": "New"], of: id))
        )
        let told = try outcome(try conversation.run(try call(.videoGet, of: id)))
        #expect(told.reply["minutes"] == 60)
        #expect(told.reply["topic"] == "Rehearsal")
        #expect(
            try outcome(try conversation.run(try call(.videoCancel, of: id))).reply["status"] == "cancelled"
        )
        #expect(
            try outcome(try conversation.run(try call(.videoCancel, of: id))).reply["status"] == "cancelled"
        )
        let ledger = conversation.vendor.ledger
        #expect(ledger.map(\.kind) == ["meeting", "update", "deletion"])
        #expect(ledger.map(\.tag) == [TwilioVendorTests.tag, TwilioVendorTests.tag, nil])
        let hooks = conversation.vendor.takeWebhooks(now: conversation.now)
        let dialect = WebhookDialect(.zoom(ZoomSettings()))
        var types: [String] = []
        for hook in hooks {
            let request = WebhookRequest(url: hook.url, headers: hook.headers, body: hook.body)
            _ = try dialect.verify(request, keys: VerificationKeys([Self.secretToken]), now: conversation.now)
            let event = try #require(try dialect.read(request).events.first)
            #expect(event.orderingKey == Array(id.utf8))
            types.append(event.type)
        }
        #expect(types == ["meeting.created", "meeting.updated", "meeting.deleted"])
    }

    @Test func `a token does not outlive its hour`() throws {
        var conversation = try conversation(ZoomVendor())
        conversation.now = conversation.now + ZoomVendor.tokenLifetimeDefault
        guard case .notApplied(let failure) = try conversation.run(try call(.videoCreate, input)) else {
            Issue.record("let in")
            return
        }
        #expect(failure.kind == .unauthorized)
        #expect(failure.code == "124")
        #expect(conversation.vendor.ledger.isEmpty)
    }

    @Test func `finds a meeting whose answer was lost by the tag, which a list does not cut off`() throws {
        var conversation = try conversation(ZoomVendor())
        let dialect = ZoomCalls()
        guard var members = input.object else { return }
        members.removeAll { $0.name == "agenda" }
        members.append(JSONMember("agenda", .string(String(repeating: "x", count: 1_500))))
        let call = try call(.videoCreate, .object(members))
        let lost = try dialect.next(call, conversation.account, progress: .null, now: conversation.now)
        _ = conversation.send(lost, content: nil)
        let age = Duration.seconds(5)
        conversation.now = conversation.now + age
        let step = dialect.settle(
            call,
            conversation.account,
            progress: .null,
            age: age,
            round: 0,
            now: conversation.now
        )
        guard case .ask(let request) = step else {
            Issue.record("\(step)")
            return
        }
        let answer = conversation.send(request, content: nil)
        #expect(answer.json?["meetings"]?.array?.first?["agenda"]?.string?.count == 250)
        let verdict = dialect.readSettled(
            answer,
            call,
            conversation.account,
            progress: .null,
            age: age,
            round: 0
        )
        guard case .succeeded(let outcome) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(outcome.reference == conversation.vendor.ledger.first?.id)
    }

    @Test func `grants a user a hundred changes a day and names the instant of the next`() throws {
        var conversation = try conversation(ZoomVendor())
        for _ in 0..<ZoomVendor.changesPerDay {
            _ = try outcome(try conversation.run(try call(.videoCreate, input)))
            conversation.now = conversation.now + .seconds(1)
        }
        guard case .notApplied(let failure) = try conversation.run(try call(.videoCreate, input)) else {
            Issue.record("made")
            return
        }
        #expect(failure.kind == .limited)
        let midnight = try #require(Instant("2027-06-13T00:00:00Z"))
        #expect(failure.wait == midnight - conversation.now)
        #expect(conversation.vendor.ledger.count == ZoomVendor.changesPerDay)
    }

    @Test func `limits Medium requests to two a second`() throws {
        var conversation = try conversation(ZoomVendor())
        let verdicts = try (0..<3).map { _ in try conversation.run(try call(.videoCreate, input)) }
        guard case .notApplied(let failure) = verdicts[2] else {
            Issue.record("made")
            return
        }
        #expect(failure.kind == .limited)
        #expect(failure.code == "429")
    }

    @Test func `says what is wrong with a meeting, and that nobody is nobody`() throws {
        var conversation = try conversation(ZoomVendor())
        let zone: JSONValue = [
            "topic": "T", "start": ["at": "2027-06-11T10:00:00", "zone": "Mars/Base"], "minutes": 5,
        ]
        guard case .notApplied(let failure) = try conversation.run(try call(.videoCreate, zone)) else {
            Issue.record("made")
            return
        }
        #expect(failure.kind == .rejected)
        #expect(failure.code == "300")
        guard var members = input.object else { return }
        members.append(JSONMember("host", "nobody@example.com"))
        guard case .notApplied(let missing) = try conversation.run(try call(.videoCreate, .object(members)))
        else {
            Issue.record("made")
            return
        }
        #expect(missing.kind == .notFound)
        #expect(missing.code == "1001")
    }
}
