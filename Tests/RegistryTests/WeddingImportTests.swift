import Domain
import Registry
import Testing

@Suite struct WeddingImportTests {
    private func read(
        _ text: String,
        _ format: ImportFormat,
        zone: String? = nil,
        over existing: [Wedding] = [],
        vendors: [String] = ["anna"]
    ) throws -> WeddingImport {
        let snapshot = WeddingSnapshot(
            weddings: Dictionary(existing.map { ($0.id, $0) }) { first, _ in first },
            vendors: Dictionary(
                try vendors.map { (name($0), try Vendor(name: name($0), title: $0)) }
            ) { first, _ in first },
            references: [:]
        )
        return WeddingImport(Array(text.utf8), format, zone: zone, zones: .system, existing: snapshot)
    }

    private func calendar(_ events: String...) -> String {
        let lines = ["BEGIN:VCALENDAR", "VERSION:2.0"] + events + ["END:VCALENDAR", ""]
        return lines.joined(separator: "\n").replacing("\n", with: "\r\n")
    }

    private static let day = """
        BEGIN:VEVENT
        UID:w1@example.com
        DTSTART;VALUE=DATE:20260620
        SUMMARY:Ana\\, Ben
          & friends
        END:VEVENT
        """

    @Test func `reads JSON, vendors too`() throws {
        let read = try read(
            """
            {"vendors": [{"name": "zoe", "title": "Zoe"}],
             "weddings": [{"id": "w1", "title": "A", "date": "2026-06-20", "zone": "Europe/Berlin",
               "vendors": [{"vendor": "zoe", "role": "florist"}],
               "timeline": [{"id": "c", "name": "Ceremony", "starts_at": "2026-06-20T16:00", "vendor": "zoe"}]}]}
            """,
            .json
        )
        #expect(read.problems.isEmpty)
        #expect(read.weddings.first?.timeline.first?.startsAt == Instant("2026-06-20T14:00:00Z"))
        #expect(read.vendors.map(\.name.text) == ["zoe"])
        #expect(read.changes.count == 2)
    }

    @Test func `what an import leaves out stays`() throws {
        let first = try read(
            """
            [{"id": "w1", "title": "A", "date": "2026-06-20", "zone": "Europe/Berlin",
              "timeline": [{"id": "c", "name": "Ceremony", "starts_at": "2026-06-20T16:00:00+02:00"}]}]
            """,
            .json
        ).weddings
        let moved = try read("id,date\nw1,2026-06-21\n", .csv, over: first).weddings
        #expect(moved.first?.date.description == "2026-06-21")
        #expect(moved.first?.title == "A")
        #expect(moved.first?.timeline == first.first?.timeline)
    }

    @Test func `reads CSV with quotes, line breaks in fields, and one wedding on several lines`() throws {
        let read = try read(
            "\u{FEFF}id,title,date,zone,vendors,item_id,item_name,item_starts_at,item_vendor\r\n"
                + "w1,\"Ana \"\"A\"\", Ben\",2026-06-20,Europe/Berlin,photo=anna,c,Ceremony,2026-06-20T16:00,anna\r\n"
                + "w1,,,,,d,Dinner,2026-06-20T19:00,\r\n\r\n",
            .csv
        )
        #expect(read.problems.isEmpty)
        #expect(read.weddings.first?.title == "Ana \"A\", Ben")
        #expect(read.weddings.first?.timeline.map(\.name) == ["Ceremony", "Dinner"])
        #expect(read.weddings.first?.vendors.map(\.role.text) == ["photo"])
    }

    @Test(arguments: [
        ("id,date\nw1,2026-02-30\nw2,2026-06-20\n", ["line 2", "line 3"]),
        (
            "id,title,date,zone\n\"two\nlines\",A,2026-06-20,UTC\nw2,A,2026-06-20,Mars/Base\n",
            ["line 2", "line 4"]
        ),
        ("id,title,date,zone\nw1,A,2026-06-20,UTC,more\n", ["line 2"]),
        ("id,colour\nw1,red\n", ["line 1"]),
        ("title\nA\n", ["line 1"]),
        ("id,title,date,zone\n\"w1,A,2026-06-20,UTC\n", ["line 2"]),
        ("id,title,date,zone\nw1,A,2026-06-20,UTC\nw1,B,,\n", ["line 3"]),
        ("id,title,date,zone,vendors\nw1,A,2026-06-20,UTC,photo=eve\n", ["line 2"]),
        (
            "id,title,date,zone,item_id,item_starts_at\nw1,A,2026-03-29,Europe/Berlin,c,2026-03-29T02:30\n",
            ["line 2"]
        ),
    ])
    func `says on which line of a CSV file something is wrong`(text: String, places: [String]) throws {
        #expect(try read(text, .csv).problems.map(\.place) == places)
    }

