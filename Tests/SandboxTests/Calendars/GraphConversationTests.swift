import Domain
import Providers
import Sandbox
import Testing

@Suite
struct GraphConversationTests {
    private let dialect = GraphCalls()

    private func talk() throws -> CallConversation<GraphVendor> {
        var vendor = GraphVendor()
        let account = try CalendarCalls.account(dialect, &vendor)
        var talk = CallConversation(dialect, vendor, account)
        talk.now = CalendarCalls.start
        return talk
    }

    @Test
    func `an event is made, read back in UTC, and made once`() throws {
        var talk = try talk()
        let call = try CalendarCalls.call(
            .calendarCreate,
            CalendarCalls.wedding([("recurrence", ["RRULE:FREQ=WEEKLY;COUNT=4"])])
        )
        let made = try #require(try talk.run(call).outcome)
        #expect(made.reply["start"] == ["at": "2027-06-12T13:00:00", "zone": "UTC"])
        #expect(made.reply["zone"] == "Europe/Madrid")
        #expect(made.reply["private"] == true)
        #expect(made.reply["recurrence"] == ["RRULE:FREQ=WEEKLY;BYDAY=SA;WKST=MO;COUNT=4"])
        #expect(try talk.run(call).outcome == made)
        #expect(talk.vendor.ledger.map(\.tag) == ["call_1"])
        let get = try CalendarCalls.call(.calendarGet, target: made.reference, attempt: 2)
        #expect(try talk.run(get).outcome?.reply == made.reply)
    }

