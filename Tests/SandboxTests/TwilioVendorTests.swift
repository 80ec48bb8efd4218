import Domain
import Providers
import Sandbox
import Signatures
import Testing

@Suite struct TwilioVendorTests {
    static let tag = "call_01j9x0000000000000000000aa"
    private let callback = "https://usher.example/hooks/twilio?wedding=w1"

    private func account(
        callback: String? = nil,
        token: String = TwilioVendor.tokenDefault
    ) -> IntegrationAccount {
        var credential = [
            "account": Secret(TwilioVendor.accountDefault), "token": Secret(token),
            "from": Secret("+15005550006"),
        ]
        if let callback { credential["status_callback"] = Secret(callback) }
        return IntegrationAccount(
            provider: .twilio,
            baseURL: "https://twilio.sandbox",
            credential: credential
        )
    }

    private func conversation(callback: String? = nil) -> CallConversation<TwilioVendor> {
        CallConversation(TwilioCalls(), TwilioVendor(), account(callback: callback))
    }

    static func call(
        _ operation: Providers.Operation,
        _ json: JSONValue = [:],
        of target: String? = nil,
        tag: String = tag
    ) throws -> CallRequest {
        CallRequest(
            operation: operation,
            input: try CallInput(operation, json),
            target: target,
            key: "0123456789abcdefghijklmnopqrstuv",
            tag: tag,
            startedAt: Instant("2027-06-12T10:00:00Z") ?? Instant(seconds: 0)
        )
    }

    private func text(_ to: String = "+34600111222", _ body: String = "The car is here") throws -> CallRequest
    {
        try Self.call(.smsSend, ["to": .string(to), "body": .string(body)])
    }

    private func outcome(_ verdict: CallVerdict) throws -> CallOutcome {
        guard case .succeeded(let outcome) = verdict else {
            Issue.record("\(verdict)")
            throw CancellationError()
        }
        return outcome
    }

    @Test func `sends a text and tells how far it came`() throws {
        var conversation = conversation(callback: callback)
        let sent = try outcome(try conversation.run(try text()))
        #expect(sent.reply["status"] == "accepted")
        #expect(conversation.vendor.ledger.map(\.kind) == ["sms"])
        #expect(conversation.vendor.ledger.map(\.tag) == [Self.tag])
        #expect(conversation.vendor.ledger.map(\.id) == [sent.reference])
        let get = try Self.call(.smsGet, of: sent.reference)
        conversation.now = conversation.now + .seconds(2)
        #expect(try outcome(try conversation.run(get)).reply["status"] == "sent")
        conversation.now = conversation.now + .seconds(3)
        #expect(try outcome(try conversation.run(get)).reply["status"] == "delivered")
    }

    @Test func `a request that comes twice is two messages`() throws {
        var conversation = conversation()
        _ = try conversation.run(try text())
        _ = try conversation.run(try text())
        #expect(conversation.vendor.ledger.count == 2)
        #expect(conversation.vendor.ledger.map(\.tag) == [nil, nil])
    }

    @Test(arguments: [
        ("+15005550001", "21211"), ("+15005550004", "21610"), ("+15005550009", "21614"),
    ])
    func `refuses what nobody can text`(to: String, code: String) throws {
        var conversation = conversation()
        guard case .refused(let failure) = try conversation.run(try text(to)) else {
            Issue.record("not refused")
            return
        }
        #expect(failure.code == code)
        #expect(conversation.vendor.ledger.isEmpty)
    }

    @Test(arguments: [("+15005550002", "21612"), ("+15005550003", "21408")])
    func `does not send what another way may`(to: String, code: String) throws {
        var conversation = conversation()
        guard case .notApplied(let failure) = try conversation.run(try text(to)) else {
            Issue.record("not left to others")
            return
        }
        #expect(failure.code == code)
    }

    @Test func `knows its account`() throws {
        var conversation = CallConversation(
            TwilioCalls(),
            TwilioVendor(),
            account(token: "wrong-token-of-somebody")
        )
        guard case .notApplied(let failure) = try conversation.run(try text()) else {
            Issue.record("let in")
            return
        }
        #expect(failure.kind == .unauthorized)
        #expect(failure.code == "20003")
    }

