import Domain
import Providers
import Registry
import Storage
import Testing
import UsherTesting
import Webhooks

struct EventSearchTests {
    private func stripe(
        _ id: String,
        _ type: String,
        email: String? = nil,
        customer: String = "cus_1"
    ) -> [UInt8] {
        let mail = email.map { #", "receipt_email": "\#($0)""# } ?? ""
        return Array(
            #"{"id": "\#(id)", "type": "\#(type)", "data": {"object": {"id": "obj_\#(id)", "customer": "\#(customer)"\#(mail)}}}"#
                .utf8
        )
    }

    private func take(_ station: Station, _ body: [UInt8], source: String = "shop") async throws -> EventID {
        let reception = await station.receive(body, source: source)
        return try #require(reception.stored, "\(reception)")
    }

    private func found(
        _ text: String,
        _ station: Station,
        _ filter: EventFilter = EventFilter()
    ) async throws -> [EventID] {
        try await station.queries.search(text, filter, limit: 50).elements.map(\.id)
    }

    @Test func `an event is found by its id, its provider's id and the id of a delivery`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination()
            let first = try await take(station, stripe("evt_1", "a.b"))
            let second = try await take(station, stripe("evt_2", "a.b"))
            #expect(try await found(first.description, station) == [first])
            #expect(try await found("evt_2", station) == [second])
            let event = try #require(try await station.queries.event(second))
            let delivery = try #require(try await station.queries.history(of: event).first?.0.id)
            #expect(try await found(delivery.description, station) == [second])
            // The right number under another time is nobody's id.
            let other = EventID(at: station.clock.now + .seconds(60), sequence: first.sequence)
            #expect(try await found(other.description, station).isEmpty)
            let strange = DeliveryID(at: station.clock.now + .seconds(60), sequence: delivery.sequence)
            #expect(try await found(strange.description, station).isEmpty)
        }
    }

    @Test func `types are found whole or by what they begin with, newest first, page by page`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addSource("mail")
            var charges: [EventID] = []
            for index in 0..<6 {
                let type = ["charge.refunded", "charge.succeeded", "charger.x"][index % 3]
                let source = index % 2 == 0 ? "shop" : "mail"
                let id = try await take(station, stripe("evt_\(index)", type), source: source)
                if index % 3 < 2 { charges.insert(id, at: 0) }
            }
            #expect(try await found("charge.*", station) == charges)
            #expect(try await found("charge.refunded", station).count == 2)
            #expect(try await found("charge", station).isEmpty)
            #expect(try await found("other.*", station).isEmpty)
            var pages: [EventID] = []
            var next: Int64?
            repeat {
                let page = try await station.queries.search("charge.*", EventFilter(), next: next, limit: 1)
                pages += page.elements.map(\.id)
                next = page.next
            } while next != nil
            #expect(pages == charges)
        }
    }

    @Test(.onSQLiteAlone) func `an identifier is found in any spelling, and is not stored in clear`()
        async throws
    {
        try await withStation { station in
            try await station.addSource()
            let first = try await take(station, stripe("evt_1", "a.b", email: "Anna@Example.com"))
            _ = try await take(station, stripe("evt_2", "a.b", email: "ben@example.com", customer: "cus_2"))
            let third = try await take(station, stripe("evt_3", "a.b", customer: "+1 (415) 555-0100"))
            #expect(try await found(" anna@EXAMPLE.com", station) == [first])
            #expect(try await found("cus_1", station) == [first])
            #expect(try await found("+14155550100", station) == [third])
            #expect(try await found("obj_evt_3", station) == [third])
            #expect(try await found("cus_3", station).isEmpty)
            let bytes = try await station.rows("SELECT SUM(length(identifiers)) FROM events")[0].integer(0)
            #expect(bytes == 8 * 16)
            for plain in ["cus_1", "anna@example.com", "Anna@Example.com"] {
                #expect(
                    try await station.count("events", "instr(identifiers, CAST('\(plain)' AS BLOB)) > 0") == 0
                )
            }
        }
    }

    @Test func `filters hold, and a vendor finds its own events only`() async throws {
        try await withStation { station in
            let shop = try await station.addSource()
            let mail = try await station.addSource("mail")
            let first = try await take(station, stripe("evt_1", "a.b"))
            station.clock.advance(by: .seconds(60))
            let second = try await take(station, stripe("evt_2", "a.c"), source: "mail")
            #expect(try await found("cus_1", station) == [second, first])
            #expect(try await found("cus_1", station, EventFilter(sourceID: shop.id)) == [first])
            #expect(try await found("cus_1", station, EventFilter(visibleSources: [mail.id])) == [second])
            #expect(try await found("cus_1", station, EventFilter(visibleSources: [])).isEmpty)
            #expect(
                try await found(first.description, station, EventFilter(visibleSources: [mail.id])).isEmpty
            )
            let type = EventPattern("a.c")
            #expect(try await found("cus_1", station, EventFilter(type: type)) == [second])
            let since = EventFilter(since: station.clock.now)
            #expect(try await found("cus_1", station, since) == [second])
            #expect(try await found("a.*", station, EventFilter(until: station.clock.now)) == [first])
        }
    }

    @Test func `a filter that drops nearly everything still gives every page`() async throws {
        try await withStation { station in
            try await station.addSource()
            let wanted = try await take(station, stripe("evt_0", "a.b"))
            station.clock.advance(by: .seconds(1))
            let until = station.clock.now
            for index in 1...130 { _ = try await take(station, stripe("evt_\(index)", "a.b")) }
            var seen: [EventID] = []
            var next: Int64?
            repeat {
                let filter = EventFilter(until: until)
                let page = try await station.queries.search("cus_1", filter, next: next, limit: 2)
                seen += page.elements.map(\.id)
                next = page.next
            } while next != nil
            #expect(seen == [wanted])
        }
    }

    @Test func `retention drops identifiers with their event`() async throws {
        try await withStation { station in
            try await station.addSource { $0.retention = SourceRetention(bodiesDays: 1, fieldsDays: 1) }
            _ = try await take(station, stripe("evt_1", "a.b"))
            #expect(try await found("cus_1", station).count == 1)
            station.clock.advance(by: .seconds(3 * 86_400))
            try await station.retention.pass()
            #expect(try await found("cus_1", station).isEmpty)
            if TestEngine.standard == .postgres {
                #expect(try await station.count("event_identifiers") == 0)
            }
        }
    }

    @Test(.onSQLiteAlone) func `no search reads a table through`() async throws {
        try await withStation { station in
            for statement in EventSearch.statements {
                let text = statement.text(for: .sqlite)
                let arguments = [SQLValue](
                    repeating: .null,
                    count: text.utf8.filter { $0 == UInt8(ascii: "?") }.count
                )
                let plan = try await station.rows("EXPLAIN QUERY PLAN " + text, arguments).map {
                    try $0.text(3)
                }
                #expect(!plan.isEmpty)
                for step in plan {
                    #expect(step.hasPrefix("SEARCH"), "\(text): \(step)")
                    #expect(!step.contains("TEMP B-TREE"), "\(text): \(step)")
                }
            }
        }
    }
}
