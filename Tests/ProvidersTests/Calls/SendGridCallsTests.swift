import Domain
import Providers
import Resilience
import Testing

@Suite struct SendGridCallsTests {
    private typealias Fixture = MessagingFixture
    private let dialect = SendGridCalls()
    private let input: JSONValue = [
        "to": ["couple@example.com", "mother@example.com"], "subject": "Saturday", "text": "Come at two.",
        "html": "<p>Come at two.</p>", "reply_to": "planner@example.com",
    ]

    private func read(_ answer: ProviderAnswer) throws -> CallVerdict {
        dialect.read(answer, try Fixture.call(.emailSend, input), Fixture.sendgrid, progress: .null)
    }

    @Test func `sends each recipient a copy of their own with the tag among the custom arguments`() throws {
        let call = try Fixture.call(.emailSend, input)
        try dialect.check(call)
        let request = try dialect.next(call, Fixture.sendgrid, progress: .null, now: Fixture.now)
        #expect(request.method == "POST")
        #expect(request.url == "https://api.sendgrid.com/v3/mail/send")
        #expect(request.field("authorization") == "Bearer SG.secret-key")
        #expect(request.effect == .takesEffect)
        #expect(
            request.text == """
                {"personalizations":[{"to":[{"email":"couple@example.com"}]},{"to":[{"email":"mother@example.com"}]}],\
                "from":{"email":"hello@venue.example"},"reply_to":{"email":"planner@example.com"},\
                "subject":"Saturday","content":[{"type":"text/plain","value":"Come at two."},\
                {"type":"text/html","value":"<p>Come at two.</p>"}],"custom_args":{"usher_call":"\(Fixture.tag)"}}
                """
        )
    }

    @Test func `asks for a sender when nobody has one`() throws {
        let account = IntegrationAccount(
            provider: .sendgrid,
            baseURL: "https://api.sendgrid.com",
            credential: ["key": Secret("SG.secret-key")]
        )
        let call = try Fixture.call(.emailSend, input)
        #expect(throws: CallInputError.self) {
            try dialect.next(call, account, progress: .null, now: Fixture.now)
        }
    }

    @Test func `takes 202 for acceptance under its message id`() throws {
        let verdict = try read(Fixture.answer(202, headers: [("x-message-id", "Ua9z9lSTSaqYBWJe_Xfc-Q")]))
        let id = "Ua9z9lSTSaqYBWJe_Xfc-Q"
        let reply = MessageReply(status: .accepted, id: id).json
        #expect(verdict == .succeeded(CallOutcome(reply: reply, reference: id)))
        #expect(try read(Fixture.answer(202)).outcome?.reference == nil)
        #expect(try read(Fixture.answer(200)).word == "succeeded")
    }

    @Test(arguments: [
        (400, "Bad Request", "notApplied", ProviderFailure.Kind.rejected),
        (401, "The provided authorization grant is invalid", "notApplied", .unauthorized),
        (401, "Maximum credits exceeded", "notApplied", .limited),
        (403, "The from address does not match a verified Sender Identity.", "notApplied", .unauthorized),
        (404, "not found", "notApplied", .notFound), (405, "method not allowed", "notApplied", .rejected),
        (413, "too large", "notApplied", .rejected), (429, "too many requests", "notApplied", .limited),
        (500, "internal", "inDoubt", .unavailable), (503, "unavailable", "inDoubt", .unavailable),
    ])
    func `tells failures apart`(status: Int, text: String, word: String, kind: ProviderFailure.Kind) throws {
        let json: JSONValue = ["errors": [["message": .string(text), "field": .null, "help": .null]]]
        let verdict = try read(Fixture.answer(status, json))
        #expect(verdict.word == word)
        #expect(verdict.failure?.kind == kind)
        #expect(verdict.failure?.message == text)
        #expect(verdict.failure?.code == "http_\(status)")
    }

    @Test func `waits for its events and then asks a person`() throws {
        let call = try Fixture.call(.emailSend, input)
        let settle = { (age: Duration) in
            dialect.settle(
                call,
                Fixture.sendgrid,
                progress: .null,
                age: age,
                round: 0,
                now: Fixture.now + age
            )
        }
        #expect(settle(.seconds(10)) == .wait(.seconds(590)))
        guard case .hold(let text) = settle(.seconds(600)) else {
            Issue.record("nobody was asked")
            return
        }
        #expect(text.contains(Fixture.tag))
    }

    @Test func `reads its limits from the reset in Unix seconds`() throws {
        let reset = "\(Fixture.now.seconds + 40)"
        let headers = [
            ("x-ratelimit-limit", "600"), ("x-ratelimit-remaining", "12"), ("x-ratelimit-reset", reset),
        ]
        #expect(
            dialect.limits(in: Fixture.answer(200, headers: headers))
                == [.remaining(limit: "reads", count: 12, resetIn: .seconds(40))]
        )
        #expect(
            dialect.limits(in: Fixture.answer(202, headers: headers))
                == [.remaining(limit: "mail_send", count: 12, resetIn: .seconds(40))]
        )
        let refused = Fixture.answer(429, headers: headers)
        #expect(dialect.limits(in: refused) == [.refused(limit: nil, wait: .seconds(40))])
        #expect(try read(refused).failure?.wait == .seconds(40))
        #expect(dialect.limits(in: Fixture.answer(200)).isEmpty)
    }

    @Test func `looks a mail up by the beginning of its copies' ids`() throws {
        let call = try Fixture.call(.emailGet, of: "Ua9z9lSTSaqYBWJe_Xfc-Q")
        let request = try dialect.next(call, Fixture.sendgrid, progress: .null, now: Fixture.now)
        #expect(
            request.url == """
                https://api.sendgrid.com/v3/messages?query=msg_id%20LIKE%20%27Ua9z9lSTSaqYBWJe_Xfc-Q%25%27&limit=1000
                """
        )
        #expect(throws: CallInputError.self) {
            try dialect.check(try Fixture.call(.emailGet, of: "a' OR '1"))
        }
    }

    @Test(arguments: [
        (["delivered", "delivered"], "delivered"), (["delivered", "processed"], "accepted"),
        (["delivered", "not_delivered"], "failed"), (["processed"], "accepted"),
    ])
    func `tells the worst of the copies`(states: [String], status: String) throws {
        let call = try Fixture.call(.emailGet, of: "Ua9z9lSTSaqYBWJe_Xfc-Q")
        let messages = JSONValue.array(states.map { ["status": .string($0)] })
        let answer = Fixture.answer(200, ["messages": messages])
        let verdict = dialect.read(answer, call, Fixture.sendgrid, progress: .null)
        #expect(verdict.outcome?.reply["status"]?.string == status)
        let none = dialect.read(
            Fixture.answer(200, ["messages": []]),
            call,
            Fixture.sendgrid,
            progress: .null
        )
        #expect(none.failure?.kind == .notFound)
    }
}