    @Test func `signs a callback that its webhook dialect verifies and the news are read from`() throws {
        var conversation = conversation(callback: callback)
        let sent = try outcome(try conversation.run(try text("+34600130003")))
        #expect(conversation.vendor.takeWebhooks(now: conversation.now).isEmpty)
        let hooks = conversation.vendor.takeWebhooks(now: conversation.now + .seconds(5))
        #expect(hooks.map(\.id) == ["\(sent.reference ?? "") sent", "\(sent.reference ?? "") undelivered"])
        #expect(conversation.vendor.takeWebhooks(now: conversation.now + .seconds(9)).isEmpty)
        let dialect = WebhookDialect(.twilio(NoSettings()))
        var states: [MessageReply.Status] = []
        for hook in hooks {
            #expect(hook.url == "\(callback)&usher_call=\(Self.tag)")
            let request = WebhookRequest(url: hook.url, headers: hook.headers, body: hook.body)
            let keys = VerificationKeys([Secret(TwilioVendor.tokenDefault)])
            _ = try dialect.verify(request, keys: keys, now: conversation.now)
            let event = try #require(try dialect.read(request).events.first)
            let part = try #require(event.part)
            let news = try #require(
                MessageNews.read(provider: .twilio, eventType: event.type, body: part.body)
            )
            #expect(news.tag == Self.tag)
            #expect(news.objectID == sent.reference)
            states.append(news.status)
        }
        #expect(states == [.sent, .failed])
    }

    @Test func `a text whose answer was lost is found by its words`() throws {
        var conversation = conversation()
        let dialect = TwilioCalls()
        let call = try text()
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

    @Test func `a text that never arrived is dead after two minutes`() throws {
        var conversation = conversation()
        let dialect = TwilioCalls()
        let call = try text()
        _ = try conversation.run(try text("+34600111222", "Something else"))
        let age = Duration.seconds(120)
        conversation.now = conversation.now + age
        let step = dialect.settle(
            call,
            conversation.account,
            progress: .null,
            age: age,
            round: 2,
            now: conversation.now
        )
        guard case .ask(let request) = step else {
            Issue.record("\(step)")
            return
        }
        let answer = conversation.send(request, content: nil)
        let verdict = dialect.readSettled(
            answer,
            call,
            conversation.account,
            progress: .null,
            age: age,
            round: 2
        )
        guard case .dead = verdict else {
            Issue.record("\(verdict)")
            return
        }
    }

    @Test func `hides what is new while it is told to, and limits its requests`() throws {
        var conversation = conversation()
        let sent = try outcome(try conversation.run(try text()))
        conversation.vendor.conditions.lookUpDelay = .seconds(30)
        guard case .notApplied(let failure) = try conversation.run(try Self.call(.smsGet, of: sent.reference))
        else {
            Issue.record("shown")
            return
        }
        #expect(failure.kind == .notFound)
        var kinds: [ProviderFailure.Kind] = []
        for _ in 0..<TwilioVendor.requestsPerSecond {
            if case .notApplied(let failure) = try conversation.run(try text()) { kinds.append(failure.kind) }
        }
        #expect(kinds.last == .limited)
    }

    @Test func `filters its list by the day a message left`() throws {
        var conversation = conversation()
        _ = try conversation.run(try text())
        let list = { (query: String) in
            ProviderRequest(
                "GET",
                "https://twilio.sandbox/2010-04-01/Accounts/\(TwilioVendor.accountDefault)/Messages.json?\(query)",
                headers: [
                    ("authorization", WireText.basic(TwilioVendor.accountDefault, TwilioVendor.tokenDefault))
                ],
                effect: .none
            )
        }
        let count = { (conversation: inout CallConversation<TwilioVendor>, query: String) in
            conversation.send(list(query), content: nil).json?["messages"]?.array?.count
        }
        #expect(count(&conversation, "DateSent%3E=2027-06-12") == 0)
        conversation.now = conversation.now + .seconds(3)
        #expect(count(&conversation, "DateSent%3E=2027-06-12") == 1)
        #expect(count(&conversation, "DateSent=2027-06-11") == 0)
        #expect(count(&conversation, "To=%2B34600111222&From=%2B15005550006") == 1)
        #expect(count(&conversation, "To=%2B1") == 0)
    }
}
