import Domain
import Providers
import Resilience
import Sandbox
import Testing

@Suite
struct GoogleCalendarConversationTests {
    private let dialect = GoogleCalendarCalls()

    private func talk(credential: [String: String] = [:]) throws -> CallConversation<GoogleCalendarVendor> {
        var vendor = GoogleCalendarVendor()
        let account = try CalendarCalls.account(dialect, &vendor, credential: credential)
        var talk = CallConversation(dialect, vendor, account)
        talk.now = CalendarCalls.start
        return talk
    }

    @Test
    func `an event is made under the attempt's key, and read back as it was meant`() throws {
        var talk = try talk()
        let call = try CalendarCalls.call(.calendarCreate, CalendarCalls.wedding)
        let made = try #require(try talk.run(call).outcome)
        #expect(made.reference == "primary/\(call.key)")
        #expect(made.reply["title"] == "García, wedding; party")
        #expect(made.reply["start"] == ["at": "2027-06-12T13:00:00", "zone": "UTC"])
        #expect(made.reply["zone"] == "Europe/Madrid")
        #expect(made.reply["private"] == true)
        #expect(made.reply["busy"] == true)
        #expect(talk.vendor.ledger.map(\.tag) == ["call_1"])
        let read = try #require(
            try talk.run(try CalendarCalls.call(.calendarGet, target: made.reference, attempt: 2)).outcome
        )
        #expect(read.reply == made.reply)
    }

    @Test
    func `a request sent twice makes one event, and the second finds the first`() throws {
        var talk = try talk()
        let call = try CalendarCalls.call(.calendarCreate, CalendarCalls.wedding)
        let first = try talk.run(call)
        #expect(try talk.run(call) == first)
        #expect(talk.vendor.ledger.count == 1)
        #expect(talk.requests.last?.method == "GET")
    }

    @Test
    func `a key that somebody else's event has is a conflict`() throws {
        var talk = try talk()
        let call = try CalendarCalls.call(.calendarCreate, CalendarCalls.wedding)
        var stranger = try dialect.next(call, talk.account, progress: .null, now: talk.now)
        guard case .bytes(let bytes) = stranger.body else { throw CalendarCalls.NoGrant() }
        let members = try JSONParser.parse(bytes).object?.filter { $0.name != "extendedProperties" } ?? []
        stranger.body = .bytes(JSONValue.object(members).serialized())
        _ = talk.send(stranger, content: nil)
        #expect(try talk.run(call).notApplied?.kind == .conflict)
    }

    @Test
    func `a lost answer is settled by looking, and by sending again when nothing is there`() throws {
        var talk = try talk()
        let call = try CalendarCalls.call(.calendarCreate, CalendarCalls.wedding)
        let ask = dialect.settle(
            call,
            talk.account,
            progress: .null,
            age: .seconds(1),
            round: 0,
            now: talk.now
        )
        guard case .ask(let look) = ask else {
            Issue.record("the first round asks")
            return
        }
        let nothing = talk.send(look, content: nil)
        #expect(settled(nothing, call, talk) == .unknown)
        #expect(
            dialect.settle(call, talk.account, progress: .null, age: .seconds(9), round: 1, now: talk.now)
                == .replay
        )
        let made = try #require(try talk.run(call).outcome)
        #expect(settled(talk.send(look, content: nil), call, talk) == .succeeded(made))
        guard
            case .hold = dialect.settle(
                call,
                talk.account,
                progress: .null,
                age: .zero,
                round: 10,
                now: talk.now
            )
        else {
            Issue.record("in the end a person is asked")
            return
        }
    }

    private func settled(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ talk: CallConversation<GoogleCalendarVendor>
    ) -> SettleVerdict {
        dialect.readSettled(answer, call, talk.account, progress: .null, age: .seconds(1), round: 0)
    }

    @Test
    func `an update of another version is a conflict, one of this version is made`() throws {
        var talk = try talk()
        let made = try #require(
            try talk.run(try CalendarCalls.call(.calendarCreate, CalendarCalls.wedding)).outcome
        )
        let version = try #require(made.reply["version"])
        let allDay = CalendarCalls.wedding([
            ("start", ["date": "2027-06-12"]), ("end", ["date": "2027-06-13"]), ("version", version),
        ])
        let update = try CalendarCalls.call(.calendarUpdate, allDay, target: made.reference, attempt: 2)
        let changed = try #require(try talk.run(update).outcome)
        #expect(changed.reply["start"] == ["date": "2027-06-12"])
        #expect(changed.reply["version"] != version)
        #expect(
            try talk.run(update).outcome?.reply["version"] == changed.reply["version"],
            "sent again it is found"
        )
        let late = try CalendarCalls.call(.calendarUpdate, allDay, target: made.reference, attempt: 3)
        #expect(try talk.run(late).notApplied?.kind == .conflict)
        #expect(talk.vendor.ledger.count == 2)
    }

    @Test
    func `cancelling twice is cancelling once`() throws {
        var talk = try talk()
        let made = try #require(
            try talk.run(try CalendarCalls.call(.calendarCreate, CalendarCalls.wedding)).outcome
        )
        for attempt in 2...3 {
            let cancel = try CalendarCalls.call(.calendarCancel, target: made.reference, attempt: attempt)
            #expect(try talk.run(cancel).outcome?.reply["cancelled"] == true)
        }
        #expect(talk.vendor.ledger.map(\.kind) == ["event", "deletion"])
        let get = try CalendarCalls.call(.calendarGet, target: made.reference, attempt: 4)
        #expect(try talk.run(get).outcome?.reply["cancelled"] == true)
    }

    @Test
    func `changes are listed in pages, go on where they ended, and begin anew when that is lost`() throws {
        var talk = try talk()
        for attempt in 1...450 {
            talk.now = CalendarCalls.start + .seconds(attempt)
            _ = try talk.run(try CalendarCalls.call(.calendarCreate, CalendarCalls.wedding, attempt: attempt))
        }
        let first = try changes(&talk, since: nil)
        #expect(first["items"]?.array?.count == 400)
        #expect(first["full"] == true)
        #expect(first["more"] == true)
        let second = try changes(&talk, since: first["next"])
        #expect(second["items"]?.array?.count == 50)
        #expect(second["full"] == false)
        #expect(second["more"] == false)
        let target = try #require(second.pointer("/items/0/target")?.string)
        _ = try talk.run(try CalendarCalls.call(.calendarCancel, target: target, attempt: 900))
        let third = try changes(&talk, since: second["next"])
        #expect(third["items"]?.array?.count == 1)
        #expect(third.pointer("/items/0/deleted") == true)
        #expect(third.pointer("/items/0/target")?.string == target)
        talk.vendor.forgetSyncTokens()
        let anew = try changes(&talk, since: third["next"])
        #expect(anew["full"] == true)
        #expect(anew["items"]?.array?.count == 400)
    }

    private func changes(
        _ talk: inout CallConversation<GoogleCalendarVendor>,
        since: JSONValue?
    ) throws -> JSONValue {
        let call = try CalendarCalls.call(.calendarChanges, ["since": since ?? .null])
        return try #require(try talk.run(call).outcome?.reply)
    }

    @Test
    func `a limit is told as one, and is no prohibition`() throws {
        var talk = try talk()
        let call = try CalendarCalls.call(.calendarGet, target: "primary/abcde")
        for _ in 1...600 { _ = try talk.run(call) }
        let request = try dialect.next(call, talk.account, progress: .null, now: talk.now)
        let answer = talk.send(request, content: nil)
        #expect(answer.status == 403)
        #expect(dialect.limits(in: answer) == [.refused(limit: "user", wait: nil)])
        let verdict = dialect.read(answer, call, talk.account, progress: .null)
        #expect(verdict.notApplied?.kind == .limited)
    }

    @Test
    func `a token that is over is not accepted, and revoked consent is told`() throws {
        var talk = try talk()
        talk.now = talk.now + .seconds(3_600)
        let call = try CalendarCalls.call(.calendarGet, target: "primary/abcde")
        #expect(try talk.run(call).notApplied?.kind == .unauthorized)
        talk.vendor.tokens.revoke()
        let tokens = try CalendarCalls.tokens(dialect, &talk.vendor, talk.account)
        #expect(throws: TokenFailure(.consentNeeded, code: "invalid_grant")) { try tokens.get() }
    }

    @Test
    func `consent brings a refresh token that works`() throws {
        var talk = try talk()
        guard case .oauth(let grant) = dialect.facts.authentication else { throw CalendarCalls.NoGrant() }
        let flow = try #require(
            AuthorizationCode(
                grant,
                talk.account,
                ownBaseURL: dialect.facts.baseURL,
                redirectURI: "https://usher.example/callback"
            )
        )
        let verifier = AuthorizationCode.Verifier(random: Array(0..<32))
        let consent = ProviderRequest("GET", flow.consentURL(state: "s1", verifier: verifier), effect: .none)
        let back = try #require(talk.send(consent, content: nil).headers.first("location"))
        let query = String(back.drop { $0 != "?" }.dropFirst())
        guard case .code(let code, "s1") = AuthorizationAnswer(query: query) else {
            Issue.record("the way back carries a code and the state")
            return
        }
        let stolen = AuthorizationCode.Verifier(random: Array(1..<33))
        let refused = OAuthExchange.read(talk.send(flow.exchange(code: code, verifier: stolen), content: nil))
        #expect(throws: TokenFailure.self) { try refused.get() }
        let tokens = try OAuthExchange.read(
            talk.send(flow.exchange(code: code, verifier: verifier), content: nil)
        ).get()
        let refresh = try #require(tokens.refreshToken)
        let again = try CalendarCalls.tokens(dialect, &talk.vendor, talk.account, refreshToken: refresh)
        #expect(throws: Never.self) { try again.get() }
    }
}
