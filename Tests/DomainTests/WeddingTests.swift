import Domain
import Testing

@Suite struct WeddingTests {
    private func item(_ id: String, _ starts: String, vendor: String? = nil) throws -> TimelineItem {
        try TimelineItem(
            id: try #require(TimelineItemID(id)),
            name: "Item \(id)",
            startsAt: instant(starts),
            vendor: vendor.map(resource)
        )
    }

    private func wedding(
        title: String = "Ana & Ben",
        on day: String = "2026-06-20",
        in zoneName: String = "Europe/Berlin",
        vendors: [String] = [],
        timeline: [TimelineItem] = []
    ) throws -> Wedding {
        try Wedding(
            id: try #require(WeddingID("w1")),
            title: title,
            date: date(day),
            zone: zone(zoneName),
            vendors: vendors.map { VendorAssignment(vendor: resource($0), role: resource("venue")) },
            timeline: timeline
        )
    }

    private func problemField(_ make: () throws -> some Sendable) -> String? {
        do {
            _ = try make()
            return nil
        } catch {
            return (error as? WeddingProblem)?.field
        }
    }

    @Test func `keeps its timeline by begin and its vendors by name`() throws {
        let wedding = try wedding(
            vendors: ["zoe", "anna"],
            timeline: [try item("b", "2026-06-20T14:00:00Z"), try item("a", "2026-06-20T12:00:00Z")]
        )
        #expect(wedding.timeline.map(\.id.text) == ["a", "b"])
        #expect(wedding.vendors.map(\.vendor.text) == ["anna", "zoe"])
        #expect(wedding.nextItem(after: instant("2026-06-20T12:00:00Z"))?.id.text == "b")
        #expect(wedding.isWorked(by: resource("zoe")))
        #expect(!wedding.isWorked(by: resource("eve")))
    }

    @Test func `refuses a date its calendar skipped`() {
        #expect(problemField { try wedding(on: "2011-12-30", in: "Pacific/Apia") } == "date")
    }

    @Test(arguments: ["", "two\nlines", String(repeating: "a", count: 201)])
    func `refuses titles that are none`(title: String) {
        #expect(problemField { try wedding(title: title) } == "title")
    }

    @Test func `takes titles up to the limit`() throws {
        _ = try wedding(title: String(repeating: "ä", count: titleLengthMax))
    }

    @Test func `has as many items and vendors as are allowed, and not one more`() throws {
        let items = try (0...Wedding.timelineMax).map { try item("i\($0)", "2026-06-20T12:00:00Z") }
        _ = try wedding(timeline: Array(items.dropLast()))
        #expect(problemField { try wedding(timeline: items) } == "timeline")
        let vendors = (0...Wedding.vendorsMax).map { "v\($0)" }
        _ = try wedding(vendors: Array(vendors.dropLast()))
        #expect(problemField { try wedding(vendors: vendors) } == "vendors")
    }

    @Test func `refuses what is there twice, and vendors that do not work it`() throws {
        let twice = [try item("a", "2026-06-20T12:00:00Z"), try item("a", "2026-06-20T13:00:00Z")]
        #expect(problemField { try wedding(timeline: twice) } == "timeline")
        #expect(problemField { try wedding(vendors: ["anna", "anna"]) } == "vendors")
        let strange = [try item("a", "2026-06-20T12:00:00Z", vendor: "eve")]
        #expect(problemField { try wedding(vendors: ["anna"], timeline: strange) } == "timeline[0].vendor")
    }

    @Test func `refuses items far from the date`() throws {
        let near = [try item("a", "2027-07-24T22:00:00Z")]
        _ = try wedding(timeline: near)
        let far = [try item("a", "2027-07-24T22:00:01Z")]
        #expect(problemField { try wedding(timeline: far) } == "timeline[0].starts_at")
    }

    @Test func `an item ends after it begins`() throws {
        let id = try #require(TimelineItemID("a"))
        let start = instant("2026-06-20T12:00:00Z")
        #expect(
            problemField { try TimelineItem(id: id, name: "A", startsAt: start, endsAt: start) } == "ends_at"
        )
    }

    @Test(arguments: ["a", "9f8b-1", "wed_1.b:c@example.com", String(repeating: "x", count: 128)])
    func `takes the ids that others give`(id: String) {
        #expect(WeddingID(id)?.text == id)
    }

    @Test(arguments: ["", "-a", "a b", "a/b", "ä", "a\n", String(repeating: "x", count: 129)])
    func `refuses ids that could be mistaken`(id: String) {
        #expect(WeddingID(id) == nil)
        #expect(TimelineItemID(id) == nil)
    }

    @Test func `a reference has a short printable object id`() {
        let make = { ExternalReference(provider: resource("zoom"), kind: resource("meeting"), objectID: $0) }
        #expect(make("85746065")?.description == "zoom:meeting:85746065")
        #expect(make(String(repeating: "x", count: 255)) != nil)
        #expect(make(String(repeating: "x", count: 256)) == nil)
        #expect(make("") == nil)
        #expect(make("a b") == nil)
    }

    @Test(arguments: [
        ("a@b", "+49 (30) 1-2"), ("anna", "123"), ("a@b@c", "123"), ("@b", "123"), ("a@b", "call me"),
    ])
    func `a vendor's contact is one`(email: String, phone: String) {
        let isRight = email == "a@b" && phone != "call me"
        let field = problemField {
            try Vendor(name: resource("anna"), title: "Anna", email: email, phone: phone)
        }
        #expect((field == nil) == isRight)
    }
}
