import Domain
import Registry
import Storage
import Synchronization
import Testing
import UsherTesting

@Suite struct WeddingRegistryTests {
    /// A registry of weddings in a temporary folder; weddings in `busy` have events.
    private func withWeddings(
        busy: Set<WeddingID> = [],
        _ body: (WeddingRegistry, Database) async throws -> Void
    ) async throws {
        try await temporaryDatabase(migrations: ResourceRegistry.migrations) { database in
            let registry = open(database, busy: busy)
            try await registry.load()
            try await body(registry, database)
        }
    }

    private func open(_ database: Database, busy: Set<WeddingID> = []) -> WeddingRegistry {
        WeddingRegistry(
            database: database,
            time: ManualTime().time,
            zones: .system,
            ports: WeddingPorts(hasEvents: { _, id in busy.contains(id) })
        )
    }

    private func id(_ text: String) throws -> WeddingID { try #require(WeddingID(text)) }

    private func wedding(
        _ text: String,
        on day: String = "2026-06-20",
        vendors: [String] = [],
        starts: [String] = []
    ) throws -> Wedding {
        try Wedding(
            id: try id(text),
            title: "Wedding \(text)",
            date: try #require(CivilDate(day)),
            zone: try #require(ZoneDirectory.system("Europe/Berlin")),
            vendors: vendors.map { VendorAssignment(vendor: name($0), role: name("venue")) },
            timeline: try starts.enumerated().map { index, text in
                try TimelineItem(
                    id: try #require(TimelineItemID("i\(index)")),
                    name: "Item",
                    startsAt: try #require(Instant(text)),
                    vendor: vendors.first.map(name)
                )
            }
        )
    }

    private func reference(_ object: String) throws -> ExternalReference {
        try #require(ExternalReference(provider: name("zoom"), kind: name("meeting"), objectID: object))
    }

    private func code(_ body: () async throws -> Void) async -> String? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? RegistryError)?.code ?? "\(error)"
        }
    }

    @Test func `what is committed is there after a restart`() async throws {
        try await withWeddings { registry, database in
            let anna = try Vendor(name: name("anna"), title: "Anna", email: "a@b.example", phone: "030 1")
            let wedding = try wedding("w1", vendors: ["anna"], starts: ["2026-06-20T14:00:00Z"])
            let link = WeddingLink(wedding: wedding.id, vendor: name("anna"))
            try await registry.commit([
                .createVendor(anna), .create(wedding), .tie(try reference("m1"), link),
            ])
            let reopened = open(database)
            try await reopened.load()
            for snapshot in [registry.snapshot, reopened.snapshot] {
                #expect(snapshot.weddings == [wedding.id: wedding])
                #expect(snapshot.vendors == [anna.name: anna])
                #expect(snapshot.references == [try reference("m1"): link])
                #expect(snapshot.references(of: wedding.id).map(\.0) == [try reference("m1")])
            }
        }
    }

    @Test func `a change that is refused takes all others with it`() async throws {
        try await withWeddings { registry, _ in
            let changes: [WeddingChange] = [.create(try wedding("w1")), .update(try wedding("w2"))]
            #expect(await code { try await registry.commit(changes) } == "not_found")
            #expect(registry.snapshot.weddings.isEmpty)
        }
    }

    @Test func `a rehearsal finds what is wrong and changes nothing`() async throws {
        try await withWeddings { registry, _ in
            try await registry.commit([.create(try wedding("w1"))], isRehearsal: true)
            #expect(registry.snapshot.weddings.isEmpty)
            let wrong = await code {
                try await registry.commit([.create(try wedding("w1", vendors: ["eve"]))], isRehearsal: true)
            }
            #expect(wrong == "invalid_definition")
        }
    }

    @Test func `a wedding is created once, and updated only when it is there`() async throws {
        try await withWeddings { registry, _ in
            try await registry.commit([.create(try wedding("w1"))])
            #expect(
                await code { try await registry.commit([.create(try wedding("w1"))]) } == "already_exists"
            )
            try await registry.commit([.put(try wedding("w1", on: "2026-06-21"))])
            #expect(registry.snapshot.weddings[try id("w1")]?.date.description == "2026-06-21")
        }
    }

    @Test func `a wedding with events is removed only when asked for, its references with it`() async throws {
        try await withWeddings(busy: [try id("w1")]) { registry, _ in
            let w1 = try id("w1")
            try await registry.commit([
                .create(try wedding("w1")), .tie(try reference("m1"), WeddingLink(wedding: w1)),
            ])
            #expect(await code { try await registry.commit([.remove(w1, keepingEvents: false)]) } == "in_use")
            try await registry.commit([.remove(w1, keepingEvents: true)])
            #expect(registry.snapshot.weddings.isEmpty)
            #expect(registry.snapshot.references.isEmpty)
        }
    }

    @Test func `an object belongs to one wedding at a time`() async throws {
        try await withWeddings { registry, _ in
            let (w1, w2) = (try id("w1"), try id("w2"))
            let meeting = try reference("m1")
            try await registry.commit([
                .create(try wedding("w1")), .create(try wedding("w2")),
                .tie(meeting, WeddingLink(wedding: w1)),
            ])
            let taken = await code { try await registry.commit([.tie(meeting, WeddingLink(wedding: w2))]) }
            #expect(taken == "already_exists")
            #expect(await code { try await registry.commit([.release(meeting, w2)]) } == "not_found")
            try await registry.commit([.release(meeting, w1), .tie(meeting, WeddingLink(wedding: w2))])
            #expect(registry.snapshot.references[meeting]?.wedding == w2)
        }
    }

    @Test func `a wedding has no more references than are allowed`() async throws {
        try await withWeddings { registry, _ in
            let link = WeddingLink(wedding: try id("w1"))
            let ties = try (0..<WeddingRegistry.referencesMax).map {
                WeddingChange.tie(try reference("m\($0)"), link)
            }
            try await registry.commit([.create(try wedding("w1"))] + ties)
            let more = await code { try await registry.commit([.tie(try reference("more"), link)]) }
            #expect(more == "too_many")
        }
    }

    @Test func `a vendor who works a wedding stays`() async throws {
        try await withWeddings { registry, _ in
            let anna = try Vendor(name: name("anna"), title: "Anna")
            try await registry.commit([.putVendor(anna), .create(try wedding("w1", vendors: ["anna"]))])
            #expect(await code { try await registry.commit([.removeVendor(anna.name)]) } == "in_use")
            try await registry.commit([.update(try wedding("w1")), .removeVendor(anna.name)])
            #expect(registry.snapshot.vendors.isEmpty)
        }
    }

    @Test func `tells which weddings a change made different`() async throws {
        try await withWeddings { registry, _ in
            let told = Mutex([Set<WeddingID>]())
            registry.onChange { changed in told.withLock { $0.append(changed) } }
            try await registry.commit([.create(try wedding("w1")), .create(try wedding("w2"))])
            try await registry.commit([
                .update(try wedding("w1")), .update(try wedding("w2", on: "2026-07-01")),
            ])
            try await registry.commit([.tie(try reference("m1"), WeddingLink(wedding: try id("w1")))])
            try await registry.commit([.remove(try id("w1"), keepingEvents: false)])
            let w1 = try id("w1")
            let w2 = try id("w2")
            #expect(told.withLock { $0 } == [[w1, w2], [w2], [w1]])
        }
    }

    @Test(arguments: [
        ("Europe/Berlin", true), ("America/New_York", true), ("Asia/Kolkata", true), ("UTC", true),
        ("Foo/Bar", false), ("EST", false), ("GMT+3", false), ("europe/berlin", false), ("W. Europe", false),
    ])
    func `takes names of places, not offsets`(zone: String, isOne: Bool) {
        #expect((ZoneDirectory.system(zone) != nil) == isOne)
    }
}
