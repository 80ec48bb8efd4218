import Domain
import Providers
import Testing

@Suite
struct AppleCalendarCallsTests {
    private let credential = ["user": "me@icloud.com", "password": "abcd", "calendar": "/1/cal/"]

    private func text(_ request: ProviderRequest) -> String {
        guard case .bytes(let bytes) = request.body else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func hasPassword(_ request: ProviderRequest) -> Bool {
        request.headers.contains { $0.name == "authorization" }
    }

    @Test
    func `an event is written as RFC 5545 asks`() throws {
        let attempt = CalendarAttempt(AppleCalendarCalls(), credential: credential)
        let input = CalendarAttempt.party([
            ("text", "a\\b; c, d\r\ne\nf\u{7}"), ("place", .string(String(repeating: "é", count: 80))),
            ("attendees", ["dj@example.com"]), ("recurrence", ["EXDATE;TZID=Europe/Madrid:20270619T150000"]),
        ])
        let request = try attempt.request(try attempt.call(.calendarCreate, input))
        let body = text(request)
        #expect(request.url == "https://caldav.icloud.com/1/cal/0123456789abcdefghijklmnopqrstuv.ics")
        #expect(request.headers.contains { $0.name == "if-none-match" && $0.value == "*" })
        #expect(body.utf8.split(separator: 0x0A).allSatisfy { $0.last == 0x0D && $0.count <= 76 })
        #expect(String(validating: Array(body.utf8), as: UTF8.self) != nil)
        for line in [
            "BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", "UID:0123456789abcdefghijklmnopqrstuv",
            "DTSTART;TZID=Europe/Madrid:20270612T150000", "DTEND;TZID=Europe/Madrid:20270612T180000",
            "SUMMARY:Party", "DESCRIPTION:a\\\\b\\; c\\, d\\ne\\nf", "TRANSP:OPAQUE", "CLASS:PUBLIC",
            "EXDATE;TZID=Europe/Madrid:20270619T150000",
            "ORGANIZER;SCHEDULE-AGENT=CLIENT:mailto:me@icloud.com",
            "ATTENDEE;SCHEDULE-AGENT=CLIENT:mailto:dj@example.com", "END:VEVENT", "END:VCALENDAR",
        ] {
            #expect(body.contains("\(line)\r\n"), "\(line)")
        }
        let unfolded = body.split(separator: "\r\n ").joined()
        #expect(unfolded.contains("LOCATION:\(String(repeating: "é", count: 80))\r\n"))
    }

    @Test
    func `dates and UTC need no zone`() throws {
        let attempt = CalendarAttempt(AppleCalendarCalls(), credential: credential)
        let allDay: JSONValue = [
            "title": "x", "start": ["date": "2027-06-12"], "end": ["date": "2027-06-14"],
        ]
        let body = text(try attempt.request(try attempt.call(.calendarCreate, allDay)))
        #expect(body.contains("DTSTART;VALUE=DATE:20270612\r\n"))
        let utc: JSONValue = [
            "title": "x", "start": ["at": "2027-06-12T15:00:00", "zone": "UTC"],
            "end": ["at": "2027-06-12T16:00:00", "zone": "UTC"],
        ]
        #expect(
            text(try attempt.request(try attempt.call(.calendarCreate, utc)))
                .contains("DTEND:20270612T160000Z\r\n")
        )
    }

    @Test(arguments: [
        "https://evil.example/1/cal/", "https://icloud.com.evil.example/1/", "http://p1-caldav.icloud.com/1/",
        "https://eviliicloud.com/1/", "//evil.example/1/", "home", "https://p1-caldav.icloud.com:8443/1/",
    ])
    func `a calendar elsewhere is refused before a password leaves`(calendar: String) throws {
        let attempt = CalendarAttempt(AppleCalendarCalls(), credential: credential)
        let call = try attempt.call(.calendarCreate, CalendarAttempt.party([("calendar", .string(calendar))]))
        #expect(throws: CallInputError.self) { try attempt.request(call) }
    }

    @Test
    func `discovery follows iCloud to the account's own host, and nobody elsewhere`() throws {
        let attempt = CalendarAttempt(AppleCalendarCalls(), credential: ["user": "me", "password": "abcd"])
        let call = try attempt.call(.calendarChanges)
        let home = { (href: String) in
            "<multistatus xmlns='DAV:'><response><href>/1/principal/</href><propstat><prop>"
                + "<c:calendar-home-set xmlns:c='urn:ietf:params:xml:ns:caldav'><href>\(href)</href></c:calendar-home-set>"
                + "</prop><status>HTTP/1.1 200 OK</status></propstat></response></multistatus>"
        }
        let progress: JSONValue = ["step": "home", "url": "https://caldav.icloud.com/1/principal/"]
        let verdict = attempt.read(
            call,
            207,
            home("https://p12-caldav.icloud.com:443/1/calendars/"),
            progress: progress
        )
        guard case .goOn(let next) = verdict else {
            Issue.record("the home is found")
            return
        }
        let request = try attempt.request(call, progress: next)
        #expect(request.url == "https://p12-caldav.icloud.com/1/calendars/")
        #expect(hasPassword(request))
        for href in [
            "https://evil.example/1/", "https://icloud.com.evil.example/", "http://p12-caldav.icloud.com/1/",
        ] {
            guard case .notApplied(let failure) = attempt.read(call, 207, home(href), progress: progress)
            else {
                Issue.record("the password would go to \(href)")
                continue
            }
            #expect(failure.code == "link_elsewhere")
        }
    }