    @Test
    func `a lost answer is settled by a search for the attempt's mark`() throws {
        var talk = try talk()
        let call = try CalendarCalls.call(.calendarCreate, CalendarCalls.wedding)
        guard
            case .ask(let look) = dialect.settle(
                call,
                talk.account,
                progress: .null,
                age: .seconds(1),
                round: 0,
                now: talk.now
            )
        else {
            Issue.record("the first round asks")
            return
        }
        let before = talk.send(look, content: nil)
        #expect(
            dialect.readSettled(before, call, talk.account, progress: .null, age: .zero, round: 0) == .unknown
        )
        let made = try #require(try talk.run(call).outcome)
        let after = talk.send(look, content: nil)
        #expect(
            dialect.readSettled(after, call, talk.account, progress: .null, age: .zero, round: 0)
                == .succeeded(made)
        )
    }

    @Test
    func `a transaction id that another event has is a conflict`() throws {
        var talk = try talk()
        let call = try CalendarCalls.call(.calendarCreate, CalendarCalls.wedding)
        var stranger = try dialect.next(call, talk.account, progress: .null, now: talk.now)
        guard case .bytes(let bytes) = stranger.body else { throw CalendarCalls.NoGrant() }
        let members =
            try JSONParser.parse(bytes).object?.filter { $0.name != "singleValueExtendedProperties" } ?? []
        stranger.body = .bytes(JSONValue.object(members).serialized())
        _ = talk.send(stranger, content: nil)
        #expect(try talk.run(call).notApplied?.kind == .conflict)
    }

    @Test
    func `an update of another version is a conflict, one of this version is made`() throws {
        var talk = try talk()
        let made = try #require(
            try talk.run(try CalendarCalls.call(.calendarCreate, CalendarCalls.wedding)).outcome
        )
        let version = try #require(made.reply["version"])
        let input = CalendarCalls.wedding([
            ("start", ["date": "2027-06-12"]), ("end", ["date": "2027-06-13"]), ("version", version),
        ])
        let update = try CalendarCalls.call(.calendarUpdate, input, target: made.reference, attempt: 2)
        let changed = try #require(try talk.run(update).outcome)
        #expect(changed.reply["start"] == ["date": "2027-06-12"])
        #expect(changed.reply["end"] == ["date": "2027-06-13"])
        #expect(try talk.run(update).outcome == changed, "sent again it is found")
        let late = try CalendarCalls.call(.calendarUpdate, input, target: made.reference, attempt: 3)
        #expect(try talk.run(late).notApplied?.kind == .conflict)
        #expect(talk.vendor.ledger.count == 2)
    }

    @Test
    func `an update that loses a race after its look is a conflict`() throws {
        var talk = try talk()
        let made = try #require(
            try talk.run(try CalendarCalls.call(.calendarCreate, CalendarCalls.wedding)).outcome
        )
        let input = CalendarCalls.wedding([("version", try #require(made.reply["version"]))])
        let slow = try CalendarCalls.call(.calendarUpdate, input, target: made.reference, attempt: 2)
        let look = try dialect.next(slow, talk.account, progress: .null, now: talk.now)
        let looked = dialect.read(talk.send(look, content: nil), slow, talk.account, progress: .null)
        guard case .goOn(let progress) = looked else {
            Issue.record("the version is the right one")
            return
        }
        _ = try talk.run(
            try CalendarCalls.call(.calendarUpdate, CalendarCalls.wedding, target: made.reference, attempt: 3)
        )
        let patch = try dialect.next(slow, talk.account, progress: progress, now: talk.now)
        let patched = dialect.read(talk.send(patch, content: nil), slow, talk.account, progress: progress)
        #expect(patched == .goOn(["step": "check"]))
        let check = try dialect.next(slow, talk.account, progress: ["step": "check"], now: talk.now)
        let checked = dialect.read(
            talk.send(check, content: nil),
            slow,
            talk.account,
            progress: ["step": "check"]
        )
        #expect(checked.notApplied?.kind == .conflict)
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
        #expect(try talk.run(get).notApplied?.kind == .notFound)
    }

    @Test
    func `changes of a window go on by links, and begin anew when their state is lost`() throws {
        var talk = try talk()
        for attempt in 1...110 {
            _ = try talk.run(try CalendarCalls.call(.calendarCreate, CalendarCalls.wedding, attempt: attempt))
        }
        let outside = CalendarCalls.wedding([
            ("start", ["date": "2031-01-01"]), ("end", ["date": "2031-01-02"]),
        ])
        _ = try talk.run(try CalendarCalls.call(.calendarCreate, outside, attempt: 111))
        let first = try changes(&talk, since: nil)
        #expect(first["items"]?.array?.count == 100)
        #expect(first["full"] == true)
        #expect(first["more"] == true)
        let second = try changes(&talk, since: first["next"])
        #expect(second["items"]?.array?.count == 10)
        #expect(second["full"] == false)
        let target = try #require(second.pointer("/items/0/target")?.string)
        _ = try talk.run(try CalendarCalls.call(.calendarCancel, target: target, attempt: 900))
        let third = try changes(&talk, since: second["next"])
        #expect(third["items"]?.array?.count == 1)
        #expect(third.pointer("/items/0/deleted") == true)
        talk.vendor.forgetDeltaTokens()
        let anew = try changes(&talk, since: third["next"])
        #expect(anew["full"] == true)
        #expect(anew["items"]?.array?.count == 100)
    }

    private func changes(_ talk: inout CallConversation<GraphVendor>, since: JSONValue?) throws -> JSONValue {
        let call = try CalendarCalls.call(.calendarChanges, ["since": since ?? .null])
        return try #require(try talk.run(call).outcome?.reply)
    }

    @Test
    func `each refresh brings a new refresh token, and the old one goes on working`() throws {
        var talk = try talk()
        let first = try CalendarCalls.tokens(dialect, &talk.vendor, talk.account).get()
        let refresh = try #require(first.refreshToken)
        let second = try CalendarCalls.tokens(dialect, &talk.vendor, talk.account, refreshToken: refresh)
        #expect(throws: Never.self) { try second.get() }
        talk.vendor.tokens.revoke()
        let third = try CalendarCalls.tokens(dialect, &talk.vendor, talk.account, refreshToken: refresh)
        #expect(throws: TokenFailure(.consentNeeded, code: "invalid_grant/700082")) { try third.get() }
    }
}
