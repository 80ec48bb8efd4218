import Domain
import Providers
import Resilience
import Testing

@Suite struct TwilioCallsTests {
    private typealias Fixture = MessagingFixture
    private let dialect = TwilioCalls()
    private let input: JSONValue = ["to": "+34600111222", "body": "The car is here: 5 € & more"]

    private func send(_ account: IntegrationAccount, _ json: JSONValue? = nil) throws -> ProviderRequest {
        let call = try Fixture.call(.smsSend, json ?? input)
        try dialect.check(call)
        return try dialect.next(call, account, progress: .null, now: Fixture.now)
    }

    private func message(
        _ status: String = "queued",
        body: String = "The car is here: 5 € & more",
        created: String = "Sat, 12 Jun 2027 10:00:01 +0000",
        to: String = "+34600111222"
    ) -> JSONValue {
        [
            "sid": .string(Fixture.message), "status": .string(status), "body": .string(body),
            "to": .string(to),
            "date_created": .string(created), "direction": "outbound-api", "error_code": .null,
        ]
    }

    @Test func `sends a text as a form with the tag in the callback`() throws {
        let request = try send(Fixture.twilio(callback: "https://usher.example/hooks/twilio?wedding=w1#rc=3"))
        #expect(request.method == "POST")
        #expect(
            request.url
                == "https://api.twilio.com/2010-04-01/Accounts/\(Fixture.twilioAccount)/Messages.json"
        )
        #expect(request.effect == .takesEffect)
        #expect(
            request.field("authorization")
                == "Basic \(Base64.encode(Array("\(Fixture.twilioAccount):secret-auth-token".utf8)))"
        )
        #expect(request.field("content-type") == "application/x-www-form-urlencoded")
        #expect(
            request.text == """
                To=%2B34600111222&From=%2B15005550006&Body=The%20car%20is%20here%3A%205%20%E2%82%AC%20%26%20more\
                &StatusCallback=https%3A%2F%2Fusher.example%2Fhooks%2Ftwilio%3Fwedding%3Dw1%26usher_call%3D\
                \(Fixture.tag)%23rc%3D3
                """
        )
    }

    @Test func `begins the query of a callback without one`() throws {
        let text = try #require(try send(Fixture.twilio(callback: "https://usher.example/t")).text)
        #expect(
            text.hasSuffix("StatusCallback=https%3A%2F%2Fusher.example%2Ft%3Fusher_call%3D\(Fixture.tag)")
        )
    }

    @Test func `builds the same request twice`() throws {
        #expect(try send(Fixture.twilio()) == send(Fixture.twilio()))
    }

    @Test func `names a messaging service by its own field`() throws {
        let service = "MG00000000000000000000000000000001"
        let text = try #require(try send(Fixture.twilio(from: service)).text)
        #expect(text.contains("&MessagingServiceSid=\(service)&"))
        #expect(!text.contains("From="))
    }

    @Test func `asks for a sender when nobody has one`() throws {
        let call = try Fixture.call(.smsSend, input)
        #expect(throws: CallInputError.self) {
            try dialect.next(call, Fixture.twilio(from: nil), progress: .null, now: Fixture.now)
        }
    }

    @Test(arguments: ["", "SM1", "../../Accounts", "SM000000000000000000000000000000a/", nil])
    func `takes only a message of its own as the target`(target: String?) throws {
        let call = try Fixture.call(.smsGet, of: target)
        #expect(throws: CallInputError.self) { try dialect.check(call) }
    }

    @Test func `refuses what Twilio has not`() throws {
        let call = try Fixture.call(.videoGet, of: "1")
        let error = #expect(throws: CallInputError.self) { try dialect.check(call) }
        #expect(error?.code == .unsupportedOperation)
    }

    @Test func `takes 201 for acceptance`() throws {
        let call = try Fixture.call(.smsSend, input)
        let verdict = dialect.read(Fixture.answer(201, message()), call, Fixture.twilio(), progress: .null)
        let reply = MessageReply(status: .accepted, id: Fixture.message).json
        #expect(verdict == .succeeded(CallOutcome(reply: reply, reference: Fixture.message)))
    }

    @Test(arguments: [
        ("queued", MessageReply.Status.accepted), ("accepted", .accepted), ("scheduled", .accepted),
        ("sending", .accepted), ("sent", .sent), ("delivered", .delivered), ("read", .delivered),
        ("undelivered", .failed), ("failed", .failed), ("canceled", .failed),
    ])
    func `reads how far a message came`(status: String, state: MessageReply.Status) throws {
        let call = try Fixture.call(.smsGet, of: Fixture.message)
        let request = try dialect.next(call, Fixture.twilio(), progress: .null, now: Fixture.now)
        #expect(request.url.hasSuffix("/Messages/\(Fixture.message).json"))
        #expect(request.effect == .none)
        let verdict = dialect.read(
            Fixture.answer(200, message(status)),
            call,
            Fixture.twilio(),
            progress: .null
        )
        #expect(verdict.outcome?.reply["status"]?.string == state.rawValue)
    }

    @Test(arguments: [
        (400, 21610, "refused", ProviderFailure.Kind.declined), (400, 21211, "refused", .rejected),
        (400, 21217, "refused", .rejected), (400, 21614, "refused", .rejected),
        (400, 21606, "notApplied", .unauthorized), (400, 21408, "notApplied", .unauthorized),
        (400, 21659, "notApplied", .unauthorized), (400, 21611, "notApplied", .limited),
        (400, 21617, "notApplied", .rejected), (401, 20003, "notApplied", .unauthorized),
        (403, 20403, "notApplied", .unauthorized), (404, 20404, "notApplied", .unauthorized),
        (429, 20429, "notApplied", .limited), (500, 20500, "inDoubt", .unavailable),
        (502, 0, "inDoubt", .unavailable), (503, 0, "inDoubt", .unavailable),
        (408, 0, "inDoubt", .unavailable),
    ])
    func `tells failures of a send apart`(
        status: Int,
        code: Int,
        word: String,
        kind: ProviderFailure.Kind
    ) throws {
        let call = try Fixture.call(.smsSend, input)
        let json: JSONValue = [
            "code": .integer(code), "message": "no", "more_info": "", "status": .integer(status),
        ]
        let verdict = dialect.read(Fixture.answer(status, json), call, Fixture.twilio(), progress: .null)
        #expect(verdict.word == word)
        #expect(verdict.failure?.kind == kind)
        #expect(verdict.failure?.code == "\(code)")
    }

    @Test func `is in doubt after a page that is no message`() throws {
        let call = try Fixture.call(.smsSend, input)
        #expect(dialect.read(Fixture.answer(201), call, Fixture.twilio(), progress: .null).word == "inDoubt")
        #expect(dialect.read(Fixture.answer(502), call, Fixture.twilio(), progress: .null).word == "inDoubt")
    }

    @Test func `never doubts a read`() throws {
        let call = try Fixture.call(.smsGet, of: Fixture.message)
        for status in [200, 404, 429, 500, 503] {
            let verdict = dialect.read(Fixture.answer(status), call, Fixture.twilio(), progress: .null)
            #expect(verdict.word == "notApplied")
        }
    }

    @Test func `keeps the token out of messages`() throws {
        let call = try Fixture.call(.smsSend, input)
        let answer = Fixture.answer(400, ["code": 1, "message": "bad secret-auth-token here"])
        let verdict = dialect.read(answer, call, Fixture.twilio(), progress: .null)
        #expect(verdict.failure?.message == "bad … here")
    }

    @Test func `waits as long as a refusal says`() throws {
        let answer = Fixture.answer(429, ["code": 20429], headers: [("retry-after", "7")])
        let call = try Fixture.call(.smsSend, input)
        #expect(dialect.read(answer, call, Fixture.twilio(), progress: .null).failure?.wait == .seconds(7))
        #expect(dialect.limits(in: answer) == [.refused(limit: "concurrency", wait: .seconds(7))])
        #expect(dialect.limits(in: Fixture.answer(200)).isEmpty)
    }
}

