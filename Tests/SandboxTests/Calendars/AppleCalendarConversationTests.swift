import Domain
import Providers
import Resilience
import Sandbox
import Testing

@Suite
struct AppleCalendarConversationTests {
    private let dialect = AppleCalendarCalls()

    private func talk(
        calendar: String? = AppleCalendarVendor.calendar,
        password: String = AppleCalendarVendor.password
    ) -> CallConversation<AppleCalendarVendor> {
        var credential = ["user": AppleCalendarVendor.user, "password": password]
        credential["calendar"] = calendar
        let account = IntegrationAccount(
            provider: .appleCalendar,
            baseURL: dialect.facts.baseURL,
            credential: credential.mapValues { Secret($0) }
        )
        var talk = CallConversation(dialect, AppleCalendarVendor(), account)
        talk.now = CalendarCalls.start
        return talk
    }

    @Test
    func `an event is put under the attempt's key, and read back as the server keeps it`() throws {
        var talk = talk()
        let input = CalendarCalls.wedding([
            ("attendees", ["dj@example.com"]), ("recurrence", ["RRULE:FREQ=WEEKLY;COUNT=4"]),
            ("title", .string("Ünïcödé 💒 " + String(repeating: "é", count: 200))),
        ])
        let call = try CalendarCalls.call(.calendarCreate, input)
        let made = try #require(try talk.run(call).outcome)
        #expect(made.reference == "%2F8675309%2Fcalendars%2Fhome%2F/\(call.key).ics")
        #expect(made.reply["title"] == input["title"])
        #expect(made.reply["text"] == "Line one\nline two")
        #expect(made.reply["start"] == ["at": "2027-06-12T15:00:00", "zone": "Europe/Madrid"])
        #expect(made.reply["end"] == ["at": "2027-06-13T02:00:00", "zone": "Europe/Madrid"])
        #expect(made.reply["attendees"] == ["dj@example.com"])
        #expect(made.reply["recurrence"] == ["RRULE:FREQ=WEEKLY;COUNT=4"])
        #expect(made.reply["version"]?.string?.isEmpty == false)
        #expect(talk.requests.map(\.method) == ["PUT", "GET"])
        #expect(talk.vendor.ledger.map(\.tag) == ["call_1"])
    }

    @Test
    func `without a calendar the account's first one for events is found`() throws {
        var talk = talk(calendar: nil)
        let call = try CalendarCalls.call(.calendarCreate, CalendarCalls.wedding)
        let made = try #require(try talk.run(call).outcome)
        #expect(talk.requests.map(\.method) == ["PROPFIND", "PROPFIND", "PROPFIND", "PUT", "GET"])
        #expect(made.reply["calendar"]?.string == AppleCalendarVendor.calendar)
        talk.vendor.forgetSyncTokens()
        let changes = try CalendarCalls.call(.calendarChanges)
        #expect(try talk.run(changes).outcome?.reply["items"]?.array?.count == 1)
    }

    @Test
    func `a request sent twice makes one event, and the second finds the first`() throws {
        var talk = talk()
        let call = try CalendarCalls.call(.calendarCreate, CalendarCalls.wedding)
        let first = try talk.run(call)
        #expect(first.outcome != nil)
        #expect(try talk.run(call) == first)
        #expect(talk.vendor.ledger.count == 1)
    }

