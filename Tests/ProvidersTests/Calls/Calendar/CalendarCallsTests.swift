import Domain
import Providers
import Resilience
import Testing

/// What single requests and answers of the three calendars are like; conversations are tested against the vendors.
@Suite
struct CalendarCallsTests {
    static let dialects: [any CallDialect] = [GoogleCalendarCalls(), GraphCalls(), AppleCalendarCalls()]

    private let target = "home/abc.ics"

    @Test(arguments: 0..<3)
    func `every calendar operation is taken, and no other`(index: Int) throws {
        let dialect = Self.dialects[index]
        let attempt = CalendarAttempt(dialect)
        #expect(dialect.facts.operations == Set(Capability.calendar.operations))
        let call = try attempt.call(.weatherCurrent, ["latitude": 40, "longitude": 3])
        #expect(throws: CallInputError.self) { try dialect.check(call) }
    }

    @Test(arguments: 0..<3)
    func `a change needs a target, and the target of another sort is none`(index: Int) throws {
        let attempt = CalendarAttempt(Self.dialects[index])
        for target in [nil, "", "abc", "a/b/c", "a/", "%zz/a"] {
            let call = try attempt.call(.calendarUpdate, CalendarAttempt.party, target: target)
            #expect(throws: CallInputError.self) { try attempt.dialect.check(call) }
        }
    }

    @Test(arguments: 0..<3)
    func `a version or cursor that is no former answer's is refused`(index: Int) throws {
        let attempt = CalendarAttempt(Self.dialects[index])
        let input = CalendarAttempt.party([("version", "a\r\nX-Evil: 1")])
        let update = try attempt.call(.calendarUpdate, input, target: target)
        #expect(throws: CallInputError.self) { try attempt.dialect.check(update) }
        for since in [
            "x", "stripe/a/sync/b", "google-calendar/a/other/b", "microsoft-graph//delta/b",
            "apple-calendar/a/b",
        ] {
            let changes = try attempt.call(.calendarChanges, ["since": .string(since)])
            #expect(throws: CallInputError.self) { try attempt.dialect.check(changes) }
        }
    }

    @Test(arguments: [
        (0, "https://www.googleapis.com/calendar/v3/calendars/a%40b/events/x"),
        (1, "https://graph.microsoft.com/v1.0/me/events/x"),
    ])
    func `ids are escaped in paths, and the token goes with the request`(index: Int, url: String) throws {
        let attempt = CalendarAttempt(Self.dialects[index])
        let request = try attempt.request(try attempt.call(.calendarCancel, target: "a%40b/x"))
        #expect(request.url.prefix { $0 != "?" } == url)
        #expect(request.headers.contains { $0.name == "authorization" && $0.value == "Bearer at" })
        #expect(request.effect == .takesEffect)
    }

    @Test(arguments: [
        (401, ProviderFailure.Kind.unauthorized), (403, .rejected), (404, .notFound), (429, .limited),
        (400, .rejected),
    ])
    func `a refusal changed nothing, whichever calendar gives it`(
        status: Int,
        kind: ProviderFailure.Kind
    ) throws {
        for dialect in Self.dialects {
            let attempt = CalendarAttempt(dialect, credential: ["calendar": "/cal/"])
            let call = try attempt.call(.calendarCreate, CalendarAttempt.party)
            guard case .notApplied(let failure) = attempt.read(call, status, headers: [("retry-after", "9")])
            else {
                Issue.record("\(dialect.facts.provider) takes \(status) for something else")
                continue
            }
            #expect(failure.kind == kind)
            #expect(failure.wait == .seconds(9))
        }
    }

