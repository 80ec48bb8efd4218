import Domain
import Health
import Providers
import Resilience
import Storage
import Testing
import UsherTesting

/// The record of incidents, on the engine that the tests are run on.
struct IncidentBookTests {
    private static let now = Instant(seconds: 1_772_323_200)

    private func withBook(_ body: (IncidentBook) async throws -> Void) async throws {
        try await temporaryDatabase(migrations: HealthTables.migrations) { database in
            try await body(IncidentBook(database: database))
        }
    }

    private func incident(
        _ subject: IncidentSubject,
        after: Duration = .zero,
        vendor: ResourceName? = nil,
        impacts: [WeddingImpact] = [],
        entries: [IncidentEntry] = []
    ) -> Incident {
        let now = Self.now + after
        return Incident(
            id: IncidentID(
                now: now,
                random: .seeded(
                    subject.description.utf8.reduce(UInt64(now.microseconds)) { $0 &* 31 &+ UInt64($1) }
                )
            ),
            subject: subject,
            vendor: vendor,
            state: .down,
            worst: .down,
            openedAt: now,
            summary: "Stripe down since 00:00 UTC",
            impacts: impacts,
            entries: entries
        )
    }

    private func name(_ text: String) throws -> ResourceName { try #require(ResourceName(text)) }

    private func impact() throws -> WeddingImpact {
        WeddingImpact(
            wedding: try #require(WeddingID("w-1")),
            title: "Noor & Sam \"2026\"",
            phase: .finalWeek,
            capability: .payments,
            fallback: try name("square"),
            nextItem: try TimelineItem(
                id: try #require(TimelineItemID("dinner")),
                name: "Dinner",
                startsAt: Self.now + .seconds(3_600),
                vendor: try name("caterer")
            ),
            untilNext: .seconds(3_600),
            level: .high,
            reason: "the balance is due"
        )
    }

    @Test func `what was opened is read back as it was`() async throws {
        try await withBook { book in
            let entry = IncidentEntry(at: Self.now, kind: .opened, text: "Stripe is down.")
            let vendor = try name("florist")
            let opened = incident(
                .integration(try name("stripe")),
                vendor: vendor,
                impacts: [try impact()],
                entries: [entry]
            )
            let (stored, isNew) = try await book.open(opened)
            #expect(isNew && stored == opened)
            #expect(try await book.find(opened.id) == opened)
            #expect(try await book.open(of: opened.subject) == opened)
        }
    }

    @Test func `a subject has one open incident, whoever opens it`() async throws {
        try await withBook { book in
            let subject = IncidentSubject.source("shop")
            let (first, _) = try await book.open(incident(subject))
            let (second, isNew) = try await book.open(incident(subject, after: .seconds(1)))
            #expect(!isNew && second.id == first.id)
            let other = try await book.open(incident(.destination(try name("shop"))))
            #expect(other.isNew)
            let closed = try await book.close(
                first,
                at: Self.now + .seconds(60),
                quietSince: Self.now + .seconds(60),
                entry: IncidentEntry(at: Self.now, kind: .closed, text: "over")
            )
            #expect(closed)
            #expect(try await book.open(incident(subject, after: .seconds(90))).isNew)
        }
    }

    @Test func `it is not closed while another node still sees trouble`() async throws {
        try await withBook { book in
            let (open, _) = try await book.open(incident(.source("shop")))
            try await book.touch([open.id], at: Self.now + .seconds(50))
            let entry = IncidentEntry(at: Self.now, kind: .closed, text: "over")
            let early = try await book.close(
                open,
                at: Self.now + .seconds(60),
                quietSince: Self.now + .seconds(30),
                entry: entry
            )
            #expect(!early)
            #expect(try await book.find(open.id)?.closedAt == nil)
            let later = try await book.close(
                open,
                at: Self.now + .seconds(90),
                quietSince: Self.now + .seconds(60),
                entry: entry
            )
            #expect(later)
            #expect(try await book.change(open) == false)
        }
    }

    @Test func `entries beyond the most are counted and not kept`() async throws {
        try await withBook { book in
            let (open, _) = try await book.open(incident(.source("shop")))
            let long = String(repeating: "é", count: IncidentBook.textBytesMax)
            #expect(try await book.append(IncidentEntry(at: Self.now, kind: .note, text: long), to: open.id))
            for _ in 1..<Incident.entriesMax {
                try await book.append(IncidentEntry(at: Self.now, kind: .note, text: "x"), to: open.id)
            }
            let isKept = try await book.append(
                IncidentEntry(at: Self.now, kind: .note, text: "y"),
                to: open.id
            )
            let found = try #require(try await book.find(open.id))
            #expect(!isKept && found.entries.count == Incident.entriesMax)
            #expect(found.entries.allSatisfy { $0.text.utf8.count <= IncidentBook.textBytesMax })
        }
    }

    @Test func `a list goes from the newest back, page by page, for whom it is`() async throws {
        try await withBook { book in
            let vendor = try name("florist")
            for index in 0..<5 {
                _ = try await book.open(
                    incident(
                        .source("shop-\(index)"),
                        after: .seconds(index),
                        vendor: index == 3 ? vendor : nil
                    )
                )
            }
            let first = try await book.list(limit: 2)
            #expect(first.map(\.subject.name) == ["shop-4", "shop-3"])
            let second = try await book.list(before: first.last?.id, limit: 10)
            #expect(second.map(\.subject.name) == ["shop-2", "shop-1", "shop-0"])
            let own = try await book.list(IncidentFilter(vendor: vendor), limit: 10)
            #expect(own.map(\.subject.name) == ["shop-3"])
            let late = try await book.list(IncidentFilter(until: Self.now + .seconds(2)), limit: 10)
            #expect(late.map(\.subject.name) == ["shop-1", "shop-0"])
            let about = try await book.list(
                IncidentFilter(isOpen: true, subject: .source("shop-2")),
                limit: 10
            )
            #expect(about.count == 1)
        }
    }

    @Test func `what ended long ago is removed with its entries, what is open stays`() async throws {
        try await withBook { book in
            let entry = IncidentEntry(at: Self.now, kind: .opened, text: "x")
            let (old, _) = try await book.open(incident(.source("old"), entries: [entry]))
            _ = try await book.open(incident(.source("open")))
            _ = try await book.close(old, at: Self.now, quietSince: Self.now, entry: entry)
            #expect(try await book.sweep(now: Self.now + IncidentBook.kept) == 0)
            #expect(try await book.sweep(now: Self.now + IncidentBook.kept + .seconds(1)) == 1)
            #expect(try await book.list(limit: 10).map(\.subject.name) == ["open"])
        }
    }
}