@Suite struct TwilioSettlingTests {
    private typealias Fixture = MessagingFixture
    private let dialect = TwilioCalls()
    private let input: JSONValue = ["to": "+34600111222", "body": "The car is here"]

    private func settle(
        _ age: Duration,
        round: Int,
        account: IntegrationAccount = Fixture.twilio()
    ) throws -> SettleStep {
        dialect.settle(
            try Fixture.call(.smsSend, input),
            account,
            progress: .null,
            age: age,
            round: round,
            now: Fixture.now + age
        )
    }

    private func found(_ messages: [JSONValue], age: Duration, status: Int = 200) throws -> SettleVerdict {
        dialect.readSettled(
            Fixture.answer(status, ["messages": .array(messages)], at: Fixture.now + age),
            try Fixture.call(.smsSend, input),
            Fixture.twilio(),
            progress: .null,
            age: age,
            round: 0
        )
    }

    private func message(
        created: String,
        body: String = "The car is here",
        status: String = "sent"
    ) -> JSONValue {
        [
            "sid": .string(Fixture.message), "status": .string(status), "body": .string(body),
            "to": "+34600111222", "date_created": .string(created), "direction": "outbound-api",
        ]
    }

    @Test func `waits before the first look and then asks for the recipient's messages`() throws {
        #expect(try settle(.seconds(1), round: 0) == .wait(.seconds(4)))
        guard case .ask(let request) = try settle(.seconds(5), round: 0) else {
            Issue.record("nothing was asked")
            return
        }
        #expect(request.method == "GET")
        #expect(request.effect == .none)
        #expect(request.url.hasSuffix("/Messages.json?To=%2B34600111222&From=%2B15005550006&PageSize=100"))
        guard case .ask = try settle(.seconds(6), round: 1) else {
            Issue.record("nothing was asked")
            return
        }
    }