    @Test(arguments: 0..<3)
    func `a fault of the server's leaves writes in doubt, and reads undone`(index: Int) throws {
        let attempt = CalendarAttempt(Self.dialects[index], credential: ["calendar": "/cal/"])
        let create = try attempt.call(.calendarCreate, CalendarAttempt.party)
        guard case .inDoubt(let failure) = attempt.read(create, 503) else {
            Issue.record("a 503 proves nothing")
            return
        }
        #expect(failure.kind == .unavailable)
        let get = try attempt.call(.calendarGet, target: "%2Fcal%2F/abc.ics")
        guard case .notApplied = attempt.read(get, 503) else {
            Issue.record("a look does nothing")
            return
        }
    }

    @Test
    func `Google's limits are told apart from its prohibitions`() throws {
        let attempt = CalendarAttempt(GoogleCalendarCalls())
        let call = try attempt.call(.calendarCreate, CalendarAttempt.party)
        let error = { (reason: String) in
            #"{"error":{"code":403,"errors":[{"domain":"usageLimits","reason":"\#(reason)"}]}}"#
        }
        for (reason, wait) in [("rateLimitExceeded", nil), ("quotaExceeded", Duration.seconds(3_600))] {
            guard case .notApplied(let failure) = attempt.read(call, 403, error(reason)) else {
                Issue.record("a limit changes nothing")
                continue
            }
            #expect(failure.kind == .limited)
            #expect(failure.wait == wait)
        }
        guard case .notApplied(let failure) = attempt.read(call, 403, error("forbidden")) else {
            Issue.record("a prohibition changes nothing")
            return
        }
        #expect(failure.kind == .rejected)
        #expect(failure.code == "forbidden")
    }

    @Test
    func `an update takes away the other form of time`() throws {
        let attempt = CalendarAttempt(GoogleCalendarCalls())
        let call = try attempt.call(.calendarUpdate, CalendarAttempt.party, target: "primary/abcde")
        let body = try attempt.body(call)
        #expect(
            body["start"]
                == ["date": .null, "dateTime": "2027-06-12T15:00:00", "timeZone": "Europe/Madrid"]
        )
        #expect(body["description"] == .null)
        #expect(body["attendees"] == nil)
    }

    @Test(arguments: [
        "https://graph.microsoft.com.evil.net/v1.0/me?$skiptoken=1", "https://evil.net/",
        "//graph.microsoft.com/x",
        "https://graph.microsoft.com", "https://me@graph.microsoft.com/v1.0/",
    ])
    func `a link of Graph's that leads elsewhere is not followed`(link: String) throws {
        let attempt = CalendarAttempt(GraphCalls())
        let call = try attempt.call(.calendarChanges)
        let verdict = attempt.read(call, 200, #"{"value":[],"@odata.nextLink":"\#(link)"}"#)
        guard case .notApplied(let failure) = verdict else {
            Issue.record("the token would go to \(link)")
            return
        }
        #expect(failure.code == "link_elsewhere")
    }

    @Test
    func `the window of changes is the caller's, or the year from the attempt's begin`() throws {
        let attempt = CalendarAttempt(GraphCalls())
        let request = try attempt.request(try attempt.call(.calendarChanges))
        #expect(
            request.url == "https://graph.microsoft.com/v1.0/me/calendarView/delta"
                + "?startDateTime=2027-06-03T05%3A20%3A00Z&endDateTime=2028-06-02T05%3A20%3A00Z"
        )
    }

    @Test
    func `Windows' names of zones become IANA's`() throws {
        let attempt = CalendarAttempt(GraphCalls())
        let call = try attempt.call(.calendarGet, target: "default/x")
        for (zone, name) in [
            ("Romance Standard Time", "Europe/Paris"), ("tzone://Microsoft/Custom", "Etc/Unknown"),
            ("Europe/Madrid", "Europe/Madrid"), ("Nowhere Standard Time", "Etc/Unknown"),
        ] {
            let body = #"{"id":"x","start":{"dateTime":"2027-06-12T15:00:00.0000000","timeZone":"\#(zone)"}}"#
            guard case .succeeded(let outcome) = attempt.read(call, 200, body) else {
                Issue.record("an event is read")
                continue
            }
            #expect(outcome.reply.pointer("/start/zone")?.string == name)
        }
    }
}
