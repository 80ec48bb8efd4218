import Domain
import Providers
import Resilience
import Sandbox
import Signatures
import Testing
import UsherTesting

@Suite struct SendGridVendorTests {
    private let account = IntegrationAccount(
        provider: .sendgrid,
        baseURL: "https://sendgrid.sandbox",
        credential: ["key": Secret(SendGridVendor.keyDefault), "from": Secret("hello@venue.example")]
    )

    private func mail(_ to: [String]) throws -> CallRequest {
        try TwilioVendorTests.call(
            .emailSend,
            ["to": .array(to.map { .string($0) }), "subject": "Saturday", "text": "Come at two."]
        )
    }

    private func accepted(_ verdict: CallVerdict) throws -> Providers.CallOutcome {
        guard case .succeeded(let outcome) = verdict else {
            Issue.record("\(verdict)")
            throw CancellationError()
        }
        return outcome
    }

    @Test func `takes a mail once and tells how far it came`() throws {
        var conversation = CallConversation(SendGridCalls(), SendGridVendor(), account)
        let sent = try accepted(try conversation.run(try mail(["a@example.com", "b@example.com"])))
        #expect(conversation.vendor.ledger.map(\.kind) == ["email"])
        #expect(conversation.vendor.ledger.map(\.tag) == [TwilioVendorTests.tag])
        #expect(conversation.vendor.ledger.map(\.id) == [sent.reference])
        let get = try TwilioVendorTests.call(.emailGet, of: sent.reference)
        #expect(try accepted(try conversation.run(get)).reply["status"] == "accepted")
        conversation.now = conversation.now + .seconds(3)
        #expect(try accepted(try conversation.run(get)).reply["status"] == "delivered")
        let bounced = try accepted(try conversation.run(try mail(["a@example.com", "bounce@example.com"])))
        conversation.now = conversation.now + .seconds(3)
        let failed = try accepted(
            try conversation.run(try TwilioVendorTests.call(.emailGet, of: bounced.reference))
        )
        #expect(failed.reply["status"] == "failed")
    }