@Suite struct MessageNewsTests {
    private typealias Fixture = MessagingFixture

    @Test(arguments: [
        ("sent", MessageReply.Status.sent), ("delivered", .delivered), ("undelivered", .failed),
        ("queued", .accepted),
    ])
    func `reads what Twilio's callback tells`(status: String, state: MessageReply.Status) {
        let code = state == .failed ? "&ErrorCode=30003" : ""
        let body =
            "wedding=w1&usher_call=\(Fixture.tag)&MessageSid=\(Fixture.message)&MessageStatus=\(status)\(code)"
        let news = MessageNews.read(provider: .twilio, eventType: "message.\(status)", body: Array(body.utf8))
        #expect(news?.tag == Fixture.tag)
        #expect(news?.objectID == Fixture.message)
        #expect(news?.status == state)
        #expect(news?.errorCode == (state == .failed ? "30003" : nil))
        #expect(news?.outcome.reference == Fixture.message)
        #expect(news?.outcome.reply["status"]?.string == state.rawValue)
    }

    @Test func `reads nothing from a message that came in`() {
        let body = "MessageSid=\(Fixture.message)&Body=hi&From=%2B1&usher_call=\(Fixture.tag)"
        #expect(
            MessageNews.read(provider: .twilio, eventType: "message.received", body: Array(body.utf8)) == nil
        )
    }

    @Test func `takes nothing for a tag that is no call's id`() {
        for tag in ["call_1", "evt_01j9x0000000000000000000aa", ""] {
            let body = "usher_call=\(tag)&MessageSid=\(Fixture.message)&MessageStatus=sent"
            let news = MessageNews.read(provider: .twilio, eventType: "message.sent", body: Array(body.utf8))
            #expect(news?.objectID == Fixture.message)
            #expect(news?.tag == nil)
        }
    }

    @Test(
        arguments: [
            ("processed", MessageReply.Status.accepted, nil), ("deferred", .accepted, nil),
            ("delivered", .delivered, nil),
            ("open", .delivered, nil), ("bounce", .failed, "5.1.1"), ("dropped", .failed, "5.1.1"),
        ] as [(String, MessageReply.Status, String?)]
    )
    func `reads what SendGrid's event tells`(word: String, state: MessageReply.Status, code: String?) {
        let event: JSONValue = [
            "event": .string(word), "sg_message_id": "Ua9z9lSTSaqYBWJe_Xfc-Q.recvd-1-2-0.0",
            "status": "5.1.1",
            "usher_call": .string(Fixture.tag),
        ]
        let news = MessageNews.read(provider: .sendgrid, eventType: "email.\(word)", body: event.serialized())
        #expect(news?.tag == Fixture.tag)
        #expect(news?.objectID == "Ua9z9lSTSaqYBWJe_Xfc-Q")
        #expect(news?.status == state)
        #expect(news?.errorCode == code)
    }

    @Test func `reads nothing from other events and other providers`() {
        let event: JSONValue = ["sg_message_id": "a.b"]
        #expect(
            MessageNews.read(provider: .sendgrid, eventType: "email.unheard", body: event.serialized()) == nil
        )
        #expect(MessageNews.read(provider: .sendgrid, eventType: "email.open", body: Array("[".utf8)) == nil)
        #expect(MessageNews.read(provider: .stripe, eventType: "email.open", body: event.serialized()) == nil)
    }
}