    @Test
    func `a lost answer is settled by looking`() throws {
        var talk = talk()
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
    func `an update keeps what is not its own, and one of another version is a conflict`() throws {
        var talk = talk()
        let call = try CalendarCalls.call(
            .calendarCreate,
            CalendarCalls.wedding([("attendees", ["dj@example.com"])])
        )
        let made = try #require(try talk.run(call).outcome)
        let version = try #require(made.reply["version"])
        let input = CalendarCalls.wedding([("title", "Later"), ("text", .null), ("version", version)])
        let update = try CalendarCalls.call(.calendarUpdate, input, target: made.reference, attempt: 2)
        let changed = try #require(try talk.run(update).outcome)
        #expect(changed.reply["title"] == "Later")
        #expect(changed.reply["text"] == .null)
        #expect(changed.reply["attendees"] == ["dj@example.com"])
        #expect(try talk.run(update).outcome == changed, "sent again it is found")
        let late = try CalendarCalls.call(.calendarUpdate, input, target: made.reference, attempt: 3)
        #expect(try talk.run(late).notApplied?.kind == .conflict)
        #expect(talk.vendor.ledger.count == 2)
        let text = try #require(try stored(&talk, made))
        #expect(text.contains("SEQUENCE:1\r\n"))
        #expect(text.contains("X-APPLE-STORED:1\r\n"))
        #expect(text.contains("X-USHER-CALL:call_2\r\n"))
    }

    private func stored(
        _ talk: inout CallConversation<AppleCalendarVendor>,
        _ outcome: Providers.CallOutcome
    ) throws -> String? {
        let get = try CalendarCalls.call(.calendarGet, target: outcome.reference, attempt: 9)
        let request = try dialect.next(get, talk.account, progress: .null, now: talk.now)
        return String(validating: talk.send(request, content: nil).body, as: UTF8.self)
    }

    @Test
    func `cancelling twice is cancelling once`() throws {
        var talk = talk()
        let made = try #require(
            try talk.run(try CalendarCalls.call(.calendarCreate, CalendarCalls.wedding)).outcome
        )
        for attempt in 2...3 {
            let cancel = try CalendarCalls.call(.calendarCancel, target: made.reference, attempt: attempt)
            #expect(try talk.run(cancel).outcome?.reply["cancelled"] == true)
        }
        #expect(talk.vendor.ledger.map(\.kind) == ["event", "deletion"])
    }

    @Test
    func `changes go on where they ended, and begin anew when that is lost`() throws {
        var talk = talk()
        for attempt in 1...260 {
            talk.now = CalendarCalls.start + .seconds(attempt)
            _ = try talk.run(try CalendarCalls.call(.calendarCreate, CalendarCalls.wedding, attempt: attempt))
        }
        let first = try changes(&talk, since: nil)
        let items = try #require(first["items"]?.array)
        #expect(items.count == 260)
        #expect(items.filter { $0["title"] != nil }.count == 200)
        #expect(Set(items.compactMap { $0["target"]?.string }).count == 260)
        #expect(first["full"] == true)
        #expect(first["more"] == false)
        let target = try #require(items.last?["target"]?.string)
        _ = try talk.run(try CalendarCalls.call(.calendarCancel, target: target, attempt: 900))
        let second = try changes(&talk, since: first["next"])
        #expect(second["items"]?.array?.count == 1)
        #expect(second.pointer("/items/0/deleted") == true)
        #expect(second.pointer("/items/0/target")?.string == target)
        #expect(second["full"] == false)
        talk.vendor.forgetSyncTokens()
        talk.now = talk.now + .seconds(60)
        let anew = try changes(&talk, since: second["next"])
        #expect(anew["full"] == true)
        #expect(anew["items"]?.array?.count == 259)
    }

    private func changes(
        _ talk: inout CallConversation<AppleCalendarVendor>,
        since: JSONValue?
    ) throws -> JSONValue {
        let call = try CalendarCalls.call(.calendarChanges, ["since": since ?? .null])
        return try #require(try talk.run(call).outcome?.reply)
    }

    @Test
    func `a wrong password is told as one`() throws {
        var talk = talk(password: "wrong")
        let call = try CalendarCalls.call(.calendarCreate, CalendarCalls.wedding)
        #expect(try talk.run(call).notApplied?.kind == .unauthorized)
    }

    @Test
    func `a limit is told with its wait`() throws {
        var talk = talk()
        let call = try CalendarCalls.call(.calendarGet, target: "%2F8675309%2Fcalendars%2Fhome%2F/x.ics")
        for _ in 1...50 { _ = try talk.run(call) }
        let request = try dialect.next(call, talk.account, progress: .null, now: talk.now)
        let answer = talk.send(request, content: nil)
        #expect(dialect.limits(in: answer) == [.refused(limit: "account", wait: .seconds(1))])
    }
}