    @Test func `reads a calendar: folded lines, escapes, zones, and times of the wedding's own clocks`()
        throws
    {
        let text = calendar(
            "X-WR-TIMEZONE:Europe/Berlin",
            Self.day,
            "BEGIN:VEVENT\nUID:c\nDTSTART;TZID=America/New_York:20260620T100000\nSUMMARY:Ceremony\nEND:VEVENT",
            "BEGIN:VEVENT\nUID:d\nDTSTART:20260620T170000Z\nDTEND:20260620T180000Z\nEND:VEVENT",
            "BEGIN:VEVENT\nUID:e\nRELATED-TO:w1@example.com\nDTSTART:20260620T210000\nEND:VEVENT",
            "BEGIN:VEVENT\nUID:f\nSTATUS:CANCELLED\nDTSTART:20260620T210000\nRRULE:FREQ=DAILY\nEND:VEVENT"
        )
        let read = try read(text, .calendar)
        #expect(read.problems.isEmpty)
        let wedding = try #require(read.weddings.first)
        #expect(wedding.title == "Ana, Ben & friends")
        #expect(wedding.id.text == "w1@example.com")
        #expect(wedding.zone.name == "Europe/Berlin")
        let starts = ["2026-06-20T14:00:00Z", "2026-06-20T17:00:00Z", "2026-06-20T19:00:00Z"]
        #expect(wedding.timeline.map(\.startsAt) == starts.compactMap { Instant($0) })
    }

    @Test func `knows a zone by the end of its global name, and by what the file says it is`() throws {
        let zones =
            "BEGIN:VTIMEZONE\nTZID:W. Europe Standard Time\nX-LIC-LOCATION:Europe/Berlin\nEND:VTIMEZONE"
        for id in ["/vendor.example/20260101/Europe/Berlin", "W. Europe Standard Time"] {
            let event = """
                BEGIN:VEVENT
                UID:w1
                CATEGORIES:Party,Wedding
                DTSTART;TZID="\(id)":20260620T160000
                SUMMARY:A
                END:VEVENT
                """
            let read = try read(calendar(zones, event), .calendar)
            #expect(read.weddings.first?.zone.name == "Europe/Berlin")
        }
    }

    @Test(arguments: [
        ("RRULE", "BEGIN:VEVENT\nUID:a\nDTSTART;VALUE=DATE:20260620\nRRULE:FREQ=YEARLY\nEND:VEVENT"),
        ("TZID", "BEGIN:VEVENT\nUID:a\nCATEGORIES:WEDDING\nDTSTART;TZID=Mars:20260620T100000\nEND:VEVENT"),
        ("DTSTART", "BEGIN:VEVENT\nUID:a\nCATEGORIES:WEDDING\nDTSTART:20260620T100000Z\nEND:VEVENT"),
        ("RELATED-TO", "BEGIN:VEVENT\nUID:a\nDTSTART:20260620T100000Z\nEND:VEVENT"),
        ("UID", "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260620\nEND:VEVENT"),
        ("END", "BEGIN:VEVENT\nUID:a"), ("line", "no property"),
        ("zone", "BEGIN:VEVENT\nUID:a\nSUMMARY:A\nDTSTART;VALUE=DATE:20260620\nEND:VEVENT"),
    ])
    func `says what is wrong with a calendar`(field: String, events: String) throws {
        #expect(try read(calendar(events), .calendar).problems.map(\.field) == [field])
    }

    @Test func `takes the zone of the import where the file names none`() throws {
        let read = try read(calendar(Self.day), .calendar, zone: "Pacific/Apia")
        #expect(read.weddings.first?.zone.name == "Pacific/Apia")
    }

    @Test func `imports as many weddings as are allowed, and not one more`() throws {
        func csv(_ count: Int) -> String {
            "id,title,date,zone\n" + (0..<count).map { "w\($0),A,2026-06-20,UTC\n" }.joined()
        }
        #expect(try read(csv(WeddingImport.weddingsMax), .csv).problems.isEmpty)
        #expect(try read(csv(WeddingImport.weddingsMax + 1), .csv).problems.map(\.field) == ["weddings"])
    }

    @Test func `tells a limited number of problems`() throws {
        let text = "id,title,date,zone\n" + String(repeating: "-,A,2026-06-20,UTC\n", count: 500)
        #expect(try read(text, .csv).problems.count == WeddingImport.problemsMax)
    }
}