    @Test func `signs its events, and their news carry the tag`() throws {
        let pem = Secret(SendGridSignature.newPrivateKey(random: RandomSource.seeded(3)))
        let publicKey = try #require(SendGridSignature.publicKey(of: pem))
        let settings = VendorSettings(
            webhookURL: "https://usher.example/hooks/sendgrid",
            webhookKeys: SigningKeys([], privateKey: SigningKeys.PrivateKey(pem: pem))
        )
        var conversation = CallConversation(SendGridCalls(), SendGridVendor(settings: settings), account)
        let sent = try accepted(
            try conversation.run(
                try mail(["a@example.com", "bounce@example.com", "unsubscribed@example.com"])
            )
        )
        #expect(conversation.vendor.takeWebhooks(now: conversation.now).isEmpty)
        let now = conversation.now + .seconds(3)
        let hooks = conversation.vendor.takeWebhooks(now: now)
        #expect(hooks.count == 1)
        let hook = try #require(hooks.first)
        let request = WebhookRequest(url: hook.url, headers: hook.headers, body: hook.body)
        let dialect = WebhookDialect(.sendgrid(SendGridSettings()))
        _ = try dialect.verify(request, keys: VerificationKeys([Secret(publicKey)]), now: now)
        let events = try dialect.read(request).events
        #expect(
            events.map(\.type).sorted() == [
                "email.bounce", "email.delivered", "email.dropped", "email.processed", "email.processed",
            ]
        )
        for event in events {
            let part = try #require(event.part)
            let news = try #require(
                MessageNews.read(provider: .sendgrid, eventType: event.type, body: part.body)
            )
            #expect(news.tag == TwilioVendorTests.tag)
            #expect(news.objectID == sent.reference)
        }
    }

    @Test func `refuses a sender it has not verified, a key it does not know and a double recipient`() throws
    {
        var conversation = CallConversation(SendGridCalls(), SendGridVendor(), account)
        let stranger = try TwilioVendorTests.call(
            .emailSend,
            ["to": ["a@example.com"], "from": "me@unverified.example", "subject": "s", "text": "t"]
        )
        guard case .notApplied(let failure) = try conversation.run(stranger) else {
            Issue.record("sent")
            return
        }
        #expect(failure.kind == .unauthorized)
        let other = IntegrationAccount(
            provider: .sendgrid,
            baseURL: "https://sendgrid.sandbox",
            credential: ["key": Secret("SG.unknown"), "from": Secret("hello@venue.example")]
        )
        var unknown = CallConversation(SendGridCalls(), SendGridVendor(), other)
        guard case .notApplied(let refusal) = try unknown.run(try mail(["a@example.com"])) else {
            Issue.record("let in")
            return
        }
        #expect(refusal.kind == .unauthorized)
        #expect(conversation.vendor.ledger.isEmpty && unknown.vendor.ledger.isEmpty)
    }

    @Test(arguments: [
        ("{}", 400, "personalizations"), (#"{"personalizations":[{}]}"#, 400, "personalizations.0.to"),
        (#"{"personalizations":[{"to":[{"email":"a"}]}]}"#, 400, "personalizations.0.to.0.email"),
        (
            #"{"personalizations":[{"to":[{"email":"a@b.c"},{"email":"A@b.c"}]}]}"#, 400,
            "personalizations.0.to"
        ),
        (#"{"personalizations":[{"to":[{"email":"a@b.c"}]}]}"#, 400, "from.email"),
        (#"{"personalizations":[{"to":[{"email":"a@b.c"}]}],"from":{"email":"a@b.c"}}"#, 400, "subject"),
        (
            #"{"personalizations":[{"to":[{"email":"a@b.c"}]}],"from":{"email":"a@b.c"},"subject":"s"}"#, 400,
            "content"
        ),
    ])
    func `names the field that is wrong`(body: String, status: Int, field: String) {
        var vendor = SendGridVendor()
        var random = SeededRandom(seed: 1)
        let request = VendorRequest(
            method: "POST",
            path: "/v3/mail/send",
            headers: Headers([("authorization", "Bearer \(SendGridVendor.keyDefault)")]),
            body: Array(body.utf8)
        )
        let answer = vendor.answer(request, now: Instant(seconds: 1_800_000_000), random: &random)
        #expect(answer.status == status)
        let error = (try? JSONParser.parse(answer.body))?["errors"]?.array?.first
        #expect(error?["field"]?.string == field)
    }

    @Test func `sends nothing in sandbox mode`() {
        var vendor = SendGridVendor()
        var random = SeededRandom(seed: 1)
        let body: JSONValue = [
            "personalizations": [["to": [["email": "a@b.c"]]]], "from": ["email": "a@b.c"], "subject": "s",
            "content": [["type": "text/plain", "value": "t"]],
            "mail_settings": ["sandbox_mode": ["enable": true]],
        ]
        let request = VendorRequest(
            method: "POST",
            path: "/v3/mail/send",
            headers: Headers([("authorization", "Bearer \(SendGridVendor.keyDefault)")]),
            body: body.serialized()
        )
        #expect(vendor.answer(request, now: Instant(seconds: 1_800_000_000), random: &random).status == 200)
        #expect(vendor.ledger.isEmpty)
    }

    @Test func `counts reads by the minute and says when it turns`() throws {
        var conversation = CallConversation(SendGridCalls(), SendGridVendor(), account)
        conversation.vendor.conditions.limitShare = 0.01
        var answer = ProviderAnswer(status: 0, headers: Headers(), body: [], at: conversation.now)
        for _ in 0..<7 {
            answer = conversation.send(SendGridCalls().probe(account, now: conversation.now), content: nil)
        }
        #expect(answer.status == 429)
        #expect(SendGridCalls().limits(in: answer) == [.refused(limit: nil, wait: .seconds(60))])
        conversation.now = conversation.now + .seconds(60)
        answer = conversation.send(SendGridCalls().probe(account, now: conversation.now), content: nil)
        #expect(
            SendGridCalls().limits(in: answer) == [
                .remaining(limit: "reads", count: 5, resetIn: .seconds(60))
            ]
        )
    }
}