    @Test func `does not filter by the number of a messaging service`() throws {
        let account = Fixture.twilio(from: "MG00000000000000000000000000000001")
        guard case .ask(let request) = try settle(.seconds(5), round: 0, account: account) else {
            Issue.record("nothing was asked")
            return
        }
        #expect(request.url.hasSuffix("/Messages.json?To=%2B34600111222&PageSize=100"))
    }

    @Test func `leaves it to a person after the last look`() throws {
        guard case .ask = try settle(.seconds(3_600), round: 11) else {
            Issue.record("the last look was not taken")
            return
        }
        guard case .hold(let text) = try settle(.seconds(7_200), round: 12) else {
            Issue.record("nobody was asked")
            return
        }
        #expect(text.contains(Fixture.tag))
    }

    @Test func `a message of this text and time proves the send`() throws {
        let verdict = try found([message(created: "Sat, 12 Jun 2027 10:00:03 +0000")], age: .seconds(5))
        let reply = MessageReply(status: .sent, id: Fixture.message).json
        #expect(verdict == .succeeded(CallOutcome(reply: reply, reference: Fixture.message)))
    }

    @Test func `another text, or the same of another day, proves nothing`() throws {
        let others = [
            message(created: "Sat, 12 Jun 2027 10:00:03 +0000", body: "The car is late"),
            message(created: "Fri, 11 Jun 2027 10:00:03 +0000"), message(created: "soon"),
        ]
        #expect(try found(others, age: .seconds(5)) == .unknown)
    }

    @Test func `an empty list proves nothing before two minutes, and the absence afterwards`() throws {
        #expect(try found([], age: .seconds(119)) == .unknown)
        guard case .dead(let failure) = try found([], age: .seconds(120)) else {
            Issue.record("the absence was not believed")
            return
        }
        #expect(failure.code == "not_found")
    }

    @Test func `a full page that does not reach back proves nothing`() throws {
        let page = (0..<100).map { _ in message(created: "Sat, 12 Jun 2027 10:01:00 +0000", body: "another") }
        #expect(try found(page, age: .seconds(300)) == .unknown)
        let older = page.dropLast() + [message(created: "Sat, 12 Jun 2027 09:00:00 +0000", body: "older")]
        guard case .dead = try found(Array(older), age: .seconds(300)) else {
            Issue.record("the page reaches back far enough")
            return
        }
    }

    @Test func `an error proves nothing`() throws {
        #expect(try found([], age: .seconds(300), status: 503) == .unknown)
    }
}