    @Test
    func `a server of one's own is asked at its own host only`() throws {
        let attempt = CalendarAttempt(
            AppleCalendarCalls(),
            baseURL: "http://127.0.0.1:5232",
            credential: ["user": "a", "password": "b"]
        )
        let call = try attempt.call(
            .calendarCreate,
            CalendarAttempt.party([("calendar", "https://p1.icloud.com/1/")])
        )
        #expect(throws: CallInputError.self) { try attempt.request(call) }
        let own = try attempt.call(.calendarCreate, CalendarAttempt.party([("calendar", "/a/cal")]))
        let request = try attempt.request(own)
        #expect(request.url == "http://127.0.0.1:5232/a/cal/0123456789abcdefghijklmnopqrstuv.ics")
        #expect(hasPassword(request))
    }

    @Test
    func `foreign calendars are read tolerantly`() throws {
        let attempt = CalendarAttempt(AppleCalendarCalls(), credential: credential)
        let call = try attempt.call(.calendarGet, target: "%2F1%2Fcal%2F/x.ics")
        let object = """
            BEGIN:VCALENDAR
            garbage without a colon
            BEGIN:VEVENT
            UID:1
            RECURRENCE-ID:20270619T130000Z
            SUMMARY:An exception
            END:VEVENT
            BEGIN:VEVENT
            UID:1
            SUMMARY;LANGUAGE=en;X="a:b;c":Rehears
             al\\, dinner
            DTSTART;TZID=/example.org/Europe/Rome:20270611T190000
            DURATION:PT1H30M
            ATTENDEE;CN="Doe: J":MAILTO:j@example.com
            BEGIN:VALARM
            TRIGGER:-PT5M
            END:VALARM
            END:VEVENT
            END:VCALENDAR
            """
        guard case .succeeded(let outcome) = attempt.read(call, 200, object, headers: [("etag", "\"1\"")])
        else {
            Issue.record("the event is read")
            return
        }
        #expect(outcome.reply["title"] == "Rehearsal, dinner")
        #expect(outcome.reply["start"] == ["at": "2027-06-11T19:00:00", "zone": "Europe/Rome"])
        #expect(outcome.reply["end"] == ["at": "2027-06-11T20:30:00", "zone": "Europe/Rome"])
        #expect(outcome.reply["attendees"] == ["j@example.com"])
        #expect(outcome.reply["version"] == "\"1\"")
    }

    @Test(arguments: [
        "", "BEGIN:VCALENDAR", "BEGIN:VCALENDAR\nEND:VEVENT",
        "BEGIN:VCALENDAR\nBEGIN:VTODO\nEND:VTODO\nEND:VCALENDAR",
    ])
    func `what holds no event is not read as one`(object: String) throws {
        let attempt = CalendarAttempt(AppleCalendarCalls(), credential: credential)
        let call = try attempt.call(.calendarGet, target: "%2F1%2Fcal%2F/x.ics")
        guard case .notApplied(let failure) = attempt.read(call, 200, object) else {
            Issue.record("there is no event")
            return
        }
        #expect(failure.code == "answer_unreadable")
    }

    @Test
    func `an object too long or too deep is not read`() throws {
        let attempt = CalendarAttempt(AppleCalendarCalls(), credential: credential)
        let call = try attempt.call(.calendarGet, target: "%2F1%2Fcal%2F/x.ics")
        let event = { (inside: String) in
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20270611T190000Z\n\(inside)END:VEVENT\nEND:VCALENDAR"
        }
        let deep = { (count: Int) in
            String(repeating: "BEGIN:X\n", count: count) + String(repeating: "END:X\n", count: count)
        }
        let isRead = { (object: String) in
            guard case .succeeded = attempt.read(call, 200, object) else { return false }
            return true
        }
        #expect(isRead(event(deep(2))))
        #expect(!isRead(event(deep(3))))
        #expect(isRead(event(String(repeating: "X:1\n", count: 4_990))))
        #expect(!isRead(event(String(repeating: "X:1\n", count: 5_001))))
        #expect(
            !isRead(event(String(repeating: "X:" + String(repeating: "a", count: 1_000) + "\n", count: 300)))
        )
    }
}
