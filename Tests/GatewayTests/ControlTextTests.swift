import Domain
import Gateway
import Testing

struct TerminalTextTests {
    @Test func `nothing from elsewhere steers the terminal`() {
        #expect(
            TerminalText.safe("a\u{1B}[2Jb\u{9B}c\u{202E}d\n\u{200B}e\u{7F}")
                == "a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}d\u{FFFD}\u{FFFD}e\u{FFFD}"
        )
        #expect(TerminalText.safe("Chloé & Søren 💍") == "Chloé & Søren 💍")
        #expect(TerminalText.safeLines("a\n\tb\r") == "a\n\tb\u{FFFD}")
    }
}

struct TextTableTests {
    @Test func `columns are as wide as their widest text, without spaces at the end`() {
        let table = TextTable(
            [.init("name"), .init("count", .right), .init("note")],
            rows: [["é", "7", ""], ["longer", "1234", "x\u{1B}"]]
        )
        #expect(table.lines == ["NAME    COUNT  NOTE", "é           7", "longer   1234  x\u{FFFD}"])
    }
}

struct ListingTests {
    @Test func `an empty list says what to do next`() {
        #expect(Listing.events.lines([]).joined().contains("usher trigger"))
        #expect(Listing.sources.lines([]).joined().contains("usher apply"))
        #expect(Listing.keys.lines([]).joined().contains("usher keys create"))
    }

    @Test func `instants are shown to the second, what is missing as a dash`() {
        let event: JSONValue = [
            "id": "evt_1", "received_at": "2026-11-23T08:13:16.854418Z", "type": "invoice.paid",
            "source": .null,
        ]
        let lines = Listing.events.lines([event])
        #expect(lines.count == 2)
        #expect(lines[1].hasPrefix("2026-11-23T08:13:16Z  –"))
        #expect(lines[1].hasSuffix("evt_1"))
    }

    @Test func `a destination that answered 410 is stopped, one that is switched off is off`() {
        let stopped: JSONValue = ["name": "a", "enabled": true, "stopped": ["since": "x", "reason": "gone"]]
        let off: JSONValue = ["name": "b", "enabled": false, "stopped": .null]
        let on: JSONValue = ["name": "c", "enabled": true, "stopped": .null]
        let lines = Listing.destinations.lines([stopped, off, on])
        #expect(lines.dropFirst().map { $0.split(separator: " ")[1] } == ["stopped", "off", "on"])
    }
}

struct ProgressTests {
    @Test(arguments: [
        (-1.0, 0, "0%"), (0.5, 15, "50%"), (0.999, 29, "99%"), (1.0, 30, "100%"), (.nan, 0, "0%"),
    ])
    func `a bar fills with its fraction`(_ fraction: Double, _ filled: Int, _ percent: String) {
        let line = ProgressBar.line(fraction, note: "n")
        #expect(line.filter { $0 == "█" }.count == filled)
        #expect(line.contains(" \(percent)  n"))
    }

    @Test func `a replay is finished when it says when`() throws {
        let running = try #require(
            ReplayProgress([
                "id": "rpl_1", "matched": 4, "queued": 2, "progress": .number("0.5"), "finished_at": .null,
            ])
        )
        #expect(!running.isFinished)
        #expect(running.fraction == 0.5)
        let finished = try #require(
            ReplayProgress([
                "id": "rpl_1", "matched": 1, "queued": 1, "progress": 1,
                "finished_at": "2026-11-23T08:13:16Z",
            ])
        )
        #expect(finished.isFinished)
        #expect(finished.conclusion.contains("1 delivery queued"))
        #expect(ReplayProgress(["error": true]) == nil)
    }

    @Test func `a replay of nothing and a cancelled one say so`() throws {
        let nothing = try #require(
            ReplayProgress(["id": "r", "matched": 0, "queued": 0, "finished_at": "x"])
        )
        #expect(nothing.conclusion.contains("Nothing matched"))
        let cancelled = try #require(
            ReplayProgress(["id": "r", "matched": 9, "queued": 3, "finished_at": "x", "cancelled": true])
        )
        #expect(cancelled.conclusion.contains("cancelled: 3 deliveries"))
    }
}

struct EventTailTests {
    private func event(_ number: Int) -> JSONValue {
        ["id": "evt_\(number)", "received_at": .string(Instant(seconds: Int64(1_000 + number)).description)]
    }

    private func ids(_ events: [JSONValue]) -> [String] { events.compactMap { $0["id"]?.string } }

    @Test func `the first page shows the last few, oldest first`() {
        var tail = EventTail()
        #expect(ids(tail.take([event(3), event(2), event(1)], first: 2)) == ["evt_2", "evt_3"])
        #expect(tail.since == Instant(seconds: 1_003) - EventTail.overlap)
    }

    @Test func `later pages show what was not seen, also when it appears out of order`() {
        var tail = EventTail()
        _ = tail.take([event(5), event(3)], first: 0)
        #expect(ids(tail.take([event(6), event(5), event(4), event(3)], first: 0)) == ["evt_4", "evt_6"])
        #expect(ids(tail.take([event(6), event(5), event(4)], first: 0)) == [])
        #expect(ids(tail.take([], first: 0)) == [])
    }

    @Test func `it remembers as many as it ever asks for`() {
        var tail = EventTail()
        let page = (0..<EventTail.seenMax).reversed().map(event)
        #expect(tail.take(page, first: 0) == [])
        #expect(tail.take(page, first: 0) == [])
        #expect(
            ids(tail.take([event(EventTail.seenMax)] + page.dropLast(), first: 0)) == [
                "evt_\(EventTail.seenMax)"
            ]
        )
    }
}

struct TimeArgumentTests {
    private let now = Instant(seconds: 1_000_000)

    @Test(
        arguments: [("90s", 90), ("15m", 900), ("2h", 7_200), ("3d", 259_200), ("0s", 0)] as [(String, Int64)]
    )
    func `so long ago`(_ text: String, _ seconds: Int64) {
        #expect(TimeArgument.instant(text, now: now) == now - .seconds(seconds))
    }

    @Test(arguments: ["", "h", "2", "2w", "-2h", "2.5h", "9999999d", "yesterday"])
    func `anything else is refused`(_ text: String) {
        #expect(TimeArgument.instant(text, now: now) == nil)
    }

    @Test func `an instant is itself`() {
        #expect(TimeArgument.instant("1970-01-01T00:00:09Z", now: now) == Instant(seconds: 9))
    }
}

struct EventPageTests {
    @Test func `a payload cannot steer the terminal`() {
        let event: JSONValue = ["id": "evt_1", "deliveries": [], "payload": ["a": "\u{9B}2J\u{202E}"]]
        let text = EventPage.lines(event).joined(separator: "\n")
        #expect(!text.unicodeScalars.contains("\u{9B}"))
        #expect(!text.unicodeScalars.contains("\u{202E}"))
        #expect(text.contains("goes to no destination"))
    }
}
